import { readFileSync } from "node:fs";
import {
  bitNames,
  bitsOf,
  describe as described,
  display,
  maskOf,
  type ObjectName,
  objectOf,
  objects,
  oidOf,
  ref,
  reservedBits,
} from "ntcip-ts";
import { describe, expect, it } from "vitest";

/** What public copies of the MIBs agree on; compared there by program, and typed here by nobody. */
interface Fact {
  readonly name: ObjectName;
  readonly oid: string;
  readonly type: "INTEGER" | "OCTET STRING" | "OBJECT IDENTIFIER" | "Counter32" | "Gauge32";
  readonly range?: readonly [number, number];
  readonly choices?: Readonly<Record<string, number>>;
  readonly bits?: readonly number[] | "items";
  readonly unit?: string;
  readonly access: string;
  readonly role: string;
  readonly feeds: boolean;
  readonly transaction: string;
  readonly index?: readonly string[];
  readonly versions: string;
}
const text = readFileSync(new URL("./facts.tsv", import.meta.url), "utf8");
const [head, ...lines] = text.trimEnd().split("\n");
const structured = new Set(["range", "choices", "bits", "feeds", "index"]);
const facts = lines.map((line) => {
  const cells = line.split("\t").map((cell, i) => [head!.split("\t")[i]!, cell] as const);
  const filled = cells.filter(([, cell]) => cell !== "");
  return Object.fromEntries(filled.map(([key, cell]) => [key, structured.has(key) ? JSON.parse(cell) : cell]));
}) as unknown as readonly Fact[];

const kinds = {
  INTEGER: ["integer", "choice"],
  "OCTET STRING": ["octets"],
  "OBJECT IDENTIFIER": ["oid"],
  Counter32: ["counter"],
  Gauge32: ["gauge"],
} as const;

describe("every object of the public MIBs", () => {
  it("is here, 282 of them", () => {
    expect(facts).toHaveLength(282);
    const names = new Set<string>(objects.map(({ name }) => name));
    expect(facts.filter(({ name }) => !names.has(name))).toEqual([]);
  });

  it.each(facts.map((fact) => [fact.name, fact] as const))("%s is as they say", (name, fact) => {
    const { syntax, ...object } = objectOf(name);
    expect(object.oid).toBe(fact.oid);
    expect(object.index).toEqual(fact.index ?? []);
    expect(object.editions).toBe(fact.versions);
    expect(object.role).toBe(fact.role);
    expect(object.role === "control").toBe(fact.feeds);
    expect(object.transaction).toBe(fact.transaction);
    // The v02 and v03 files make it read-only; v01 and units in the field do not.
    expect(object.access).toBe(name === "patternSplitNumber" ? "read-write" : fact.access);
    expect(kinds[fact.type]).toContain(syntax.kind);
    expect("unit" in syntax ? syntax.unit : undefined).toBe(fact.unit);
    if (fact.choices) expect(syntax).toEqual({ kind: "choice", values: fact.choices });
    else if (fact.range) expect(syntax).toMatchObject({ min: fact.range[0], max: fact.range[1] });
    if (Array.isArray(fact.bits)) {
      const bits = Object.values(bitsOf(name) ?? {}).sort((a, b) => a - b);
      expect(bits).toEqual(fact.bits);
    } else expect(bitsOf(name)).toBeUndefined();
  });

  it("shows masks of items as item numbers, and nothing else", () => {
    for (const { name, index = [] } of objects) {
      if (objectOf(name).syntax.kind !== "integer") continue;
      const shown = display(name, 5, [2]) === "9 11";
      expect([name, shown]).toEqual([name, facts.find((fact) => fact.name === name)?.bits === "items"]);
      expect(index.length).toBeLessThanOrEqual(2);
    }
  });
});

describe("values in words", () => {
  it.each([
    ["splitTime", 29, "29 s"],
    ["phasePassage", 25, "2.5 s"],
    ["splitMode", 4, "maximumVehicleRecall (4)"],
    ["splitMode", 99, "99"],
    ["sequenceData", Uint8Array.of(1, 2, 3, 4), "1 2 3 4"],
    ["phaseStatusGroupGreens", 0x22, "2 6"],
    ["shortAlarmStatus", 0x21, "preempt, detector (33)"],
    ["shortAlarmStatus", 0, "none (0)"],
    ["detectorOccupancy", 100, "50 %"],
    ["detectorOccupancy", 211, "no activity (211)"],
    ["moduleMake", Buffer.from("Make"), "Make"],
    ["eventLogValue", Uint8Array.of(2, 1, 0xff), "0201ff"],
    ["moduleDeviceNode", "1.3.6", "1.3.6"],
    ["sysUpTime", 250, "2.5 s"],
  ] as const)("%s %j is %s", (name, value, shown) => {
    expect(display(name, value)).toBe(shown);
  });
});

