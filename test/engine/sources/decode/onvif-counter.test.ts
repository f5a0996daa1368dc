import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { instant } from "../../../../config/units.ts";
import { decodeOnvif, type OnvifRule, onvifRules } from "../../../../engine/sources/decode/onvif-counter.ts";
import { testCity } from "../../../support/city.ts";

interface Line {
  readonly topic: string;
  readonly retain: boolean;
  readonly payload: string;
}

const lines = readFileSync(new URL("../payloads/onvif-ej.counter.mqtt.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Line);
const receivedAt = instant(Date.parse("2026-02-02T22:59:03Z"));
const rules = new Map<string, OnvifRule>([
  ["U-ST-1", { detector: "north/1", vehicleClass: "mc" }],
  ["S-RT-1", { detector: "south/2", vehicleClass: "unknown" }],
]);
const decode = ({ topic, retain, payload }: Line) =>
  decodeOnvif({ topic, payload, retained: retain }, { receivedAt, camera: /cam-\d+/.exec(topic)![0], rules });

describe("ONVIF events over MQTT", () => {
  it("give totals, crossings and one removed rule for the seven example messages", () => {
    const common = { detector: "north/1", receivedAt, vehicleClass: "mc", kind: "total" };
    expect(lines.flatMap(decode)).toEqual([
      { ...common, source: "cam-017", at: Date.parse("2026-02-02T22:58:40.120Z"), total: 4127, retained: true },
      { ...common, source: "cam-017", at: Date.parse("2026-02-02T22:58:50.118Z"), total: 4131, retained: false },
      { ...common, source: "cam-017", at: Date.parse("2026-02-02T22:59:00.121Z"), total: 4136, retained: false },
      { ...common, source: "cam-018", at: Date.parse("2026-02-02T22:59:00Z"), total: 88, retained: false },
      { ...common, source: "cam-017", at: Date.parse("2026-02-02T16:00:01.004Z"), total: 0, retained: false },
      {
        kind: "crossing",
        source: "cam-017",
        detector: "south/2",
        receivedAt,
        at: Date.parse("2026-02-02T22:59:02.640Z"),
        vehicleClass: "unknown",
        id: "51877",
      },
      expect.objectContaining({
        kind: "fault",
        detector: "north/1",
        message: expect.stringContaining("was removed") as string,
      }),
    ]);
  });

  it("read a time without Z as UTC, whatever the server's zone", () => {
    const payload = lines[0]!.payload.replace("22:58:40.120Z", "22:58:40.120");
    expect(decode({ ...lines[0]!, payload })).toMatchObject([{ at: Date.parse("2026-02-02T22:58:40.120Z") }]);
  });

  it.each([
    ["4127.5", "Data.Count is 4127.5"],
    ['"-1"', 'Data.Count is "-1"'],
    ['"1e3"', 'Data.Count is "1e3"'],
    ['" 7"', 'Data.Count is " 7"'],
    ["null", "Data.Count is null"],
    ['"99999999999999999999"', "Data.Count is"],
    ["{}", "Data.Count is an object"],
  ])("refuse a count of %s", (count, message) => {
    const payload = lines[0]!.payload.replace('"4127"', count);
    expect(decode({ ...lines[0]!, payload })).toMatchObject([
      { kind: "fault", code: "invalid", message: expect.stringContaining(message) as string },
    ]);
  });

  it.each([
    ["{", "not JSON"],
    ["[]", "Source.Rule is missing"],
    ['{"Source":{"Rule":"X"}}', 'no rule "X" configured; known: S-RT-1, U-ST-1'],
    ['{"Source":{"Rule":"U-ST-1"},"UtcTime":"yesterday"}', 'UtcTime is "yesterday"'],
    ["x".repeat(20_000), "at most 16384"],
  ])("survive %.40s", (payload, message) => {
    expect(decode({ ...lines[0]!, payload })).toMatchObject([
      { kind: "fault", message: expect.stringContaining(message) as string },
    ]);
  });

  it("of other topics give nothing", () => {
    expect(decode({ ...lines[0]!, topic: "bpn/cam-017/onvif-ej/RuleEngine/MyRuleDetector/PeopleDetect" })).toEqual([]);
    expect(
      decode({ ...lines[0]!, topic: "bpn/cam-017/onvif-ej/RuleEngine/CountAggregation/OccupancyCounter/&1" }),
    ).toEqual([]);
  });

  it("find a city's rules by detector, and by detector and class", () => {
    const found = onvifRules(testCity(), "cam-c-north");
    expect([...found]).toEqual([
      ["cam-c-north/north-1", { detector: "cam-c-north/north-1", vehicleClass: "unknown" }],
      ["cam-c-north/north-1:car", { detector: "cam-c-north/north-1", vehicleClass: "car" }],
      ["cam-c-north/north-1:hv", { detector: "cam-c-north/north-1", vehicleClass: "hv" }],
      ["cam-c-north/north-1:mc", { detector: "cam-c-north/north-1", vehicleClass: "mc" }],
    ]);
  });
});
