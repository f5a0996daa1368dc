import { DbState, DbVerify, describe, ref, type SetReply, sameValue, type Value, type Write } from "ntcip-ts";
import { seconds } from "../../config/units.ts";
import {
  accepted,
  assure,
  type Ending,
  endingOf,
  get,
  isSilence,
  lost,
  prefix,
  refused,
  type Script,
  set,
  setTries,
  wait,
} from "./script.ts";

const state = ref("dbCreateTransaction");
const verifyStatus = ref("dbVerifyStatus");
const verifyError = ref("dbVerifyError");

/** Between looks at a unit that checks, and how often it is looked at: 30 s in all. */
const verifyStep = seconds(0.5);
const verifyLooks = 60;
/** Of a download that made way for a release, its transaction still open. */
export const supersededCode = "superseded";
/** Looks at a transaction that will not go back to normal. */
const rollbackLooks = 12;

/**
 * Database writes, all or none (NTCIP 1201 dbCreateTransaction): edit, verify, commit, read back. Anything in doubt is
 * rolled back. `edit` may itself ask the unit; it ends with what was written, or with a refusal.
 */
export function* transact(
  edit: () => Script<readonly Write[] | Ending>,
  superseded: () => boolean,
  transactionIds = false,
): Script<Ending> {
  if (!transactionIds) return yield* transaction(edit, superseded);
  const made = yield* get(ref("dbMakeID"));
  if (!made.ok) return endingOf(made.error, "asking for a transaction id");
  yield* prefix([{ ref: ref("dbTransactionID"), value: made.values[0]! }]);
  const ending = yield* transaction(edit, superseded);
  yield* prefix([]);
  return ending;
}

/**
 * For units without transactions: row by row into a pattern that does not run, and read back. Half of it written changes
 * nothing on the street.
 */
export function* writeSingly(edit: () => Script<readonly Write[] | Ending>): Script<Ending> {
  const written = yield* edit();
  if ("result" in written) return written;
  const back = yield* get(...written.map((write) => write.ref));
  if (!back.ok) return endingOf(back.error, "reading back");
  return difference(written, back.values) ?? accepted("written and read back");
}

function* transaction(edit: () => Script<readonly Write[] | Ending>, superseded: () => boolean): Script<Ending> {
  const open = yield* begin();
  if (open) return open;
  const written = yield* edit();
  if ("result" in written) return yield* abandon(written);
  const unverified = yield* verify(superseded);
  if (unverified) return yield* abandon(unverified);
  return yield* commit(written);
}

/** Opens a transaction, after rolling back one that an earlier engine left open. */
function* begin(): Script<Ending | undefined> {
  const before = yield* get(state);
  if (!before.ok) {
    return before.error.code === "no-such-name"
      ? refused("no-transactions", "the unit has no dbCreateTransaction")
      : endingOf(before.error, "reading the transaction state");
  }
  if (before.values[0] !== DbState.normal && !(yield* rollBack()))
    return refused("transaction-busy", `a transaction is open in state ${before.values[0]} and is not ours to end`);
  const opened = yield* order(DbState.transaction, [DbState.transaction]);
  return opened.ok ? undefined : endingOf(opened.error, "opening a transaction");
}

/** A SET of dbCreateTransaction; its silence is judged by the state the unit is then in. */
function* order(value: number, reached: readonly number[]): Script<SetReply> {
  let reply = yield* set({ ref: state, value });
  for (let sent = 1; !reply.ok && isSilence(reply.error); sent++) {
    const now = yield* get(state);
    if (now.ok && reached.includes(now.values[0] as number)) return { ok: true };
    if (!now.ok || sent === setTries) return reply;
    reply = yield* set({ ref: state, value });
  }
  return reply;
}

/** Rows of one SET: about a message, so that what a lossy wire repeats is small. */
const rowsAtOnce = 16;

/** Writes into the open transaction, in the order given. */
export function* buffer(writes: readonly Write[]): Script<Ending | undefined> {
  for (let from = 0; from < writes.length; from += rowsAtOnce) {
    const ending = yield* bufferRows(writes.slice(from, from + rowsAtOnce));
    if (ending) return ending;
  }
  return undefined;
}

/** The buffer cannot be read, but writing the same again changes nothing. */
function* bufferRows(writes: readonly Write[]): Script<Ending | undefined> {
  for (let sent = 1; ; sent++) {
    const reply = yield* set(...writes);
    if (reply.ok) return undefined;
    if (!isSilence(reply.error) || sent === setTries) return endingOf(reply.error, "writing rows");
    const now = yield* get(state);
    if (!now.ok && now.error.code === "no-such-name") continue; // No transactions: rows stand by themselves.
    if (!now.ok) return endingOf(now.error, "writing rows");
    if (now.values[0] !== DbState.transaction)
      return lost("transaction-lost", `the transaction ended in state ${now.values[0]} while rows were written`);
  }
}

