import { Lamp } from "../lamps.ts";
import type { Move } from "./network.ts";
import { clearForSiren, hasSiren, sirenCrosses, sound } from "./sirens.ts";
import { entryStrip, type Traffic } from "./traffic.ts";
import { parameters } from "./vehicle-classes.ts";

/** What a movement may do in this step. */
export const Open = { no: 0, go: 1, amber: 2, giveWay: 3 } as const;

/** A driver stops at amber when this deceleration is enough, m/s² (ITE and HCM use 3.05 m/s², 10 ft/s²). */
const AMBER_DECELERATION_MPS2 = 3;
/** From here on the box, the exit and the crossing are looked at, m before the stop line. */
const LOOK_M = 50;
/** Who merges waits for those that would be beside it within this time, or are not this far past it, s and m. */
const MERGE_S = 1.5;
const MERGE_M = 1;
/** Where a vehicle that gives way waits inside the box, m past the stop line. */
export const HOLD_M = 7;
/** Motorcycles that may wait there side by side; of other vehicles one. */
const HOLDING_MOTORCYCLES = 3;
/** With lamps flashing or dark: speed at the line, and time between two entries into the box (an all-way stop serves about one vehicle in 2 to 3 s). */
const CREEP_MPS = 2.5;
const CREEP_ZONE_M = 8;
const FLASH_ENTRY_S = 2;
/** How many of the nearest oncoming vehicles are looked at, and how far back, m. */
const LOOK_VEHICLES = 14;
const LOOK_BACK_M = 90;

/** A link that is closed is like amber for this long, so that nobody stops dead, steps of 0.5 s; then nobody drives onto it. */
const CLOSING_STEPS = 8;
/** Drivers answer a fresh green this late, steps of 0.5 s (perception-reaction of about 1 s). */
const REACTION_STEPS = 2;

/** Reads the lamps once a step; `greenSteps` counts how long each group has been green. */
export function readLamps(
  traffic: Traffic,
  lamps: readonly (Uint8Array | undefined)[],
  greenSteps: readonly Uint8Array[],
): void {
  const { network, open, disruptions } = traffic;
  for (let j = 0; j < network.junctions.length; j++) {
    const shown = lamps[j];
    const green = greenSteps[j]!;
    const { moves } = network.junctions[j]!;
    for (let i = 0; i < moves.length; i++) {
      const m = moves[i]!;
      const move = network.moves[m]!;
      const lamp = shown ? shown[move.group]! : Lamp.dark;
      open[m] =
        lamp === Lamp.green
          ? green[move.group]! >= REACTION_STEPS
            ? Open.go
            : Open.no
          : lamp === Lamp.amber
            ? Open.amber
            : lamp === Lamp.flash || lamp === Lamp.dark || move.leftOnRed
              ? Open.giveWay
              : Open.no;
      if (disruptions.shut[move.to] && open[m] !== Open.no)
        open[m] = traffic.step - disruptions.shutSince[move.to]! < CLOSING_STEPS ? Open.amber : Open.no;
    }
    for (let g = 0; g < green.length; g++) green[g] = shown?.[g] === Lamp.green ? Math.min(255, green[g]! + 1) : 0;
  }
}

/** May this vehicle pass the stop line that is `distanceM` ahead? */
export function mayGo(traffic: Traffic, id: number, m: number, distanceM: number, speed: number): boolean {
  const code = traffic.open[m]!;
  const stoppable = (speed * speed) / (2 * AMBER_DECELERATION_MPS2) <= distanceM;
  if (hasSiren(traffic, id)) return mayGoWithSiren(traffic, id, m, distanceM, stoppable);
  if (code === Open.no) return false;
  if (stoppable && sirenCrosses(traffic, m)) return false;
  if (code === Open.amber && stoppable) return false;
  if (distanceM > LOOK_M) return true;
  const move = traffic.network.moves[m]!;
  if (code === Open.giveWay && !mayCreep(traffic, move, distanceM, speed)) return false;
  if (!stoppable) return true;
  if (boxBlocked(traffic, m, move)) return false;
  if (
    move.turn !== "through" &&
    move.crossing >= 0 &&
    traffic.walkedUntilS[move.junction]![move.crossing]! > traffic.nowS
  )
    return false;
  if (move.yieldsTo.length > 0 && traffic.holding[m]! >= holdLimit(traffic, id)) return false;
  return roomBeyond(traffic, id, move);
}

