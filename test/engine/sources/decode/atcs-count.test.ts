import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { instant, seconds } from "../../../../config/units.ts";
import type { ReadingFault } from "../../../../engine/core/reading.ts";
import { decodeAtcsCount } from "../../../../engine/sources/decode/atcs-count.ts";

const receivedAt = instant(Date.parse("2026-02-02T23:00:01Z"));
const known = new Map([
  ["cam-017", new Set(["U-ST-1", "U-ST-2"])],
  ["cam-018", new Set(["S-RT-1"])],
]);
const example = JSON.parse(readFileSync(new URL("../payloads/webhook.count.json", import.meta.url), "utf8")) as Record<
  string,
  unknown
>;

const decode = (body: unknown, camera?: string) =>
  decodeAtcsCount(typeof body === "string" ? body : JSON.stringify(body), { receivedAt, known, camera });
const fault = (body: unknown, camera?: string): ReadingFault => {
  const [reading, ...more] = decode(body, camera);
  expect(more).toEqual([]);
  expect(reading!.kind).toBe("fault");
  return reading as ReadingFault;
};

describe("atcs-count", () => {
  it("gives the example's period", () => {
    expect(decode(example)).toEqual([
      {
        kind: "period",
        source: "cam-017",
        detector: "U-ST-1",
        receivedAt,
        seq: 20771,
        start: Date.parse("2026-02-02T22:55:00Z"),
        end: Date.parse("2026-02-02T23:00:00Z"),
        counts: { car: 62, hv: 3, mc: 141, um: 0 },
        occupancy: 0.21,
        speedKmh: 28.4,
        observed: seconds(300),
      },
    ]);
  });

  it("takes an array, with queue and presence, and judges each record by itself", () => {
    const readings = decode([
      { ...example, queueVeh: 7, presence: true },
      { ...example, detector: "U-ST-2", counts: { car: -1 } },
      { ...example, detector: "U-ST-2" },
    ]);
    expect(readings.map(({ kind, detector }) => [kind, detector])).toEqual([
      ["period", "U-ST-1"],
      ["fault", "U-ST-2"],
      ["period", "U-ST-2"],
    ]);
    expect(readings[0]).toMatchObject({ queueVeh: 7, presence: true });
    expect((readings[1] as ReadingFault).message).toMatch(/^record 1: counts\.car is -1; send a whole number/);
  });

  it("keeps classes it does not know apart", () => {
    expect(decode({ ...example, counts: { car: 1, becak: 2, andong: 0 } })[0]).toMatchObject({
      counts: { car: 1 },
      unknownClasses: { becak: 2, andong: 0 },
    });
  });

  it("reads an offset as what it is", () => {
    const [reading] = decode({
      ...example,
      periodStart: "2026-02-03T06:55:00+08:00",
      periodEnd: "2026-02-03T07:00:00.000+08:00",
    });
    expect(reading).toMatchObject({
      start: Date.parse("2026-02-02T22:55:00Z"),
      end: Date.parse("2026-02-02T23:00:00Z"),
    });
  });

  it.each([
    ["counts.car", { counts: { car: 1.5 } }, "counts.car is 1.5"],
    ["a negative", { counts: { car: -3 } }, "counts.car is -3"],
    ["too many", { counts: { mc: 1e9 } }, "counts.mc is 1000000000"],
    ["a quoted count", { counts: { car: "3" } }, 'counts.car is "3"'],
    ["null counts", { counts: null }, "counts is null"],
    ["a list of counts", { counts: [1, 2] }, "counts is an array"],
    ["a class that is no name", { counts: { "<b>": 1 } }, 'class "<b>" is no name'],
    [
      "time without zone",
      { periodEnd: "2026-02-02T23:00:00" },
      'periodEnd is "2026-02-02T23:00:00"; send an ISO 8601 instant with zone',
    ],
    ["30 February", { periodStart: "2026-02-30T23:00:00Z" }, "periodStart is"],
    ["hour 24", { periodStart: "2026-02-02T24:00:00Z" }, "periodStart is"],
    ["a number for a time", { periodStart: 1770073200 }, "periodStart is 1770073200"],
    ["a period of nought", { periodStart: "2026-02-02T23:00:00Z" }, "must be positive and at most 24 h"],
    ["occupancy in percent", { occupancy: 21 }, "occupancy is 21; send a number from 0 to 1"],
    ["speed", { speedKmh: -1 }, "speedKmh is -1"],
    ["half a vehicle in the queue", { queueVeh: 0.5 }, "queueVeh is 0.5"],
    ["presence as a number", { presence: 1 }, "presence is 1; send true or false"],
    ["observed time", { quality: { observedSeconds: -1 } }, "quality.observedSeconds is -1"],
    ["a misspelt key", { ocupancy: 0.2 }, 'unknown key "ocupancy"'],
    ["another schema", { schema: "atcs-count/2" }, 'schema is "atcs-count/2"'],
    ["no detector", { detector: undefined }, "detector is missing"],
    ["an endless name", { detector: "x".repeat(500) }, "send a text of 1 to 128 characters"],
  ])("refuses %s with place and mend", (_what, change, message) => {
    expect(fault({ ...example, ...change })).toMatchObject({
      code: "invalid",
      message: expect.stringContaining(message) as string,
    });
  });

  it("names every mistake of a record at once", () => {
    const { message } = fault({ ...example, seq: -1, occupancy: 2, counts: { car: -1, hv: 0.5 } });
    for (const part of ["seq is -1", "occupancy is 2", "counts.car is -1", "counts.hv is 0.5"])
      expect(message).toContain(part);
  });

  it.each([
    [
      "1e309",
      `{"schema":"atcs-count/1","source":"cam-017","detector":"U-ST-1","periodStart":"2026-02-02T22:55:00Z","periodEnd":"2026-02-02T23:00:00Z","counts":{"car":1e309}}`,
      "counts.car is Infinity",
    ],
    ["NaN", '{"counts":{"car":NaN}}', "not JSON"],
    ["text", "<xml/>", "not JSON"],
    ["an empty body", "", "not JSON"],
    ["null", "null", "is null; send an object"],
    ["a number", "7", "is 7; send an object"],
    ["an empty array", "[]", "empty array"],
    ["deep nesting", `${"[".repeat(50_000)}${"]".repeat(50_000)}`, "an array; send an object"],
  ])("survives %s", (_what, body, message) => {
    expect(fault(body).message).toContain(message);
  });

  it("does not let a class name reach the prototype", () => {
    const body = JSON.stringify(example).replace('"car"', '"__proto__":5,"constructor":1,"car"');
    expect(fault(body).message).toContain('class "__proto__" is no name');
    expect(({} as Record<string, unknown>)["constructor"]).toBe(Object);
  });

  it("bounds size, records and classes", () => {
    expect(fault(" ".repeat(256 * 1024 + 1)).code).toBe("too-large");
    expect(fault(Array.from({ length: 257 }, () => 0)).code).toBe("too-large");
    expect(decode(Array.from({ length: 256 }, () => example))).toHaveLength(256);
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`c${i}`, 1]));
    expect(fault({ ...example, counts: many }).message).toContain("33 classes");
  });

  it("takes a camera's records only by that camera's way, and only for its own detectors", () => {
    expect(fault({ ...example, source: "cam-018", detector: "S-RT-1" }, "cam-017").code).toBe("not-for-this-source");
    expect(fault({ ...example, source: "cam-999" }).code).toBe("not-for-this-source");
    expect(fault({ ...example, detector: "S-RT-1" })).toMatchObject({
      code: "unknown-detector",
      message: 'camera "cam-017" has no detector "S-RT-1"; it has U-ST-1, U-ST-2',
    });
  });
});
