import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { instant } from "../../../config/units.ts";
import type { Json } from "../../../engine/ports/event-store.ts";
import { type AuditEntry, openAudit, TORN_LINE, verifyAudit } from "../../../engine/store/audit.ts";
import { killWhen, start } from "./child.ts";
import { tempFolder } from "./support.ts";

const action = (at: number, data: Json = { plan: "day" }) => ({
  at: instant(at),
  action: "command:plan",
  subject: "a",
  data,
});
const newTrail = (): string => join(tempFolder(), "audit.jsonl");

function written(count: number, path = newTrail()): string {
  const trail = openAudit(path);
  for (let i = 0; i < count; i++) trail.append(action(i));
  trail.close();
  return path;
}
const lines = (path: string): readonly string[] => readFileSync(path, "utf8").split("\n").slice(0, -1);

describe("the audit trail", () => {
  it("chains each entry to the one before, so that anybody can work the hashes out again", () => {
    const path = written(3);
    let previous = "0".repeat(64);
    lines(path).forEach((line, i) => {
      const { hash, ...rest } = JSON.parse(line) as AuditEntry;
      expect(rest).toEqual({
        seq: i + 1,
        at: i,
        action: "command:plan",
        subject: "a",
        data: { plan: "day" },
        previous,
      });
      // Keys in alphabetical order, no spaces.
      const text = `{"action":"command:plan","at":${i},"data":{"plan":"day"},"previous":"${previous}","seq":${i + 1},"subject":"a"}`;
      expect(hash).toBe(
        createHash("sha256")
          .update(previous + text)
          .digest("hex"),
      );
      previous = hash;
    });
    expect(verifyAudit(path)).toEqual({ ok: true, entries: 3, head: previous, torn: [], ended: true });
  });

  it("stands in the file when append returns, and gives the entry", () => {
    const path = newTrail();
    const trail = openAudit(path);
    const entry = trail.append(action(5, { b: [1], a: Number.NaN }));
    expect(lines(path).map((line) => JSON.parse(line))).toEqual([entry]);
    expect(entry.data).toEqual({ a: null, b: [1] });
    trail.close();
  });

  it("goes on with the chain of an existing file", () => {
    const path = written(2);
    written(2, path);
    expect(verifyAudit(path)).toMatchObject({ ok: true, entries: 4, torn: [] });
  });

  it("throws when it cannot write, and does not pretend to go on", () => {
    const trail = openAudit(newTrail());
    trail.append(action(1));
    trail.close();
    expect(() => trail.append(action(2))).toThrow(/EBADF/);
    expect(() => trail.append(action(3))).toThrow(/an earlier entry could not be written; open the trail anew/);
  });

  it("says ok of an empty file", () => {
    const path = written(0);
    expect(verifyAudit(path)).toMatchObject({ ok: true, entries: 0, head: "0".repeat(64) });
  });
});

describe("tampering", () => {
  const changed = (change: (all: string[]) => void): string => {
    const path = written(5);
    const all = [...lines(path)];
    change(all);
    writeFileSync(path, all.map((line) => `${line}\n`).join(""));
    return path;
  };

  it.each<[string, (all: string[]) => void, number, RegExp]>([
    [
      "a changed value",
      (all) => all.splice(2, 1, all[2]!.replace("day", "dax")),
      3,
      /its hash does not match what it says/,
    ],
    ["a changed time", (all) => all.splice(0, 1, all[0]!.replace('"at":0', '"at":9')), 1, /its hash does not match/],
    [
      "an added field",
      (all) => all.splice(1, 1, all[1]!.replace('{"action"', '{"aa":1,"action"')),
      2,
      /its hash does not match/,
    ],
    ["a removed entry", (all) => all.splice(2, 1), 3, /entry 4 follows entry 2/],
    ["a removed beginning", (all) => all.splice(0, 1), 1, /entry 2 follows entry 0/],
    ["an entry twice", (all) => all.splice(2, 0, all[1]!), 3, /entry 2 follows entry 2/],
    ["entries exchanged", (all) => all.splice(1, 2, all[2]!, all[1]!), 2, /entry 3 follows entry 1/],
    ["a line that is no entry", (all) => all.splice(3, 0, "hello"), 4, /not an audit entry/],
    ["an empty line", (all) => all.splice(3, 0, ""), 4, /not an audit entry/],
    ["an entry made unreadable", (all) => all.splice(3, 1, all[3]!.slice(5)), 4, /not an audit entry/],
    ["JSON of another kind", (all) => all.splice(3, 1, '{"seq":4,"hash":1,"previous":2}'), 4, /not an audit entry/],
  ])("finds %s", (_what, change, line, reason) => {
    const path = changed(change);
    const check = verifyAudit(path);
    expect(check).toMatchObject({ ok: false, line });
    expect(check.ok ? "" : check.reason).toMatch(reason);
    expect(() => openAudit(path)).toThrow(`${path}:${line}: `);
    expect(() => openAudit(path)).toThrow(/keep the file as evidence and start a new one/);
  });

  it("finds an entry rewritten with a hash of its own", () => {
    const path = changed((all) => {
      const { hash: _old, ...rest } = JSON.parse(all[2]!) as AuditEntry;
      const forged = { ...rest, subject: "z" };
      const text = JSON.stringify(Object.fromEntries(Object.entries(forged).sort(([a], [b]) => (a < b ? -1 : 1))));
      const hash = createHash("sha256")
        .update(rest.previous + text)
        .digest("hex");
      all[2] = JSON.stringify({ ...forged, hash });
    });
    expect(verifyAudit(path)).toEqual({ ok: false, line: 4, reason: "it does not name the hash of the entry before" });
  });
});

