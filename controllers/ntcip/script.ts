import type { GetReply, Ref, SetReply, SnmpError, Value, Write } from "ntcip-ts";
import { Observable, type Subscription } from "rxjs";
import type { Millis } from "../../config/units.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import type { Session } from "./session.ts";

/** What a script asks for: one exchange with the cabinet, or engine time to pass. */
export type Step =
  | { readonly kind: "get"; readonly refs: readonly Ref[] }
  | { readonly kind: "set"; readonly writes: readonly Write[] }
  /** From now on these go first in every SET: what units of 1202 v01 ask for in a transaction. */
  | { readonly kind: "prefix"; readonly writes: readonly Write[] }
  | { readonly kind: "wait"; readonly delay: Millis };

export type Reply = GetReply | SetReply | undefined;

/** A dialogue with a cabinet as a pure function: it yields what it wants done and is given what came of it. */
export type Script<T> = Generator<Step, T, Reply>;

export function* get(...refs: readonly Ref[]): Script<GetReply> {
  return (yield { kind: "get", refs }) as GetReply;
}

export function* set(...writes: readonly Write[]): Script<SetReply> {
  return (yield { kind: "set", writes }) as SetReply;
}

export function* prefix(writes: readonly Write[]): Script<void> {
  yield { kind: "prefix", writes };
}

export function* wait(delay: Millis): Script<void> {
  yield { kind: "wait", delay };
}

/** Cold; emits the script's result and completes. Unsubscribing abandons it where it stands. */
export const run = <T>(start: () => Script<T>, session: Session, clock: Clock): Observable<T> =>
  new Observable<T>((subscriber) => {
    const script = start();
    let waiting: Subscription | undefined;
    const advance = (reply: Reply): void => {
      if (subscriber.closed) return;
      let next = script.next(reply);
      while (!next.done && next.value.kind === "prefix") {
        session.prefix(next.value.writes);
        next = script.next(undefined);
      }
      if (next.done) {
        subscriber.next(next.value);
        subscriber.complete();
        return;
      }
      const step = next.value;
      switch (step.kind) {
        case "get":
          session.get(step.refs, advance);
          break;
        case "set":
          session.set(step.writes, advance);
          break;
        case "wait":
          waiting = clock.scheduler.schedule(() => advance(undefined), step.delay);
          break;
      }
    };
    advance(undefined);
    return () => waiting?.unsubscribe();
  });

/** How a command ended; the driver adds whose it is and when. */
export type Ending =
  | { readonly result: "accepted"; readonly detail: string }
  | { readonly result: "refused" | "lost"; readonly code: string; readonly detail: string };

export const accepted = (detail: string): Ending => ({ result: "accepted", detail });
export const refused = (code: string, detail: string): Ending => ({ result: "refused", code, detail });
export const lost = (code: string, detail: string): Ending => ({ result: "lost", code, detail });

/** No answer, or none that can be read, says nothing about the cabinet; anything else is its own no. */
export const isSilence = ({ code }: SnmpError): boolean =>
  code === "unknown" ||
  code === "timeout" ||
  code === "malformed" ||
  code === "closed" ||
  code === "not-sent" ||
  code === "busy";

export const endingOf = (error: SnmpError, during: string): Ending =>
  isSilence(error)
    ? lost(error.code === "closed" ? "closed" : "unreachable", `${during}: ${error.message}`)
    : refused(error.code, `${during}: ${error.message}`);

/** Times a SET is sent before its silence is believed; between two, the cabinet is asked what it did. */
export const setTries = 3;

/** Writes that may be repeated: after silence it reads them back, and sends them again only where they differ. */
export function* assure(writes: readonly Write[], same: (a: Value, b: Value) => boolean): Script<SetReply> {
  let reply = yield* set(...writes);
  for (let sent = 1; !reply.ok && isSilence(reply.error) && reply.error.code !== "closed"; sent++) {
    const back = yield* get(...writes.map(({ ref }) => ref));
    if (back.ok && writes.every(({ value }, i) => same(back.values[i]!, value))) return { ok: true };
    if (!back.ok || sent === setTries) return reply;
    reply = yield* set(...writes);
  }
  return reply;
}
