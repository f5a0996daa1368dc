import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readCity } from "../../app/city-files.ts";
import { instant } from "../../config/units.ts";
import { serveModbus } from "../../simulation/cabinet/modbus-server.ts";
import { serveNtcip } from "../../simulation/cabinet/ntcip-server.ts";
import { createVirtualCabinet } from "../../simulation/cabinet/unit.ts";
import { broken } from "../simulation/cabinet/lamp-rules.ts";
import type { Shown } from "../simulation/cabinet/rig.ts";
import { balikpapan, changed, child, scratch } from "./simpang.ts";

/** Of each cabinet, s: short, so that the test need not wait long; long enough for a machine with more to do. */
const backup = 12;

/** The cabinets of a city on wall time in this process, over their own protocols, filmed. */
async function street(config: string) {
  const city = readCity(config);
  // Three minutes ago, so that all have started up.
  const begun = Math.floor(Date.now() / 100) * 100 - 180_000;
  const cabinets = await Promise.all(
    [...city.cabinets.values()].map(async (spec) => {
      const junction = city.junctions.get(spec.junction)!;
      const { schedule, utcOffset } = city;
      const start = instant(begun);
      const unit = createVirtualCabinet({ cabinet: spec, junction, schedule, utcOffset, start });
      const server = await (spec.protocol === "ntcip" ? serveNtcip({ unit, utcOffset }) : serveModbus({ unit }));
      onTestFinished(() => server.close());
      const film: Shown[] = [];
      const latest: Shown[] = [];
      const look = (now: number) => {
        for (const [group, lamp] of unit.lamps.entries()) {
          if (latest[group]?.lamp === lamp) {
            latest[group].to = now + 100;
            continue;
          }
          latest[group] = { group, lamp, from: now, to: now + 100 };
          film.push(latest[group]);
        }
      };
      look(start);
      return { spec, junction, unit, url: server.url, film, look };
    }),
  );
  let now: number = begun;
  // Each tenth of a second is looked at, however late the timer comes.
  const timer = setInterval(() => {
    for (; now + 100 <= Date.now(); now += 100)
      for (const { unit, look } of cabinets) {
        unit.step(instant(now + 100));
        look(now + 100);
      }
  }, 50);
  onTestFinished(() => clearInterval(timer));
  return cabinets;
}

async function until(holds: () => boolean, limit: number, what: string): Promise<number> {
  const from = Date.now();
  while (!holds()) {
    if (Date.now() - from > limit) throw new Error(`${what} did not come about within ${limit} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Date.now() - from;
}

it("an engine that is stopped loses every cabinet to its local plan in time, and takes them again without a jump", async () => {
  const quiet = changed(balikpapan, {
    // One plan at any hour, the one with the shortest cycle: the engine stays away for a cycle after a fall-back. No camera posts
    // here, and the scheduled plans need none.
    "plans.yaml": (text) => text.replaceAll(/plan_set: [a-z-]+/g, "plan_set: night"),
    "cabinets.yaml": (text) => text.replaceAll(/backup_time_s: \d+/g, `backup_time_s: ${backup}`),
    "control.yaml": (text) =>
      text
        .replace("write_enabled: false", "write_enabled: true")
        .replace(/max_reading_age_s: \d+/, "max_reading_age_s: 300"),
  });
  const cabinets = await street(quiet);
  const config = changed(quiet, {
    "cabinets.yaml": (text) =>
      cabinets.reduce(
        (out, { spec, url }) => out.replace(new RegExp(`(id: ${spec.id}\n)`), `$1    url: ${url}\n`),
        text,
      ),
  });
  const engine = child(
    ["run", "--live", "--strategy", "fixed", "--config", config, "--port", "0", "--out", join(scratch(), "live")],
    { SIMPANG_MQTT_URL: "mqtt://127.0.0.1:9" },
  );
  const modes = () => cabinets.map(({ unit }) => unit.status().mode);
  // The engine asks for the plan the cabinets have anyway: nothing may move when it comes, goes and comes back.
  let moved = 0;
  const watching = setInterval(() => {
    for (const { unit } of cabinets) if (unit.status().inTransition) moved++;
  }, 100);
  onTestFinished(() => clearInterval(watching));
  const all = (mode: string) => () => modes().every((own) => own === mode);
  await until(all("central"), 60_000, "central control");
  // It stays: the watchdog is fed from the control loop.
  await new Promise((resolve) => setTimeout(resolve, 1200 * backup));
  expect(new Set(modes())).toEqual(new Set(["central"]));

  engine.process.kill("SIGSTOP");
  await until(all("local"), 1000 * backup + 2000, "local control");
  for (const { unit } of cabinets) expect(unit.status().faults).toContain("watchdog-expired");

  engine.process.kill("SIGCONT");
  const away = await until(all("central"), 120_000, "central control again");
  expect(away).toBeGreaterThan(5000);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  expect(new Set(modes())).toEqual(new Set(["central"]));
  // No green cut short, no amber or intergreen shortened, nothing dark or flashing, and in step all the way.
  for (const { junction, unit, film } of cabinets) {
    expect(broken(junction, film), junction.id).toEqual([]);
    expect(unit.trips).toBe(0);
  }
  expect(moved).toBe(0);
  engine.process.kill("SIGINT");
  const { code, error } = await engine.ended;
  expect([code, error]).toEqual([0, ""]);
  await until(all("local"), 5000, "release at the end");
}, 240_000);
