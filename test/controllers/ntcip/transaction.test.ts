import { DbState, DbVerify, type GetReply, oidOf, type Ref, ref, transaction, type Value, type Write } from "ntcip-ts";
import { describe, expect, it } from "vitest";
import type { Ending, Reply, Script, Step } from "../../../controllers/ntcip/script.ts";
import { assureBackupTime, buffer, rollBack, transact } from "../../../controllers/ntcip/transaction.ts";

/** A unit on paper: the standard's state machine, a check that takes `looks` GETs, and a wire that may eat SETs. */
class PaperUnit {
  state: transaction.Transaction = transaction.normal;
  readonly values = new Map<string, Value>([[oidOf(ref("unitBackupTime")), 30]]);
  readonly log: string[] = [];
  looks = 0;
  fault: string | undefined;
  owner = "engine";
  waited = 0;

  answer(step: Step): Reply {
    if (step.kind === "wait") {
      this.waited += step.delay;
      return undefined;
    }
    return step.kind === "get" ? this.#get(step.refs) : this.#set(step.writes);
  }

  #get(refs: readonly Ref[]): GetReply {
    if (this.state.kind === "verify" && this.looks-- <= 0) this.state = transaction.verified(this.state, this.fault);
    const value = (one: Ref): Value => {
      if (one.name === "dbCreateTransaction") return transaction.stateNumber(this.state);
      if (one.name === "dbVerifyStatus") return transaction.verifyStatus(this.state);
      if (one.name === "dbVerifyError") return transaction.verifyError(this.state);
      return this.values.get(oidOf(one)) ?? 0;
    };
    return { ok: true, values: refs.map(value) };
  }

  #set(writes: readonly Write[]): Reply {
    const no = (code: "bad-value" | "refused"): Reply => ({
      ok: false,
      error: { code, message: code, ref: undefined },
    });
    const [first] = writes;
    if (first!.ref.name !== "dbCreateTransaction") {
      const pairs = new Map(writes.map((write) => [oidOf(write.ref), write.value]));
      const written = transaction.write(this.state, { owner: "engine", writes: pairs, strict: true });
      if (written.kind !== "buffered") return no("refused");
      this.state = written.state;
      return { ok: true };
    }
    this.log.push(`${transaction.stateNumber(this.state)}>${first!.value}`);
    const next = transaction.command(this.state, { owner: "engine", value: first!.value as number });
    if ("refused" in next) return no(next.refused === "bad-value" ? "bad-value" : "refused");
    this.state = next.state;
    if (next.effect?.kind === "store") for (const [oid, value] of next.effect.buffer) this.values.set(oid, value);
    return { ok: true };
  }
}

function play<T>(script: Script<T>, unit: PaperUnit, spoil: (step: Step, n: number) => Reply = () => undefined): T {
  let reply: Reply;
  for (let n = 1; ; n++) {
    const next = script.next(reply);
    if (next.done) return next.value;
    reply = spoil(next.value, n) ?? unit.answer(next.value);
  }
}

const row: Write = { ref: ref("splitTime", 10, 1), value: 20 };
function* edit(): Script<readonly Write[] | Ending> {
  return (yield* buffer([row])) ?? [row];
}
const never = () => false;
const stored = (unit: PaperUnit) => unit.values.get(oidOf(row.ref));
const silence: Reply = { ok: false, error: { code: "unknown", message: "no answer", ref: undefined } };

