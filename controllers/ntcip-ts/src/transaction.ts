import { DbState, DbVerify } from "./states.ts";
import type { Value } from "./value.ts";

/**
 * Database management of NTCIP 1201: dbCreateTransaction as a pure state machine. Writes are keyed by instance OID; who
 * writes is known by community.
 */
export type Transaction =
  | { readonly kind: "normal" }
  | { readonly kind: "transaction"; readonly owner: string; readonly buffer: Buffered }
  | { readonly kind: "verify"; readonly owner: string; readonly buffer: Buffered }
  | { readonly kind: "done"; readonly owner: string; readonly buffer: Buffered; readonly fault: string | undefined };

export type Buffered = ReadonlyMap<string, Value>;

export const normal: Transaction = { kind: "normal" };

/** What the unit must do after a command: check the buffer, or store it. */
export type Effect = { readonly kind: "check" | "store"; readonly buffer: Buffered };

export type Refusal = "bad-value" | "wrong-owner";

/** A SET of dbCreateTransaction. */
export function command(
  state: Transaction,
  { owner, value }: { readonly owner: string; readonly value: number },
): { readonly state: Transaction; readonly effect?: Effect } | { readonly refused: Refusal } {
  if (state.kind !== "normal" && state.owner !== owner) return { refused: "wrong-owner" };
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
      if (value === DbState.transaction) return { state: { kind: "transaction", owner, buffer: state.buffer } };
      if (value !== DbState.normal) return { refused: "bad-value" };
      return state.fault === undefined
        ? { state: normal, effect: { kind: "store", buffer: state.buffer } }
        : { state: normal };
  }
}

/** The unit has checked the buffer. */
export const verified = (state: Transaction, fault: string | undefined): Transaction =>
  state.kind === "verify" ? { ...state, kind: "done", fault } : state;

/** A SET of database objects: into the buffer, straight into the store, or at the wrong time (genErr). */
export function write(
  state: Transaction,
  { owner, writes, strict }: { readonly owner: string; readonly writes: Buffered; readonly strict: boolean },
): { readonly kind: "buffered"; readonly state: Transaction } | { readonly kind: "store" | "refused" } {
  if (state.kind === "normal") return { kind: strict ? "refused" : "store" };
  if (state.kind !== "transaction" || state.owner !== owner) return { kind: "refused" };
  return { kind: "buffered", state: { ...state, buffer: new Map([...state.buffer, ...writes]) } };
}

export const stateNumber = (state: Transaction): number => DbState[state.kind];

export const verifyStatus = (state: Transaction): number =>
  state.kind !== "done"
    ? DbVerify.notDone
    : state.fault === undefined
      ? DbVerify.doneWithNoError
      : DbVerify.doneWithError;

/** `dbVerifyError`: text of what failed, cut to what fits. */
export const verifyError = (state: Transaction): Uint8Array =>
  Buffer.from(state.kind === "done" ? (state.fault ?? "") : "", "latin1").subarray(0, verifyErrorLimit);

const verifyErrorLimit = 255;
