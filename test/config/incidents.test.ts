import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkIncidents } from "../../config/incidents.ts";
import { seconds } from "../../config/units.ts";
import { squareCity } from "../support/square-city.ts";

const folder = mkdtempSync(join(tmpdir(), "simpang-incidents-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const city = squareCity();
const check = (text: string) => {
  const path = join(folder, "incidents.yaml");
  writeFileSync(path, text);
  return checkIncidents(path, city);
};
const one = (line: string) => check(`origin: synthetic\nincidents:\n  - ${line}\n`);
const span = 'from: "07:10", to: "07:40"';

describe("a file of incidents", () => {
  it("is read with its units and defaults", () => {
    const { incidents, faults } = check(`origin: synthetic
incidents:
  - { kind: blockage, link: p_q, at_m: 100, width_m: 2, ${span} }
  - { kind: closure, link: p_q, ${span} }
  - { kind: contraflow, link: p_q, lender: q_p, ${span} }
  - { kind: flood, link: p_q, depth_mm: 150, ${span} }
  - { kind: emergency, at: "07:15", from: p-west, to: q-east }
`);
    const during = { from: seconds(7 * 3600 + 600), to: seconds(7 * 3600 + 2400) };
    expect(faults).toEqual([]);
    expect(incidents).toEqual([
      { kind: "blockage", link: "p_q", atM: 100, lengthM: 6, widthM: 2, ...during },
      { kind: "closure", link: "p_q", reroute: true, ...during },
      { kind: "contraflow", link: "p_q", lender: "q_p", lanes: 1, ...during },
      { kind: "flood", link: "p_q", depthMm: 150, capacity: 1, ...during },
      { kind: "emergency", at: seconds(7 * 3600 + 900), from: "p-west", to: "q-east" },
    ]);
  });

  it.each([
    [`{ kind: closure, link: p_x, ${span} }`, /no link "p_x"; did you mean/],
    ['{ kind: closure, link: p_q, from: "08:00", to: "07:00" }', /"07:00" is not after "08:00"; split/],
    [`{ kind: blockage, link: p_q, at_m: 279, width_m: 2, ${span} }`, /ends at 285 m, beyond the link's 280 m/],
    [`{ kind: blockage, link: p_q, at_m: 10, width_m: 12, ${span} }`, /12 m is wider than the link's 10.5 m/],
    [
      `{ kind: contraflow, link: p_q, lender: q_s, ${span} }`,
      /not the other direction of p_q; name the link from q to p/,
    ],
    [`{ kind: contraflow, link: p_r, lender: r_p, ${span} }`, /has 1 lane\(s\) and must keep one/],
    [`{ kind: flood, link: p_q, capacity: 0, ${span} }`, /0 is below the limit of 0.1/],
    ['{ kind: emergency, at: "07:00", from: p, to: q-east }', /no edge node "p"/],
    [`{ kind: riot, link: p_q, ${span} }`, /"riot" is no form known here; write one of "blockage"/],
    [`{ kind: closure, link: p_q, until: "09:00", ${span} }`, /unknown key "until"/],
  ])("refuses %s by line", (line, message) => {
    const { incidents, faults } = one(line);
    expect(incidents).toBeUndefined();
    expect(faults).toHaveLength(1);
    expect(faults[0]!.message).toMatch(message);
    expect(faults[0]!.line).toBe(3);
  });

  it("names a file that is not there", () => {
    expect(checkIncidents(join(folder, "none.yaml"), city).faults[0]!.message).toMatch(/cannot be read \(ENOENT\)/);
  });
});
