import { beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { splitOf } from "../../../../config/plan.ts";
import { type Instant, instant, seconds } from "../../../../config/units.ts";
import { cityOf, type SumoCity } from "../../../../simulation/sumo/city/city.ts";
import { BENCH_RULES, type SumoSignal } from "../../../../simulation/sumo/city/signal.ts";
import { createStageCabinet, type StageCabinet } from "../../../../simulation/sumo/cosimulation/stage-cabinet.ts";
import { readNet } from "../../../../simulation/sumo/net.ts";
import type { SumoNet } from "../../../../simulation/sumo/net-model.ts";
import { grid, scratch } from "../tools.ts";

const folder = scratch();
let net: SumoNet;
let city: SumoCity;
let signal: SumoSignal;
const at = (second: number): Instant => instant(second * 1000);
const green = (letter: string | undefined): boolean => letter === "G" || letter === "g";

beforeAll(async () => {
  net = await readNet(
    grid(folder, "grid.net.xml", "--grid.number", "3", "--default.lanenumber", "2", "--turn-lanes", "1"),
  );
  city = cityOf(net, { ...BENCH_RULES, amber: seconds(4), allRed: seconds(2), minGreen: seconds(6) });
  signal = [...city.signals.values()].reduce((a, b) => (b.stages.states.length > a.stages.states.length ? b : a));
});

const cabinetAt = (second: number): StageCabinet =>
  createStageCabinet({
    signal,
    program: city.city.schedule.planSets.get("program")!.plans.get(signal.junction.id)!,
    start: at(second),
  });

/** What the street would object to in a row of states, one a second. */
function objections(
  rows: readonly string[],
  { amberS, redS, minGreenS }: { amberS: number; redS: number; minGreenS: number },
): string[] {
  const { stages, junction, groupOf } = signal;
  const faults: string[] = [];
  const links = rows[0]!.length;
  const since = (link: number, second: number, holds: (letter: string) => boolean): number => {
    let first = second;
    while (first > 0 && holds(rows[first - 1]![link]!)) first--;
    return second - first;
  };
  for (const [s, row] of rows.entries()) {
    const lit = [...row].flatMap((letter, link) => (green(letter) ? [link] : []));
    if (!stages.states.some((state) => lit.every((link) => green(state[link]))))
      faults.push(`${s}: ${row} is no stage's green`);
    for (const a of lit)
      for (const b of lit)
        if (junction.conflicts[groupOf[a]! * junction.groups.length + groupOf[b]!])
          faults.push(`${s}: ${a} and ${b} conflict`);
    if (s === 0) continue;
    const before = rows[s - 1]!;
    for (let link = 0; link < links; link++) {
      const [was, is] = [before[link]!, row[link]!];
      if (green(was) && !green(is) && is !== "y") faults.push(`${s}: link ${link} goes from ${was} to ${is}`);
      if (was === "y" && is !== "y" && since(link, s, (letter) => letter === "y") !== amberS)
        faults.push(`${s}: link ${link} had another amber`);
      if (!green(was) && green(is)) {
        if (!stages.states.includes(row)) faults.push(`${s}: link ${link} turns green outside a stage`);
        for (let other = 0; other < links; other++) {
          if (!junction.conflicts[groupOf[link]! * junction.groups.length + groupOf[other]!]) continue;
          let ended = s - 1;
          while (ended >= 0 && !green(rows[ended]![other]!)) ended--;
          if (ended >= 0 && s - ended - 1 < amberS + redS)
            faults.push(`${s}: ${link} green ${s - ended - 1} s after ${other}`);
        }
      }
      if (green(was) && is === "y" && since(link, s, green) < minGreenS && since(link, s, green) < s)
        faults.push(`${s}: link ${link} had ${since(link, s, green)} s of green`);
    }
  }
  return faults;
}

describe("a cabinet of SUMO's stages", () => {
  it.each([1, 2, 3, 4, 5])("keeps amber, all-red, minimum green and conflicts, whatever is asked (SEED=%i)", (seed) => {
    const random = seededRandom(seed);
    const cabinet = cabinetAt(0);
    const plan = city.city.schedule.planSets.get("program")!.plans.get(signal.junction.id)!;
    const rows: string[] = [];
    for (let s = 0; s < 2000; s++) {
      const draw = random.next();
      const phase = 1 + Math.floor(random.next() * signal.stages.states.length);
      if (draw < 0.2) cabinet.execute({ kind: "serve", phases: [phase] }, at(s));
      else if (draw < 0.4) cabinet.execute({ kind: "serve", phases: [phase], hold: true }, at(s));
      else if (draw < 0.42)
        cabinet.execute({ kind: "plan", plan: { ...plan, offset: seconds(Math.floor(random.next() * 60)) } }, at(s));
      else if (draw < 0.43) cabinet.execute({ kind: "release" }, at(s));
      rows.push(cabinet.show(at(s)));
    }
    expect(new Set(rows).size).toBeGreaterThan(signal.stages.states.length);
    expect(objections(rows, { amberS: 4, redS: 2, minGreenS: 6 })).toEqual([]);
  });

  it("shows a decision from the very second it is made", () => {
    const cabinet = cabinetAt(0);
    let s = 0;
    while (!(cabinet.status(at(s)).kind === "reachable" && cabinet.show(at(s)) === signal.stages.states[0])) s++;
    s += 20;
    cabinet.execute({ kind: "serve", phases: [1] }, at(s));
    expect(cabinet.show(at(s))).toBe(signal.stages.states[0]);
    cabinet.execute({ kind: "serve", phases: [2] }, at(++s));
    expect(cabinet.show(at(s))).toContain("y");
  });

  it("keeps green what is green before and after", () => {
    const states = signal.stages.states;
    const cabinet = cabinetAt(0);
    for (const [from, to] of [
      [1, 2],
      [2, 3],
      [3, 1],
    ] as const) {
      let s = 0;
      const reach = (phase: number): void => {
        for (let i = 0; i < 60; i++) {
          cabinet.execute({ kind: "serve", phases: [phase] }, at(s));
          if (cabinet.show(at(s)) === states[phase - 1]) return;
          s++;
        }
        throw new Error(`never reaches ${phase}`);
      };
      reach(from);
      s += 10;
      const stay = [...states[from - 1]!].flatMap((letter, link) =>
        green(letter) && green(states[to - 1]![link]) ? [link] : [],
      );
      for (; ; s++) {
        cabinet.execute({ kind: "serve", phases: [to] }, at(s));
        const row = cabinet.show(at(s));
        for (const link of stay) expect(green(row[link])).toBe(true);
        if (row === states[to - 1]) break;
      }
      s += 200;
    }
  });

  it("holds the next green while asked to, and not for ever", () => {
    const untilGreen = (hold: boolean): number => {
      const cabinet = cabinetAt(0);
      for (let s = 0; s < 60; s++) {
        cabinet.execute({ kind: "serve", phases: [1] }, at(s));
        cabinet.show(at(s));
      }
      for (let s = 60; s < 120; s++) {
        cabinet.execute({ kind: "serve", phases: [3], ...(hold ? { hold: true as const } : {}) }, at(s));
        if (cabinet.show(at(s)) === signal.stages.states[2]) return s - 60;
      }
      return Number.POSITIVE_INFINITY;
    };
    expect(untilGreen(false)).toBe(6);
    expect(untilGreen(true)).toBeGreaterThan(6);
    expect(untilGreen(true)).toBeLessThanOrEqual(6 + 15);
  });

  it("runs a plan in step: each stage at its second of the cycle", () => {
    const plan = city.city.schedule.planSets.get("program")!.plans.get(signal.junction.id)!;
    const cabinet = cabinetAt(1000);
    const cycleS = plan.cycle / 1000;
    for (let s = 1000; s < 1000 + 3 * cycleS; s++) {
      const row = cabinet.show(at(s));
      const position = (((s - plan.offset / 1000) % cycleS) + cycleS) % cycleS;
      if (position === 0) expect(row).toBe(signal.stages.states[0]);
      const second = splitOf(plan, 1) / 1000;
      if (position === second) expect(row).toBe(signal.stages.states[1]);
      expect(cabinet.status(at(s))).toMatchObject({ inTransition: false });
    }
  });

  it("comes into step with a plan of another offset within three cycles, without cutting a minimum", () => {
    const plan = city.city.schedule.planSets.get("program")!.plans.get(signal.junction.id)!;
    for (let shift = 0; shift < plan.cycle / 1000; shift += 7) {
      const cabinet = cabinetAt(0);
      const moved = { ...plan, offset: seconds((plan.offset / 1000 + shift) % (plan.cycle / 1000)) };
      cabinet.execute({ kind: "plan", plan: moved }, at(0));
      const rows: string[] = [];
      const end = (4 * plan.cycle) / 1000;
      for (let s = 0; s < end; s++) {
        rows.push(cabinet.show(at(s)));
        if (s > (3 * plan.cycle) / 1000) expect(cabinet.status(at(s))).toMatchObject({ inTransition: false });
      }
      expect(objections(rows, { amberS: 4, redS: 2, minGreenS: 6 })).toEqual([]);
    }
  });

  it("refuses stages it does not have", () => {
    const cabinet = cabinetAt(0);
    expect(cabinet.execute({ kind: "serve", phases: [99] }, at(0))).toMatchObject({ result: "refused" });
    expect(cabinet.execute({ kind: "serve", phases: [1, 2] }, at(0))).toMatchObject({ result: "refused" });
  });
});
