import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { instant, seconds } from "../../../../config/units.ts";
import { observe, startObserve } from "../../../../engine/core/observe/observe.ts";
import { decodeAtcsCount } from "../../../../engine/sources/decode/atcs-count.ts";
import { cityWith } from "./support.ts";

const lines = readFileSync(new URL("../../sources/payloads/faults.labelled.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { at: string; label: string; expected: string; body: unknown });

const city = cityWith([{ id: "U-ST-1", camera: "cam-017", period: seconds(60) }]);
const known = new Map([["cam-017", new Set(["U-ST-1"])]]);

function play() {
  let state = startObserve(city, instant(Date.parse("2026-02-02T23:00:00Z")));
  return lines.map(({ at, label, body }) => {
    const now = instant(Date.parse(at));
    const readings = decodeAtcsCount(JSON.stringify(body), { receivedAt: now, known });
    const judged = observe(state, readings, now, city);
    state = judged.state;
    return {
      label,
      observations: judged.observations.map(({ start, counts, flags }) => ({
        start: new Date(start).toISOString().slice(11, 16),
        counts,
        flags: flags.filter((flag) => flag !== "suspect"),
      })),
      findings: judged.findings.map(({ code, skewS, start }) => ({
        code,
        ...(skewS === undefined ? {} : { skewS }),
        ...(code === "missing" ? { start: new Date(start!).toISOString().slice(11, 16) } : {}),
      })),
    };
  });
}

describe("the labelled faults", () => {
  const seen = play();
  const accepted = (start: string, counts: object, flags: readonly string[] = []) => [{ start, counts, flags }];

  it.each([
    [0, accepted("23:00", { car: 12, hv: 1, mc: 30 }), []],
    [1, accepted("23:01", { car: 11, hv: 0, mc: 28 }), []],
    [2, [], [{ code: "duplicate" }]],
    [3, [], [{ code: "conflict" }]],
    [4, accepted("23:03", { car: 13, hv: 1, mc: 31 }), []],
    [5, accepted("23:02", { car: 10, hv: 1, mc: 27 }, ["late"]), [{ code: "late" }]],
    [6, accepted("23:05", { car: 12, hv: 0, mc: 29 }), []],
    [7, [], [{ code: "clock-skew", skewS: 540 }]],
    [
      8,
      [],
      [
        { code: "clock-skew", skewS: 28_800 },
        { code: "missing", start: "23:04" },
      ],
    ],
    [9, [], [{ code: "invalid" }]],
    [10, [], [{ code: "impossible-flow" }]],
    [11, [], [{ code: "partial" }]],
    [12, [], [{ code: "invalid" }]],
    [13, accepted("23:12", { car: 9, hv: 0, mc: 22, unknown: 2 }, ["unknown-class"]), [{ code: "unknown-class" }]],
  ])("line %i comes out as labelled", (i, observations, findings) => {
    expect({ label: lines[i]!.label, observations: seen[i]!.observations, findings: seen[i]!.findings }).toEqual({
      label: lines[i]!.label,
      observations,
      findings,
    });
  });

  it("has no observation of the missing period", () => {
    expect(seen.flatMap(({ observations }) => observations).some(({ start }) => start === "23:04")).toBe(false);
  });
});
