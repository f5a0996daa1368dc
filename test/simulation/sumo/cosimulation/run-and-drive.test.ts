import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { scratch, simpang } from "../../../app/simpang.ts";

const folder = join(scratch(), "corridor");
const sumocfg = join(folder, "run.sumocfg");
const END_S = 120;
const same = ["--seed", "3", "--end", `${END_S}`, "--yellow", "3", "--json"];

beforeAll(async () => {
  const { code, error } = await simpang("sumo", "export", "--out", folder, "--for", "10m", "--cars-only");
  expect(error).toBe("");
  expect(code).toBe(0);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What SUMO wrote of each trip, without its head, which names the time of day. */
const trips = (file: string): readonly string[] => readFileSync(file, "utf8").match(/<tripinfo .*/g) ?? [];

describe("SUMO started by us and SUMO joined by us", () => {
  it.each(["fixed", "actuated", "max-pressure", "adaptive"])(
    "drive the same trips with %s, and both end well",
    async (strategy) => {
      const ran = join(folder, `${strategy}.run.xml`);
      const run = await simpang(
        ...["sumo", "run", "--sumocfg", sumocfg, "--strategy", strategy, "--tripinfo", ran, ...same],
      );
      expect(run.code, run.error).toBe(0);

      const driven = join(folder, `${strategy}.drive.xml`);
      const port = await freePort();
      const written = ["--tripinfo-output", driven, "--tripinfo-output.write-unfinished", "--no-step-log"];
      const sumo = spawn("sumo", ["-c", sumocfg, "--seed", "3", "--remote-port", `${port}`, ...written], {
        stdio: "ignore",
      });
      const ended = once(sumo, "close");
      const net = join(folder, "network.net.xml");
      const drive = await simpang(
        ...["sumo", "drive", "--net", net, "--traci", `127.0.0.1:${port}`, "--strategy", strategy, ...same],
      );
      expect(drive.code, drive.error).toBe(0);
      expect(await ended).toEqual([0, null]);

      expect(trips(ran).length).toBeGreaterThan(50);
      expect(trips(driven)).toEqual(trips(ran));
      const commands = (out: string): number => JSON.parse(out).decisions;
      expect(commands(drive.out)).toBe(commands(run.out));
      expect(commands(run.out)).toBeGreaterThan(0);
    },
  );
});
