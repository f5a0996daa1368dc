import { describe, expect, it } from "vitest";
import { parseRegisterMap, profileA } from "../../../controllers/modbus/register-map.ts";
import { type MapIssue, RegisterMapError } from "../../../controllers/modbus/register-map-file.ts";
import { type Json, mapFile } from "./map-file.ts";

function issuesOf(change: (file: Json) => void): readonly MapIssue[] {
  const file = mapFile();
  change(file);
  try {
    parseRegisterMap(file);
  } catch (error) {
    if (error instanceof RegisterMapError) return error.issues;
    throw error;
  }
  return [];
}

describe("a register map file", () => {
  it("is profile A by default", () => {
    expect(profileA).toMatchObject({
      profile: "ATCS-MB-A",
      status: { table: "input", address: 0, count: 40 },
      shadow: { table: "holding", address: 100, count: 77 },
      commit: { table: "holding", address: 180, count: 3 },
      plan: { count: 77, crc: { at: 76, from: 0, to: 75 } },
      releaseCoil: 2,
    });
    expect(profileA.modes.get(8)).toBe("fault-flash");
    expect(profileA.commitResults.get(18)).toBe("staleSequence");
  });

  it("may number from one: the addresses on the wire are the same", () => {
    expect(parseRegisterMap(mapFile({ oneBased: true }))).toEqual(profileA);
  });

  it("may leave out what the driver can do without", () => {
    expect(() => parseRegisterMap(mapFile({ bare: true, crc: false }))).not.toThrow();
  });

  it.each<[string, (file: Json) => void, string, RegExp]>([
    ["an unknown key", (file) => (file.blocks.status.adress = 3), "blocks.status.adress", /unknown key/],
    ["a missing block", (file) => delete file.blocks.commit, "blocks.commit", /add it/],
    ["another schema", (file) => (file.schema = "atcs-modbus-map/2"), "schema", /atcs-modbus-map\/1/],
    ["more registers than a read carries", (file) => (file.maxReadRegisters = 126), "maxReadRegisters", /125/],
    ["more registers than a write carries", (file) => (file.maxWriteRegisters = 124), "maxWriteRegisters", /123/],
    [
      "a commit that does not fit one write",
      (file) => (file.maxWriteRegisters = 2),
      "maxWriteRegisters",
      /written whole/,
    ],
    ["the broadcast unit", (file) => (file.unitId = 0), "unitId", />=1/],
    ["little-endian registers", (file) => (file.byteOrder = "little-endian"), "byteOrder", /big-endian/],
    [
      "a point outside its block",
      (file) => (file.blocks.status.points.mode.at = 40),
      "blocks.status.points.mode.at",
      /use 0\.\.39/,
    ],
    [
      "a 32-bit point half outside",
      (file) => (file.blocks.status.points.utc.at = 39),
      "blocks.status.points.utc.at",
      /use 0\.\.38/,
    ],
    [
      "two points in one register",
      (file) => (file.blocks.status.points.mode.at = 7),
      "blocks.status.points.faults.at",
      /also holds mode/,
    ],
    ["a missing point", (file) => delete file.blocks.status.points.mode, "blocks.status.points.mode", /driver needs/],
    [
      "a plan point nobody can fill",
      (file) => (file.layouts.plan.points.weather = { at: 3, type: "u16" }),
      "layouts.plan.points.weather",
      /use one of: planId/,
    ],
    ["stages past the CRC", (file) => (file.layouts.plan.stages.max = 9), "layouts.plan.stages.count", /end past 76/],
    [
      "a CRC inside its own range",
      (file) => (file.layouts.plan.crc.over = [0, 76]),
      "layouts.plan.crc.over",
      /leaves the CRC out/,
    ],
    [
      "a CRC that is not committed",
      (file) => delete file.blocks.commit.points.crc,
      "blocks.commit.points.crc",
      /commit has none/,
    ],
    [
      "a commit without its key",
      (file) => delete file.blocks.commit.points.key.write,
      "blocks.commit.points.key.write",
      /add `write`/,
    ],
    [
      "blocks that overlap",
      (file) => (file.blocks.commit.address = 176),
      "blocks.commit.address",
      /overlaps blocks.shadow/,
    ],
    [
      "a block past the end",
      (file) => (file.blocks.active.address = 65_500),
      "blocks.active.count",
      /past register 65535/,
    ],
    [
      "a written block among the inputs",
      (file) => (file.blocks.shadow.table = "input"),
      "blocks.shadow.table",
      /must be holding/,
    ],
    [
      "a shadow shorter than the plan",
      (file) => (file.blocks.shadow.count = 76),
      "blocks.shadow.count",
      /layout plan has 77/,
    ],
    [
      "an address 0 that counts from one",
      (file) => (file.addressing = "one-based number"),
      "blocks.status.address",
      /starts at 1/,
    ],
    ["an unknown mode", (file) => (file.enums.mode["9"] = "party"), "enums.mode.9", /dark/],
    [
      "a mode whose code is no number",
      (file) => (file.enums.mode["x"] = "dark"),
      "enums.mode.x",
      /whole number|[Ii]nvalid key/,
    ],
  ])("is refused with %s, named", (_, change, path, text) => {
    const issues = issuesOf(change);
    const found = issues.find((issue) => issue.path === path);
    expect(issues.map((issue) => issue.path)).toContain(path);
    expect(`${found!.limit}; ${found!.mend}`).toMatch(text);
  });

  it("names every fault at once, with path, value, limit and mend", () => {
    const issues = issuesOf((file) => {
      file.blocks.status.points.mode.at = 99;
      file.blocks.commit.address = 100;
      file.coils.releaseToLocal = 2;
    });
    expect(issues).toHaveLength(2);
    expect(new RegisterMapError(issues).message.split("\n")).toEqual([
      expect.stringMatching(/^blocks\.status\.points\.mode\.at: 99: ends past 40 registers; use 0\.\.39$/),
      expect.stringMatching(/^blocks\.commit\.address: 100: overlaps blocks\.shadow; /),
    ]);
  });

  it("is refused when it is no object at all", () => {
    for (const raw of [undefined, null, 7, "map", []]) expect(() => parseRegisterMap(raw)).toThrow(RegisterMapError);
  });
});
