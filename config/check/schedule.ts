import { sinceMidnight } from "../build.ts";
import { type Findings, type Path, show } from "../fault.ts";
import { dayNames } from "../schema/common.ts";
import { type Context, refers, unique } from "./context.ts";

const file = "plans.yaml";
const endOfDay = sinceMidnight("24:00");

/** Every minute of the week has one plan set; dated events do not overlap. */
export function checkSchedule(context: Context): void {
  const { findings, files } = context;
  if (!files.plans) return;
  const { schedule, events, plan_sets } = files.plans;
  const sets = plan_sets.map((set) => set.id);
  for (const [i, entry] of schedule.entries()) {
    refers(
      findings,
      { file, path: ["schedule", i, "plan_set"] },
      { id: entry.plan_set, what: "plan set", known: sets },
    );
    unique(
      findings,
      file,
      entry.days.map((value, k) => ({ value, path: ["schedule", i, "days", k] })),
      "day",
    );
    checkHours(findings, { file, path: ["schedule", i] }, entry);
  }
  for (const day of dayNames) checkDay(context, day);
  const dated = events.map((event, i) => ({ ...event, i, start: Date.parse(event.from), end: Date.parse(event.to) }));
  for (const event of dated) {
    refers(
      findings,
      { file, path: ["events", event.i, "plan_set"] },
      { id: event.plan_set, what: "plan set", known: sets },
    );
    if (event.start >= event.end)
      findings.fault(
        file,
        ["events", event.i, "to"],
        `${show(event.to)} is not after ${show(event.from)}; mend one of them`,
      );
    const other = dated.find(
      (earlier) => earlier.i < event.i && earlier.start < event.end && event.start < earlier.end,
    );
    if (other)
      findings.fault(
        file,
        ["events", event.i, "from"],
        `event ${show(event.name)} overlaps ${show(other.name)} (${other.from} to ${other.to}); let one end before the other starts`,
      );
  }
}

/** An entry of a week ends after it begins, on the same day. */
export function checkHours(
  findings: Findings,
  { file, path }: { readonly file: string; readonly path: Path },
  { from, to }: { readonly from: string; readonly to: string },
): void {
  if (sinceMidnight(from) >= sinceMidnight(to))
    findings.fault(
      file,
      [...path, "to"],
      `${show(to)} is not after ${show(from)}; an entry may not cross midnight: split it in two`,
    );
}

function checkDay({ findings, files }: Context, day: (typeof dayNames)[number]): void {
  const entries = files
    .plans!.schedule.map((entry, i) => ({
      i,
      days: entry.days,
      from: sinceMidnight(entry.from),
      to: sinceMidnight(entry.to),
    }))
    .filter((entry) => entry.days.includes(day) && entry.from < entry.to)
    .sort((a, b) => a.from - b.from || a.i - b.i);
  let covered = 0;
  let last: Path = ["schedule"];
  for (const entry of entries) {
    const path = ["schedule", entry.i, "from"];
    if (entry.from > covered)
      findings.fault(
        file,
        path,
        `nothing is scheduled on ${day} from ${clock(covered)} to ${clock(entry.from)}; fill the gap`,
      );
    if (entry.from < covered)
      findings.fault(
        file,
        path,
        `on ${day} ${clock(entry.from)} to ${clock(Math.min(covered, entry.to))} is scheduled twice; let one entry end where the other starts`,
      );
    covered = Math.max(covered, entry.to);
    last = ["schedule", entry.i, "to"];
  }
  if (covered < endOfDay)
    findings.fault(file, last, `nothing is scheduled on ${day} from ${clock(covered)} to 24:00; fill the gap`);
}

const clock = (sinceMidnightMs: number): string => {
  const minutes = Math.round(sinceMidnightMs / 60_000);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
};
