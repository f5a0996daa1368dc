import { type Instant, instant, seconds } from "../../../config/units.ts";
import type { PeriodReading } from "../../../engine/core/reading.ts";
import type { JunctionView } from "../../../engine/core/view.ts";
import type { Random } from "../../../engine/ports/random.ts";
import type { SumoCity } from "../city/city.ts";
import type { Traci } from "../traci/client.ts";
import type { TraciValue } from "../traci/codec.ts";
import { COMMAND, VARIABLE } from "../traci/objects.ts";
import { type CameraQuality, withQuality } from "./camera-quality.ts";
import { createCameras, type StreetVehicle } from "./cameras.ts";
import { seenAs } from "./classes.ts";
import type { SightLines } from "./sight-lines.ts";
import { spillBack } from "./spill-back.ts";

/** SUMO as a street: lamps go in, what cameras see comes out. Time goes on only by `advance`. */
export interface SumoStreet {
  /** SUMO's time, s; need not be whole. */
  timeS(): number;
  /** SUMO's second 0 is the epoch, so that a second of the day is the same in both. */
  now(): Instant;
  /** Running or yet to come. */
  expected(): number;
  /** Of the time so far; see `SpillBack`. */
  spillBackS(): number;
  look(): { readonly views: readonly JunctionView[]; readonly counts: readonly PeriodReading[] };
  /** Shows these states (only what changed need be given) and runs to the next whole second, or one step where that is longer. */
  advance(states: ReadonlyMap<string, string>): Promise<void>;
}

const VEHICLE_VARIABLES = [VARIABLE.laneId, VARIABLE.lanePosition, VARIABLE.speed] as const;
const SIMULATION_VARIABLES = [VARIABLE.time, VARIABLE.departedIds, VARIABLE.arrivedIds, VARIABLE.minExpected] as const;
/** A step that ends this close to a second ends on it. */
const EXACT_S = 1e-6;

export interface Outfit {
  readonly network: SumoCity;
  readonly lines: SightLines;
  /** Of whoever is missed and whatever is blind. */
  readonly random: Random;
  readonly quality: CameraQuality;
}

export async function joinStreet(traci: Traci, { network, lines, random, quality }: Outfit): Promise<SumoStreet> {
  const { city, roads } = network;
  const vehicles = new Map<string, StreetVehicle>();
  let timeS = 0;
  let expected = 0;
  let departed: readonly string[] = [];

  const heard = (domain: number, object: string, values: ReadonlyMap<number, TraciValue>): void => {
    if (domain === COMMAND.subscribeVehicle) {
      const vehicle = vehicles.get(object);
      if (!vehicle) return;
      vehicle.lane = values.get(VARIABLE.laneId) as string;
      vehicle.positionM = values.get(VARIABLE.lanePosition) as number;
      vehicle.speedMps = values.get(VARIABLE.speed) as number;
    } else if (domain === COMMAND.subscribeSimulation) {
      timeS = values.get(VARIABLE.time) as number;
      expected = values.get(VARIABLE.minExpected) as number;
      departed = values.get(VARIABLE.departedIds) as readonly string[];
      for (const id of values.get(VARIABLE.arrivedIds) as readonly string[]) vehicles.delete(id);
    }
  };

  /** Vehicles are subscribed to in the second in which they come, so that no camera sees them late. */
  const follow = async (ids: readonly string[]): Promise<void> => {
    const fresh = ids.filter((id) => !vehicles.has(id));
    if (fresh.length === 0) return;
    const wanted = fresh.flatMap((object) =>
      [VARIABLE.length, VARIABLE.vehicleClass].map((variable) => ({ command: COMMAND.getVehicle, variable, object })),
    );
    const followed = { command: COMMAND.subscribeVehicle, objects: fresh, variables: VEHICLE_VARIABLES };
    await traci.getAndSubscribe(wanted, followed, (facts) => {
      for (const [i, id] of fresh.entries())
        vehicles.set(id, {
          lengthM: facts[2 * i] as number,
          vehicleClass: seenAs(facts[2 * i + 1] as string),
          lane: "",
          positionM: 0,
          speedMps: 0,
        });
      return heard;
    });
  };

  const clock = { command: COMMAND.subscribeSimulation, objects: [""], variables: SIMULATION_VARIABLES };
  await traci.subscribe(clock, heard);
  await follow((await traci.get(COMMAND.getVehicle, VARIABLE.idList)) as readonly string[]);
  const now = (): Instant => instant(seconds(Math.round(timeS)));
  const cameras = withQuality(createCameras(city, lines, now()), { city, random, quality });
  const spills = spillBack(city, roads);

  return {
    timeS: () => timeS,
    now,
    expected: () => expected,
    spillBackS: () => spills.totalS(),
    look: () => ({ views: cameras.look(vehicles, now()), counts: cameras.counts(now()) }),
    advance: async (states) => {
      const before = timeS;
      await traci.step(states, Math.floor(timeS + EXACT_S) + 1, heard);
      if (timeS <= before) throw new Error(`SUMO's time stands still at ${timeS} s`);
      spills.watch(vehicles, timeS - before);
      // One that came and went within a second, or left the road where it came, is nobody's to follow.
      await follow(departed);
    },
  };
}
