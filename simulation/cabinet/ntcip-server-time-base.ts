import { oidOf, Pattern, type Ref, ref, type Value, type Write } from "ntcip-ts";
import type { Schedule } from "../../config/model.ts";
import { type Instant, type Millis, modulo } from "../../config/units.ts";
import { capacity, type Readers } from "./ntcip-server-layout.ts";

const minute = 60_000;
const day = 86_400_000;
/** A day plan without an event yet leaves the last event of an earlier day in force; further back nobody looks. */
const daysBack = 8;

const everyMonth = 0x1ffe;
const everyDate = 0xffff_fffe;
const noAction = "0.0";

const columns = [
  "timeBaseScheduleMonth",
  "timeBaseScheduleDay",
  "timeBaseScheduleDate",
  "timeBaseScheduleDayPlan",
  "dayPlanHour",
  "dayPlanMinute",
  "dayPlanActionNumberOID",
  "timebaseAscPattern",
  "timebaseAscAuxillaryFunction",
  "timebaseAscSpecialFunction",
] as const;
type Column = (typeof columns)[number];

interface Active {
  readonly entry: number;
  readonly dayPlan: number;
  readonly action: number;
}

const nothing: Active = { entry: 0, dayPlan: 0, action: 0 };

/**
 * Schedule, day plans and actions of NTCIP 1201 and 1202. At first they show the cabinet's own schedule, which runs; once a
 * central has written any of them, they run.
 */
export class TimeBase {
  readonly #values = new Map<string, Value>();
  readonly #zone: () => Millis;
  /** Whether a central has written any of it. */
  written: boolean = false;

  constructor(options: { readonly schedule: Schedule | undefined; readonly zone: () => Millis }) {
    this.#zone = options.zone;
    if (options.schedule) this.#show(options.schedule);
  }

