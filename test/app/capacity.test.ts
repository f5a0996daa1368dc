import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, scratch, simpang } from "./simpang.ts";

const published = join(root, "test/engine/core/traffic/mkji-vectors.json");

// biome-ignore lint/suspicious/noExplicitAny: rows differ from kind to kind.
type Any = any;
const vectors: readonly Any[] = JSON.parse(readFileSync(published, "utf8")).vectors;

async function capacity(entries: readonly object[], ...flags: readonly string[]) {
  const file = join(scratch(), "vectors.json");
  writeFileSync(file, JSON.stringify({ vectors: entries }));
  const said = await simpang("capacity", "--vectors", file, "--json", ...flags);
  return { ...said, result: said.code === 2 ? undefined : (JSON.parse(said.out) as Any) };
}

describe("published worked examples", () => {
  it("meets every printed and recomputed figure, or names the trap behind it", async () => {
    const said = await simpang("capacity", "--vectors", published, "--json");
    const result = JSON.parse(said.out) as Any;
    expect(said.code).toBe(0);
    expect(result.summary.deviates).toBe(0);
    expect(result.summary.within).toBeGreaterThan(240);
    const all: readonly Any[] = result.vectors.flatMap(({ comparisons }: Any) => comparisons);
    const traps = new Set(all.filter((entry) => entry.verdict === "explained").map((entry) => entry.why.split(":")[0]));
    expect([...traps].sort()).toEqual(["early-start-share", "green-before-rounding", "nq1-with-cycle"]);
    // Recomputed figures have no rounding of their own to hide behind.
    for (const entry of all.filter(({ at }) => at.includes("recomputed")))
      expect(entry.verdict, entry.at).toBe("within");
  });

  it("prints every column for people, and says where no formula is made up", async () => {
    const { out } = await simpang("capacity", "--vectors", published);
    for (const word of ["NQ1", "NQ2", "PSV", "DT", "DG", "FCS", "allRed", "cua", "avgDelay", "none is made up"])
      expect(out).toContain(word);
  });

  it("reproduces PKJI's own example with the cycle in NQ1, without any explanation", async () => {
    const example = vectors.find(({ id }) => id === "pkji-ex1-4phase-SA5");
    const { result } = await capacity([example], "--nq1", "pkji-as-printed");
    const verdicts = result.vectors[0].comparisons
      .filter(({ at }: Any) => !at.endsWith("GR"))
      .map(({ verdict }: Any) => verdict);
    expect(new Set(verdicts)).toEqual(new Set(["within"]));
    expect(result.vectors[0].junction.avgDelay).toBeCloseTo(43.33, 1);
  });
});

describe("a figure that is wrong", () => {
  it("deviates, with exit code 3", async () => {
    const example = structuredClone(vectors.find(({ id }) => id === "mkji-ex2-twophase-perf"));
    example.rows[0].printed.DT = 25;
    const { code, result } = await capacity([example]);
    expect(code).toBe(3);
    const wrong = result.vectors[0].comparisons.filter(({ verdict }: Any) => verdict === "deviates");
    expect(wrong).toMatchObject([{ at: "rows.0.printed.DT", expected: 25 }]);
  });

  it("is a misprint only where its own printed parts agree with the formulas", async () => {
    const example = structuredClone(vectors.find(({ id }) => id === "mkji-ex2-twophase-perf"));
    // MKJI 1997 prints 16.0 in this cell; 14.6 and 3.4 beside it make 18.0.
    example.rows[1].printed.D = 16;
    const { code, result } = await capacity([example]);
    expect(code).toBe(0);
    expect(result.vectors[0].comparisons.find(({ at }: Any) => at === "rows.1.printed.D")).toMatchObject({
      verdict: "explained",
      why: expect.stringContaining("misprint"),
    });
  });

  it("knows totals that weigh motorcycles by the older manual", async () => {
    const example = structuredClone(vectors.find(({ id }) => id === "mkji-ex1-pcu"));
    const { code, result } = await capacity([example], "--manual", "pkji-2023");
    expect(code).toBe(0);
    const north = result.vectors[0].comparisons.find(({ at }: Any) => at === "printed.protected.U");
    expect(north).toMatchObject({ verdict: "explained", computed: 1214.75 });
  });
});

