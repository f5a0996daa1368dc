/**
 * A thousand virtual cabinets in one process, polled once a second over NTCIP from another, both on loopback. Prints the time
 * from the instant a poll is due to its answer, what was lost, and what both ends cost. Then the same cabinets asked by
 * Debian's snmpget, one process a poll as scripts do it, and the C library under it against our manager, one request after
 * the other. The machine is the same for all; only the ratios travel.
 * Run: npm run bench:ntcip [-- CABINETS SECONDS]
 */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { Manager, oidOf, type Ref, ref, SharedUdp } from "ntcip-ts";
import { polledRows, polledScalars } from "../controllers/ntcip/status.ts";

const count = Number(process.argv[2] ?? 1000);
const duration = Number(process.argv[3] ?? 20);
const PERIOD = 1000;
/** Polls of the first seconds warm both ends up. */
const WARM = 3;
/** Between looks at which polls are due, ms. */
const PACE = 2;

/** What the driver asks for in every poll. */
const asked: readonly Ref[] = [...polledScalars.map((name) => ref(name)), ...polledRows.map((name) => ref(name, 1))];

const run = promisify(execFile);
const cabinets = fork(new URL("./ntcip-cabinets.ts", import.meta.url).pathname, [`${count}`], {
  // Much is short-lived here: a small nursery is swept often and stays small.
  execArgv: ["--max-semi-space-size=2", "--optimize-for-size", "--import", "tsx"],
});
const [{ ports }] = (await once(cabinets, "message")) as [{ readonly ports: readonly number[] }];

async function cost(): Promise<{ readonly cpuMs: number; readonly rssMb: number }> {
  cabinets.send("cost");
  const [answer] = (await once(cabinets, "message")) as [{ readonly cpuMs: number; readonly rssMb: number }];
  return answer;
}

const print = (text: string) => process.stdout.write(`${text}\n`);
const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;

/** Every cabinet once a second, each at its own place in the second. */
async function pollAll(): Promise<void> {
  const socket = new SharedUdp();
  const managers = ports.map((port) => new Manager({ address: "127.0.0.1", port, community: "public", socket }));
  const times: number[] = [];
  let sent = 0;
  let answered = 0;
  let lost = 0;
  const begin = performance.now();
  const total = count * (WARM + duration);
  const ask = (n: number, due: number): void => {
    sent++;
    managers[n % count]!.request(asked, (reply) => {
      answered++;
      if (!reply.ok) lost++;
      else if (n >= count * WARM) times.push(performance.now() - due);
    });
  };
  const before = process.cpuUsage();
  await cost();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - begin) * count) / PERIOD));
      for (let n = sent; n < due; n++) ask(n, begin + (n * PERIOD) / count);
      if (sent === total && answered === total) {
        clearInterval(timer);
        resolve();
      }
    }, PACE);
  });
  const seconds = (performance.now() - begin) / 1000;
  const spent = process.cpuUsage(before);
  const { cpuMs, rssMb } = await cost();
  const sorted = times.sort((a, b) => a - b);
  print(
    `${count} cabinets, ${asked.length} values each, once a second for ${duration} s: ` +
      `${sorted.length} polls, median ${at(sorted, 0.5).toFixed(1)} ms, p99 ${at(sorted, 0.99).toFixed(1)} ms, ` +
      `worst ${sorted.at(-1)!.toFixed(1)} ms, lost ${lost}`,
  );
  print(`cabinets: ${((100 * cpuMs) / 1000 / seconds).toFixed(0)} % of a core, ${rssMb.toFixed(0)} MB`);
  print(
    `manager: ${((100 * (spent.user + spent.system)) / 1e6 / seconds).toFixed(0)} % of a core, ` +
      `${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB`,
  );
  for (const manager of managers) manager.close();
  socket.close();
}

/** One process a poll. */
async function tool(polls: number): Promise<number> {
  const oids = asked.map((one) => `.${oidOf(one)}`);
  const begin = performance.now();
  for (let n = 0; n < polls; n++)
    await run("snmpget", ["-v1", "-c", "public", "-On", "-m", "", `udp:127.0.0.1:${ports[n % count]}`, ...oids]);
  return (1000 * polls) / (performance.now() - begin);
}

async function ours(polls: number): Promise<number> {
  const socket = new SharedUdp();
  const managers = ports
    .slice(0, 100)
    .map((port) => new Manager({ address: "127.0.0.1", port, community: "public", socket }));
  const begin = performance.now();
  for (let n = 0; n < polls; n++) {
    const reply = await managers[n % managers.length]!.get(...asked);
    if (!reply.ok) throw new Error(reply.error.message);
  }
  const rate = (1000 * polls) / (performance.now() - begin);
  for (const manager of managers) manager.close();
  socket.close();
  return rate;
}

/** Debian's C library: a walk is one process that sends one request after the other. */
async function library(): Promise<number> {
  const column = `.${oidOf(ref("splitTime", 1, 1))
    .split(".")
    .slice(0, -2)
    .join(".")}`;
  const begin = performance.now();
  const { stdout } = await run(
    "snmpwalk",
    ["-v1", "-c", "public", "-On", "-m", "", `udp:127.0.0.1:${ports[0]}`, column],
    { maxBuffer: 1 << 24 },
  );
  return (1000 * stdout.trim().split("\n").length) / (performance.now() - begin);
}

async function oneByOne(requests: number): Promise<number> {
  const manager = new Manager({ address: "127.0.0.1", port: ports[0]!, community: "public" });
  const begin = performance.now();
  for (let n = 0; n < requests; n++) await manager.get(ref("splitTime", 1, 1 + (n % 16)));
  const rate = (1000 * requests) / (performance.now() - begin);
  manager.close();
  return rate;
}

await pollAll();
const byTool = await tool(100);
const byUs = await ours(3000);
print(
  `one poll after the other: snmpget in a loop ${byTool.toFixed(0)}/s, ours ${byUs.toFixed(0)}/s: ${(byUs / byTool).toFixed(0)} times`,
);
const byLibrary = await library();
const single = await oneByOne(1024);
print(
  `one value after the other: the C library ${byLibrary.toFixed(0)}/s, ours ${single.toFixed(0)}/s: ${(single / byLibrary).toFixed(2)} times`,
);
cabinets.disconnect();