/** Whatever the lamps show: once nobody crosses, who could has stopped, and there is room beyond. */
function mayGoWithSiren(traffic: Traffic, id: number, m: number, distanceM: number, stoppable: boolean): boolean {
  const move = traffic.network.moves[m]!;
  sound(traffic, m, distanceM);
  if (traffic.disruptions.shut[move.to]) return false;
  if (distanceM > LOOK_M || !stoppable) return true;
  return clearForSiren(traffic, m, AMBER_DECELERATION_MPS2) && roomBeyond(traffic, id, move);
}

const holdLimit = (traffic: Traffic, id: number): number =>
  traffic.vehicles.width[id] === 1 ? HOLDING_MOTORCYCLES : 1;

function mayCreep(traffic: Traffic, move: Move, distanceM: number, speed: number): boolean {
  if (distanceM > CREEP_ZONE_M || speed > CREEP_MPS) return false;
  if (traffic.nowS - traffic.lastFlashEntryS[move.junction]! < FLASH_ENTRY_S) return false;
  for (let i = 0; i < move.crosses.length; i++) if (traffic.inBox[move.crosses[i]!]! > 0) return false;
  return true;
}

/** Someone is still in the box on a crossing path. Who only waits there for us, and whom we wait for by gaps, is no reason. */
function boxBlocked(traffic: Traffic, m: number, move: Move): boolean {
  const { inBox, holding, network } = traffic;
  for (let i = 0; i < move.crosses.length; i++) {
    const c = move.crosses[i]!;
    if (inBox[c] === 0 || move.yieldsTo.includes(c)) continue;
    const waiting = network.moves[c]!.yieldsTo.includes(m) ? holding[c]! : 0;
    if (inBox[c]! > waiting) return true;
  }
  return false;
}

/** Keep clear: into the box only when there is room to leave it, counting those already in it. */
function roomBeyond(traffic: Traffic, id: number, move: Move): boolean {
  const { vehicles } = traffic;
  const { pos, length, strip, width, speed, vehicleClass } = vehicles;
  const first = entryStrip(traffic, id, move);
  const last = first + width[id]!;
  const order = traffic.order[move.to]!;
  let needed = length[id]! + parameters[vehicleClass[id]!]!.gapM;
  for (let k = traffic.count[move.to]! - 1; k >= 0; k--) {
    const other = order[k]!;
    if (strip[other]! >= last || first >= strip[other]! + width[other]!) continue;
    const rear = pos[other]! - length[other]!;
    if (rear < 0) {
      // In the box from another approach, and not yet past the place where we come in: let it by.
      const merges = vehicles.boxMove[other] !== vehicles.move[id] && !vehicles.holds[other];
      if (merges && rear < -move.boxM + MERGE_M && pos[other]! + speed[other]! * MERGE_S > -move.boxM - length[id]!)
        return false;
      needed += length[other]! + parameters[vehicleClass[other]!]!.gapM;
      continue;
    }
    // Even if it brakes now, it stops this much further on.
    return rear + (speed[other]! * speed[other]!) / (2 * AMBER_DECELERATION_MPS2) >= needed;
  }
  return true;
}

/** Is there a gap in every stream that this movement gives way to? */
export function gapAccepted(traffic: Traffic, id: number, m: number): boolean {
  const move = traffic.network.moves[m]!;
  const criticalS = parameters[traffic.vehicles.vehicleClass[id]!]!.criticalGapS;
  for (let i = 0; i < move.yieldsTo.length; i++) {
    const c = move.yieldsTo[i]!;
    if (traffic.inBox[c]! > traffic.holding[c]!) return false;
    if (oncomingWithin(traffic, c, criticalS)) return false;
  }
  return true;
}

function oncomingWithin(traffic: Traffic, c: number, criticalS: number): boolean {
  const code = traffic.open[c]!;
  if (code === Open.no || code === Open.giveWay) return false;
  const other = traffic.network.moves[c]!;
  const link = traffic.network.links[other.from]!;
  const { pos, speed, move, vehicleClass } = traffic.vehicles;
  const order = traffic.order[other.from]!;
  const n = Math.min(traffic.count[other.from]!, LOOK_VEHICLES);
  for (let k = 0; k < n; k++) {
    const id = order[k]!;
    if (move[id] !== c) continue;
    const distance = link.lengthM - pos[id]!;
    if (distance > LOOK_BACK_M) return false;
    const v = speed[id]!;
    if (code === Open.amber && (v * v) / (2 * AMBER_DECELERATION_MPS2) <= distance) continue;
    const toConflict = distance + other.boxM / 2;
    // Mean speed over the way, driving on or moving off from rest, whichever is quicker.
    const pace = Math.max(v, Math.sqrt((parameters[vehicleClass[id]!]!.accelerationMps2 * toConflict) / 2));
    if (toConflict / pace < criticalS) return true;
  }
  return false;
}
