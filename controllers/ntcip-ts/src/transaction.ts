import { DbState, DbVerify } from "./states.ts";
import type { Value } from "./value.ts";

/**
 * Database management of NTCIP 1201: dbCreateTransaction as a pure state machine. Who
 * writes is known by community or user; the administrator may drive the transaction of another.
 */
export type Transaction<T = Value> =
  | { readonly kind: "normal" }
  | { readonly kind: "transaction"; readonly owner: string; readonly buffer: Buffered<T> }
  | { readonly kind: "verify"; readonly owner: string; readonly buffer: Buffered<T> }
  | { readonly kind: "done"; readonly owner: string; readonly buffer: Buffered<T>; readonly fault: string | undefined };

/** Writes by instance, the later over the earlier. */
export type Buffered<T = Value> = ReadonlyMap<string, T>;

export const normal: Transaction<never> = { kind: "normal" };

/** What the unit must do after a command: check the buffer, or store it. */
export type Effect<T = Value> = { readonly kind: "check" | "store"; readonly buffer: Buffered<T> };

export type Refusal = "bad-value" | "wrong-owner";

/** A SET of dbCreateTransaction. */
export function command<T = Value>(
  state: Transaction<T>,
  {
    owner,
    administers = false,
    value,
  }: { readonly owner: string; readonly administers?: boolean; readonly value: number },
): { readonly state: Transaction<T>; readonly effect?: Effect<T> } | { readonly refused: Refusal } {
  if (state.kind !== "normal" && state.owner !== owner && !administers) return { refused: "wrong-owner" };
  switch (state.kind) {
    case "normal":
      return value === DbState.transaction
        ? { state: { kind: "transaction", owner, buffer: new Map() } }
        : { refused: "bad-value" };
    case "transaction":
      if (value === DbState.normal) return { state: normal };
      return value === DbState.verify
        ? { state: { ...state, kind: "verify" }, effect: { kind: "check", buffer: state.buffer } }
        : { refused: "bad-value" };
    case "verify":
      return { refused: "bad-value" };
    case "done":
      if (value === DbState.transaction)
        return { state: { kind: "transaction", owner: state.owner, buffer: state.buffer } };
      if (value !== DbState.normal) return { refused: "bad-value" };
      return state.fault === undefined
        ? { state: normal, effect: { kind: "store", buffer: state.buffer } }
        : { state: normal };
  }
}

/** The unit has checked the buffer. */
export const verified = <T = Value>(state: Transaction<T>, fault: string | undefined): Transaction<T> =>
  state.kind === "verify" ? { ...state, kind: "done", fault } : state;

/** A SET of database objects: into the buffer, straight into the store, or at the wrong time (genErr). */
export function write<T = Value>(
  state: Transaction<T>,
  {
    owner,
    administers = false,
    writes,
    strict,
  }: { readonly owner: string; readonly administers?: boolean; readonly writes: Buffered<T>; readonly strict: boolean },
): { readonly kind: "buffered"; readonly state: Transaction<T> } | { readonly kind: "store" | "refused" } {
  if (state.kind === "normal") return { kind: strict ? "refused" : "store" };
  if (state.kind !== "transaction" || (state.owner !== owner && !administers)) return { kind: "refused" };
  return { kind: "buffered", state: { ...state, buffer: new Map([...state.buffer, ...writes]) } };
}

export const stateNumber = <T>(state: Transaction<T>): number => DbState[state.kind];

export const verifyStatus = <T>(state: Transaction<T>): number =>
  state.kind !== "done"
    ? DbVerify.notDone
    : state.fault === undefined
      ? DbVerify.doneWithNoError
      : DbVerify.doneWithError;

/** `dbVerifyError`: text of what failed, cut to what fits. */
export const verifyError = <T>(state: Transaction<T>): Uint8Array =>
  Buffer.from(state.kind === "done" ? (state.fault ?? "") : "", "latin1").subarray(0, verifyErrorLimit);

const verifyErrorLimit = 255;
