import type { City, Junction, Movement, Stream } from "../../../config/model.ts";
import { type StreamWiring, wiringOf } from "../estimate/wiring.ts";
import type { Loads } from "../strategies/corridor-model/load.ts";
import { type PassengerCarUnits, passengerCarUnits, toPcu } from "../traffic/passenger-car-units.ts";
import { gradeFactor, protectedSaturation, type SideFriction, sideFrictionFactor } from "../traffic/saturation-flow.ts";

/** Vehicles/h by class. */
export interface ClassFlow extends PassengerCarUnits {
  readonly um: number;
}

/** By `junction/movement`. */
export type TurningFlows = ReadonlyMap<string, ClassFlow>;
export const flowKey = (junction: string, movement: string): string => `${junction}/${movement}`;

export interface SaturationGiven {
  /** Side friction in a commercial street; unknown is taken as high (MKJI 1997). */
  readonly friction: SideFriction;
  /** Measured, pcu/h of green, by stream id. */
  readonly measured: ReadonlyMap<string, number>;
}

/** What a stream was counted to ask, and how its saturation flow came about. */
export interface StreamSheet {
  readonly stream: Stream;
  readonly flowVph: number;
  readonly flowPcuh: number;
  readonly saturationPcuh: number;
  readonly factors: Readonly<Record<string, number>>;
  readonly basis: "manual" | "measured";
  /** Right turns that give way are in it. */
  readonly opposed: boolean;
}

export interface CountedLoads {
  readonly loads: Loads;
  readonly sheets: ReadonlyMap<string, StreamSheet>;
}

/**
 * Counted turning flows as loads of the streams, with the shares of who goes where as counted. Saturation flow as the
 * capacity manual has it for protected streams; where right turns give way, by the vehicle equivalents of the HCM.
 */
export function countedLoads(
  city: City,
  junctions: readonly Junction[],
  flows: TurningFlows,
  given: SaturationGiven,
): CountedLoads {
  const sheets = new Map<string, StreamSheet>();
  for (const junction of junctions)
    for (const stream of junction.streams) sheets.set(stream.id, sheetOf(city, { junction, stream, flows, given }));
  const wiring = wiringOf(city);
  const own = junctions.flatMap((junction) =>
    junction.streams.map(
      (stream): StreamWiring => ({
        ...wiring.byId.get(stream.id)!,
        share: shareOfApproach(junction, stream, sheets),
        exits: exitsOf(city, { junction, stream, flows }),
      }),
    ),
  );
  const loads = new Map(
    own.map((wired) => {
      const { flowVph, flowPcuh, saturationPcuh } = sheets.get(wired.stream.id)!;
      const feeders = own.flatMap((other) => {
        const share = other.exits.get(wired.link) ?? 0;
        return share > 0 ? [{ stream: other.stream.id, share }] : [];
      });
      const load = {
        wiring: { ...wired, feeders },
        vehPerS: flowVph / 3600,
        pcuPerS: flowPcuh / 3600,
        weight: 1,
        saturation: saturationPcuh / 3600,
      };
      return [wired.stream.id, load] as const;
    }),
  );
  return { loads, sheets };
}

interface Counting {
  readonly junction: Junction;
  readonly stream: Stream;
  readonly flows: TurningFlows;
}

const none: ClassFlow = { car: 0, hv: 0, mc: 0, um: 0 };
const flowOf = (flows: TurningFlows, junction: string, movement: string): ClassFlow =>
  flows.get(flowKey(junction, movement)) ?? none;

const movementsOf = (junction: Junction, { movements }: Pick<Stream, "movements">): readonly Movement[] =>
  junction.movements.filter(({ id }) => movements.includes(id));

