import type { Junction } from "../../../config/model.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import type { Shown } from "./rig.ts";

/** One right of way: a vehicle's green, a pedestrian's walk and clearance together. */
interface Way {
  readonly group: number;
  readonly from: number;
  readonly to: number;
  /** Still running, or cut off by flash or power loss: its length says nothing. */
  readonly cut: boolean;
}

/**
 * What anybody could check from a film of the lamps, written apart from the cabinet and its monitor: works on whole
 * intervals afterwards, not step by step.
 */
export function broken(junction: Junction, shown: readonly Shown[]): readonly string[] {
  const faults: string[] = [];
  const ways: Way[] = [];
  for (const [index, group] of junction.groups.entries()) {
    const film = shown.filter((part) => part.group === index);
    for (const [i, part] of film.entries()) {
      const before = film[i - 1];
      const after = film[i + 1];
      const cut = !after || after.lamp === Lamp.flash || after.lamp === Lamp.dark;
      const length = part.to - part.from;
      const say = (what: string) => faults.push(`${group.id} at ${part.from}: ${what}`);
      if (part.lamp === Lamp.green) {
        const ending = group.kind === "vehicle" ? Lamp.amber : Lamp.clearance;
        if (!cut && length < group.minGreen) say(`green for ${length}`);
        if (!cut && after.lamp !== ending) say(`${after.lamp} after green`);
        if (before?.lamp !== Lamp.red) say(`green after ${before?.lamp}`);
        if (group.kind === "vehicle") ways.push({ group: index, from: part.from, to: part.to, cut });
        else ways.push({ group: index, from: part.from, to: cut ? part.to : after.to, cut });
      }
      if (part.lamp === Lamp.amber && !cut && (length < group.amber || after.lamp !== Lamp.red)) say(`amber ${length}`);
      if (part.lamp === Lamp.clearance && !cut && (length < group.clearance || after.lamp !== Lamp.red))
        say(`clearance ${length}`);
    }
  }
  const n = junction.groups.length;
  for (const first of ways) {
    for (const second of ways) {
      if (!junction.conflicts[first.group * n + second.group] || second.from < first.from) continue;
      if (second.from === first.from && second.group <= first.group) continue;
      const gap = second.from - first.to;
      // After flash or power loss the start-up's own all-red rules.
      if (first.cut && gap >= 3000) continue;
      if (gap < junction.intergreen[first.group * n + second.group]!)
        faults.push(
          `${junction.groups[second.group]!.id} green at ${second.from}, ${gap} after ${junction.groups[first.group]!.id}`,
        );
    }
  }
  return faults;
}
