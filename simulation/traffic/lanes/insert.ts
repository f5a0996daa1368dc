import { rearStillOn } from "./box.ts";
import { type Kernel, roll, settle } from "./kernel.ts";
import { brakeGap, secureGap, stopSpeed } from "./krauss.ts";
import { gapBehind, lookBack } from "./neighbours.ts";
import { Aspect } from "./road-network.ts";
import type { PlannedTrips } from "./trips.ts";

/** Vehicles that wait outside, one line before each edge. */
export interface Entrances {
  /** Trips that are due join their lines; those with room drive off. */
  step(): void;
  due(): number;
  inserted(): number;
}

export function createEntrances(kernel: Kernel, trips: PlannedTrips): Entrances {
  const { net, routes } = kernel;
  const lines: number[][] = net.edgeId.map(() => []);
  const heads = new Int32Array(net.edgeId.length);
  const waiting: number[] = [];
  let due = 0;
  let inserted = 0;
  return {
    step: () => {
      for (; due < trips.inputs.length && trips.wishedS[due]! <= kernel.nowS; due++) {
        const edge = routes.edge[trips.node[due]!]!;
        if (lines[edge]!.length === heads[edge]) waiting.push(edge);
        lines[edge]!.push(due);
      }
      let kept = 0;
      for (const edge of waiting) {
        const line = lines[edge]!;
        while (heads[edge]! < line.length && enter(kernel, trips, line[heads[edge]!]!, edge)) {
          heads[edge]!++;
          inserted++;
        }
        if (heads[edge]! < line.length) waiting[kept++] = edge;
        else {
          line.length = 0;
          heads[edge] = 0;
        }
      }
      waiting.length = kept;
    },
    due: () => due,
    inserted: () => inserted,
  };
}

function enter(kernel: Kernel, trips: PlannedTrips, trip: number, edge: number): boolean {
  const { net, types, routes, vehicles } = kernel;
  const input = trips.inputs[trip]!;
  const t = trips.type[trip]!;
  const lane = chooseLane(kernel, trips, trip, edge);
  if (lane < 0) return false;
  const length = types.length[t]!;
  const pos = Math.min(input.departPosM ?? length, net.laneLength[lane]!);
  const link = routes.link[routes.first[trips.node[trip]!]! + lane - net.edgeFirst[edge]!]!;
  const wanted = Math.min(net.laneSpeed[lane]! * trips.factor[trip]!, types.maxSpeed[t]!);
  const speed = entrySpeed(kernel, t, lane, link, pos, input.departSpeed === "max" ? wanted : (input.departSpeed ?? 0));
  const fixed = typeof input.departSpeed === "number" ? input.departSpeed : 0;
  if (speed < fixed || !roomBehind(kernel, t, lane, pos - length, speed)) return false;
  const id = vehicles.take();
  vehicles.pos[id] = pos;
  vehicles.speed[id] = speed;
  vehicles.planned[id] = speed;
  vehicles.asked[id] = Number.POSITIVE_INFINITY;
  vehicles.odometer[id] = 0;
  vehicles.lossS[id] = 0;
  vehicles.length[id] = length;
  vehicles.factor[id] = trips.factor[trip]!;
  vehicles.waitingS[id] = 0;
  vehicles.enteredS[id] = 0;
  vehicles.gain[id] = 0;
  vehicles.keep[id] = 0;
  vehicles.memory[id] = 0;
  vehicles.lane[id] = lane;
  vehicles.node[id] = trips.node[trip]!;
  vehicles.trip[id] = trip;
  vehicles.item[id] = -1;
  vehicles.type[id] = t;
  vehicles.flags[id] = 0;
  settle(kernel, id);
  kernel.lanes.insert(lane, id, vehicles.pos);
  kernel.load[lane] = kernel.load[lane]! + length + types.minGap[t]!;
  trips.log.departedS[trip] = kernel.nowS;
  kernel.events.entered?.(id, edge);
  return true;
}

