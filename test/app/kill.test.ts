import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { readCity } from "../../app/city-files.ts";
import { seededRandom } from "../../app/seeded-random.ts";
import { type Instant, instant, type Millis, seconds } from "../../config/units.ts";
import { serveModbus } from "../../simulation/cabinet/modbus-server.ts";
import { createVirtualCabinet } from "../../simulation/cabinet/unit.ts";
import { atspm, balikpapan, changed, child, scratch, simpang } from "./simpang.ts";
import { tcpWire, udpWire, type Wire } from "./wire.ts";

const run = promisify(execFile);

/** NTCIP 1202 asc, dotted. */
const asc = "1.3.6.1.4.1.1206.4.2.1";
const systemPatternControl = `${asc}.4.14.0`;

/** Debian's snmpget, which we did not write: values of OIDs in order. */
async function snmpget(port: number, ...oids: readonly string[]): Promise<readonly string[]> {
  const options = ["-v1", "-c", "public", "-m", "", "-Oqv", "-On", "-Oe", "-Ox", "-t", "2", "-r", "2"];
  const { stdout } = await run("snmpget", [...options, `udp:127.0.0.1:${port}`, ...oids]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.trim());
}

/** All that a pattern is, but for the numbers of the rows it points to. */
async function pattern(port: number, number: number): Promise<string> {
  const row = (column: number) => `${asc}.4.7.1.${column}.${number}`;
  const [cycle, offset, split, sequence] = await snmpget(port, row(2), row(3), row(4), row(5));
  const phases = [1, 2, 3, 4, 5, 6, 7, 8];
  const cells = phases.flatMap((phase) => [3, 4, 5].map((column) => `${asc}.4.9.1.${column}.${split}.${phase}`));
  const rings = [1, 2].map((ring) => `${asc}.7.3.1.3.${sequence}.${ring}`);
  return [
    `cycle ${cycle}`,
    `offset ${offset}`,
    ...(await snmpget(port, ...cells)),
    ...(await snmpget(port, ...rings)),
  ].join(" ");
}

async function cabinetChild(...args: readonly string[]): Promise<{ readonly host: string; readonly port: number }> {
  const cabinet = child(["cabinet", "--port", "0", "--json", ...args]);
  const { port } = JSON.parse(await cabinet.line(/"port"/)) as { port: number };
  return { host: "127.0.0.1", port };
}

/** A push in a process of its own that dies by kill -9 as request `n` is about to leave. */
async function killedAt(wire: Wire, n: number, args: readonly string[]): Promise<void> {
  const pushing = child(["push", ...args]);
  wire.cutAt(n, () => pushing.process.kill("SIGKILL"));
  const { signal } = await pushing.ended;
  expect(signal).toBe("SIGKILL");
  wire.mend();
}

/** Where to kill: spread over the whole download by a seed, its last request among them. */
const killPoints = (total: number, seed: number): readonly number[] => {
  const random = seededRandom(seed);
  const strata = [0, 1, 2].map((i) => 1 + Math.floor(((i + random.next()) * (total - 1)) / 3));
  return [...new Set([...strata, total])];
};

describe("kill -9 during a download over NTCIP", () => {
  it("leaves the cabinet whole, whatever the moment, and the next push completes", async () => {
    const cabinet = await cabinetChild("--protocol", "ntcip", "--junction", "beruang-madu");
    const wire = await udpWire(cabinet);
    onTestFinished(() => wire.close());
    const args = (plan: string) => [plan, "--junction", "beruang-madu", "--cabinet", wire.url];
    const called = async () => Number((await snmpget(cabinet.port, systemPatternControl))[0]);

    const whole = new Map<string, string>();
    let total = 0;
    for (const plan of ["midday", "night"]) {
      wire.mend();
      expect((await simpang("push", ...args(plan))).code).toBe(0);
      total = wire.requests;
      whole.set(plan, await pattern(cabinet.port, await called()));
    }
    expect(new Set(whole.values()).size).toBe(2);
    const slots = [await called(), (await called()) === 64 ? 63 : 64];

    let untouched = 0;
    for (const [i, n] of killPoints(total, 11).entries()) {
      const plan = i % 2 === 0 ? "midday" : "night";
      const before = whole.get(i % 2 === 0 ? "night" : "midday");
      await killedAt(wire, n, args(plan));
      for (const slot of slots) expect([...whole.values()]).toContain(await pattern(cabinet.port, slot));
      // Whole and called, or whole and not called: the last requests only read back what was called.
      expect(slots).toContain(await called());
      if ((await pattern(cabinet.port, await called())) === before) untouched++;
      const again = await simpang("push", ...args(plan));
      expect([n, again.code, again.error]).toEqual([n, 0, ""]);
      expect(await pattern(cabinet.port, await called())).toBe(whole.get(plan));
    }
    expect(untouched).toBeGreaterThanOrEqual(2);
  }, 120_000);
});

