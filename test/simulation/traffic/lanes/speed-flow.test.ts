import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readNet } from "../../../../simulation/sumo/net.ts";
import { toRoad } from "../../../../simulation/sumo/to-road.ts";
import { readTrips } from "../../../../simulation/sumo/to-road-trips.ts";
import { createRoadSimulation } from "../../../../simulation/traffic/lanes/simulation.ts";
import { scratch, tool, written } from "../../sumo/tools.ts";

/**
 * A measured section of 500 m with a limit of 50 km/h, in one lane. What comes in sets the free branch; beyond capacity a
 * slower stretch after the section sets the speed of the queue on it, and with that the congested branch.
 */
const cases = [
  { vehPerHour: 600, beyondMps: 13.89 },
  { vehPerHour: 1200, beyondMps: 13.89 },
  { vehPerHour: 2400, beyondMps: 13.89 },
  { vehPerHour: 2400, beyondMps: 5 },
  { vehPerHour: 2400, beyondMps: 1.5 },
] as const;
const SECTION_KM = 0.5;
const LIMIT_MPS = 13.89;
const [FROM_S, TO_S] = [600, 1200];
/** One run of SUMO costs as much as ten of ours. */
const SUMO_SEEDS = [1];
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Edie's (1963) generalised definitions over the section and the time: vehicles a km and m/s; flow is their product. */
interface Point {
  readonly perKm: number;
  readonly speedMps: number;
}
const flowOf = ({ perKm, speedMps }: Point): number => perKm * speedMps * 3.6;
const pointOf = (presentS: number, drivenM: number): Point => ({
  perKm: presentS / (TO_S - FROM_S) / SECTION_KM,
  speedMps: drivenM / presentS,
});

const folder = scratch();
const nodes = cases.flatMap((_, i) =>
  [0, 200, 700, 850].map((x, n) => `<node id="${"abcd"[n]}${i}" x="${x}" y="${100 * i}"/>`),
);
const edge = (id: string, from: string, to: string, speed: number) =>
  `<edge id="${id}" from="${from}" to="${to}" numLanes="1" speed="${speed}"/>`;
const edges = cases.flatMap(({ beyondMps }, i) => [
  edge(`in${i}`, `a${i}`, `b${i}`, LIMIT_MPS),
  edge(`section${i}`, `b${i}`, `c${i}`, LIMIT_MPS),
  edge(`beyond${i}`, `c${i}`, `d${i}`, beyondMps),
]);
const flows = cases.map(
  ({ vehPerHour }, i) =>
    `<flow id="f${i}" begin="0" end="${TO_S}" vehsPerHour="${vehPerHour}" departSpeed="max"><route edges="in${i} section${i} beyond${i}"/></flow>`,
);
const net = join(folder, "road.net.xml");
tool(
  "netconvert",
  ...["-n", written(folder, "road.nod.xml", `<nodes>${nodes.join("")}</nodes>`)],
  ...["-e", written(folder, "road.edg.xml", `<edges>${edges.join("")}</edges>`), "-o", net],
);
const routes = written(folder, "road.rou.xml", `<routes>${flows.join("")}</routes>`);

function sumo(): readonly Point[] {
  const out = join(folder, "edges.xml");
  const span = `begin="${FROM_S}" end="${TO_S}" freq="${TO_S - FROM_S}"`;
  const extra = written(
    folder,
    "extra.xml",
    `<additional><edgeData id="e" ${span} excludeEmpty="true" file="${out}"/></additional>`,
  );
  const sums = cases.map(() => [0, 0] as [number, number]);
  for (const seed of SUMO_SEEDS) {
    const run = [
      "-n",
      net,
      "-r",
      routes,
      "-a",
      extra,
      "-e",
      `${TO_S}`,
      "--seed",
      `${seed}`,
      "--time-to-teleport",
      "-1",
    ];
    execFileSync("sumo", [...run, "--no-step-log"], { stdio: "ignore" });
    for (const [text, i] of readFileSync(out, "utf8").matchAll(/<edge id="section(\d)"[^>]*>/g)) {
      const value = (name: string) => Number(new RegExp(` ${name}="([^"]*)"`).exec(text)![1]);
      const sum = sums[Number(i)]!;
      sum[0] += value("sampledSeconds") / SUMO_SEEDS.length;
      sum[1] += (value("sampledSeconds") * value("speed")) / SUMO_SEEDS.length;
    }
  }
  return sums.map(([presentS, drivenM]) => pointOf(presentS, drivenM));
}