describe("a transaction", () => {
  it("goes 2, 3, 1 and is read back", () => {
    const unit = new PaperUnit();
    expect(play(transact(edit, never), unit)).toMatchObject({ result: "accepted" });
    expect(unit.log).toEqual(["1>2", "2>3", "6>1"]);
    expect(stored(unit)).toBe(20);
  });

  it("waits for a slow check, half a second at a time", () => {
    const unit = new PaperUnit();
    unit.looks = 7;
    expect(play(transact(edit, never), unit)).toMatchObject({ result: "accepted" });
    expect(unit.waited).toBe(7 * 500);
  });

  it("gives up a check after 30 s, and rolls back when it ends", () => {
    const unit = new PaperUnit();
    unit.looks = 62;
    expect(play(transact(edit, never), unit)).toMatchObject({ result: "lost", code: "verify-timeout" });
    expect(unit.waited).toBeGreaterThanOrEqual(30_000);
    expect(unit.state.kind).toBe("normal");
    expect(stored(unit)).toBeUndefined();
  });

  it("says so when it cannot be rolled back", () => {
    const unit = new PaperUnit();
    unit.looks = 1_000;
    const ending = play(transact(edit, never), unit);
    expect(ending).toMatchObject({ result: "lost", detail: expect.stringContaining("could not be rolled back") });
  });

  it("that fails its check is thrown away with the unit's reason", () => {
    const unit = new PaperUnit();
    unit.fault = "ring 1 adds up to 91 s";
    expect(play(transact(edit, never), unit)).toEqual({
      result: "refused",
      code: "verify-failed",
      detail: "ring 1 adds up to 91 s",
    });
    expect(unit.state.kind).toBe("normal");
    expect(stored(unit)).toBeUndefined();
  });

  it("makes way for a release at once, and is rolled back after it", () => {
    const unit = new PaperUnit();
    unit.looks = 20;
    const ending = play(
      transact(edit, () => unit.waited >= 1_000),
      unit,
    );
    expect(ending).toMatchObject({ result: "refused", code: "superseded" });
    expect(unit.waited).toBe(1_000);
    unit.looks = 3;
    expect(play(rollBack(), unit)).toBe(true);
    expect(unit.state.kind).toBe("normal");
    expect(stored(unit)).toBeUndefined();
  });

  it("is not committed when the unit loses it on the way", () => {
    const unit = new PaperUnit();
    const ending = play(transact(edit, never), unit, (step) => {
      if (step.kind === "set" && step.writes[0]!.value === DbState.verify) unit.state = transaction.normal;
      return undefined;
    });
    expect(ending.result).not.toBe("accepted");
    expect(stored(unit)).toBeUndefined();
  });

  it("whose commit vanishes three times ends lost, rolled back", () => {
    const unit = new PaperUnit();
    const ending = play(transact(edit, never), unit, (step) => {
      const commit = step.kind === "set" && step.writes[0]!.value === DbState.normal && unit.state.kind === "done";
      return commit ? silence : undefined;
    });
    expect(ending).toMatchObject({ result: "lost", code: "commit-lost" });
    expect(unit.state.kind).toBe("normal");
    expect(stored(unit)).toBeUndefined();
  });

  it("that another holds is refused and not touched", () => {
    const unit = new PaperUnit();
    unit.state = { kind: "transaction", owner: "engineer", buffer: new Map() };
    expect(play(transact(edit, never), unit)).toMatchObject({ result: "refused", code: "transaction-busy" });
    expect(unit.state).toMatchObject({ kind: "transaction", owner: "engineer" });
  });

  it("needs a unit that has them", () => {
    const ending = play(transact(edit, never), new PaperUnit(), () => ({
      ok: false,
      error: { code: "no-such-name", message: "", ref: undefined },
    }));
    expect(ending).toMatchObject({ result: "refused", code: "no-transactions" });
  });
});

describe("rolling back what a killed engine left", () => {
  const left = new Map([[oidOf(row.ref), 20 as Value]]);
  it.each<readonly [transaction.Transaction, readonly string[]]>([
    [transaction.normal, []],
    [{ kind: "transaction", owner: "engine", buffer: left }, ["2>1"]],
    // From a good verdict a 1 would commit: back to editing first.
    [{ kind: "done", owner: "engine", buffer: left, fault: undefined }, ["6>2", "2>1"]],
    [{ kind: "done", owner: "engine", buffer: left, fault: "bad" }, ["6>2", "2>1"]],
    [{ kind: "verify", owner: "engine", buffer: left }, ["6>2", "2>1"]],
  ])("%j takes %j and stores nothing", (state, log) => {
    const unit = new PaperUnit();
    unit.state = state;
    unit.looks = 2;
    expect(play(rollBack(), unit)).toBe(true);
    expect(unit.log).toEqual(log);
    expect(stored(unit)).toBeUndefined();
    expect(play(transact(edit, never), unit)).toMatchObject({ result: "accepted" });
  });

  it("repeats what got lost", () => {
    const unit = new PaperUnit();
    unit.state = { kind: "done", owner: "engine", buffer: left, fault: undefined };
    let sets = 0;
    const back = play(rollBack(), unit, (step) => (step.kind === "set" && ++sets % 2 === 1 ? silence : undefined));
    expect(back).toBe(true);
    expect(stored(unit)).toBeUndefined();
  });
});

describe("the watchdog time", () => {
  it("is written only where it differs", () => {
    const unit = new PaperUnit();
    expect(play(assureBackupTime(30, never), unit)).toBeUndefined();
    expect(unit.log).toEqual([]);
    expect(play(assureBackupTime(60, never), unit)).toBeUndefined();
    expect(unit.log).toEqual(["1>2", "2>3", "6>1"]);
    expect(unit.values.get(oidOf(ref("unitBackupTime")))).toBe(60);
  });
});

it("trusts the verdict, not the state alone", () => {
  const unit = new PaperUnit();
  const ending = play(transact(edit, never), unit, (step) =>
    step.kind === "get" && step.refs.length === 3
      ? { ok: true, values: [DbState.done, DbVerify.notDone, new Uint8Array(0)] }
      : undefined,
  );
  expect(ending).toMatchObject({ result: "refused", code: "verify-failed", detail: "dbVerifyStatus 1" });
  expect(stored(unit)).toBeUndefined();
});
