import {
  groupOfMask,
  groupsFor,
  groupsOf,
  itemsOf,
  numbersOf,
  occupancyCode,
  occupancyOf,
  octetsOf,
  sizeOf,
  Tag,
  volumeCode,
  withGroup,
} from "ntcip-ts";
import { describe, expect, it } from "vitest";
import { pack } from "../../../controllers/ntcip-ts/src/manager.ts";
import { objectOf } from "../../../controllers/ntcip-ts/src/objects.ts";
import { accept, ErrorStatus, fromWire, toWire } from "../../../controllers/ntcip-ts/src/value.ts";

describe("bit groups, lowest number in the lowest bit", () => {
  it.each([
    [[0x01], [1]],
    [[0x22], [2, 6]],
    [
      [0x80, 0x01],
      [8, 9],
    ],
    [
      [0x00, 0xff],
      [9, 10, 11, 12, 13, 14, 15, 16],
    ],
    [[0, 0], []],
  ])("%j are items %j", (groups, items) => {
    expect(itemsOf(groups)).toEqual(items);
    expect(groupsOf(items, groups.length)).toEqual(groups);
  });

  it("refuses an item outside its rows", () => {
    expect(() => groupsOf([9], 1)).toThrow(RangeError);
    expect(() => groupsOf([0], 1)).toThrow(RangeError);
  });

  it.each([
    [1, 1],
    [8, 1],
    [9, 2],
    [16, 2],
    [17, 3],
  ])("%d items need %d rows", (items, rows) => {
    expect(groupsFor(items)).toBe(rows);
  });

  it("reads and replaces one row of a mask", () => {
    expect(groupOfMask(0x0102_0304, 1)).toBe(0x04);
    expect(groupOfMask(0xff02_0304, 4)).toBe(0xff);
    expect(withGroup(0x0102, 1, 0xff)).toBe(0x01ff);
    expect(withGroup(0x0102, 2, 0)).toBe(0x02);
    expect(withGroup(0, 4, 0x80)).toBe(0x8000_0000);
  });
});

describe("octet lists", () => {
  it("hold one binary octet a phase, not text", () => {
    expect([...octetsOf([1, 2, 16])]).toEqual([1, 2, 16]);
    expect(numbersOf(Uint8Array.of(5, 6))).toEqual([5, 6]);
  });

  it.each([0, 256, 1.5])("refuse %d", (number) => {
    expect(() => octetsOf([number])).toThrow(RangeError);
  });
});

describe("detector values", () => {
  it.each([
    [0, { kind: "share", share: 0 }],
    [200, { kind: "share", share: 1 }],
    [49, { kind: "share", share: 0.245 }],
    [201, { kind: "reserved" }],
    [212, { kind: "fault", fault: "open loop" }],
    [215, { kind: "reserved" }],
  ])("occupancy code %d", (code, meaning) => {
    expect(occupancyOf(code)).toEqual(meaning);
  });

  it("are cut to what the code can hold", () => {
    expect([occupancyCode(-1), occupancyCode(0.5), occupancyCode(3)]).toEqual([0, 100, 200]);
    expect([volumeCode(254), volumeCode(255), volumeCode(900)]).toEqual([254, 255, 255]);
  });
});

describe("values on the wire", () => {
  const split = objectOf("splitTime").syntax;
  const oid = "1.3.6.1.4.1.1206.4.2.1.4.9.1.3.3.2";

  it.each([
    ["in range", { type: Tag.integer, value: 255 }, { value: 255 }],
    ["past the end", { type: Tag.integer, value: 256 }, { status: ErrorStatus.wrongValue }],
    ["negative", { type: Tag.integer, value: -1 }, { status: ErrorStatus.wrongValue }],
    ["text", { type: Tag.octets, value: Buffer.from("9") }, { status: ErrorStatus.wrongType }],
    ["a gauge", { type: Tag.gauge, value: 9 }, { status: ErrorStatus.wrongType }],
    ["null", { type: Tag.null, value: null }, { status: ErrorStatus.wrongType }],
  ])("judges a split that is %s", (_, varbind, judged) => {
    expect(accept(split, varbind)).toEqual(judged);
  });

  it("takes a choice only from its list: dbCreateTransaction jumps from 3 to 6", () => {
    const { syntax } = objectOf("dbCreateTransaction");
    const set = (value: number) => accept(syntax, { type: Tag.integer, value });
    expect([1, 2, 3, 6].map(set)).toEqual([{ value: 1 }, { value: 2 }, { value: 3 }, { value: 6 }]);
    for (const value of [0, 4, 5, 7]) expect(set(value)).toEqual({ status: ErrorStatus.wrongValue });
  });

  it("takes globalTime as Counter32 and as INTEGER, and sends it as Counter32", () => {
    const { syntax } = objectOf("globalTime");
    for (const type of [Tag.counter, Tag.integer])
      expect(accept(syntax, { type, value: 1_700_000_000 })).toEqual({ value: 1_700_000_000 });
    expect(toWire(syntax, 3_000_000_000)).toEqual({ type: Tag.counter, value: 3_000_000_000 });
  });

  it("carries the 32 bits of timeBaseScheduleDate as two's complement", () => {
    const { syntax } = objectOf("timeBaseScheduleDate");
    const sent = toWire(syntax, 0xffff_fffe);
    expect(sent).toEqual({ type: Tag.integer, value: -2 });
    expect(fromWire(syntax, sent)).toBe(0xffff_fffe);
    expect(accept(syntax, { type: Tag.gauge, value: 0xffff_fffe })).toEqual({ value: 0xffff_fffe });
  });

  // NTCIP practice: a SET of splitTime costs 23 to 24 octets, so 18 fit 484.
  it("counts the octets of a split", () => {
    expect(sizeOf(oid, 40)).toBe(23);
    expect(sizeOf(oid, 200)).toBe(24);
  });

  it("packs by octets and by number", () => {
    expect(pack([5, 5, 5, 5], 10, 9, (n) => n)).toEqual([
      [5, 5],
      [5, 5],
    ]);
    expect(pack([1, 1, 1], 10, 2, (n) => n)).toEqual([[1, 1], [1]]);
    expect(pack([50], 10, 2, (n) => n)).toEqual([[50]]);
    expect(pack([], 10, 2, (n: number) => n)).toEqual([]);
  });
});