function sheetOf(
  city: City,
  { junction, stream, flows, given }: Counting & { readonly given: SaturationGiven },
): StreamSheet {
  const movements = movementsOf(junction, stream);
  const opposed = movements.some(({ yieldsTo }) => yieldsTo.length > 0);
  const unit = passengerCarUnits(city.control.manual, opposed ? "opposed" : "protected");
  const counted = movements.map(({ id }) => flowOf(flows, junction.id, id));
  const flowVph = counted.reduce((sum, flow) => sum + flow.car + flow.hv + flow.mc, 0);
  const flowPcuh = counted.reduce((sum, flow) => sum + toPcu(flow, unit), 0);
  const measured = given.measured.get(stream.id);
  if (measured !== undefined)
    return { stream, flowVph, flowPcuh, saturationPcuh: measured, factors: {}, basis: "measured", opposed };
  const unmotorised = counted.reduce((sum, flow) => sum + flow.um, 0);
  const grade = junction.approaches.find(({ id }) => id === stream.approach)!.gradePercent;
  const factors = {
    FCS: city.citySizeFactor,
    FSF: sideFrictionFactor({
      environment: "commercial",
      friction: given.friction,
      protection: opposed ? "opposed" : "protected",
      unmotorisedRatio: flowVph > 0 ? unmotorised / flowVph : 0,
    }),
    FG: gradeFactor(grade),
    ...(opposed ? { yielding: yieldingFactor({ junction, stream, flows }) } : {}),
  };
  const product = Object.values(factors).reduce((a, b) => a * b, 1);
  const saturationPcuh = protectedSaturation(stream.widthM) * product;
  return { stream, flowVph, flowPcuh, saturationPcuh, factors, basis: "manual", opposed };
}

/**
 * Through-vehicle equivalents of a turn that gives way, from a shared lane, at opposing flows of 0, 200, ... 1200
 * veh/h (HCM 2000, exhibit C16-3): the manual has charts only, and nothing is read into them here.
 */
const turnEquivalents = [1.4, 1.7, 2.1, 2.5, 3.1, 3.7, 4.5] as const;
const equivalentStep = 200;

/** Share of its saturation flow left to a stream some of whose movements give way: 1 / (1 + P (E - 1)). */
function yieldingFactor({ junction, stream, flows }: Counting): number {
  const vehicles = ({ car, hv, mc }: ClassFlow): number => car + hv + mc;
  const movements = movementsOf(junction, stream);
  const all = movements.reduce((sum, { id }) => sum + vehicles(flowOf(flows, junction.id, id)), 0);
  const loss = movements.reduce((sum, { id, yieldsTo }) => {
    if (yieldsTo.length === 0) return sum;
    const opposing = yieldsTo.reduce((total, other) => total + vehicles(flowOf(flows, junction.id, other)), 0);
    const share = all > 0 ? vehicles(flowOf(flows, junction.id, id)) / all : 0;
    return sum + share * (equivalentAt(opposing) - 1);
  }, 0);
  return 1 / (1 + loss);
}

function equivalentAt(opposing: number): number {
  const position = Math.min(turnEquivalents.length - 1, Math.max(0, opposing) / equivalentStep);
  const left = Math.floor(position);
  const right = Math.min(left + 1, turnEquivalents.length - 1);
  return turnEquivalents[left]! + (position - left) * (turnEquivalents[right]! - turnEquivalents[left]!);
}

function shareOfApproach(junction: Junction, stream: Stream, sheets: ReadonlyMap<string, StreamSheet>): number {
  const same = junction.streams.filter(({ approach }) => approach === stream.approach);
  const total = same.reduce((sum, { id }) => sum + sheets.get(id)!.flowPcuh, 0);
  return total > 0 ? sheets.get(stream.id)!.flowPcuh / total : 1 / same.length;
}

/** Share of the stream that leaves by each link, as counted; the manual's default where nobody was. */
function exitsOf(city: City, { junction, stream, flows }: Counting): ReadonlyMap<string, number> {
  const vehicles = movementsOf(junction, stream).map(({ id, exit }) => {
    const { car, hv, mc } = flowOf(flows, junction.id, id);
    return { exit, count: car + hv + mc };
  });
  const total = vehicles.reduce((sum, { count }) => sum + count, 0);
  if (total <= 0) return wiringOf(city).byId.get(stream.id)!.exits;
  const exits = new Map<string, number>();
  for (const { exit, count } of vehicles) exits.set(exit, (exits.get(exit) ?? 0) + count / total);
  return exits;
}
