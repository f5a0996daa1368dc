import type { Junction, Stream } from "../../../config/model.ts";
import { splitOf, type TimingPlan } from "../../../config/plan.ts";
import { type Instant, type Millis, millis, modulo } from "../../../config/units.ts";
import { barriersOf, changeTime } from "./phase-times.ts";

const day = 86_400_000;

/** Where in its cycle a plan stands at `now`, since the start of its coordinated green (plans count from UTC midnight). */
export const cyclePosition = (plan: TimingPlan, now: Instant): Millis =>
  millis(modulo((now % day) - plan.offset, plan.cycle));

export interface Window {
  /** Since the start of the coordinated green, modulo the cycle. */
  readonly start: Millis;
  readonly length: Millis;
}

/** Green of each phase in the cycle. */
export function greenWindows(junction: Junction, plan: TimingPlan): ReadonlyMap<number, Window> {
  const starts = new Map<number, number>();
  let barrierStart = 0;
  for (const barrier of barriersOf(junction, plan.sequence)) {
    let longest = 0;
    for (const ring of barrier.rings) {
      let at = barrierStart;
      for (const phase of ring) {
        starts.set(phase.number, at);
        at += splitOf(plan, phase.number);
      }
      longest = Math.max(longest, at - barrierStart);
    }
    barrierStart += longest;
  }
  const zero = starts.get(junction.coordinatedPhase) ?? 0;
  return new Map(
    junction.phases.map((phase) => [
      phase.number,
      {
        start: millis(modulo((starts.get(phase.number) ?? 0) - zero, plan.cycle)),
        length: millis(Math.max(0, splitOf(plan, phase.number) - changeTime(phase))),
      },
    ]),
  );
}

/**
 * 1 for each second of the cycle in which a stream is green, 0 otherwise, from the start of the coordinated green. A
 * stream that stays green from one phase into the next is green through the change between them.
 */
export function greenSeconds(
  junction: Junction,
  plan: TimingPlan,
  stream: Stream,
  windows: ReadonlyMap<number, Window> = greenWindows(junction, plan),
): Uint8Array {
  const n = Math.round(plan.cycle / 1000);
  const green = new Uint8Array(n);
  for (const number of stream.phases) {
    const { start, length } = windows.get(number)!;
    const ring = plan.sequence.find((entry) => entry.includes(number))!;
    const next = ring[(ring.indexOf(number) + 1) % ring.length]!;
    const through = next !== number && stream.phases.includes(next);
    const until = through ? splitOf(plan, number) : length;
    for (let t = 0; t < Math.round(until / 1000); t++) green[(Math.round(start / 1000) + t) % n] = 1;
  }
  return green;
}
