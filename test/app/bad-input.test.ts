import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCity } from "../../app/city-files.ts";
import { instant } from "../../config/units.ts";
import { openDuckStore } from "../../engine/store/duck-store.ts";
import { serveModbus } from "../../simulation/cabinet/modbus-server.ts";
import { createVirtualCabinet } from "../../simulation/cabinet/unit.ts";
import { atspm, balikpapan, changed, sample, scratch, simpang } from "./simpang.ts";

let busy: { readonly port: number; close(): void };
beforeAll(async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  busy = { port: (server.address() as { port: number }).port, close: () => void server.close() };
});
afterAll(() => busy.close());

/** One clear error on standard error, nothing on standard output, exit code 2. */
const refused = async (args: readonly string[], ...words: readonly string[]) => {
  const said = await simpang(...args);
  expect({ code: said.code, out: said.out }).toEqual({ code: 2, out: "" });
  for (const word of words) expect(said.error).toContain(word);
  expect(said.error).not.toContain("    at ");
};

describe("a run is refused whole", () => {
  const wrongSets: readonly (readonly [string, string, Record<string, (text: string) => string>, readonly string[]])[] =
    [
      ["an unknown key", balikpapan, { "control.yaml": (text) => `${text}\nspeed: 3\n` }, ["control.yaml", "speed"]],
      [
        "a split that does not fit",
        atspm,
        { "plans.yaml": (text) => text.replace("5: 19", "5: 18") },
        ["plans.yaml", "74", "75"],
      ],
      [
        "a camera at a lane that does not exist",
        atspm,
        { "cameras.yaml": (text) => text.replace("[west-1]", "[west-9]") },
        ["cameras.yaml", "west-9"],
      ],
      ["a file that is no YAML", atspm, { "control.yaml": () => "strategy: [" }, ["control.yaml:1"]],
    ];
  it.each(wrongSets)("%s", async (_name, set, changes, words) => {
    const config = changed(set, changes);
    const out = join(scratch(), "out");
    await refused(
      ["run", "--config", config, "--out", out, "--for", "10s", "--port", "0"],
      "nothing was started",
      ...words,
    );
    expect(existsSync(out)).toBe(false);
    const checked = await simpang("check", config);
    expect(checked.code).toBe(2);
    for (const word of words) expect(checked.out).toContain(word);
    const asJson = await simpang("check", config, "--json");
    expect(asJson.code).toBe(2);
    expect(JSON.parse(asJson.out)).toMatchObject({ ok: false });
  });

  it("a busy port", async () => {
    const out = join(scratch(), "out");
    await refused(
      ["run", "--port", String(busy.port), "--out", out, "--for", "10s"],
      `Port ${busy.port} is in use`,
      "--port 0",
    );
    expect(existsSync(out)).toBe(false);
  });

  it("a folder that holds an earlier run", async () => {
    const out = scratch();
    writeFileSync(join(out, "events.jsonl"), "kept\n");
    await refused(["run", "--port", "0", "--out", out, "--for", "10s"], "already holds a run");
    expect(readFileSync(join(out, "events.jsonl"), "utf8")).toBe("kept\n");
    expect(existsSync(join(out, "audit.jsonl"))).toBe(false);
  });

  it("a folder that cannot be one", async () => {
    const file = join(scratch(), "file");
    writeFileSync(file, "");
    await refused(["run", "--port", "0", "--out", join(file, "out"), "--for", "10s"], "cannot take the run's record");
  });
});

