import type { Kernel } from "./kernel.ts";
import { followSpeed, stopSpeed } from "./krauss.ts";

/** Drivers stop this far before a line they give way at, m. */
export const LINE_STOP_M = 0.1;
/** Kept from the paths of others in the box among equals, m; elsewhere a driver keeps its gap. */
const CLEAR_M = 0.5;
/** Slower than this is standing, m/s. */
export const STANDING_MPS = 0.1;

/**
 * What a way ahead, m, asks of a driver, m/s: passed here, for numbers that are not whole passed to a function become objects
 * where the compiler of the machine does not take the function in.
 */
export const WAY = 0;
export const ALLOWED = 1;
export const asked = new Float64Array(2);

/**
 * Highest speed (`asked[ALLOWED]`) at which a vehicle stays clear of those whose paths through the box meet its own and who
 * came into the box before it. `asked[WAY]` is the way to the beginning of the box lane, negative once on it.
 */
export function boxSpeed(kernel: Kernel, id: number, lane: number): void {
  const ahead = asked[WAY]!;
  const { net, table, vehicles, lanes, types, dt } = kernel;
  const { conflicts } = net;
  const { i: road } = table;
  const { count, tailId } = table.at;
  const { foe: foes } = conflicts;
  const own = vehicles.lane[id]!;
  // Who waits in the middle has not yet come into the way of those who have.
  const entered = own === lane ? vehicles.enteredS[id]! : Number.POSITIVE_INFINITY;
  const t = vehicles.type[id]!;
  const v = vehicles.speed[id]!;
  // Among equals several are in the box at once: whoever stops there stands in the way, so one times its arrival instead.
  const equals = net.junctionAmongEquals[net.laneJunction[lane]!] === 1;
  const room = equals ? CLEAR_M : types.minGap[t]!;
  let allowed = Number.POSITIVE_INFINITY;
  for (let c = conflicts.start[lane]!; c < conflicts.start[lane + 1]!; c++) {
    const foeLane = foes[c]!;
    const n = road[count + foeLane]!;
    if (n === 0 && road[tailId + foeLane]! < 0) continue;
    const tail = rearStillOn(kernel, foeLane);
    if (n === 0 && tail < 0) continue;
    const merges = conflicts.merges[c] === 1;
    const distance = ahead + conflicts.fromM[c]!;
    const base = lanes.base[foeLane]!;
    for (let k = tail >= 0 ? -1 : 0; k < n; k++) {
      const foe = k < 0 ? tail : lanes.order[base + k]!;
      if (foe === id) continue;
      const front =
        k < 0 ? net.laneLength[foeLane]! + vehicles.odometer[foe]! - kernel.tailOdometer[foeLane]! : vehicles.pos[foe]!;
      const rear = front - vehicles.length[foe]!;
      if (rear > conflicts.foeToM[c]!) continue;
      if (merges && k < 0) continue;
      const waits = v < STANDING_MPS && distance > 0;
      const foeWaits = vehicles.speed[foe]! < STANDING_MPS && front < conflicts.foeFromM[c]!;
      if (!before(kernel, foe, id, entered, conflicts.yields[c]!, waits, foeWaits)) continue;
      // Whoever must let the other cross does not begin to drive into the common place before the other has left it.
      if (own !== lane && !merges && (conflicts.yields[c] === 1 || conflicts.fromM[c]! <= 0))
        allowed = Math.min(allowed, stopSpeed(ahead - LINE_STOP_M, types.decel[t]!, dt, dt));
      const foeSpeed = vehicles.speed[foe]!;
      if (merges) {
        const gap = ahead + net.laneLength[lane]! - (net.laneLength[foeLane]! - rear) - types.minGap[t]!;
        const follow = followSpeed(
          gap,
          v,
          foeSpeed,
          types.decel[vehicles.type[foe]!]!,
          types.decel[t]!,
          types.emergency[t]!,
          types.tau[t]!,
          dt,
        );
        const beside = distance > 0 ? stopSpeed(distance - CLEAR_M, types.decel[t]!, dt, dt) : 0;
        allowed = Math.min(allowed, gap < 0 ? beside : Math.max(follow, beside));
      } else if (distance > 0) {
        const stop = stopSpeed(distance - room, types.decel[t]!, dt, dt);
        const clearsS = (conflicts.foeToM[c]! - rear) / Math.max(foeSpeed, STANDING_MPS);
        allowed = Math.min(allowed, equals ? Math.max(stop, distance / Math.max(clearsS, dt)) : stop);
      }
    }
  }
  asked[ALLOWED] = allowed;
}

/**
 * Does `foe` go first where their paths meet? Whoever came into the box first; but one that stands short of that place and
 * has to give way lets the other by, so that nobody waits for one who waits. Both see it the same way.
 */
function before(
  kernel: Kernel,
  foe: number,
  id: number,
  entered: number,
  yields: number,
  waits: boolean,
  foeWaits: boolean,
): boolean {
  if (yields === 1 && waits) return true;
  if (yields === 2 && foeWaits) return false;
  const { enteredS, trip } = kernel.vehicles;
  const when = enteredS[foe]!;
  if (when !== entered) return when < entered;
  return yields === 0 ? trip[foe]! < trip[id]! : yields === 1;
}

/** The vehicle whose front has left the lane and whose rear has not; -1 none. */
export function rearStillOn(kernel: Kernel, lane: number): number {
  const id = kernel.tailId[lane]!;
  if (id < 0) return -1;
  const { vehicles } = kernel;
  if (
    vehicles.trip[id] !== kernel.tailTrip[lane] ||
    vehicles.odometer[id]! - kernel.tailOdometer[lane]! >= vehicles.length[id]!
  ) {
    kernel.tailId[lane] = -1;
    return -1;
  }
  return id;
}