describe("a line cut off by a crash", () => {
  it.each([1, 10, 100])("of %i bytes stays, and the next entry vouches for it", (bytes) => {
    const path = written(3);
    const text = lines(path)[1]!.slice(0, bytes);
    appendFileSync(path, text);
    expect(verifyAudit(path)).toMatchObject({ ok: true, entries: 3, torn: [{ number: 4, text }], ended: false });
    const trail = openAudit(path);
    const entry = trail.append(action(9));
    trail.append(action(10));
    trail.close();
    const all = lines(path);
    expect(all[3]).toBe(text);
    const sha256 = createHash("sha256").update(text).digest("hex");
    expect(JSON.parse(all[4]!)).toMatchObject({
      seq: 4,
      at: 9,
      action: TORN_LINE,
      data: { lines: [{ line: 4, sha256 }] },
    });
    expect(JSON.parse(all[5]!)).toEqual(entry);
    expect(verifyAudit(path)).toMatchObject({ ok: true, entries: 6, torn: [], ended: true });
  });

  it("may happen again while the first is being put on record", () => {
    const path = written(1);
    appendFileSync(path, '{"action":"com\n{"action":"audit:to');
    const trail = openAudit(path);
    trail.append(action(9));
    trail.close();
    expect(verifyAudit(path)).toMatchObject({ ok: true, entries: 3, torn: [] });
  });

  it("is not excused when it was changed afterwards", () => {
    const path = written(1);
    appendFileSync(path, '{"action":"com');
    const trail = openAudit(path);
    trail.append(action(9));
    trail.close();
    writeFileSync(path, readFileSync(path, "utf8").replace('{"action":"com\n', '{"action":"cox\n'));
    expect(verifyAudit(path)).toEqual({ ok: false, line: 2, reason: "not an audit entry" });
  });

  it("is not excused by an entry about another line", () => {
    const path = written(1);
    appendFileSync(path, '{"action":"com');
    const trail = openAudit(path);
    trail.append(action(9));
    trail.close();
    const [first, torn, ...rest] = lines(path);
    writeFileSync(path, [first, torn, torn, ...rest].map((line) => `${line}\n`).join(""));
    expect(verifyAudit(path)).toEqual({ ok: false, line: 2, reason: "not an audit entry" });
  });

  it("that lacks nothing but its line feed is an entry", () => {
    const path = written(3);
    truncateSync(path, readFileSync(path).length - 1);
    expect(verifyAudit(path)).toMatchObject({ ok: true, entries: 3, torn: [], ended: false });
    written(1, path);
    expect(verifyAudit(path)).toMatchObject({ ok: true, entries: 4, torn: [], ended: true });
    expect(lines(path)).toHaveLength(4);
  });

  it("never breaks the chain, wherever a kill -9 falls", async () => {
    const path = newTrail();
    let known = 0;
    for (let round = 0; round < 3; round++) {
      const said = await killWhen(start("log-writer.ts", "audit", path), (line) => line === "20");
      const check = verifyAudit(path);
      expect(check).toMatchObject({ ok: true });
      if (!check.ok) return;
      expect(check.entries).toBeGreaterThanOrEqual(known + said.length);
      known = check.entries;
    }
  });
});
