import { DbState, transaction } from "ntcip-ts";
import { describe, expect, it } from "vitest";

const { command, normal, stateNumber, verified, verifyError, verifyStatus, write } = transaction;
type Transaction = transaction.Transaction;

const buffer = new Map([["1.2.3", 7]]);
const states: Readonly<Record<string, Transaction>> = {
  normal,
  transaction: { kind: "transaction", owner: "me", buffer },
  verify: { kind: "verify", owner: "me", buffer },
  "done, good": { kind: "done", owner: "me", buffer, fault: undefined },
  "done, bad": { kind: "done", owner: "me", buffer, fault: "splits do not add up" },
};

describe("dbCreateTransaction", () => {
  // Every state, every command: the next state and what the unit does, or the refusal.
  it.each([
    ["normal", 1, "bad-value"],
    ["normal", 2, "transaction"],
    ["normal", 3, "bad-value"],
    ["normal", 6, "bad-value"],
    ["transaction", 1, "normal"],
    ["transaction", 2, "bad-value"],
    ["transaction", 3, "verify check"],
    ["transaction", 6, "bad-value"],
    ["verify", 1, "bad-value"],
    ["verify", 2, "bad-value"],
    ["verify", 3, "bad-value"],
    ["verify", 6, "bad-value"],
    ["done, good", 1, "normal store"],
    ["done, good", 2, "transaction"],
    ["done, good", 3, "bad-value"],
    ["done, good", 6, "bad-value"],
    ["done, bad", 1, "normal"],
    ["done, bad", 2, "transaction"],
    ["done, bad", 3, "bad-value"],
    ["done, bad", 6, "bad-value"],
  ])("in %s, a SET of %d gives %s", (state, value, result) => {
    const next = command(states[state]!, { owner: "me", value });
    const said = "refused" in next ? next.refused : [next.state.kind, next.effect?.kind].filter(Boolean).join(" ");
    expect(said).toBe(result);
  });

  it.each(["transaction", "verify", "done, good", "done, bad"])("in %s, another community is refused", (state) => {
    for (const value of Object.values(DbState))
      expect(command(states[state]!, { owner: "you", value })).toEqual({ refused: "wrong-owner" });
  });

  it("keeps the buffer when editing goes on after done", () => {
    const next = command(states["done, bad"]!, { owner: "me", value: 2 });
    expect(next).toEqual({ state: { kind: "transaction", owner: "me", buffer } });
  });

  it("hands the whole buffer to the check and to the store", () => {
    expect(command(states["transaction"]!, { owner: "me", value: 3 })).toMatchObject({ effect: { buffer } });
    expect(command(states["done, good"]!, { owner: "me", value: 1 })).toMatchObject({ effect: { buffer } });
  });

  it("leaves verify by itself, with or without a fault", () => {
    expect(verified(states["verify"]!, undefined)).toEqual(states["done, good"]);
    expect(verified(states["verify"]!, "splits do not add up")).toEqual(states["done, bad"]);
    expect(verified(normal, undefined)).toBe(normal);
  });

  it.each([
    ["normal", 1, 1, ""],
    ["transaction", 2, 1, ""],
    ["verify", 3, 1, ""],
    ["done, good", 6, 3, ""],
    ["done, bad", 6, 2, "splits do not add up"],
  ])("reads in %s: state %d, verify status %d, error %j", (state, number, status, error) => {
    expect(stateNumber(states[state]!)).toBe(number);
    expect(verifyStatus(states[state]!)).toBe(status);
    expect(Buffer.from(verifyError(states[state]!)).toString()).toBe(error);
  });
});

describe("a SET of database objects", () => {
  const writes = new Map([["1.2.4", 8]]);

  it.each([
    ["normal", "me", false, "store"],
    ["normal", "me", true, "refused"],
    ["transaction", "me", true, "buffered"],
    ["transaction", "you", false, "refused"],
    ["verify", "me", false, "refused"],
    ["done, good", "me", false, "refused"],
    ["done, bad", "me", false, "refused"],
  ])("in %s by %s (needs a transaction: %s) is %s", (state, owner, strict, result) => {
    expect(write(states[state]!, { owner, writes, strict }).kind).toBe(result);
  });

  it("is added to the buffer, the later write winning", () => {
    const first = write(states["transaction"]!, { owner: "me", writes, strict: false });
    expect(first).toMatchObject({ state: { buffer: new Map([...buffer, ...writes]) } });
    const again = write(states["transaction"]!, { owner: "me", writes: new Map([["1.2.3", 9]]), strict: false });
    expect(again).toMatchObject({ state: { buffer: new Map([["1.2.3", 9]]) } });
  });
});
