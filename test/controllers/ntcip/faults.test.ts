import { ErrorStatus, oidOf, ref } from "ntcip-ts";
import { afterEach, describe, expect, it } from "vitest";
import { epochOffset } from "../../../config/plan.ts";
import type { Action } from "../../../engine/core/cabinet.ts";
import type { StoredPlan } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { findOid, isSet, refusal } from "./proxy.ts";
import { openRig, otherPlan, type Rig, SLOTS, START } from "./rig.ts";

const plan: Action = { kind: "plan", plan: otherPlan };

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});
async function start(timeout?: number): Promise<Rig> {
  const rig = await openRig(timeout === undefined ? {} : { timeout });
  rigs.push(rig);
  await rig.run(10_000);
  return rig;
}

const wanted = {
  cycle: otherPlan.cycle,
  offset: epochOffset(otherPlan, START),
  sequence: otherPlan.sequence,
  splits: new Map(otherPlan.splits.map(({ phase, split }) => [phase, split])),
};

/** All old or all new: the slot is empty or holds the whole plan, the other slots are untouched. */
function wholeness(rig: Rig, before: StoredPlan | undefined): "old" | "new" {
  expect(rig.unit.storedPlan(1)).toBe(before);
  expect(rig.unit.storedPlan(SLOTS[1])).toBeUndefined();
  const stored = rig.unit.storedPlan(SLOTS[0]);
  if (!stored) return "old";
  expect(stored).toMatchObject(wanted);
  return "new";
}

/** Requests of one download, so that every cut is tried. */
async function messagesOfADownload(): Promise<number> {
  const rig = await start();
  rig.spoil({});
  expect((await rig.send(plan)).result).toBe("accepted");
  return rig.proxy.counts.requests;
}

describe("an engine killed between any two messages of a download", () => {
  it("leaves all of the old or all of the new, and its successor downloads", { timeout: 120_000 }, async () => {
    const last = await messagesOfADownload();
    expect(last).toBeGreaterThan(10);
    const left: ("old" | "new")[] = [];
    for (let cut = 0; cut < last; cut++) {
      const rig = await start();
      const before = rig.unit.storedPlan(1);
      // The cabinet hears `cut` messages; the answer to the last of them finds nobody.
      rig.spoil({
        request: (_, n) => (n <= cut ? "pass" : "drop"),
        reply: (_, n) => (n < cut ? "pass" : "drop"),
      });
      rig.begin(plan);
      // Nothing is in flight but the exchange that will never end; a turn for each message is enough.
      while (rig.proxy.counts.requests < Math.max(1, cut)) await new Promise((resolve) => setImmediate(resolve));
      while (rig.proxy.counts.replies < cut) await new Promise((resolve) => setImmediate(resolve));
      left.push(wholeness(rig, before));
      if (left.at(-1) === "old") expect(rig.unit.commandedPattern).toBe(0);
      rig.restart();
      rig.spoil({});
      expect(await rig.send(plan), `cut after ${cut}`).toMatchObject({ result: "accepted" });
      const called = rig.unit.commandedPattern;
      expect(SLOTS).toContain(called);
      expect(rig.unit.storedPlan(called)).toMatchObject(wanted);
      expect(rig.unit.storedPlan(1)).toBe(before);
    }
    // Once new, always new: the commit is one message.
    expect(left.indexOf("new")).toBeGreaterThan(5);
    expect(left.lastIndexOf("old")).toBe(left.indexOf("new") - 1);
  });
});

