import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import type { City } from "../model.ts";
import type { SheetPlan } from "./plan-sheet.ts";

/** Slots a cabinet has for plans of the schedule (`plans.yaml` allows no more). */
const slots = 16;

export interface MergedPlans {
  /** The whole of `plans.yaml`, its comments and the plans that were not touched as they were. */
  readonly text: string;
  /** Ids of its plan sets, in order. */
  readonly planSets: readonly string[];
  /** One line for each plan: what it becomes. */
  readonly changes: readonly string[];
  readonly faults: readonly string[];
}

/** Puts plans into the text of a checked `plans.yaml`; `source` says where they come from. */
export function mergePlans(text: string, plans: readonly SheetPlan[], city: City, source: string): MergedPlans {
  const document = parseDocument(text);
  const changes: string[] = [];
  const faults: string[] = [];
  for (const id of new Set(plans.map(({ planSet }) => planSet))) {
    const own = plans.filter(({ planSet }) => planSet === id);
    const known = setOf(document, id);
    const whole = [...city.junctions.keys()].every((junction) => own.some((plan) => plan.junction === junction));
    const cycleS = known && !whole ? Number(known.get("cycle_s")) : commonCycle(own);
    const set = known ?? addSet(document, { id, cycleS, source });
    if (!set) {
      faults.push(`plan set "${id}" is new, and all ${slots} slots are taken; remove a plan set from plans.yaml first`);
      continue;
    }
    set.set("cycle_s", cycleS);
    const byJunction = set.get("plans") as YAMLMap;
    for (const { junction, entry } of own) {
      const before = byJunction.has(junction);
      byJunction.set(junction, planNode(document, entry, cycleS));
      changes.push(
        `${id}/${junction}: ${before ? "replaced" : "added"}, cycle ${entry.cycle_s} s, offset ${entry.offset_s} s, splits ${Object.values(entry.splits_s).join(" ")} s`,
      );
    }
  }
  const sets = document.get("plan_sets");
  const ids = isSeq(sets) ? sets.items.map((item) => (isMap(item) ? String(item.get("id")) : "")) : [];
  return { text: written(document, text), planSets: ids, changes, faults };
}

/** The writer pads lists as it pads groups, `[ a ]`; where the file did not, neither does the new one. */
function written(document: Document, before: string): string {
  const text = document.toString({ lineWidth: 0 });
  if (/\[ | \]/.test(before)) return text;
  return text.replaceAll("[ ", "[").replaceAll(" ]", "]");
}

function setOf(document: Document, id: string): YAMLMap | undefined {
  const sets = document.get("plan_sets");
  if (!isSeq(sets)) return undefined;
  return sets.items.find((item): item is YAMLMap => isMap(item) && item.get("id") === id);
}

function addSet(
  document: Document,
  { id, cycleS, source }: { readonly id: string; readonly cycleS: number; readonly source: string },
): YAMLMap | undefined {
  const sets = document.get("plan_sets");
  if (!isSeq(sets)) return undefined;
  const taken = new Set(sets.items.map((item) => (isMap(item) ? Number(item.get("slot")) : 0)));
  const slot = Array.from({ length: slots }, (_, i) => i + 1).find((candidate) => !taken.has(candidate));
  if (slot === undefined) return undefined;
  const set = document.createNode({
    id,
    name: id,
    slot,
    cycle_s: cycleS,
    origin: "sourced",
    source,
    plans: {},
  }) as YAMLMap;
  sets.items.push(set);
  return set;
}

function planNode(document: Document, entry: SheetPlan["entry"], setCycleS: number) {
  // Keys of splits are numbers in the files, not quoted text.
  const splits = new Map(Object.entries(entry.splits_s).map(([phase, split]) => [Number(phase), split]));
  const plan = new Map<string, unknown>();
  if (entry.cycle_s !== setCycleS) plan.set("cycle_s", entry.cycle_s);
  plan.set("offset_s", entry.offset_s).set("splits_s", splits);
  if (entry.sequence) plan.set("sequence", entry.sequence);
  return document.createNode(plan, { flow: true });
}

/** The cycle that most plans have; of equals the longest. */
function commonCycle(plans: readonly SheetPlan[]): number {
  const counts = new Map<number, number>();
  for (const { entry } of plans) counts.set(entry.cycle_s, (counts.get(entry.cycle_s) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]![0];
}
