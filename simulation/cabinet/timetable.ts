import type { CoordinationSettings } from "./coordination-settings.ts";
import type { UnitPhase } from "./rings.ts";
import type { StoredPlan } from "./virtual-cabinet.ts";

/** When the phases of one cycle start and end; times in ms from the barrier that opens the cycle. */
export interface Timetable {
  readonly length: number;
  /** Start of the coordinated green: local zero. */
  readonly zero: number;
  /** By ring. */
  readonly rings: readonly (readonly Entry[])[];
}

export interface Entry {
  readonly phase: UnitPhase;
  readonly start: number;
  readonly greenEnd: number;
}

/** Changes of greens are whole tenths, the machine's step. */
const STEP = 100;

/** A correction stretches or shortens one cycle by no more than this share. */
const CORRECTION_SHARE = 0.2;

interface Segment {
  readonly rings: readonly (readonly { readonly phase: UnitPhase; readonly split: number }[])[];
  /** How far it can shrink and stretch with every green inside its minimum and maximum, ms. */
  readonly shrink: number;
  readonly stretch: number;
}

/** A plan laid out for one junction; checked plans only. */
export interface Layout {
  readonly plan: StoredPlan;
  readonly segments: readonly Segment[];
  readonly nominal: Timetable;
  /** Longest correction of one cycle either way, ms. */
  readonly shrink: number;
  readonly stretch: number;
  /** Phases green at local zero, one of each ring, and how far they alone can stretch: a coordinator that dwells. */
  readonly dwellers: ReadonlySet<UnitPhase>;
  readonly dwell: number;
}

const green = (phase: UnitPhase, split: number): number => split - phase.amber - phase.allRed;

export function layOut(plan: StoredPlan, phases: readonly UnitPhase[], coordinatedPhase: number): Layout {
  const coordinated = phases.find((phase) => phase.number === coordinatedPhase)!;
  const rings = plan.sequence.map((numbers) =>
    numbers
      .filter((number) => (plan.splits.get(number) ?? 0) > 0)
      .map((number) => ({
        phase: phases.find((phase) => phase.number === number)!,
        split: plan.splits.get(number)! as number,
      })),
  );
  const main = rings.find((ring) => ring.some(({ phase }) => phase === coordinated))!;
  const barriers = rotate([...new Set(main.map(({ phase }) => phase.barrier))], coordinated.barrier);
  for (const ring of rings)
    for (const { phase } of ring) if (!barriers.includes(phase.barrier)) barriers.push(phase.barrier);
  const segments = barriers.map((barrier) => {
    const parts = rings.map((ring) => ring.filter(({ phase }) => phase.barrier === barrier));
    const alone = barriers.length === 1 && rings.length === 1;
    return segment(alone ? [rotate(parts[0]!, parts[0]!.find(({ phase }) => phase === coordinated)!)] : parts);
  });
  const limit = Math.floor((plan.cycle * CORRECTION_SHARE) / STEP) * STEP;
  const nominal = timetable(segments, coordinated, 0);
  const atZero = nominal.rings.flatMap((ring) =>
    ring.filter(({ start, greenEnd }) => start <= nominal.zero && nominal.zero < greenEnd),
  );
  const beside = nominal.rings.filter((ring) => ring.some(({ phase }) => phase.barrier === coordinated.barrier));
  const room = atZero.map(({ phase, start, greenEnd }) => phase.maxGreen - (greenEnd - start));
  return {
    plan,
    segments,
    nominal,
    dwellers: new Set(atZero.map(({ phase }) => phase)),
    // A ring with nothing green at local zero could not wait.
    dwell: atZero.length < beside.length ? 0 : Math.max(0, Math.min(limit, ...room)),
    shrink: Math.min(limit, total(segments.map((part) => part.shrink))),
    stretch: Math.min(limit, total(segments.map((part) => part.stretch))),
  };
}

/**
 * The cycle made longer (positive) or shorter by `change`, which lies within the layout's limits; with `dwell` the phases green
 * at local zero take all of it.
 */
export function corrected(layout: Layout, coordinatedPhase: number, change: number, dwell: boolean = false): Timetable {
  if (change === 0) return layout.nominal;
  const all = layout.segments.flatMap((part) => part.rings.flat());
  const coordinated = all.find(({ phase }) => phase.number === coordinatedPhase)!.phase;
  return timetable(layout.segments, coordinated, change, dwell ? layout.dwellers : undefined);
}