describe("a wire that loses", () => {
  it.each([2, 3, 4, 5, 7])("every %dth request: the plan gets there or nothing does", async (nth) => {
    const rig = await start(150);
    const before = rig.unit.storedPlan(1);
    rig.spoil({ request: (_, n) => (n % nth === 0 ? "drop" : "pass") });
    const outcome = await rig.send(plan);
    const what = wholeness(rig, before);
    if (outcome.result === "accepted") expect([what, rig.unit.commandedPattern]).toEqual(["new", SLOTS[0]]);
    else expect(rig.unit.commandedPattern).toBe(0);
    // Losing every second or third message keeps step with the repeats; then the honest answer is `lost`.
    expect(outcome.result).toBeOneOf(nth <= 3 ? ["accepted", "lost"] : ["accepted"]);
    rig.spoil({});
    expect((await rig.send(plan)).result).toBe("accepted");
  });

  it.each([2, 3, 4, 5, 7])("every %dth answer: the plan gets there or nothing does", async (nth) => {
    const rig = await start(150);
    const before = rig.unit.storedPlan(1);
    rig.spoil({ reply: (_, n) => (n % nth === 0 ? "drop" : "pass") });
    const outcome = await rig.send(plan);
    const what = wholeness(rig, before);
    if (outcome.result === "accepted") expect([what, rig.unit.commandedPattern]).toEqual(["new", SLOTS[0]]);
    else expect(rig.unit.commandedPattern).toBe(0);
    // Losing every second or third message keeps step with the repeats; then the honest answer is `lost`.
    expect(outcome.result).toBeOneOf(nth <= 3 ? ["accepted", "lost"] : ["accepted"]);
    rig.spoil({});
    expect((await rig.send(plan)).result).toBe("accepted");
  });

  it("the answer to the commit: it is found by reading back", async () => {
    const rig = await start(150);
    let commits = 0;
    rig.spoil({
      reply: (bytes) => (rig.unit.storedPlan(SLOTS[0]) && commits++ === 0 && bytes.length > 0 ? "drop" : "pass"),
    });
    expect((await rig.send(plan)).result).toBe("accepted");
    expect(commits).toBeGreaterThan(1);
  });

  it("answers for a while, which then come too late: each is used once", async () => {
    const rig = await start(150);
    rig.spoil({ reply: (_, n) => (n % 4 === 3 ? "hold" : "pass") });
    expect((await rig.send(plan)).result).toBe("accepted");
    expect(rig.unit.storedPlan(SLOTS[0])).toMatchObject(wanted);
  });

  it("everything: the outcome says so, the polls say so, and recovery is by itself", async () => {
    const rig = await start(20);
    const seen = rig.statuses();
    await rig.run(2_000);
    expect(seen.at(-1)).toMatchObject({ kind: "reachable" });
    const since = rig.clock.now() + 1_000;
    rig.spoil({ request: () => "drop" });
    expect(await rig.send(plan)).toMatchObject({ result: "lost", code: "unreachable" });
    expect(await rig.send({ kind: "release" })).toMatchObject({ result: "lost", code: "unreachable" });
    await rig.run(3_000);
    expect(seen.at(-1)).toMatchObject({ kind: "unreachable", junction: "b", since, at: rig.clock.now() });
    const asked = rig.proxy.counts.requests;
    await rig.run(60_000);
    expect(rig.proxy.counts.requests - asked).toBeLessThan(30); // It is not hammered: pauses of up to 15 polls.
    rig.spoil({});
    await rig.run(17_000);
    expect(seen.at(-1)).toMatchObject({ kind: "reachable" });
    expect((await rig.send(plan)).result).toBe("accepted");
  });
});