describe("kill -9 during a download over Modbus", () => {
  it("leaves the cabinet whole, whatever the moment, and the next push completes", async () => {
    const city = readCity(balikpapan);
    const junction = city.junctions.get("beller")!;
    const cabinet = [...city.cabinets.values()].find((each) => each.junction === junction.id)!;
    let now: Instant = instant(Math.floor(Date.now() / 1000) * 1000);
    const unit = createVirtualCabinet({
      cabinet,
      junction,
      schedule: city.schedule,
      utcOffset: city.utcOffset,
      start: now,
    });
    const server = await serveModbus({ unit, unitId: cabinet.unitId });
    const wire = await tcpWire({ host: "127.0.0.1", port: server.port });
    onTestFinished(async () => {
      await wire.close();
      await server.close();
    });
    const step = (time: Millis) => {
      for (const end = now + time; now < end; ) {
        now = instant(now + 100);
        unit.step(now);
      }
    };
    /** Debian's mbpoll: input registers (table 3) and holding registers (table 4). */
    const mbpoll = async (...args: readonly (string | number)[]) => {
      const common = ["-0", "-1", "-q", "-a", String(cabinet.unitId ?? 1), "-p", String(server.port)];
      const { stdout } = await run("mbpoll", [...common, ...args.map(String)]);
      return [...stdout.matchAll(/^\[\d+\]:\s*(\d+)/gm)].map((match) => Number(match[1]));
    };
    /** A master of another make keeps the watchdog content while a cycle passes, then reads what runs. */
    let beat = 1000;
    const active = async () => {
      for (let i = 0; i < 8; i++) {
        beat++;
        await mbpoll("-t", 4, "-r", 0, "127.0.0.1", beat, 600);
        step(seconds(40));
      }
      const registers = await mbpoll("-t", 3, "-r", 200, "-c", 77, "127.0.0.1");
      // Without the plan's own number, sequence, dates and check sum: what the street runs.
      return JSON.stringify([registers[3], registers[4], registers.slice(12, 76)]);
    };
    const args = (plan: string) => [plan, "--junction", "beller", "--cabinet", wire.url];
    step(seconds(120));

    const whole = new Map<string, string>();
    let total = 0;
    for (const plan of ["midday", "night"]) {
      wire.mend();
      expect((await simpang("push", ...args(plan))).code).toBe(0);
      total = wire.requests;
      whole.set(plan, await active());
    }
    expect(new Set(whole.values()).size).toBe(2);

    for (const [i, n] of killPoints(total, 12).entries()) {
      const plan = i % 2 === 0 ? "midday" : "night";
      await killedAt(wire, n, args(plan));
      expect([...whole.values()]).toContain(await active());
      const again = await simpang("push", ...args(plan));
      expect([n, again.code, again.error]).toEqual([n, 0, ""]);
      expect([n, await active()]).toEqual([n, whole.get(plan)]);
    }
  }, 120_000);
});

describe("simpang cabinet", () => {
  it("serves Modbus to a stranger's master, and takes a plan", async () => {
    const { port } = await cabinetChild("--protocol", "modbus", "--junction", "beller");
    const { stdout } = await run("mbpoll", [
      "-0",
      "-1",
      "-q",
      "-a",
      "1",
      "-p",
      String(port),
      "-t",
      "3",
      "-r",
      "0",
      "-c",
      "2",
      "127.0.0.1",
    ]);
    expect(stdout).toMatch(/^\[0\]:\s*16724/m);
  }, 60_000);
});

describe("kill -9 of the engine during a download", () => {
  it("a restart in the same folder tells what was left open, completes it, and Ctrl-C hands back", async () => {
    const cabinet = await cabinetChild(
      "--protocol",
      "ntcip",
      "--junction",
      "signal-1136",
      "--config",
      atspm,
      "--read",
      "public",
      "--write",
      "secret",
    );
    const wire = await udpWire(cabinet);
    onTestFinished(() => wire.close());
    const config = changed(atspm, {
      "cabinets.yaml": (text) =>
        text.replace(
          "protocol: ntcip",
          `protocol: ntcip\n    url: ${wire.url}\n    community_env: SIMPANG_TEST_COMMUNITY`,
        ),
      "control.yaml": (text) => text.replace("write_enabled: false", "write_enabled: true"),
    });
    const out = join(scratch(), "live");
    const args = ["run", "--live", "--strategy", "fixed", "--config", config, "--port", "0", "--out", out];
    const env = { SIMPANG_TEST_COMMUNITY: "secret" };
    const called = async () => Number((await snmpget(cabinet.port, systemPatternControl))[0]);

    const first = child(args, env);
    // The third SET: the transaction is open and part of the plan is in it.
    wire.cutAt(3, () => first.process.kill("SIGKILL"), isSet);
    expect((await first.ended).signal).toBe("SIGKILL");
    expect(await called()).toBe(0);

    wire.mend();
    const second = child(args, env);
    expect(await second.line(/^Going on from/)).toContain("1 commands had no outcome (signal-1136-");
    while ((await called()) === 0) await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await pattern(cabinet.port, await called())).toMatch(/^cycle 75 /);
    second.process.kill("SIGINT");
    const ended = await second.ended;
    expect([ended.code, ended.error]).toEqual([0, ""]);
    expect(await called()).toBe(0);

    const trail = readFileSync(join(out, "audit.jsonl"), "utf8");
    expect(trail.match(/"action":"run:start"/g)).toHaveLength(2);
    expect(trail).toMatch(/"action":"outcome:accepted"/);
    expect((await simpang("replay", out, "--config", config)).code).toBe(0);
  }, 120_000);
});

/** SNMPv1: SEQUENCE, version, community, then the PDU, whose tag for a SET is 0xa3. */
function isSet(message: Buffer): boolean {
  const header = message[1]! < 0x80 ? 2 : 2 + (message[1]! & 0x7f);
  const community = header + 3;
  return message[community + 2 + message[community + 1]!] === 0xa3;
}