/**
 * How much to lengthen this cycle so that the coordinated green comes back to its offset, being `late` ms late (0 … cycle), the
 * way the settings want. A way that has no room gives way to one that has: out of step for ever is worse.
 */
export function correction(
  layout: Layout,
  late: number,
  way: CoordinationSettings["correction"] = "short-way",
): number {
  const early = layout.plan.cycle - late;
  if (way === "dwell" && layout.dwell > 0) return Math.min(early, layout.dwell);
  if (way === "subtract-only" && layout.shrink > 0) return -Math.min(late, layout.shrink);
  if ((way === "add-only" || way === "dwell") && layout.stretch > 0) return Math.min(early, layout.stretch);
  return shortWay(layout, late, early);
}

/** The way that needs fewer cycles, then the smaller change. */
function shortWay(layout: Layout, late: number, early: number): number {
  const shorter = layout.shrink > 0 ? Math.ceil(late / layout.shrink) : Number.POSITIVE_INFINITY;
  const longer = layout.stretch > 0 ? Math.ceil(early / layout.stretch) : Number.POSITIVE_INFINITY;
  if (shorter === Number.POSITIVE_INFINITY && longer === Number.POSITIVE_INFINITY) return 0;
  if (shorter < longer || (shorter === longer && late <= early)) return -Math.min(late, layout.shrink);
  return Math.min(early, layout.stretch);
}

function segment(rings: Segment["rings"]): Segment {
  const used = rings.filter((ring) => ring.length > 0);
  const room = (of: (phase: UnitPhase, split: number) => number) =>
    Math.min(...used.map((ring) => total(ring.map(({ phase, split }) => Math.max(0, of(phase, split))))));
  return {
    rings,
    shrink: room((phase, split) => green(phase, split) - phase.planMinGreen),
    stretch: room((phase, split) => phase.maxGreen - green(phase, split)),
  };
}

function timetable(
  segments: readonly Segment[],
  coordinated: UnitPhase,
  change: number,
  only?: ReadonlySet<UnitPhase>,
): Timetable {
  const dwells = (part: Segment) => part.rings.some((ring) => ring.some(({ phase }) => only?.has(phase)));
  const room = segments.map((part) => (only ? (dwells(part) ? change : 0) : change < 0 ? part.shrink : part.stretch));
  const changes = share(change, room);
  const rings: Entry[][] = segments[0]!.rings.map(() => []);
  let opened = 0;
  let zero = 0;
  for (const [i, part] of segments.entries()) {
    let closed = opened;
    for (const [r, ring] of part.rings.entries()) {
      const slack = ring.map(({ phase, split }) =>
        only && !only.has(phase)
          ? 0
          : Math.max(0, change < 0 ? green(phase, split) - phase.planMinGreen : phase.maxGreen - green(phase, split)),
      );
      const own = share(changes[i]!, slack);
      let start = opened;
      for (const [k, { phase, split }] of ring.entries()) {
        if (phase === coordinated) zero = start;
        const end = start + split + own[k]!;
        rings[r]!.push({ phase, start, greenEnd: end - phase.amber - phase.allRed });
        start = end;
      }
      closed = Math.max(closed, start);
    }
    opened = closed;
  }
  return { length: opened, zero, rings };
}

/** Splits `amount` in proportion to `weights`, in whole steps but for the last; no part exceeds its weight. */
function share(amount: number, weights: readonly number[]): readonly number[] {
  const sign = Math.sign(amount);
  let left = Math.abs(amount);
  let weightLeft = total(weights);
  return weights.map((weight) => {
    const exact = weightLeft > 0 ? (left * weight) / weightLeft : 0;
    const rest = weightLeft - weight;
    // What is left must still fit into the weights that are left.
    const part = Math.min(weight, left, Math.max(Math.round(exact / STEP) * STEP, left - rest));
    left -= part;
    weightLeft = rest;
    return sign * part;
  });
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** `items` in the same circle, beginning with `first`. */
function rotate<T>(items: readonly T[], first: T): T[] {
  const i = items.indexOf(first);
  return [...items.slice(i), ...items.slice(0, i)];
}
