import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CYCLE_S, FIRST_ROWS_S, GREEN_S, PCU, SETTLED_S } from "./discharge.ts";

/** As small as SUMO's lateral model needs to let motorcycles between cars, m. */
const SUBLANE_M = 0.8;
const WARM_UP_CYCLES = 1;
const LENGTH_M = 400;
const SPEED_MPS = 13.89;

export interface SumoDischarge {
  readonly saturationPcuh: number;
  readonly firstRows: number;
  readonly firstMotorcycles: number;
}

/**
 * The same approach in Debian's SUMO with its sublane model: default cars, and motorcycles as small and as bold as they are
 * on the street (1.9 m long, 0.7 m wide, 0.6 m gap); steps of 1 s.
 */
export function sumoDischarge(options: {
  readonly folder: string;
  readonly widthM: number;
  readonly lanes: number;
  readonly motorcycles: number;
  readonly seed: number;
  readonly cycles: number;
}): SumoDischarge {
  const { folder, widthM, lanes, motorcycles, seed, cycles } = options;
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const edge = (id: string, from: string, to: string) =>
    `<edge id="${id}" from="${from}" to="${to}" numLanes="${lanes}" width="${widthM / lanes}" speed="${SPEED_MPS}"/>`;
  const nodes = file(
    "d.nod.xml",
    `<nodes><node id="o" x="0" y="0"/><node id="c" x="${LENGTH_M}" y="0" type="traffic_light"/><node id="e" x="${2 * LENGTH_M}" y="0"/></nodes>`,
  );
  const edges = file("d.edg.xml", `<edges>${edge("in", "o", "c")}${edge("out", "c", "e")}</edges>`);
  const net = join(folder, "d.net.xml");
  execFileSync("netconvert", ["-n", nodes, "-e", edges, "-o", net], { stdio: "ignore" });
  const states: readonly (readonly [string, number])[] = [
    ["G", GREEN_S],
    ["y", 3],
    ["r", CYCLE_S - GREEN_S - 3],
  ];
  const program = file(
    "d.add.xml",
    `<additional><tlLogic id="c" type="static" programID="p" offset="0">${states
      .map(([state, s]) => `<phase duration="${s}" state="${state.repeat(lanes)}"/>`)
      .join("")}</tlLogic></additional>`,
  );
  const endS = (WARM_UP_CYCLES + cycles) * CYCLE_S;
  // On each lane more than it discharges; a SUMO flow brings at most one vehicle a second.
  const perSecond = 0.6 + 0.7 * motorcycles;
  const flow = (type: string, share: number) =>
    share > 0
      ? Array.from(
          { length: lanes },
          (_, lane) =>
            `<flow id="${type}${lane}" type="${type}" begin="0" end="${endS}" probability="${share * perSecond}" departLane="${lane}" departSpeed="max" departPosLat="random"><route edges="in out"/></flow>`,
        ).join("")
      : "";
  const routes = file(
    "d.rou.xml",
    `<routes><vType id="car" vClass="passenger"/><vType id="mc" vClass="motorcycle" length="1.9" width="0.7" minGap="0.6" minGapLat="0.1" latAlignment="arbitrary" accel="2.8" decel="5" lcPushy="0.5" lcAssertive="2"/>
${flow("car", 1 - motorcycles)}${flow("mc", motorcycles)}</routes>`,
  );
  const exits = join(folder, "d.vehroute.xml");
  execFileSync(
    "sumo",
    [
      ...["-n", net, "-r", routes, "-a", program, "-e", String(endS), "--seed", String(seed), "--no-step-log"],
      ...["--lateral-resolution", String(SUBLANE_M), "--time-to-teleport", "-1", "--no-warnings"],
      ...["--vehroute-output", exits, "--vehroute-output.exit-times", "--vehroute-output.write-unfinished"],
    ],
    { stdio: "ignore" },
  );
  let settled = 0;
  let first = 0;
  let firstMotorcycles = 0;
  for (const [, type, exit] of readFileSync(exits, "utf8").matchAll(
    /<vehicle [^>]*type="(\w+)"[^>]*>\s*<route [^>]*exitTimes="([-\d.]+)/g,
  )) {
    const t = Number(exit);
    const inCycle = t % CYCLE_S;
    if (t < WARM_UP_CYCLES * CYCLE_S || inCycle > GREEN_S) continue;
    const motorcycle = type === "mc";
    if (inCycle > SETTLED_S) settled += motorcycle ? PCU.mc : PCU.car;
    if (inCycle <= FIRST_ROWS_S) {
      first++;
      if (motorcycle) firstMotorcycles++;
    }
  }
  return {
    saturationPcuh: (settled / cycles / (GREEN_S - SETTLED_S)) * 3600,
    firstRows: first / cycles,
    firstMotorcycles: firstMotorcycles / Math.max(1, first),
  };
}
