import type { Reason } from "../../strategy.ts";
import type { Layout } from "./layout.ts";
import type { Queues } from "./queues.ts";
import type { Outlook } from "./search.ts";

interface Decision {
  readonly layout: Layout;
  readonly queues: Queues;
  readonly outlook: Outlook;
  readonly stage: number;
  readonly to: number;
  readonly why: "least-delay" | "longest-red" | "max-green" | "min-green";
  /** By movement. */
  readonly full: readonly boolean[];
  readonly horizon: number;
}

/** What was seen, what it leads to, and which limit cut it. */
export function reasonOf({ layout, queues, outlook, stage, to, why, full, horizon }: Decision): Reason {
  const name = (s: number): string => layout.stages[s]!.phases.join("+");
  const seen = (s: number): number =>
    queues.seen.reduce((sum, n, lane) => sum + (layout.stages[s]!.open[lane]!.length > 0 ? n : 0), 0);
  const plan = outlook.plan
    .slice(0, 4)
    .map((entry) => `${name(entry.stage)} ${Math.max(0, entry.from).toFixed(0)}-${entry.to.toFixed(0)} s`)
    .join(", ");
  const because = {
    "least-delay": `least delay over ${horizon} s`,
    "longest-red": "the longest red of a phase would be passed",
    "max-green": "the longest green is reached",
    "min-green": "the shortest green is not over",
  }[why];
  const blocked = full.filter(Boolean).length;
  return {
    code: why,
    text:
      `${to === stage ? `Phase ${name(stage)} stays` : `Phase ${name(stage)} ends for ${name(to)}`}: ${because}; ` +
      `${seen(stage)} vehicles in sight of ${name(stage)}${to === stage ? "" : `, ${seen(to)} of ${name(to)}`}` +
      `${blocked > 0 ? `, ${blocked} movements into full exits` : ""}; plan ${plan}.`,
    values: {
      phases: name(to),
      delay_veh_s: Math.round(outlook.cost * 10) / 10,
      in_sight: seen(stage),
      in_sight_next: seen(to),
      full_exits: blocked,
    },
  };
}