const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["an unknown command", ["fly"], ["unknown command", "fly"]],
  ["an unknown option", ["run", "--fast"], ["--fast"]],
  ["an unknown strategy", ["run", "--strategy", "best"], ["no strategy", "best", "cycle-adaptive"]],
  ["a configuration that is not there", ["run", "--config", "/nowhere"], ["/nowhere"]],
  ["a speed of nothing", ["run", "--speed", "0"], ["above 0"]],
  ["a time without a unit", ["run", "--for", "10"], ["such as 90s, 30m or 1h"]],
  ["a seed with a fraction", ["run", "--seed", "1.5"], ["whole number"]],
  ["a port past the last", ["run", "--port", "70000"], ["65535"]],
  ["a start that is no time", ["run", "--from", "today"], ["local time"]],
  ["a log without --shadow", ["run", "--events", "x.csv"], ["--shadow"]],
  ["--shadow without a log", ["run", "--shadow"], ["--events FILE"]],
  ["--shadow and --live together", ["run", "--shadow", "--live", "--events", "x"], ["one of them"]],
  [
    "a log that is not there",
    ["run", "--shadow", "--events", "nowhere.csv", "--config", atspm],
    ["nowhere.csv", "cannot be read"],
  ],
  [
    "a log that is none",
    ["run", "--shadow", "--events", join(sample, "detectors.csv"), "--config", atspm],
    ["line 1", "timestamp,device,code,param"],
  ],
  [
    "a log of a device nobody configured",
    ["run", "--shadow", "--events", join(sample, "events.csv.gz")],
    ["device 1136", "--config"],
  ],
  ["--live with cabinets that have no address", ["run", "--live", "--port", "0"], ["url", "cab-"]],
  ["a comparison of one", ["compare", "--strategies", "fixed"], ["at least two"]],
  ["a comparison with itself", ["compare", "--strategies", "fixed,fixed"], ["named twice"]],
  ["an unknown strategy to compare", ["compare", "--strategies", "fixed,best"], ["best"]],
  ["a seed list that falls", ["compare", "--strategies", "fixed,actuated", "--seeds", "9..1"], ["rising range"]],
  ["a seed list that is none", ["compare", "--strategies", "fixed,actuated", "--seeds", "one"], ["whole number"]],
  ["a replay of nothing", ["replay", "/nowhere"], ["/nowhere does not exist"]],
  ["a replay of what is no record", ["replay", join(balikpapan, "city.yaml")], ["no whole record"]],
  [
    "a cabinet of no junction",
    ["cabinet", "--protocol", "ntcip", "--junction", "atlantis"],
    ["no junction", "beruang-madu"],
  ],
  [
    "a cabinet of no protocol",
    ["cabinet", "--protocol", "telex", "--junction", "beller"],
    ["telex", "ntcip", "modbus"],
  ],
  ["a dual-ring cabinet over Modbus", ["cabinet", "--protocol", "modbus", "--junction", "beruang-madu"], ["dual-ring"]],
  [
    "a push to no cabinet",
    ["push", "midday", "--junction", "beller", "--cabinet", "http://x"],
    ["udp://host:port", "tcp://host:port"],
  ],
  [
    "a push of no plan set",
    ["push", "noon", "--junction", "beller", "--cabinet", "tcp://127.0.0.1:1"],
    ["no plan set", "midday"],
  ],
  [
    "a push of a file that is not there",
    ["push", "./noon.yaml", "--junction", "beller", "--cabinet", "tcp://127.0.0.1:1"],
    ["noon.yaml", "ENOENT"],
  ],
];

