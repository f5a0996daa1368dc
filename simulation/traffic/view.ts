import type {
  StreetApproachView,
  StreetBoxVehicle,
  StreetExitVehicle,
  StreetExitView,
  StreetVehicle,
  StreetView,
  ViewSpec,
} from "../street.ts";
import type { JunctionIndex, Move, RoadLink } from "./network.ts";
import { LONGEST_M, type Traffic } from "./traffic.ts";
import { Class } from "./vehicle-classes.ts";

/** After this share of its way through the box a vehicle's turn can be told from the others of its lane. */
const TURN_SHOWS_AFTER = 1 / 3;

/** What stands around a junction now. A view ends where the link does: what is further upstream is another junction's. */
export function viewOf(traffic: Traffic, spec: ViewSpec): StreetView {
  const index = traffic.network.junctions.find(({ junction }) => junction.id === spec.junction);
  if (!index) throw new Error(`no junction "${spec.junction}" on this street`);
  return {
    approaches: spec.approaches.map((approach) => approachView(traffic, index, approach, spec.rangeM)),
    exits: spec.exits.map((link) => exitView(traffic, link, spec.exitRangeM)),
    box: spec.box ? boxView(traffic, index) : [],
  };
}

function approachView(
  traffic: Traffic,
  { junction }: JunctionIndex,
  approach: string,
  wishedM: number,
): StreetApproachView {
  const { network, vehicles } = traffic;
  const found = junction.approaches.find(({ id }) => id === approach);
  if (!found) throw new Error(`junction ${junction.id} has no approach "${approach}"`);
  const l = network.linkIndex.get(found.link)!;
  const link = network.links[l]!;
  const rangeM = Math.min(wishedM, link.lengthM);
  const seen: StreetVehicle[] = [];
  for (let k = 0; k < traffic.count[l]!; k++) {
    const id = traffic.order[l]![k]!;
    const distanceM = link.lengthM - vehicles.pos[id]!;
    if (distanceM > rangeM) break;
    const lane = laneSeen(link, vehicles.strip[id]! + (vehicles.width[id]! >> 1));
    seen.push({ distanceM, lengthM: vehicles.length[id]!, lanes: [lane], ...looks(traffic, id) });
  }
  return { approach, rangeM, vehicles: seen };
}

/** A camera knows the marked lanes: one that the other direction lends looks like the lane beside it. */
const laneSeen = ({ laneOf, laneFirst, lent }: RoadLink, strip: number): number =>
  Math.min(laneOf[strip]!, laneFirst.length - lent - 1);

function exitView(traffic: Traffic, id: string, wishedM: number): StreetExitView {
  const { network, vehicles } = traffic;
  const l = network.linkIndex.get(id);
  if (l === undefined) throw new Error(`no link "${id}" on this street`);
  const link = network.links[l]!;
  const rangeM = Math.min(wishedM, link.lengthM);
  const lanes = Array.from({ length: link.laneFirst.length - link.lent }, (): StreetExitVehicle[] => []);
  for (let k = traffic.count[l]! - 1; k >= 0; k--) {
    const vehicle = traffic.order[l]![k]!;
    const front = vehicles.pos[vehicle]!;
    if (front - LONGEST_M > rangeM) break;
    const rearM = front - vehicles.length[vehicle]!;
    if (front < 0 || rearM > rangeM) continue;
    const lane = laneSeen(link, vehicles.strip[vehicle]! + (vehicles.width[vehicle]! >> 1));
    lanes[lane]!.push({ rearM, ...looks(traffic, vehicle) });
  }
  return { link: id, rangeM, lanes };
}

function boxView(traffic: Traffic, { moves }: JunctionIndex): readonly StreetBoxVehicle[] {
  const { network, vehicles } = traffic;
  const seen: StreetBoxVehicle[] = [];
  const exits = new Set(moves.map((m) => network.moves[m]!.to));
  for (const l of exits) {
    // In order of fronts: those in the box are the last.
    for (let k = traffic.count[l]! - 1; k >= 0; k--) {
      const id = traffic.order[l]![k]!;
      if (vehicles.pos[id]! >= 0) break;
      seen.push({ ...origin(traffic, id), ...looks(traffic, id) });
    }
  }
  return seen;
}

function origin(traffic: Traffic, id: number): Pick<StreetBoxVehicle, "approach" | "lane" | "movements"> {
  const { network, vehicles } = traffic;
  const move: Move = network.moves[vehicles.boxMove[id]!]!;
  const from = network.links[move.from]!;
  const { junction } = network.junctions[move.junction]!;
  const approach = junction.approaches.find(({ link }) => link === from.id)!;
  const lane = laneSeen(from, vehicles.oldStrip[id]! + (vehicles.oldWidth[id]! >> 1));
  const exit = network.links[move.to]!.id;
  const turned = vehicles.pos[id]! + move.boxM > TURN_SHOWS_AFTER * move.boxM;
  const possible = junction.movements.filter(
    (movement) => movement.approach === approach.id && (!turned || movement.exit === exit),
  );
  const marked = possible.filter(({ id: movement }) => approach.lanes[lane]!.movements.includes(movement));
  return { approach: approach.id, lane, movements: (marked.length > 0 ? marked : possible).map((each) => each.id) };
}

function looks({ vehicles }: Traffic, id: number): Pick<StreetVehicle, "speedMps" | "vehicleClass" | "conspicuity"> {
  const kind = vehicles.vehicleClass[id]!;
  return {
    speedMps: vehicles.speed[id]!,
    vehicleClass: kind === Class.car || kind === Class.emergency ? "car" : kind === Class.motorcycle ? "mc" : "hv",
    conspicuity: conspicuityOf(id, vehicles.wishedS[id]!),
  };
}

/** Golden ratio hashing of row and birth: rows are used again, and no dice of the street may be thrown for a camera. */
function conspicuityOf(id: number, bornS: number): number {
  let x = Math.imul(id + 1, 0x9e3779b1) ^ Math.imul(Math.floor(bornS * 1000) | 0, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 0) / 4294967296;
}
