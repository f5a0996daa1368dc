import type { Instant } from "../../config/units.ts";
import type { Command } from "../core/cabinet.ts";
import { guard, type Verdict } from "../core/guard/guard.ts";
import type { Knowledge } from "../core/strategy.ts";
import type { Event, Json } from "../ports/event-store.ts";
import { type Input, inOrder } from "./inputs.ts";
import type { CorridorState, Proposal, Setting, Turn } from "./state.ts";
import { notSent, refusedByGuard, turn } from "./turn.ts";

/** Durable before it returns; false when it could not be written, and then nothing but a release is sent. */
export type Audit = (entry: {
  readonly at: Instant;
  readonly action: string;
  readonly subject: string;
  readonly data: Json;
}) => boolean;

export interface Step {
  readonly state: CorridorState;
  /** Undefined before the first tick. */
  readonly known: Knowledge | undefined;
  readonly events: readonly Event[];
}

/**
 * One tick up to, and without, sending: turn, then audit and guard for each proposal. What a live run sends is what a
 * replay compares. Pure but for `audit`.
 */
export function stepCorridor(
  setting: Setting & { readonly audit: Audit },
  before: CorridorState,
  inputs: readonly Input[],
  now: Instant,
): { readonly step: Step; readonly commands: readonly Command[] } {
  auditOutcomes(setting.audit, before, inputs, now);
  const result = turn(setting, before, auditedRequests(setting, inputs, now), now);
  const events = [...result.events];
  const commands: Command[] = [];
  let state = result.state;
  for (const proposal of result.proposals) {
    const { verdict, event } = judge(setting, result, proposal, now);
    if (event) events.push(event);
    if (!verdict.allowed) state = refusedByGuard(state, proposal);
    else if (setting.dispatch) commands.push(proposal.command);
    else state = notSent(state, proposal);
  }
  return { step: { state, known: result.known, events }, commands };
}

/** What people ask is on record before it changes anything; what could not be written down is not done. */
const auditedRequests = (
  { audit, corridor }: Setting & { readonly audit: Audit },
  inputs: readonly Input[],
  now: Instant,
) =>
  inputs.filter((input) => {
    if (input.kind !== "request") return true;
    const { request } = input;
    return audit({
      at: now,
      action: `request:${request.kind}`,
      subject: corridor.id,
      data: request as unknown as Json,
    });
  });

/** What came of each audited command. Keep-alives, the same every few seconds, are in neither. */
function auditOutcomes(audit: Audit, { hands }: CorridorState, inputs: readonly Input[], now: Instant): void {
  for (const input of inOrder(inputs)) {
    if (input.kind !== "outcome") continue;
    const { command, junction, result, detail } = input.outcome;
    const pending = hands.get(junction)?.pending;
    if (pending?.id !== command || pending.action.kind === "keep-alive") continue;
    audit({ at: now, action: `outcome:${result}`, subject: junction, data: { command, detail } });
  }
}

/** Audit first, then the guard: what was wanted is on record even when it was denied. */
function judge(
  setting: Setting & { readonly audit: Audit },
  { state, known }: Turn,
  { command, reasons }: Proposal,
  now: Instant,
): { verdict: Verdict; event: Event | undefined } {
  const { city, audit, strategy, dispatch } = setting;
  const { junction: id, action } = command;
  const quiet = action.kind === "keep-alive";
  const data = { command: command.id, strategy: strategy.name, action, reasons } as unknown as { [key: string]: Json };
  const note = (name: string, extra: Json) => audit({ at: now, action: name, subject: id, data: extra });
  const auditWritten = quiet || !dispatch || note(`command:${action.kind}`, data);
  const cabinet = [...city.cabinets.values()].find((candidate) => candidate.junction === id);
  const hand = state.hands.get(id);
  const verdict = guard({
    command,
    junction: city.junctions.get(id)!,
    control: city.control,
    cabinet: state.cabinets.get(id),
    inForce: hand?.plan,
    interrupted: hand?.interrupted,
    scheduled: known.scheduled.get(id),
    now,
    newestReading: state.newestReading.get(id),
    lastGreen: state.lastGreen.get(id) ?? new Map(),
    greenSince: state.greenSince.get(id) ?? new Map(),
    began: state.began.get(id) ?? new Map(),
    walkCalledSince: state.walkCalledSince.get(id),
    transitionSince: hand?.transitionSince,
    auditWritten,
    target: cabinet?.url === undefined ? "virtual" : "real",
  });
  if (verdict.allowed) {
    const event: Event = { at: now, kind: "decision", subject: id, data: { ...data, seen: seen(known, id) } };
    return { verdict, event: quiet ? undefined : event };
  }
  const denials = verdict.denials as unknown as Json;
  if (!quiet && dispatch) note("denied", { command: command.id, denials });
  return {
    verdict,
    event: { at: now, kind: "denial", subject: id, data: { command: command.id, action, denials } as Json },
  };
}

/** What the decision stood on, short enough to keep with each: flow veh/h, queue veh, and how it is known, by stream. */
function seen(known: Knowledge, junction: string): Json {
  const rows: Record<string, Json> = {};
  for (const { id } of known.city.junctions.get(junction)!.streams) {
    const now = known.streams.get(id);
    if (now) rows[id] = [Math.round(now.flowVph.mean), Math.round(now.queueVeh.mean * 10) / 10, now.basis];
  }
  return rows;
}