async function own(): Promise<readonly Point[]> {
  const { road } = toRoad(await readNet(net));
  const { trips } = await readTrips(routes, road, { beginS: 0, endS: TO_S });
  const sums = cases.map(() => [0, 0] as [number, number]);
  for (const seed of seeds) {
    const { kernel, step } = createRoadSimulation({ road, trips, seed });
    const sections = cases.map((_, i) => kernel.net.edgeFirst[kernel.net.edgeIndex.get(`section${i}`)!]!);
    while (kernel.nowS < TO_S) {
      step();
      if (kernel.nowS <= FROM_S) continue;
      for (const [i, lane] of sections.entries())
        for (let k = 0; k < kernel.lanes.count[lane]!; k++) {
          sums[i]![0] += 1 / seeds.length;
          sums[i]![1] += kernel.vehicles.speed[kernel.lanes.order[kernel.lanes.base[lane]! + k]!]! / seeds.length;
        }
    }
  }
  return sums.map(([presentS, drivenM]) => pointOf(presentS, drivenM));
}

describe("flow, speed and density of one lane of cars, steps of 1 s", async () => {
  const ours = await own();
  const theirs = sumo();

  it.each(cases.map(({ vehPerHour, beyondMps }, i) => ({ i, vehPerHour, beyondMps })))(
    "$vehPerHour veh/h towards $beyondMps m/s: speed and density within 5 % of SUMO's",
    ({ i }) => {
      expect(ours[i]!.speedMps / theirs[i]!.speedMps).toBeGreaterThan(0.95);
      expect(ours[i]!.speedMps / theirs[i]!.speedMps).toBeLessThan(1.05);
      expect(ours[i]!.perKm / theirs[i]!.perKm).toBeGreaterThan(0.95);
      expect(ours[i]!.perKm / theirs[i]!.perKm).toBeLessThan(1.05);
    },
  );

  it("have a capacity within 3 % of SUMO's", () => {
    const capacity = Math.max(...ours.map(flowOf));
    expect(Math.abs(capacity / Math.max(...theirs.map(flowOf)) - 1), `${capacity.toFixed(0)} veh/h`).toBeLessThan(0.03);
  });

  it("lie on the model's fundamental diagram within 8 %", () => {
    // A driver keeps length + gap + (v + what imperfection takes off on average, σ·a·dt/2) · reaction time, or drives freely.
    const dawdleMps = (0.5 * 2.6) / 2;
    for (const [i, { perKm, speedMps }] of ours.entries()) {
      const congestedPerKm = 1000 / (5 + 2.5 + (speedMps + dawdleMps));
      if (cases[i]!.beyondMps < LIMIT_MPS) expect(Math.abs(perKm / congestedPerKm - 1)).toBeLessThan(0.08);
      else {
        expect(perKm).toBeLessThan(congestedPerKm);
        expect(flowOf(ours[i]!) / Math.min(cases[i]!.vehPerHour, Math.max(...ours.map(flowOf)))).toBeCloseTo(1, 1);
      }
    }
  });

  it("slow down as the flow grows, and have a free and a congested speed for one flow", () => {
    const speeds = ours.map(({ speedMps }) => speedMps);
    expect(speeds).toEqual([...speeds].sort((a, b) => b - a));
    // About 1 000 veh/h pass at 12 m/s and at 3 m/s.
    expect(flowOf(ours[3]!)).toBeGreaterThan(0.8 * flowOf(ours[1]!));
    expect(ours[3]!.speedMps).toBeLessThan(0.4 * ours[1]!.speedMps);
  });
});
