import { changeAll } from "./change.ts";
import { compileNetwork } from "./compile-network.ts";
import { createEntrances } from "./insert.ts";
import { createKernel, type Kernel } from "./kernel.ts";
import { moveAll } from "./move.ts";
import { planAll } from "./plan.ts";
import type { RoadInput } from "./road-network.ts";
import { type FixedProgram, fixedPrograms } from "./signals.ts";
import { planTrips, type TripInput, type TripLog } from "./trips.ts";
import { vehicleType } from "./vehicle-types.ts";

/** Vehicles are put back into driving order in memory this often, steps. */
const RENUMBER_STEPS = 16;

export interface RoadSimulation {
  readonly kernel: Kernel;
  /** Trips in order of departure, and what became of them. */
  readonly trips: readonly TripInput[];
  readonly log: TripLog;
  /** One step: everybody plans, drives, changes lanes; then new vehicles come in. */
  step(): void;
  counts(): { readonly due: number; readonly inserted: number; readonly arrived: number; readonly present: number };
  /** Vehicles that came onto each edge, by hour since the beginning: `[hour][edge]`. */
  readonly edgeCounts: readonly Int32Array[];
  /** Vehicle-steps so far. */
  vehicleSteps(): number;
}

export interface RoadSimulationOptions {
  readonly road: RoadInput;
  readonly trips: readonly TripInput[];
  readonly programs?: readonly FixedProgram[];
  readonly seed: number;
  readonly beginS?: number;
  /** Length of a step, s; default 1. */
  readonly stepS?: number;
}

/** Traffic on a network of lanes. A function of its options: the same seed gives the same bytes. */
export function createRoadSimulation(options: RoadSimulationOptions): RoadSimulation {
  const { road, seed, beginS = 0, stepS = 1 } = options;
  const types = [...new Set(options.trips.map(({ type }) => type))];
  if (types.length === 0) types.push(vehicleType("car", "passenger"));
  let arrived = 0;
  let vehicleSteps = 0;
  const edgeCounts: Int32Array[] = [];
  const kernel = createKernel({
    net: compileNetwork(road),
    types,
    dt: stepS,
    seed,
    events: {
      arrived: (id) => {
        const { vehicles } = kernel;
        const trip = vehicles.trip[id]!;
        log.arrivedS[trip] = kernel.nowS;
        log.lossS[trip] = vehicles.lossS[id]!;
        log.wayM[trip] = vehicles.odometer[id]!;
        vehicles.trip[id] = -1;
        vehicles.release(id);
        arrived++;
      },
      entered: (_id, edge) => {
        const hour = Math.floor((kernel.nowS - beginS) / 3600);
        while (edgeCounts.length <= hour) edgeCounts.push(new Int32Array(kernel.net.edgeId.length));
        edgeCounts[hour]![edge]!++;
      },
    },
  });
  kernel.nowS = beginS;
  const planned = planTrips(kernel, options.trips, types);
  const { log } = planned;
  const showLamps = fixedPrograms(kernel, options.programs ?? []);
  const entrances = createEntrances(kernel, planned);
  return {
    kernel,
    trips: planned.inputs,
    log,
    edgeCounts,
    step: () => {
      if (kernel.step % RENUMBER_STEPS === 0) renumber(kernel);
      showLamps();
      planAll(kernel);
      moveAll(kernel);
      changeAll(kernel);
      vehicleSteps += kernel.vehicles.present;
      entrances.step();
      kernel.step++;
      kernel.nowS = beginS + kernel.step * stepS;
    },
    counts: () => ({ due: entrances.due(), inserted: entrances.inserted(), arrived, present: kernel.vehicles.present }),
    vehicleSteps: () => vehicleSteps,
  };
}

let scratch = new Int32Array(0);
let places = new Int32Array(0);

function renumber(kernel: Kernel): void {
  const { lanes, vehicles } = kernel;
  if (scratch.length < vehicles.capacity) {
    scratch = new Int32Array(vehicles.capacity);
    places = new Int32Array(vehicles.capacity);
  }
  let n = 0;
  for (let lane = 0; lane < lanes.count.length; lane++) {
    const base = lanes.base[lane]!;
    for (let k = 0; k < lanes.count[lane]!; k++) {
      const id = lanes.order[base + k]!;
      places[id] = n;
      scratch[n] = id;
      lanes.order[base + k] = n++;
    }
  }
  for (let lane = 0; lane < lanes.count.length; lane++) {
    const id = kernel.tailId[lane]!;
    if (id < 0) continue;
    kernel.tailId[lane] = vehicles.trip[id] === kernel.tailTrip[lane] ? places[id]! : -1;
  }
  vehicles.renumber(scratch, n);
}