describe("examples without printed results", () => {
  it("works with either manual's symbols", async () => {
    const rows = (names: readonly [string, string, string]) => [
      { [names[0]]: 1015, C: 1299, [names[1]]: 24, PT: 0.14 },
    ];
    const mkji = { id: "a", kind: "performance", cycle: 55, rows: rows(["Q", "g", "c"]) };
    const pkji = { id: "b", kind: "performance", s: 55, rows: rows(["q", "wH", "s"]) };
    const { code, result } = await capacity([mkji, pkji]);
    expect(code).toBe(0);
    const [a, b] = result.vectors.map((entry: Any) => entry.rows[0].computed);
    expect(a).toEqual(b);
    expect(a).toMatchObject({ DS: 0.7814, DJ: 0.7814, NQ1: 1.2755, NS: 0.8437, D: 20.2974 });
  });

  it("works out factors from the site, and C from S", async () => {
    const row = {
      approach: "U",
      type: "P",
      width: 7,
      environment: "COM",
      friction: "medium",
      UMMV: 0.05,
      PLT: 0.1,
      q: 500,
    };
    const { result } = await capacity([
      { id: "s", kind: "saturation-capacity", population: 757418, cycle: 80, rows: [{ ...row, wH: 30 }] },
    ]);
    const { computed } = result.vectors[0].rows[0];
    // 4200 x 0.94 x 0.92 x (1 - 0.016)
    expect(computed.S).toBeCloseTo(3574.0, 0);
    expect(computed).toMatchObject({ FCS: 0.94, FSF: 0.92, FLT: 0.984, J: computed.S });
    expect(computed.C).toBeCloseTo((3574.0 * 30) / 80, 0);
  });

  it("leaves an opposed approach open without a reading", async () => {
    const { code, result } = await capacity([
      { id: "o", kind: "saturation-capacity", rows: [{ approach: "T", type: "O", width: 6, q: 300 }] },
    ]);
    expect(code).toBe(0);
    expect(result.vectors[0].rows[0].computed.S).toBeNull();
    expect(result.vectors[0].notes.join()).toContain("No formula is made up");
  });
});

describe("a whole junction", () => {
  const flows = { LT: { LV: 50, HV: 5, MC: 100 }, ST: { LV: 300, HV: 20, MC: 500, UM: 20 }, RT: { LV: 60, MC: 90 } };
  const arm = { WA: 7, Wentry: 7, Wexit: 7, flows };
  const form = {
    id: "j",
    kind: "junction",
    population: 757418,
    cycle: 60,
    phases: [
      { id: 1, allRed: 2, g: 28 },
      { id: 2, allRed: 2, g: 22 },
    ],
    approaches: [
      { approach: "U", phase: 1, ...arm },
      { approach: "T", phase: 2, ...arm, Wltor: 2.5, Wentry: 5, flows: { ...flows, LT: undefined, LTOR: flows.LT } },
    ],
  };

  it("fills the forms as by hand", async () => {
    const { result } = await capacity([form]);
    const [{ computed, rows }] = result.vectors;
    const [north, east] = rows.map((row: Any) => row.computed);
    // 76.5 + 426 + 78 pcu/h; S = 4200 x 0.94 x (0.93 - 0.02 x 0.35556) x (1 - 0.16 x 0.13178)
    expect(north).toMatchObject({ qLT: 76.5, qST: 426, qRT: 78, Q: 580.5, We: 7, S0: 4200, FRT: 1 });
    expect(north.S).toBeCloseTo(3566.7, 0);
    expect(north.C).toBeCloseTo(1664.5, 0);
    expect(north.DS).toBeCloseTo(0.3488, 3);
    // c 0.5 (1 - GR)^2 / (1 - GR DS), GR 0.46667
    expect(north.DT).toBeCloseTo(10.19, 1);
    // The left turn has a lane of its own: out of Q, We by what is left of the width, no FLT.
    expect(east).toMatchObject({ Q: 504, Qltor: 76.5, We: 4.5, FLT: 1 });
    expect(computed).toMatchObject({ LTI: 10, c: 60, Qtotal: 1161 });
    // Left turns on red count in the mean with 6 s each.
    const mean = (580.5 * north.D + 504 * east.D + 76.5 * 6) / 1161;
    expect(computed.avgDelay).toBeCloseTo(mean, 2);
  });

  it("finds cycle and greens itself, and caps what no cycle can carry", async () => {
    const times = (n: number) => (entry: Any) => ({
      ...entry,
      flows: Object.fromEntries(
        Object.entries(flows).map(([turn, all]) => [
          turn,
          Object.fromEntries(Object.entries(all).map(([k, v]) => [k, v * n])),
        ]),
      ),
    });
    const open = (n: number) => ({
      ...form,
      cycle: undefined,
      phases: form.phases.map(({ id, allRed }) => ({ id, allRed })),
      approaches: form.approaches.map(times(n)),
    });
    const { result } = await capacity([open(2), open(9)]);
    const [light, heavy] = result.vectors;
    expect(light.computed.cua).toBeCloseTo(20 / (1 - light.computed.IFR), 0);
    expect(light.computed.phases[0].g + light.computed.phases[1].g + 10).toBe(light.computed.c);
    expect(heavy.computed.cua).toBeNull();
    expect(heavy.computed.c).toBeLessThanOrEqual(131);
    expect(heavy.notes.join()).toContain("capped at 130 s");
    expect(JSON.stringify(heavy)).not.toContain("NaN");
    expect(heavy.rows[0].computed.D).toBeGreaterThan(100);
  });

  it("takes an opposed approach from a table and from nothing else", async () => {
    const opposed = (table: readonly (readonly number[])[]) => ({
      ...form,
      table,
      approaches: form.approaches.map((entry) => ({ ...entry, type: "O", flows, Wltor: 0, Wentry: 7, opposedBy: "U" })),
    });
    const { result } = await capacity([opposed([]), opposed([[7, 96, 96, 2500]])]);
    expect(result.vectors[0].computed.avgDelay).toBeNull();
    expect(result.vectors[0].notes.join()).toContain("none is made up");
    expect(result.vectors[1].rows[0].computed.S0).toBe(2500);
  });
});