function chooseLane(kernel: Kernel, trips: PlannedTrips, trip: number, edge: number): number {
  const { net, types, routes } = kernel;
  const first = net.edgeFirst[edge]!;
  const count = net.edgeLanes[edge]!;
  const wish = trips.inputs[trip]!.departLane ?? "first";
  if (typeof wish === "number") return wish < count ? first + wish : -1;
  const bit = types.classBit[trips.type[trip]!]!;
  const weights = routes.first[trips.node[trip]!]!;
  let chosen = -1;
  let seen = 0;
  for (let l = 0; l < count; l++) {
    const lane = first + l;
    if ((net.laneClasses[lane]! & bit) === 0) continue;
    if (wish === "first") return lane;
    if (wish === "best" && routes.change[weights + l] !== 0) continue;
    seen++;
    if (wish === "random" ? roll(kernel) * seen < 1 : chosen < 0 || kernel.load[lane]! < kernel.load[chosen]!)
      chosen = lane;
  }
  return chosen;
}

/** The speed wished for, or the highest that is safe behind whoever is ahead; -1 when there is no room at all. */
function entrySpeed(kernel: Kernel, t: number, lane: number, link: number, pos: number, wished: number): number {
  const { net, vehicles, lanes, types, dt } = kernel;
  const base = lanes.base[lane]!;
  const decel = types.decel[t]!;
  const end = net.laneLength[lane]! - pos;
  let speed = wished;
  let leader = -1;
  for (let k = lanes.count[lane]! - 1; k >= 0 && leader < 0; k--)
    if (vehicles.pos[lanes.order[base + k]!]! >= pos) leader = lanes.order[base + k]!;
  const tail = leader < 0 ? rearStillOn(kernel, lane) : -1;
  let gap = Number.POSITIVE_INFINITY;
  if (leader >= 0) gap = vehicles.pos[leader]! - vehicles.length[leader]! - pos;
  else if (tail >= 0) {
    leader = tail;
    gap = end + vehicles.odometer[tail]! - kernel.tailOdometer[lane]! - vehicles.length[tail]!;
  } else if (link >= 0) {
    const next = net.linkNext[link]!;
    if (kernel.aspect[link]! < Aspect.major) speed = Math.min(speed, stopSpeed(end, decel, types.tau[t]!, dt));
    if (lanes.count[next]! > 0) {
      leader = lanes.order[lanes.base[next]! + lanes.count[next]! - 1]!;
      gap = end + vehicles.pos[leader]! - vehicles.length[leader]!;
    }
  }
  if (leader < 0) return speed;
  gap -= types.minGap[t]!;
  if (gap < 0) return -1;
  const leadDecel = Math.max(decel, types.decel[vehicles.type[leader]!]!);
  return Math.min(speed, stopSpeed(gap + brakeGap(vehicles.speed[leader]!, leadDecel, dt), decel, types.tau[t]!, dt));
}

function roomBehind(kernel: Kernel, t: number, lane: number, rear: number, speed: number): boolean {
  const { vehicles, lanes, types, dt } = kernel;
  gapBehind.id = -1;
  gapBehind.gap = Number.POSITIVE_INFINITY;
  const n = lanes.count[lane]!;
  for (let k = 0; k < n; k++) {
    const other = lanes.order[lanes.base[lane]! + k]!;
    if (vehicles.pos[other]! >= rear + types.length[t]!) continue;
    gapBehind.id = other;
    gapBehind.gap = rear - vehicles.pos[other]! - types.minGap[vehicles.type[other]!]!;
    break;
  }
  if (gapBehind.id < 0) lookBack(kernel, lane, rear, 3, -1);
  if (gapBehind.id < 0) return true;
  if (gapBehind.gap < 0) return false;
  const f = vehicles.type[gapBehind.id]!;
  return (
    gapBehind.gap >=
    secureGap(vehicles.speed[gapBehind.id]!, speed, types.decel[t]!, types.decel[f]!, types.tau[f]!, dt)
  );
}
