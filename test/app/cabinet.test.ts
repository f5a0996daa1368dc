import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { seconds } from "../../config/units.ts";
import { parseHiresLog } from "../../engine/sources/hires/log.ts";
import { root, simpang } from "./simpang.ts";

const run = promisify(execFile);
const children: ChildProcess[] = [];
const folders: string[] = [];
const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "simpang-cabinet-"));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const one of children) one.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A process whose lines of output are answers to its lines of input. */
function talk(program: string, args: readonly string[]) {
  const own = spawn(program, args, { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
  children.push(own);
  const heard: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  const hear = (line: string) => {
    const next = waiting.shift();
    if (next) next(line);
    else heard.push(line);
  };
  createInterface({ input: own.stdout }).on("line", hear);
  const errors = createInterface({ input: own.stderr });
  const line = (): Promise<string> =>
    heard.length > 0 ? Promise.resolve(heard.shift()!) : new Promise((resolve) => waiting.push(resolve));
  const ask = async (text: string) => {
    own.stdin.write(`${text}\n`);
    return JSON.parse(await line());
  };
  return { own, line, ask, errors };
}

const cabinet = (...args: readonly string[]) =>
  talk(process.execPath, [join(root, "app/simpang.mjs"), "cabinet", ...args, "--json"]);

/** Asks until the cabinet's own word fits. */
async function until(one: ReturnType<typeof talk>, fits: (status: Record<string, unknown>) => boolean) {
  for (let tries = 0; tries < 600; tries++) {
    const status = await one.ask("status");
    if (fits(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("did not come about within 30 s");
}

const plan = (): string => {
  const path = join(scratch(), "plan.yaml");
  writeFileSync(path, "cycle_s: 100\noffset_s: 7\nsplits_s: {1: 35, 2: 30, 3: 35}\n");
  return path;
};

describe("simpang cabinet", () => {
  it("takes faults on its command line and standard input, says where it stands, and writes its log", async () => {
    const log = join(scratch(), "events.csv");
    const one = cabinet("--protocol", "modbus", "--junction", "beller", "--fault", "door=open", "--events", log);
    const { url } = JSON.parse(await one.line());
    expect(await until(one, ({ mode }) => mode === "local")).toMatchObject({ faults: ["door-open"], trips: 0 });
    expect(await one.ask("manual,door=closed")).toEqual({ ok: true });
    await until(one, ({ mode }) => mode === "manual");
    expect(await simpang("push", plan(), "--cabinet", url)).toMatchObject({
      code: 3,
      out: expect.stringContaining("refused: the cabinet is in manual"),
    });
    expect(await one.ask("drop=2")).toEqual({ ok: false, error: "drop=2: give a number from 0 to 1" });
    expect(await one.ask("door=open,drop=x")).toMatchObject({ ok: false });
    expect(await one.ask("status")).toMatchObject({ faults: [] });
    expect(await one.ask("clear")).toEqual({ ok: true });
    expect(await one.ask("reboot")).toEqual({ ok: true });
    await until(one, ({ mode }) => mode === "startup");
    const { events } = await one.ask("events");
    const codes = events.map(([, code, param]: readonly number[]) => `${code} ${param}`);
    expect(codes).toEqual(expect.arrayContaining(["200 1", "178 1", "201 1", "178 0", "182 1", "184 1"]));
    const csv = readFileSync(log, "utf8");
    const read = parseHiresLog(log, csv, seconds(8 * 3600)).events;
    // Which phase the plan has green first depends on the time of day.
    expect(read.map(({ code, param }) => `${code} ${param}`)).toEqual(
      expect.arrayContaining(["173 7", expect.stringMatching(/^1 \d+$/)]),
    );
    expect(Math.abs(read.at(-1)!.at - Date.now())).toBeLessThan(60_000);
  }, 60_000);

  it("names a fault it does not have, and serves nothing", async () => {
    const said = await simpang("cabinet", "--protocol", "modbus", "--junction", "beller", "--fault", "rain=3");
    expect(said).toMatchObject({ code: 2, out: "" });
    expect(said.error).toMatch(/--fault rain=3: there is no fault rain; take one of drop/);
  });

  it("is watched over NTCIP and Modbus, through replies that are lost", async () => {
    const faults = "drop=0.1,delay=20ms,duplicate=0.1";
    const both = ["ntcip", "modbus"].map((name) =>
      cabinet("--protocol", name, "--junction", "beller", "--fault", faults),
    );
    for (const one of both) {
      const { url } = JSON.parse(await one.line());
      await until(one, ({ mode }) => mode === "local");
      const flags = ["--cabinet", url, "--for", "2.5s", "--every", "0.5s", "--timeout", "0.3s"];
      const said = await simpang("watch", ...flags, "--json");
      const looks = said.out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(looks.length).toBeGreaterThanOrEqual(3);
      expect(looks.filter(({ reachable }) => reachable).at(-1)).toMatchObject({ mode: "local", faults: [] });
      expect(looks.filter(({ reachable }) => reachable).at(-1).greens.length).toBeLessThanOrEqual(1);
      one.own.kill("SIGINT");
    }
  }, 60_000);

  it("that is gone is said to be gone, exit code 3", async () => {
    const said = await simpang("watch", "--cabinet", "tcp://127.0.0.1:1", "--for", "1.5s");
    expect(said.code).toBe(3);
    expect(said.out).toMatch(/no answer since .*no-connection.*last heard never/);
  });
});

describe("Modbus RTU on a serial line", () => {
  /** Two pseudo terminals joined by Debian's socat: what goes in at one comes out at the other. */
  async function line() {
    const folder = scratch();
    const ends = [join(folder, "a"), join(folder, "b")] as const;
    const socat = spawn("socat", ["-d", "-d", ...ends.map((path) => `pty,raw,echo=0,link=${path}`)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(socat);
    onTestFinished(() => void socat.kill());
    await new Promise<void>((resolve) => {
      createInterface({ input: socat.stderr }).on("line", (text) => {
        if (text.includes("starting data transfer")) resolve();
      });
    });
    return ends;
  }

  it("is pushed, watched, and driven by mbpoll, as over TCP", async () => {
    const [ours, theirs] = await line();
    const one = cabinet(
      "--protocol",
      "modbus",
      "--junction",
      "beller",
      "--serial",
      `rtu://${ours}?baud=9600&parity=none`,
      "--unit",
      "7",
    );
    expect(JSON.parse(await one.line())).toMatchObject({ url: `rtu://${ours}?baud=9600&parity=none` });
    await until(one, ({ mode }) => mode === "local");
    const url = `rtu://${theirs}?baud=9600&parity=none`;

    const watched = await simpang("watch", "--cabinet", url, "--unit", "7", "--for", "2.2s", "--json");
    expect(watched.code).toBe(0);
    expect(JSON.parse(watched.out.trim().split("\n").at(-1)!)).toMatchObject({ reachable: true, mode: "local" });

    const pushed = await simpang("push", plan(), "--cabinet", url, "--unit", "7");
    expect(pushed).toMatchObject({ code: 0, error: "" });
    expect(pushed.out).toMatch(/^accepted: pending: sequence 1/);
    expect(await one.ask("status")).toMatchObject({ mode: "central" });

    const { stdout } = await run("mbpoll", [
      ...[
        "-m",
        "rtu",
        "-0",
        "-1",
        "-q",
        "-a",
        "7",
        "-b",
        "9600",
        "-P",
        "none",
        "-t",
        "3",
        "-r",
        "0",
        "-c",
        "40",
        theirs,
      ],
    ]);
    const status = [...stdout.matchAll(/^\[\d+\]:\s*(\d+)/gm)].map((match) => Number(match[1]));
    expect(status.slice(0, 2)).toEqual([0x4154, 0x0100]);
    expect([status[6], status[24]]).toEqual([5, 1]);

    const other = await simpang("push", plan(), "--cabinet", url, "--unit", "8", "--timeout", "0.2s");
    expect(other).toMatchObject({ code: 3, out: expect.stringMatching(/^lost: no answer/) });
  }, 60_000);

  it.each([
    ["rtu:///dev/ttyS0?baud=9601", /baud=9601 is none of 1200/],
    ["rtu:///dev/ttyS0?speed=9600", /speed is none of baud/],
    ["rtu://ttyS0", /the path of its device/],
  ])("%s is refused", async (url, text) => {
    const said = await simpang("push", plan(), "--cabinet", url);
    expect(said).toMatchObject({ code: 2, out: "" });
    expect(said.error).toMatch(text);
  });

  it("that is not there is lost, not a crash", async () => {
    const said = await simpang("push", plan(), "--cabinet", "rtu:///dev/simpang-no-such-line");
    expect(said).toMatchObject({ code: 3, out: expect.stringMatching(/^lost: .*no such file/i) });
  });
});