describe("one clear error", () => {
  it.each(table)("%s", async (_name, args, words) => {
    await refused(args, ...words);
  });

  it("a cabinet's port that is busy", async () => {
    await refused(
      ["cabinet", "--protocol", "modbus", "--junction", "beller", "--port", String(busy.port)],
      "is in use",
      "--port 0",
    );
  });

  it("a plan file with an unknown key, and one whose splits do not fit the cabinet", async () => {
    const folder = scratch();
    const unknown = join(folder, "unknown.yaml");
    writeFileSync(unknown, "cycle_s: 90\noffset_s: 0\nsplits_s: { 1: 45, 2: 45 }\nspeed: 1\n");
    await refused(["push", unknown, "--junction", "beller", "--cabinet", "tcp://127.0.0.1:1"], "speed");
    const noCycle = join(folder, "cycle.yaml");
    writeFileSync(noCycle, "offset_s: 0\nsplits_s: { 1: 45, 2: 45 }\n");
    await refused(["push", noCycle, "--junction", "beller", "--cabinet", "tcp://127.0.0.1:1"], "cycle_s");
  });

  it("a folder that another engine is writing to", async () => {
    const config = changed(atspm, {
      "cabinets.yaml": (text) => text.replace("protocol: ntcip", "protocol: ntcip\n    url: udp://127.0.0.1:161"),
    });
    const out = scratch();
    const other = await openDuckStore(join(out, "history.duckdb"));
    try {
      await refused(
        ["run", "--live", "--port", "0", "--config", config, "--out", out],
        "one process owns a history file",
      );
      expect(existsSync(join(out, "audit.jsonl"))).toBe(false);
    } finally {
      await other.close();
    }
  });

  it("an SNMP community that is not in the environment", async () => {
    const config = changed(atspm, {
      "cabinets.yaml": (text) =>
        text.replace(
          "protocol: ntcip",
          "protocol: ntcip\n    url: udp://127.0.0.1:161\n    community_env: SIMPANG_TEST_NOT_SET",
        ),
    });
    await refused(
      ["run", "--live", "--port", "0", "--config", config, "--out", join(scratch(), "x")],
      "SIMPANG_TEST_NOT_SET",
    );
  });
});

describe("a cabinet that refuses", () => {
  it("is answered with exit code 3, and runs what it ran", async () => {
    const city = readCity(balikpapan);
    const junction = city.junctions.get("beller")!;
    const cabinet = [...city.cabinets.values()].find((each) => each.junction === junction.id)!;
    let now = Date.UTC(2026, 1, 3, 2);
    const unit = createVirtualCabinet({
      cabinet,
      junction,
      schedule: city.schedule,
      utcOffset: city.utcOffset,
      start: instant(now),
    });
    const step = (s: number) => {
      for (let i = 0; i < 10 * s; i++) {
        now += 100;
        unit.step(instant(now));
      }
    };
    step(120);
    unit.inject({ kind: "manual", on: true });
    step(2);
    const before = { pattern: unit.status().pattern, mode: unit.status().mode };
    const server = await serveModbus({ unit });
    try {
      const said = await simpang("push", "midday", "--junction", "beller", "--cabinet", server.url);
      expect(said).toMatchObject({ code: 3, error: "" });
      expect(said.out).toContain("refused: the cabinet is in manual");
      expect({ pattern: unit.status().pattern, mode: unit.status().mode }).toEqual(before);
      const asJson = await simpang("push", "midday", "--junction", "beller", "--cabinet", server.url, "--json");
      expect(JSON.parse(asJson.out)).toMatchObject({ result: "refused", code: "mode", junction: "beller" });
    } finally {
      await server.close();
    }
  });

  it("that does not answer at all is lost, exit code 3", async () => {
    const said = await simpang(
      "push",
      "midday",
      "--junction",
      "beller",
      "--cabinet",
      `tcp://127.0.0.1:${await freePort()}`,
    );
    expect(said.code).toBe(3);
    expect(said.out).toContain("lost:");
  });
});

describe("help", () => {
  it.each(["run", "check", "compare", "replay", "cabinet", "push", "schema"])(
    "%s tells its options and ends with 0",
    async (name) => {
      const { code, out } = await simpang(name, "--help");
      expect(code).toBe(0);
      expect(out).toContain(`Usage: simpang ${name}`);
    },
  );

  it("names every command and the exit codes", async () => {
    const { code, out } = await simpang("--help");
    expect(code).toBe(0);
    for (const name of ["run", "check", "compare", "replay", "cabinet", "push", "schema"])
      expect(out).toContain(`  ${name} `);
    expect(out).toContain("2 bad input");
  });
});

describe("schema", () => {
  it("writes a JSON Schema for each kind of file", async () => {
    const out = join(scratch(), "schemas");
    mkdirSync(out);
    expect((await simpang("schema", "--out", out)).code).toBe(0);
    expect(JSON.parse(readFileSync(join(out, "control.schema.json"), "utf8"))).toMatchObject({ type: "object" });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
