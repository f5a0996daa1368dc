/**
 * Does our street agree with Debian's SUMO on a network, its demand and its own plans? Prints the means over the seeds.
 * Run: node --import tsx bench/agreement.ts NET.net.xml ROUTES.rou.xml BEGIN END [SEEDS]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agreement } from "./agree-with-sumo.ts";

const [net, routes, begin, end, count = "10"] = process.argv.slice(2);
if (net === undefined || routes === undefined || begin === undefined || end === undefined) {
  process.stderr.write("usage: agreement.ts NET.net.xml ROUTES.rou.xml BEGIN END [SEEDS]\n");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "simpang-agreement-"));
try {
  const seeds = Array.from({ length: Number(count) }, (_, i) => i + 1);
  const found = await agreement({ folder, net, routes, beginS: Number(begin), endS: Number(end), seeds });
  const off = (100 * (found.own - found.sumo)) / found.sumo;
  process.stdout.write(
    [
      `mean travel time ${found.own.toFixed(1)} s, SUMO ${found.sumo.toFixed(1)} s (${off.toFixed(1)} %)`,
      `arrived ${found.arrived.toFixed(0)}, SUMO ${found.sumoArrived.toFixed(0)}`,
      `link-hours with GEH < 5: ${(100 * found.share).toFixed(1)} %`,
      `pairs that changed places at the end of their lanes: ${found.arrangements.toFixed(1)} a run\n`,
    ].join("\n"),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
