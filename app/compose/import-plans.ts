import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { maxTableBytes } from "../../config/import/csv.ts";
import { nearestPlanSet, parsePlanSheet, type SheetPlan } from "../../config/import/plan-sheet.ts";
import { mergePlans } from "../../config/import/plans-file.ts";
import { checkCity, type Fault, showFault } from "../../config/load.ts";
import type { City } from "../../config/model.ts";
import { UserError } from "../user-error.ts";

export interface ImportedPlans {
  /** `plans.yaml` with the plans in it. */
  readonly text: string;
  readonly changes: readonly string[];
  /** One line each, by the table's line and column where it is the table's. */
  readonly faults: readonly string[];
}

const file = "plans.yaml";

/** Reads a table, puts its plans into a copy of the configuration, and checks that as `simpang check` does. */
export function importPlans(city: City, sheet: string, directory: string): ImportedPlans {
  const { plans, faults } = parsePlanSheet(readTable(sheet), city);
  const wrong = faults.map(({ line, column, message }) => `${sheet}:${line}:${column} ${message}`);
  if (wrong.length > 0 || plans.length === 0)
    return { text: "", changes: [], faults: wrong.length > 0 ? wrong : [`${sheet}:1:1 holds no plan; add rows`] };
  const merged = mergePlans(readFileSync(join(directory, file), "utf8"), plans, city, basename(sheet));
  if (merged.faults.length > 0) return { ...merged, faults: merged.faults.map((fault) => `${sheet}:1:1 ${fault}`) };
  const copy = mkdtempSync(join(tmpdir(), "simpang-plans-"));
  try {
    cpSync(directory, copy, { recursive: true });
    writeFileSync(join(copy, file), merged.text);
    const { faults: found } = checkCity(copy);
    return {
      ...merged,
      faults: found.map((fault) => placed(fault, { plans, planSets: merged.planSets, sheet, city })),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Whole or not at all. */
export function writePlans(directory: string, text: string): void {
  const target = join(directory, file);
  writeFileSync(`${target}.new`, text);
  renameSync(`${target}.new`, target);
}

interface Origin {
  readonly plans: readonly SheetPlan[];
  /** Ids in the order of the merged file. */
  readonly planSets: readonly string[];
  readonly sheet: string;
  readonly city: City;
}

/** A fault of the merged file where the person can mend it: in the table, where the plan comes from it. */
function placed(fault: Fault, { plans, planSets, sheet, city }: Origin): string {
  const [, set, junction, rest] = /^plan_sets\[(\d+)\](?:\.plans\.([^.]+)(?:\.(.+))?)?/.exec(fault.path) ?? [];
  const id = planSets[Number(set)];
  const plan = plans.find((own) => own.planSet === id && (junction === undefined || own.junction === junction));
  if (fault.file !== file || !plan) return showFault(fault);
  const phase = /^splits_s\.(\d+)$/.exec(rest ?? "")?.[1];
  const { line, column } = (phase === undefined ? undefined : plan.phases.get(Number(phase))) ?? plan.first;
  const near = nearestPlanSet(city, plan.planSet);
  const hint = near === undefined || junction !== undefined ? "" : ` (or did you mean plan "${near}"?)`;
  return `${sheet}:${line}:${column} ${plan.planSet}${junction === undefined ? "" : `/${junction}`}: ${fault.message}${hint}`;
}

function readTable(sheet: string): string {
  try {
    const { size } = statSync(sheet);
    if (size > maxTableBytes)
      throw new UserError(`${sheet} is ${size} bytes, above the limit of ${maxTableBytes}; split it.`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(sheet));
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof TypeError) throw new UserError(`${sheet} is not UTF-8 text; save it as CSV UTF-8.`);
    throw new UserError(`${sheet} cannot be read (${(error as NodeJS.ErrnoException).code}). Give a CSV file.`);
  }
}