  readers(now: () => Instant): Readers {
    const readers: Readers = new Map();
    for (const name of columns) readers.set(name, (index) => this.#read({ name, index }));
    readers.set("timeBaseScheduleTableStatus", () => this.active(now()).entry);
    readers.set("dayPlanStatus", () => this.active(now()).dayPlan);
    return readers;
  }

  has = ({ name }: Ref): boolean => (columns as readonly string[]).includes(name);

  /** May this value ever stand there? Only our own actions can be called. */
  takes({ ref: { name }, value }: Write): boolean {
    return name !== "dayPlanActionNumberOID" || value === noAction || actionOf(value as string) > 0;
  }

  store(writes: readonly Write[]): void {
    for (const { ref: at, value } of writes) this.#values.set(keyOf(at), value);
    this.written = true;
  }

  /** Pattern an action asks for; free where none does. */
  patternOf(action: number): number {
    const pattern = action === 0 ? 0 : this.#number("timebaseAscPattern", action);
    return pattern === 0 ? Pattern.free : pattern;
  }

  /** Special functions 1..8 an action turns on. */
  specialFunctions = (action: number): number =>
    action === 0 ? 0 : this.#number("timebaseAscSpecialFunction", action);

  /** The entry, day plan and action the calendar asks for. */
  active(now: Instant): Active {
    const local = now + this.#zone();
    const today = Math.floor(local / day);
    const first = this.#entry(today);
    for (let back = 0; back < daysBack; back++) {
      const entry = back === 0 ? first : this.#entry(today - back);
      if (entry === 0) continue;
      const dayPlan = this.#number("timeBaseScheduleDayPlan", entry);
      const action = this.#lastEvent(dayPlan, back === 0 ? modulo(local, day) : day);
      const shown = first === 0 ? 0 : this.#number("timeBaseScheduleDayPlan", first);
      if (action > 0) return { entry: first, dayPlan: shown, action };
    }
    return first === 0 ? nothing : { entry: first, dayPlan: this.#number("timeBaseScheduleDayPlan", first), action: 0 };
  }

  /** The entry that fits the day on the fewest days of all, the lower number before the higher. */
  #entry(localDay: number): number {
    const date = new Date(localDay * day);
    let best = { entry: 0, days: Number.POSITIVE_INFINITY };
    for (let entry = 1; entry <= capacity.scheduleEntries; entry++) {
      if (this.#number("timeBaseScheduleDayPlan", entry) === 0) continue;
      const months = this.#number("timeBaseScheduleMonth", entry);
      const weekdays = this.#number("timeBaseScheduleDay", entry);
      const dates = this.#number("timeBaseScheduleDate", entry);
      const fits =
        months & (1 << (date.getUTCMonth() + 1)) &&
        weekdays & (1 << (date.getUTCDay() + 1)) &&
        dates & (1 << date.getUTCDate());
      const days = count(months) * count(weekdays) * count(dates);
      if (fits && days < best.days) best = { entry, days };
    }
    return best.entry;
  }

  /** Action of the last event at or before `time` of the day; of two at one minute the later row. */
  #lastEvent(dayPlan: number, time: number): number {
    let last = { at: -1, action: 0 };
    for (let event = 1; event <= capacity.dayPlanEvents; event++) {
      const action = actionOf(this.#read(ref("dayPlanActionNumberOID", dayPlan, event)) as string);
      const hour = this.#number("dayPlanHour", dayPlan, event);
      const at = (hour * 60 + this.#number("dayPlanMinute", dayPlan, event)) * minute;
      if (action > 0 && at <= time && at >= last.at) last = { at, action };
    }
    return last.action;
  }

  #read(at: Ref): Value {
    return this.#values.get(keyOf(at)) ?? (at.name === "dayPlanActionNumberOID" ? noAction : 0);
  }

  #number = (name: Column, ...index: readonly number[]): number => this.#read({ name, index }) as number;

  /** The cabinet's own week: an action for every plan set, a day plan for every kind of day. Dated events it keeps to itself. */
  #show({ planSets, entries }: Schedule): void {
    const set = (at: Ref, value: Value) => this.#values.set(keyOf(at), value);
    for (const { slot } of planSets.values()) set(ref("timebaseAscPattern", slot), slot);
    const plans = new Map<string, { readonly number: number; days: number }>();
    for (let weekday = 0; weekday < 7; weekday++) {
      const events = entries
        .filter(({ days }) => days.includes(weekday))
        .map(({ from, planSet }) => ({ at: from / minute, action: planSets.get(planSet)!.slot }))
        .sort((a, b) => a.at - b.at);
      if (events.length === 0 || events.length > capacity.dayPlanEvents) continue;
      const kind = JSON.stringify(events);
      const known = plans.get(kind);
      if (known) {
        known.days |= 2 << weekday;
        continue;
      }
      const number = plans.size + 1;
      plans.set(kind, { number, days: 2 << weekday });
      for (const [i, { at, action }] of events.entries()) {
        set(ref("dayPlanHour", number, i + 1), Math.floor(at / 60));
        set(ref("dayPlanMinute", number, i + 1), Math.floor(at % 60));
        set(ref("dayPlanActionNumberOID", number, i + 1), oidOf(ref("timebaseAscActionNumber", action)));
      }
    }
    for (const { number, days } of plans.values()) {
      set(ref("timeBaseScheduleMonth", number), everyMonth);
      set(ref("timeBaseScheduleDay", number), days);
      set(ref("timeBaseScheduleDate", number), everyDate);
      set(ref("timeBaseScheduleDayPlan", number), number);
    }
  }
}

const keyOf = ({ name, index }: Ref): string => `${name}.${index.join(".")}`;

function count(mask: number): number {
  let bits = 0;
  for (let rest = mask >>> 0; rest > 0; rest = (rest & (rest - 1)) >>> 0) bits++;
  return bits;
}

const actionRow = `${oidOf(ref("timebaseAscActionNumber", 1)).replace(/\.1$/, "")}.`;

/** The action row an OID names; 0: none of ours. */
function actionOf(oid: string): number {
  const row = oid.startsWith(actionRow) ? Number(oid.slice(actionRow.length)) : 0;
  return Number.isInteger(row) && row >= 1 && row <= capacity.actions ? row : 0;
}
