import type { Cabinet, Junction, Schedule } from "../../../config/model.ts";
import { instant, millis } from "../../../config/units.ts";
import { createVirtualCabinet } from "../../../simulation/cabinet/unit.ts";
import type { StoredPlan, VirtualCabinet } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { testCity } from "../../support/city.ts";

/** Saturday 2026-11-21, 00:00 UTC: 08:00 in Balikpapan. */
export const MIDNIGHT = Date.UTC(2026, 10, 21);

/** One colour of one group: [from, to), cabinet steps. */
export interface Shown {
  readonly group: number;
  readonly lamp: number;
  readonly from: number;
  to: number;
}

export interface Rig {
  readonly unit: VirtualCabinet;
  readonly junction: Junction;
  readonly shown: readonly Shown[];
  /** World time. */
  at(): number;
  /** Runs for so long in steps of 100 ms; `each` before every step. */
  run(time: number, each?: (at: number) => void): void;
  /** Runs until it holds; fails after `limit` ms. */
  until(holds: () => boolean, limit?: number): void;
  /** Starts of green of a group. */
  greens(group: string): readonly number[];
  lamp(group: string): number;
}

export interface RigOptions {
  /** Of the test city, or built for the test on the place of its junction a. */
  readonly junction: string | Junction;
  readonly start?: number;
  readonly schedule?: Schedule;
  readonly cabinet?: Partial<Cabinet>;
}

export function rig({ junction: given, start = MIDNIGHT, schedule, cabinet = {} }: RigOptions): Rig {
  const city = testCity();
  const junction = typeof given === "string" ? city.junctions.get(given)! : given;
  const unit = createVirtualCabinet({
    cabinet: { ...city.cabinets.get(`cab-${junction.id}`)!, backupTime: millis(0), ...cabinet },
    junction,
    schedule: schedule ?? city.schedule,
    utcOffset: city.utcOffset,
    start: instant(start),
  });
  const shown: Shown[] = [];
  const latest: Shown[] = [];
  let now = start;
  const look = () => {
    for (const [group, lamp] of unit.lamps.entries()) {
      const open = latest[group];
      if (open?.lamp === lamp) {
        open.to = now + 100;
        continue;
      }
      latest[group] = { group, lamp, from: now, to: now + 100 };
      shown.push(latest[group]);
    }
  };
  look();
  const index = (group: string) => junction.groups.findIndex((candidate) => candidate.id === group);
  const run: Rig["run"] = (time, each) => {
    for (const end = now + time; now < end; ) {
      each?.(now);
      now += 100;
      unit.step(instant(now));
      look();
    }
  };
  return {
    unit,
    junction,
    shown,
    at: () => now,
    run,
    until(holds, limit = 600_000) {
      for (const end = now + limit; !holds(); run(100))
        if (now >= end) throw new Error(`did not come about within ${limit} ms`);
    },
    greens: (group) =>
      shown.filter((part) => part.group === index(group) && part.lamp === Lamp.green).map((part) => part.from),
    lamp: (group) => unit.lamps[index(group)]!,
  };
}

/** The cabinet's form of a plan given in seconds; offset against the epoch. */
export function stored(plan: {
  readonly cycle: number;
  readonly offset?: number;
  readonly splits: Readonly<Record<number, number>>;
  readonly sequence: readonly (readonly number[])[];
}): StoredPlan {
  const s = (value: number) => millis(value * 1000);
  return {
    planId: 1,
    cycle: s(plan.cycle),
    offset: s(plan.offset ?? 0),
    splits: new Map(Object.entries(plan.splits).map(([phase, split]) => [Number(phase), s(split)])),
    sequence: plan.sequence,
  };
}

export const stages = [[1, 2, 3]];
export const dual = [
  [1, 2, 3, 4],
  [5, 6, 7, 8],
];

export const bit = (...phases: readonly number[]): number => phases.reduce((mask, n) => mask | (1 << (n - 1)), 0);