describe("a cabinet that", () => {
  const sets = (name: Parameters<typeof ref>[0], ...index: number[]) => {
    const oid = oidOf(ref(name, ...index));
    return (bytes: Buffer) => isSet(bytes) && findOid(bytes, oid) >= 0;
  };

  it("reads back other values is not told to run them", async () => {
    const rig = await start();
    const oid = oidOf(ref("splitTime", SLOTS[0], 3));
    rig.spoil({
      reply: (bytes) => {
        const at = findOid(bytes, oid);
        if (at < 0) return "pass";
        const lie = Buffer.from(bytes);
        const value = at + 2 + lie[at + 1]! + 2;
        lie[value] = lie[value]! + 1;
        return lie;
      },
    });
    expect(await rig.send(plan)).toMatchObject({
      result: "refused",
      code: "read-back",
      detail: expect.stringContaining(`splitTime.${SLOTS[0]}.3 reads back 17, written 16`),
    });
    expect(rig.unit.commandedPattern).toBe(0);
  });

  it.each([
    ["a row", sets("splitTime", 64, 1), "bad-value"],
    ["the transaction", sets("dbCreateTransaction"), "refused"],
    ["the sequence", sets("sequenceData", 64, 1), "refused"],
  ])("refuses %s is left as it was", async (_, at, code) => {
    const rig = await start();
    const before = rig.unit.storedPlan(1);
    const status = code === "bad-value" ? ErrorStatus.badValue : ErrorStatus.genErr;
    rig.spoil({ request: (bytes) => (at(bytes) ? { reply: refusal(bytes, status) } : "pass") });
    expect(await rig.send(plan)).toMatchObject({ result: "refused", code });
    expect(wholeness(rig, before)).toBe("old");
    rig.spoil({});
    expect((await rig.send(plan)).result).toBe("accepted");
  });

  it("refuses the call of the pattern leaves it stored and not in force", async () => {
    const rig = await start();
    const at = sets("systemPatternControl");
    rig.spoil({ request: (bytes) => (at(bytes) ? { reply: refusal(bytes, ErrorStatus.badValue) } : "pass") });
    expect(await rig.send(plan)).toMatchObject({ result: "refused", code: "bad-value" });
    expect(rig.unit.commandedPattern).toBe(0);
    rig.spoil({});
    expect(await rig.send({ kind: "keep-alive" })).toMatchObject({ code: "nothing-in-force" });
  });

  it("keeps patternSplitNumber to itself gets the plan in the row it points to", async () => {
    const rig = await start();
    const at = sets("patternSplitNumber", SLOTS[0]);
    let refusals = 0;
    rig.spoil({
      request: (bytes) => {
        if (!at(bytes)) return "pass";
        refusals++;
        return { reply: refusal(bytes, ErrorStatus.noSuchName) };
      },
    });
    expect((await rig.send(plan)).result).toBe("accepted");
    expect(refusals).toBe(1);
    expect(rig.unit.storedPlan(SLOTS[0])).toMatchObject(wanted);
  });

  it("finds a transaction of another in the way says so, and is left alone", async () => {
    const rig = await start();
    const at = sets("dbCreateTransaction");
    const oid = oidOf(ref("dbCreateTransaction"));
    rig.spoil({
      request: (bytes) => (at(bytes) ? { reply: refusal(bytes, ErrorStatus.genErr) } : "pass"),
      reply: (bytes) => {
        const where = findOid(bytes, oid);
        if (where < 0) return "pass";
        const busy = Buffer.from(bytes);
        busy[where + 2 + busy[where + 1]! + 2] = 2;
        return busy;
      },
    });
    expect(await rig.send(plan)).toMatchObject({ result: "refused", code: "transaction-busy" });
  });

  it("restarts is not kept in a plan nobody called again", async () => {
    const rig = await start();
    await rig.send(plan);
    rig.unit.inject({ kind: "reboot" });
    await rig.run(30_000);
    expect(await rig.send({ kind: "keep-alive" })).toMatchObject({ result: "refused", code: "released" });
    expect((await rig.send(plan)).result).toBe("accepted");
  });
});

describe("the same run twice", () => {
  it("sends the same outcomes at the same instants", async () => {
    const once = async () => {
      const rig = await start();
      const seen = rig.statuses();
      const outcomes = [await rig.send(plan)];
      for (let i = 0; i < 5; i++) {
        await rig.run(20_000);
        outcomes.push(await rig.send({ kind: "keep-alive" }));
      }
      outcomes.push(await rig.send({ kind: "release" }));
      return JSON.stringify([seen, outcomes]);
    };
    expect(await once()).toBe(await once());
  });
});
