import type { Junction } from "../../config/model.ts";
import { noReplyFaults, type ReplyFaults } from "../../simulation/cabinet/reply-faults.ts";
import type { InjectedFault, VirtualCabinet } from "../../simulation/cabinet/virtual-cabinet.ts";

/** What a tester can do to a virtual cabinet, by `--fault` and by lines on standard input. */
export interface CabinetControl {
  /** One or more faults, `drop=0.1,delay=200ms`. Throws `Error` naming what is wrong; then nothing of the line is done. */
  take(line: string): void;
  readonly replies: ReplyFaults;
  /** To be called for each reply that sets out; ends in a reboot where one was asked for. */
  counted(): void;
}

/** One line of help for each. */
export const faultHelp = `
Faults, by --fault at the start or as lines on standard input, several with commas, each until it is taken back:
  drop=0.1 duplicate=0.1 reorder=0.1   that share of replies is lost, doubled, overtaken by the next
  delay=200ms jitter=1s                every reply is late by so much, by up to so much more
  reboot                               power fails for two seconds, now; reboot-after=7: after seven more replies
  refuse[=off]                         takes no plan;  lie[=off]: reads back other values than it took
  drift=50                             its clock gains 50 s in a million (negative: loses);  clock=30: it jumps by 30 s
  door=open manual flash[=off]         door, manual panel, flash switch
  conflict=2 lamp=1                    signal group 2 welded green; red of group 1 burnt out (numbers or ids)
  stuck=3 silent=3                     detector 3 on for ever, off for ever;  detect=3: a vehicle passes;  press=1: a button
  preempt=1[:off]                      a fire station's wire
  clear                                a technician mends all of it, wire and drift included
  status events                        prints where the cabinet stands, the events since the last time (JSON)`;

type Doer = (value: string | undefined) => () => void;

export function cabinetControl(unit: VirtualCabinet): CabinetControl {
  const replies: ReplyFaults = { ...noReplyFaults };
  let rebootIn: number | undefined;
  const inject = (fault: InjectedFault) => () => unit.inject(fault);
  const share =
    (key: "drop" | "duplicate" | "reorder"): Doer =>
    (value) => {
      const part = number(value, { from: 0, to: 1 });
      return () => {
        replies[key] = part;
      };
    };
  const time =
    (key: "delay" | "jitter"): Doer =>
    (value) => {
      const late = milliseconds(value);
      return () => {
        replies[key] = late;
      };
    };
  const channel = (value: string | undefined): number => whole(value, { from: 1, to: 128 });
  const doers: Readonly<Record<string, Doer>> = {
    drop: share("drop"),
    duplicate: share("duplicate"),
    reorder: share("reorder"),
    delay: time("delay"),
    jitter: time("jitter"),
    reboot: (value) => none(value) ?? inject({ kind: "reboot" }),
    "reboot-after": (value) => {
      const count = whole(value, { from: 1, to: 1_000_000 });
      return () => {
        rebootIn = count;
      };
    },
    refuse: (value) => inject({ kind: "refuse", on: onOff(value) }),
    lie: (value) => inject({ kind: "lie", on: onOff(value) }),
    drift: (value) => inject({ kind: "clock-drift", partsPerMillion: number(value, { from: -100_000, to: 100_000 }) }),
    clock: (value) => {
      const jump = number(value, { from: -86_400, to: 86_400 }) * 1000;
      return () => unit.setClock((unit.now() + jump) as ReturnType<VirtualCabinet["now"]>);
    },
    door: (value) => inject({ kind: "door", open: value === "closed" ? false : value === "open" || onOff(value) }),
    manual: (value) => inject({ kind: "manual", on: onOff(value) }),
    flash: (value) => inject({ kind: "flash", on: onOff(value) }),
    conflict: (value) => inject({ kind: "stuck-green", group: groupOf(unit.junction, value) }),
    lamp: (value) => inject({ kind: "lamp-failure", group: groupOf(unit.junction, value) }),
    stuck: (value) => inject({ kind: "stuck-detector", channel: channel(value), present: true }),
    silent: (value) => inject({ kind: "stuck-detector", channel: channel(value), present: false }),
    detect: (value) => {
      const number = channel(value);
      return () => {
        unit.detect(number, true, 1);
        unit.detect(number, false, 0);
      };
    },
    press: (value) => {
      const crossing = whole(value, { from: 1, to: Math.max(1, unit.junction.crossings.length) });
      return () => unit.pressButton(crossing - 1);
    },
    preempt: (value) => {
      const [which, state] = (value ?? "").split(":");
      return inject({ kind: "preempt", number: whole(which, { from: 1, to: 16 }), on: onOff(state) });
    },
    clear: (value) =>
      none(value) ??
      (() => {
        Object.assign(replies, noReplyFaults);
        rebootIn = undefined;
        unit.inject({ kind: "clock-drift", partsPerMillion: 0 });
        unit.inject({ kind: "clear" });
      }),
  };
  return {
    replies,
    take(line) {
      const acts = line
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "")
        .map((part) => parsed(doers, part));
      for (const act of acts) act();
    },
    counted() {
      if (rebootIn === undefined || --rebootIn > 0) return;
      rebootIn = undefined;
      unit.inject({ kind: "reboot" });
    },
  };
}

function parsed(doers: Readonly<Record<string, Doer>>, part: string): () => void {
  const [name, ...rest] = part.split("=");
  const doer = Object.hasOwn(doers, name!) ? doers[name!] : undefined;
  if (!doer) throw new Error(`${part}: there is no fault ${name}; take one of ${Object.keys(doers).join(", ")}`);
  try {
    return doer(rest.length === 0 ? undefined : rest.join("="));
  } catch (error) {
    throw new Error(`${part}: ${(error as Error).message}`);
  }
}

function none(value: string | undefined): undefined {
  if (value !== undefined) throw new Error("takes no value");
  return undefined;
}

function onOff(value: string | undefined): boolean {
  if (value === undefined || value === "on") return true;
  if (value === "off") return false;
  throw new Error("give on or off");
}

function number(value: string | undefined, { from, to }: { readonly from: number; readonly to: number }): number {
  const given = value === undefined || value.trim() === "" ? Number.NaN : Number(value);
  if (!(given >= from && given <= to)) throw new Error(`give a number from ${from} to ${to}`);
  return given;
}

function whole(value: string | undefined, range: { readonly from: number; readonly to: number }): number {
  const given = number(value, range);
  if (!Number.isInteger(given)) throw new Error(`give a whole number from ${range.from} to ${range.to}`);
  return given;
}

function milliseconds(value: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(value ?? "");
  const time = match ? Number(match[1]) * (match[2] === "s" ? 1000 : 1) : Number.NaN;
  if (!(time <= 60_000)) throw new Error("give a time such as 200ms or 1.5s, at most 60s");
  return time;
}

/** By number from 1, or by id. */
function groupOf({ groups }: Junction, value: string | undefined): number {
  const byId = groups.findIndex(({ id }) => id === value);
  const index = byId >= 0 ? byId : Number(value) - 1;
  if (!groups[index])
    throw new Error(`give a signal group: ${groups.map(({ id }, i) => `${i + 1} (${id})`).join(", ")}`);
  return index;
}
