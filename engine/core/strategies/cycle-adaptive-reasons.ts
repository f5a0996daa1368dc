import type { Junction } from "../../../config/model.ts";
import { splitOf, type TimingPlan } from "../../../config/plan.ts";
import type { Millis } from "../../../config/units.ts";
import type { Knowledge, Reason } from "../strategy.ts";
import type { CycleNeed } from "./corridor-model/cycle-search.ts";
import type { JunctionCost } from "./corridor-model/junction-cost.ts";

const s = (time: Millis): number => time / 1000;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function cycle(change: {
  readonly need: CycleNeed;
  readonly gain: number;
  readonly from: Millis;
  readonly to: Millis;
  readonly target: number;
}): Reason {
  const { need, gain, from, to, target } = change;
  const needed = need.cycle === undefined ? "more than any cycle gives" : `${s(need.cycle)} s`;
  return {
    code: "cycle-step",
    text: `Junction ${need.junction} needs ${needed} to stay at ${target} (flow ratios ${need.path.sum.toFixed(2)}, lost ${need.path.lostS} s); cycle ${s(from)} to ${s(to)} s is predicted to save ${percent(gain)} of the corridor's waiting.`,
    values: {
      critical: need.junction,
      flow_ratio: need.path.sum,
      lost_s: need.path.lostS,
      gain,
      from_s: s(from),
      to_s: s(to),
    },
  };
}

export function splits(change: {
  readonly junction: Junction;
  readonly from: TimingPlan;
  readonly to: TimingPlan;
  readonly before: JunctionCost;
  readonly after: JunctionCost;
  readonly streams: Knowledge["streams"];
}): Reason {
  const { junction, from, to, before, after, streams } = change;
  const moves = junction.phases
    .map(({ number }) => ({ number, by: s((splitOf(to, number) - splitOf(from, number)) as Millis) }))
    .filter(({ by }) => by !== 0);
  const worst = [...before.streams].reduce((a, b) => (b[1].saturation > a[1].saturation ? b : a));
  const seen = streams.get(worst[0]);
  const gain = 1 - after.cost / before.cost;
  return {
    code: before.saturation > 1 ? "saturated" : "splits",
    text: `${worst[0]} is at ${worst[1].saturation.toFixed(2)} of its green (${seen?.flowPcuh.mean.toFixed(0)} pcu/h, ${seen?.basis}); ${moves.map(({ number, by }) => `phase ${number} ${by > 0 ? "+" : ""}${by} s`).join(", ")} is predicted to save ${percent(gain)} of the waiting.`,
    values: { stream: worst[0], saturation: worst[1].saturation, saturation_after: after.saturation, gain },
  };
}

export const offset = (change: {
  readonly junction: string;
  readonly move: Millis;
  readonly to: Millis;
  readonly target: Millis;
}): Reason => ({
  code: "offset-step",
  text: `Platoons of both directions meet green best at offset ${s(change.target)} s; ${change.junction} moves by ${s(change.move)} s to ${s(change.to)} s.`,
  values: { move_s: s(change.move), offset_s: s(change.to), target_s: s(change.target) },
});

export const fullExit = (block: { readonly junction: string; readonly phases: readonly number[] }): Reason => ({
  code: "exit-full",
  text: `Phase ${block.phases.join(", ")} of ${block.junction} leads into a full link and gets no more green.`,
  values: { phases: block.phases.join(" ") },
});

export const catchUp = (change: {
  readonly junction: string;
  readonly from: Millis;
  readonly to: Millis;
  readonly corridor: Millis;
}): Reason => ({
  code: "catch-up",
  text: `${change.junction} runs a cycle of ${s(change.from)} s, the corridor ${s(change.corridor)} s; it goes to ${s(change.to)} s.`,
  values: { from_s: s(change.from), to_s: s(change.to), corridor_s: s(change.corridor) },
});
