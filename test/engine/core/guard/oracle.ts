import type { Junction, Phase } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";

/**
 * Plays a plan of whole seconds second by second and says what a person at the junction would see go wrong. Written
 * apart from the guard: it knows lamps over time, not arithmetic on splits.
 */
export function watch(plan: TimingPlan, junction: Junction): readonly string[] {
  const cycleS = plan.cycle / 1000;
  const seen = new Set<string>();
  if (plan.cycle < junction.cycleMin || plan.cycle > junction.cycleMax) seen.add("cycle");
  if (plan.offset < 0 || plan.offset >= plan.cycle) seen.add("offset");
  const rings = plan.sequence.map((ring) => film(ring, plan, junction));
  if (rings.length !== junction.rings.length) seen.add("rings");
  for (const [i, ring] of rings.entries()) {
    if (ring.length !== cycleS) seen.add("a ring takes more or less than the cycle");
    const shown = new Set(ring.map((frame) => frame.phase.number));
    for (const number of junction.rings[i] ?? []) if (!shown.has(number)) seen.add("a phase of a ring is not served");
    for (const number of shown) if (!junction.rings[i]?.includes(number)) seen.add("a phase in a foreign ring");
  }
  if (rings.some((ring) => ring.length === 0)) return [...seen, "an empty ring"];
  const length = 3 * Math.max(cycleS, ...rings.map((ring) => ring.length));
  const show = Array.from({ length }, (_, t) => rings.map((ring) => ring[t % ring.length]!));
  watchBarriers(show, cycleS, seen);
  watchGroups(show, junction, seen);
  watchPhases(show, junction, seen);
  watchCrossings(show, junction, seen);
  return [...seen];
}

interface Frame {
  readonly phase: Phase;
  readonly green: boolean;
  /** Seconds since the phase began. */
  readonly since: number;
}

/** One pass of a ring, a frame a second. */
function film(ring: readonly number[], plan: TimingPlan, junction: Junction): readonly Frame[] {
  return ring.flatMap((number) => {
    const phase = junction.phases.find((candidate) => candidate.number === number);
    const length = (plan.splits.find((entry) => entry.phase === number)?.split ?? 0) / 1000;
    if (!phase) return [];
    const clear = (phase.amber + phase.allRed) / 1000;
    return Array.from({ length: Math.max(0, length) }, (_, since) => ({ phase, green: since < length - clear, since }));
  });
}

type Show = readonly (readonly Frame[])[];

function watchBarriers(show: Show, cycleS: number, seen: Set<string>): void {
  const sides = show.map((frames) => [...new Set(frames.map((frame) => frame.phase.barrier))]);
  if (sides.some((side) => side.length > 1)) seen.add("rings stand on different sides of a barrier");
  const first = sides.slice(0, cycleS).map((side) => side[0]!);
  const runs = first.filter((side, t) => side !== first[t - 1]);
  if (runs.some((side, i) => i > 0 && side < runs[i - 1]!)) seen.add("barriers out of order");
}

function watchGroups(show: Show, junction: Junction, seen: Set<string>): void {
  const n = junction.groups.length;
  const ended = new Array<number>(n).fill(Number.NEGATIVE_INFINITY);
  let before: readonly boolean[] = new Array<boolean>(n).fill(false);
  for (const [t, frames] of show.entries()) {
    const lit = junction.groups.map((group) =>
      frames.some((frame) => frame.green && frame.phase.groups.includes(group.id)),
    );
    for (let i = 0; i < n; i++) if (before[i] && !lit[i]) ended[i] = t;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (!lit[j] || junction.conflicts[i * n + j] !== 1) continue;
        if (lit[i]) seen.add("conflicting greens");
        else if (!before[j] && (t - ended[i]!) * 1000 < junction.intergreen[i * n + j]!) seen.add("short intergreen");
      }
    }
    before = lit;
  }
  const served = new Set(
    show.flatMap((frames) => frames.filter((frame) => frame.green).flatMap((frame) => frame.phase.groups)),
  );
  for (const stream of junction.streams) if (!served.has(stream.group)) seen.add("a stream is never served");
}

function watchPhases(show: Show, junction: Junction, seen: Set<string>): void {
  for (const phase of junction.phases) {
    const lit = show.map((frames) => frames.some((frame) => frame.green && frame.phase === phase));
    const runs: { green: boolean; length: number }[] = [];
    for (const green of lit) {
      const last = runs.at(-1);
      if (last?.green === green) last.length += 1;
      else runs.push({ green, length: 1 });
    }
    // The first and the last run are cut off by the film.
    for (const run of runs.slice(1, -1)) {
      const ms = run.length * 1000;
      for (const group of junction.groups.filter((each) => phase.groups.includes(each.id))) {
        if (run.green && ms < group.minGreen + group.clearance) seen.add("short green");
        if (run.green && ms > group.maxGreen && group.kind === "vehicle") seen.add("long green");
      }
      if (!run.green && ms > junction.maxRed) seen.add("long red");
    }
    if (runs.length < 4) seen.add("a phase does not change");
  }
}

/** Somebody comes to each crossing every second, and may start only in the walk. */
function watchCrossings(show: Show, junction: Junction, seen: Set<string>): void {
  for (const crossing of junction.crossings) {
    const { minGreen, clearance } = junction.groups.find((group) => group.id === crossing.group)!;
    const walk = show.map((frames) =>
      frames.some(
        (frame) => frame.green && frame.since * 1000 < minGreen && frame.phase.groups.includes(crossing.group),
      ),
    );
    if (clearance === 0) throw new Error("a crossing without clearance is not what this oracle knows");
    for (let t = 0; t < show.length / 2; t++) {
      const wait = walk.slice(t).indexOf(true);
      if (wait === -1 || wait * 1000 > crossing.maxWait) seen.add("a long wait at a crossing");
    }
  }
}
