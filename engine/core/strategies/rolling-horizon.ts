import { type Instant, between, seconds } from "../../../config/units.ts";
import type { Strategy, Wanted } from "../strategy.ts";
import { layoutOf } from "./rolling-horizon/layout.ts";
import { type Learned, learn, nothingLearned } from "./rolling-horizon/learned.ts";
import { type Announced, queuesOf } from "./rolling-horizon/queues.ts";
import { type Outlook, Search, settings, Walk } from "./rolling-horizon/search.ts";

interface JunctionMemory {
  readonly learned: Learned;
  readonly stage: number;
  readonly since: Instant;
  readonly target: number;
  readonly asked: Instant;
  readonly outlook: Outlook | undefined;
  readonly at: Instant;
}

type Memory = ReadonlyMap<string, JunctionMemory>;

export const rollingHorizon: Strategy<Memory> = {
  name: "rolling-horizon",
  period: seconds(1),
  start: () => new Map(),
  decide: (known, before) => {
    const memory = new Map(before);
    const wanted: Wanted[] = [];
    for (const id of known.corridor.junctions) {
      const junction = known.city.junctions.get(id)!;
      const view = known.views?.get(id);
      const status = known.cabinets.get(id);
      if (!view || status?.kind !== "reachable") continue;
      const layout = layoutOf(known.city, junction);
      const was = before.get(id);
      const learned = learn(was?.learned ?? nothingLearned(layout), layout, view);
      const green = layout.phases.findIndex((phase) => status.phases[phase] === "green");
      const now = known.now;
      let stage = was?.stage ?? 0;
      let since = was?.since ?? now;
      let target = was?.target ?? Math.max(0, green);
      let asked = was?.asked ?? now;
      let start: { stage: number; green: number; wait: number; barred: boolean[] };
      const barred = layout.stages.map(() => false);
      if (green >= 0) {
        if (green !== stage || !was) since = now;
        stage = green;
        start = { stage, green: between(since, now) / 1000, wait: 0, barred };
      } else {
        const change = layout.change[stage]![target]!;
        start = { stage: target, green: 0, wait: Math.max(1, change - between(asked, now) / 1000), barred };
      }
      const announced: Announced[][] = layout.lanes.map(() => []);
      const queues = queuesOf(layout, { view, learned, announced, horizon: settings.horizon });
      const outlook = new Search(new Walk(layout, queues, learned, settings)).solve(start);
      if (green >= 0) {
        const now0 = outlook.plan[0]!;
        const next = outlook.plan[1];
        const to = now0.to <= 0 && next ? next.stage : stage;
        if (to !== stage) asked = now;
        target = to;
      }
      wanted.push({ junction: id, action: { kind: "serve", phases: [layout.phases[target]!] }, reasons: [] });
      memory.set(id, { learned, stage, since, target, asked, outlook, at: now });
    }
    return { memory, wanted };
  },
};