describe("nonsense is refused whole", () => {
  const good = { id: "x", kind: "performance", cycle: 60, rows: [{ Q: 500, C: 900, g: 25, PT: 0.2 }] };
  const wrong: readonly (readonly [string, object, readonly string[]])[] = [
    ["a negative flow", { ...good, rows: [{ Q: -5, C: 900, g: 25 }] }, ["rows.0.Q", '"x"']],
    ["a capacity of 0", { ...good, rows: [{ Q: 5, C: 0, g: 25 }] }, ["rows.0.C", "serves nobody"]],
    ["a green past its cycle", { ...good, rows: [{ Q: 5, C: 900, g: 61 }] }, ["rows.0.g", "61 s does not fit"]],
    ["a share above 1", { ...good, rows: [{ Q: 5, C: 900, g: 20, PT: 1.2 }] }, ["rows.0.PT"]],
    ["text for a number", { ...good, rows: [{ Q: "500", C: 900, g: 20 }] }, ["rows.0.Q"]],
    ["no cycle", { ...good, cycle: undefined }, ["cycle"]],
    ["one quantity given twice", { ...good, rows: [{ Q: 5, q: 6, C: 900, g: 20 }] }, ["contradicts Q"]],
    ["an unknown kind", { id: "y", kind: "roundabout" }, ["roundabout", "junction"]],
    [
      "an unknown factor",
      { id: "z", kind: "saturation-capacity", rows: [{ width: 7, F: { FXX: 1 } }] },
      ["rows.0.F", "FXX"],
    ],
  ];
  it.each(wrong)("%s", async (_, vector, words) => {
    const said = await capacity([good, vector]);
    expect({ code: said.code, out: said.out }).toEqual({ code: 2, out: "" });
    for (const word of words) expect(said.error).toContain(word);
  });

  it("a file that is none", async () => {
    const file = join(scratch(), "broken.json");
    writeFileSync(file, "{ vectors: ");
    expect((await simpang("capacity", "--vectors", file)).error).toContain("not JSON");
    expect((await simpang("capacity", "--vectors", `${file}.none`)).error).toContain("ENOENT");
    writeFileSync(file, "{}");
    expect((await simpang("capacity", "--vectors", file)).error).toContain("no vectors");
  });
});