describe("bits by name", () => {
  it("are read and made", () => {
    expect(bitNames("unitAlarmStatus1", 0b1100_0000)).toEqual(["localFree", "coordActive"]);
    expect(maskOf("channelFlash", "red", "alternate")).toBe(12);
    expect(bitNames("channelFlash", 0xff)).toEqual(["yellow", "red", "alternate"]);
  });

  it("are reserved where they have no name", () => {
    expect(reservedBits("channelFlash", 0b1111)).toBe(1);
    expect(reservedBits("splitOptions", 3)).toBe(2);
    expect(reservedBits("splitTime", 255)).toBe(0);
    expect(reservedBits("unitControl", 0xff)).toBe(1);
  });
});

describe("objects of NTCIP 1201 and 1202", () => {
  it("have one name and one OID each", () => {
    expect(new Set(objects.map(({ name }) => name)).size).toBe(objects.length);
    expect(new Set(objects.map(({ oid }) => oid)).size).toBe(objects.length);
    expect(objects.length).toBe(323);
  });

  // Numbers as other people's programs use them (MnDOT IRIS, MMITSS, carma-streets).
  it.each([
    [ref("maxPhases"), "1.3.6.1.4.1.1206.4.2.1.1.1.0"],
    [ref("phaseMinimumGreen", 4), "1.3.6.1.4.1.1206.4.2.1.1.2.1.4.4"],
    [ref("phaseStatusGroupReds", 1), "1.3.6.1.4.1.1206.4.2.1.1.4.1.2.1"],
    [ref("phaseStatusGroupGreens", 2), "1.3.6.1.4.1.1206.4.2.1.1.4.1.4.2"],
    [ref("phaseControlGroupForceOff", 1), "1.3.6.1.4.1.1206.4.2.1.1.5.1.5.1"],
    [ref("unitBackupTime"), "1.3.6.1.4.1.1206.4.2.1.3.3.0"],
    [ref("patternOffsetTime", 7), "1.3.6.1.4.1.1206.4.2.1.4.7.1.3.7"],
    [ref("splitTime", 3, 2), "1.3.6.1.4.1.1206.4.2.1.4.9.1.3.3.2"],
    [ref("coordPatternStatus"), "1.3.6.1.4.1.1206.4.2.1.4.10.0"],
    [ref("systemPatternControl"), "1.3.6.1.4.1.1206.4.2.1.4.14.0"],
    [ref("sequenceData", 2, 1), "1.3.6.1.4.1.1206.4.2.1.7.3.1.3.2.1"],
    [ref("globalTime"), "1.3.6.1.4.1.1206.4.2.6.3.1.0"],
    [ref("dbCreateTransaction"), "1.3.6.1.4.1.1206.4.2.6.2.1.0"],
  ])("%o is %s", (one, oid) => {
    expect(oidOf(one)).toBe(oid);
  });

  it("says which system commands feed the backup timer", () => {
    const control = objects.filter(({ role }) => role === "control").map(({ name }) => name);
    expect(control).toHaveLength(23);
    expect(control).toContain("systemPatternControl");
    expect(control).toContain("phaseControlGroupHold");
    expect(control).not.toContain("unitBackupTime");
  });

  it("ties sequences to a transaction, splits not", () => {
    expect(objectOf("sequenceData").transaction).toBe("required");
    expect(objectOf("splitTime").transaction).toBe("allowed");
    expect(objectOf("systemPatternControl").transaction).toBe("never");
  });

  it("refuses an index of the wrong length", () => {
    expect(() => ref("splitTime", 3)).toThrow(/splitTime takes 2/);
    expect(() => ref("maxPhases", 0)).toThrow(/takes 0/);
    expect(described(ref("splitTime", 3, 2))).toBe("splitTime.3.2");
  });
});