function* verify(superseded: () => boolean): Script<Ending | undefined> {
  const ordered = yield* order(DbState.verify, [DbState.verify, DbState.done]);
  if (!ordered.ok) return endingOf(ordered.error, "asking for verification");
  for (let look = 0; look < verifyLooks; look++) {
    if (superseded()) return refused(supersededCode, "a release came while the unit verified");
    const seen = yield* get(state, verifyStatus, verifyError);
    if (!seen.ok) return endingOf(seen.error, "waiting for verification");
    const [now, verdict, text] = seen.values;
    if (now === DbState.done) {
      if (verdict === DbVerify.doneWithNoError) return undefined;
      const why = Buffer.from(text as Uint8Array).toString("latin1");
      return refused("verify-failed", why === "" ? `dbVerifyStatus ${verdict}` : why);
    }
    if (now !== DbState.verify)
      return lost("transaction-lost", `the transaction went to state ${now} while it was verified`);
    yield* wait(verifyStep);
  }
  return lost("verify-timeout", "the unit has been verifying for 30 s");
}

/** The moment of truth. Whatever the answer to the SET, the rows read back decide. */
function* commit(written: readonly Write[]): Script<Ending> {
  const ordered = yield* order(DbState.normal, [DbState.normal]);
  if (!ordered.ok && !isSilence(ordered.error)) return yield* abandon(endingOf(ordered.error, "committing"));
  const back = yield* get(...written.map((write) => write.ref));
  const doubt = ordered.ok ? "" : " (the answer to the commit was lost)";
  if (!back.ok)
    return yield* abandon(lost("commit-unknown", `reading back after the commit: ${back.error.message}${doubt}`));
  const differs = difference(written, back.values);
  if (!differs) return accepted("committed");
  const detail = `${differs.detail}${doubt}`;
  return yield* abandon(ordered.ok ? refused("read-back", detail) : lost("commit-lost", detail));
}

function difference(written: readonly Write[], values: readonly Value[]): Ending | undefined {
  const wrong = written.findIndex(({ value }, i) => !sameValue(values[i]!, value));
  if (wrong < 0) return undefined;
  return refused(
    "read-back",
    `${describe(written[wrong]!.ref)} reads back ${values[wrong]}, written ${written[wrong]!.value}`,
  );
}

function* abandon(ending: Ending): Script<Ending> {
  if (ending.result === "accepted" || ending.code === "closed") return ending;
  // A unit that verifies takes no command, and a release does not wait: the driver rolls back after it.
  if (ending.code === supersededCode || (yield* rollBack())) return ending;
  return { ...ending, detail: `${ending.detail}; the transaction could not be rolled back` };
}

/**
 * Back to normal without storing anything; true when the unit says so. From done with a good verdict, a 1 would commit:
 * the way out is back to editing first.
 */
export function* rollBack(): Script<boolean> {
  for (let look = 0; look < rollbackLooks; look++) {
    const now = yield* get(state);
    if (!now.ok) return false;
    switch (now.values[0]) {
      case DbState.normal:
        return true;
      case DbState.verify:
        yield* wait(verifyStep);
        break;
      default: {
        const value = now.values[0] === DbState.done ? DbState.transaction : DbState.normal;
        const reply = yield* set({ ref: state, value });
        if (!reply.ok && !isSilence(reply.error)) return false;
      }
    }
  }
  return false;
}

/** The unit's watchdog time, written only where it differs. */
export function* assureBackupTime(
  wanted: number,
  superseded: () => boolean,
  { transactions = true, transactionIds = false } = {},
): Script<Ending | undefined> {
  const time = ref("unitBackupTime");
  const now = yield* get(time);
  if (!now.ok) return endingOf(now.error, "reading unitBackupTime");
  if (now.values[0] === wanted) return undefined;
  function* edit(): Script<readonly Write[] | Ending> {
    const fault = yield* buffer([{ ref: time, value: wanted }]);
    return fault ?? [{ ref: time, value: wanted }];
  }
  const ending = transactions ? yield* transact(edit, superseded, transactionIds) : yield* writeSingly(edit);
  return ending.result === "accepted" ? undefined : ending;
}

/** For writes outside a transaction: system commands may be repeated. */
export const command = (writes: readonly Write[]): Script<SetReply> => assure(writes, sameValue);
