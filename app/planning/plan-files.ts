import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, parseDocument, stringify, YAMLSeq } from "yaml";
import type { Junction } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { UserError } from "../user-error.ts";
import type { Design, Solution } from "./design.ts";
import { timeSpaceSvg } from "./time-space.ts";
import { worksheet } from "./worksheet.ts";

/** A plan in the form of `simpang push` and of `plans.yaml`. */
export function planEntry(plan: TimingPlan, junction: Junction, setCycleS?: number) {
  const cycle = plan.cycle / 1000;
  return {
    ...(cycle === setCycleS ? {} : { cycle_s: cycle }),
    offset_s: plan.offset / 1000,
    splits_s: Object.fromEntries(plan.splits.map(({ phase, split }) => [phase, split / 1000])),
    ...(JSON.stringify(plan.sequence) === JSON.stringify(junction.rings) ? {} : { sequence: plan.sequence }),
  };
}

/** Ids of plan sets: letters, digits, dot, underscore, hyphen. */
const setId = (period: string): string =>
  period
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 64) || "counts";

const mostSlots = 16;

export interface Written {
  readonly folder: string;
  readonly files: readonly string[];
}

/**
 * Writes the plans: `plans.yaml`, the configuration's own with the new sets in it (one of the same id replaced), a file for
 * `simpang push` per junction, the worksheet and the time-space picture per period.
 */
export function writePlans(
  folder: string,
  config: string,
  made: readonly { readonly design: Design; readonly taken: Solution }[],
): Written {
  const files: string[] = [];
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
    files.push(name);
  };
  const merged = mergedPlans(config, made);
  try {
    mkdirSync(folder, { recursive: true });
    for (const { design, taken } of made) {
      const id = setId(design.period.id);
      mkdirSync(join(folder, id), { recursive: true });
      for (const junction of design.network.junctions)
        write(`${id}/${junction.id}.yaml`, stringify(planEntry(taken.plans.get(junction.id)!, junction)));
      write(`${id}/worksheet.txt`, `${worksheet(design)}\n`);
      write(`${id}/time-space.svg`, timeSpaceSvg(design, taken));
    }
    write("plans.yaml", merged);
  } catch (error) {
    throw new UserError(
      `${folder} cannot be written (${(error as NodeJS.ErrnoException).code}). Give another --out folder.`,
    );
  }
  return { folder, files };
}

/** The configuration's plans.yaml, comments and all, with the new sets. */
function mergedPlans(config: string, made: readonly { readonly design: Design; readonly taken: Solution }[]): string {
  const document = parseDocument(readFileSync(join(config, "plans.yaml"), "utf8"));
  const sets = document.get("plan_sets");
  if (!(sets instanceof YAMLSeq)) throw new Error("a checked plans.yaml has plan_sets");
  for (const { design, taken } of made) {
    const id = setId(design.period.id);
    const index = sets.items.findIndex((item) => isMap(item) && item.get("id") === id);
    const old = index < 0 ? undefined : sets.items[index];
    const slots = sets.items.map((item) => (isMap(item) ? Number(item.get("slot")) : 0));
    const slot = isMap(old)
      ? Number(old.get("slot"))
      : Array.from({ length: mostSlots }, (_, i) => i + 1).find((free) => !slots.includes(free));
    if (slot === undefined)
      throw new UserError(
        `${config} has a plan set in each of its ${mostSlots} slots; name a period like the set it is to replace.`,
      );
    const node: unknown = document.createNode(
      setEntry(design, taken, { id, name: isMap(old) ? String(old.get("name")) : design.period.id, slot }),
    );
    onOneLine(node);
    if (index < 0) sets.add(node);
    else sets.items[index] = node;
  }
  return document.toString({ lineWidth: 160 });
}

const originOf = ({ id, counted }: Design["period"]) =>
  counted ? { origin: "sourced", source: `simpang plan, counts ${id}` } : { origin: "synthetic" };

/** A plan a line, as people write them. */
function onOneLine(set: unknown): void {
  const plans = isMap(set) ? set.get("plans") : undefined;
  if (!isMap(plans)) return;
  for (const { value } of plans.items) if (isMap(value)) value.flow = true;
}

function setEntry(
  { network, inUse, period }: Design,
  taken: Solution,
  head: { readonly id: string; readonly name: string; readonly slot: number },
) {
  const cycle = Math.max(...[...taken.plans.values()].map((plan) => plan.cycle)) / 1000;
  // Junctions that were not planned keep what they have in use.
  const plans = [...network.city.junctions.values()].map((junction) => {
    const plan = taken.plans.get(junction.id) ?? inUse.set.plans.get(junction.id)!;
    return [junction.id, planEntry(plan, junction, cycle)] as const;
  });
  return {
    ...head,
    cycle_s: cycle,
    ...originOf(period),
    plans: Object.fromEntries(plans),
  };
}
