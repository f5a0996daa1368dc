import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cityOf } from "../simulation/sumo/city/city.ts";
import { startsOnSideStreet } from "../simulation/sumo/city/side-streets.ts";
import { readNet } from "../simulation/sumo/net.ts";
import type { NetProgram } from "../simulation/sumo/net-model.ts";
import { readSumoConfig } from "../simulation/sumo/sumocfg.ts";
import { readTrips, type TripTotals } from "../simulation/sumo/tripinfo.ts";

const call = promisify(execFile);
/** SUMO's own defaults of minDur and maxDur of an actuated phase, s (sumo.dlr.de/docs/Simulation/Traffic_Lights). */
const ACTUATED = { least: 5, most: 50 };

export interface Alone {
  readonly trips: TripTotals;
  readonly remaining: number;
}

/** SUMO without anybody's control: the network's programs as they are, or the same stages actuated by SUMO's own logic. */
export async function sumoAlone(options: {
  readonly folder: string;
  readonly sumocfg: string;
  readonly seed: number;
  readonly demand: number;
  readonly actuated: boolean;
}): Promise<Alone> {
  const { folder, sumocfg, seed, demand, actuated } = options;
  const config = await readSumoConfig(sumocfg);
  const net = await readNet(config.netFile);
  const name = `${actuated ? "actuated" : "own"}-${seed}-${demand}`;
  const tripinfo = join(folder, `${name}.trips.xml`);
  const summary = join(folder, `${name}.summary.xml`);
  const additional = join(folder, `${name}.add.xml`);
  if (actuated)
    writeFileSync(additional, actuatedPrograms([...net.signals.values()].map((programs) => programs.at(-1)!)));
  const files = [...config.additionalFiles, ...(actuated ? [additional] : [])];
  await call("sumo", [
    ...["-c", sumocfg, "--seed", String(seed), "--scale", String(demand), "--time-to-teleport", "-1"],
    ...["--no-step-log", "--no-warnings", "--xml-validation", "never", "--summary-output", summary],
    ...["--tripinfo-output", tripinfo, "--tripinfo-output.write-unfinished"],
    ...(files.length > 0 ? ["-a", files.join(",")] : []),
  ]);
  const last =
    readFileSync(summary, "utf8")
      .match(/<step [^>]*>/g)
      ?.at(-1) ?? "";
  const count = (attribute: string): number => Number(new RegExp(` ${attribute}="(\\d+)"`).exec(last)?.[1] ?? 0);
  return {
    trips: await readTrips(tripinfo, startsOnSideStreet(cityOf(net))),
    remaining: count("running") + count("waiting"),
  };
}

const actuatedPrograms = (programs: readonly NetProgram[]): string =>
  [
    "<additional>",
    ...programs.flatMap(({ signal, phases, offsetS }) => [
      `<tlLogic id="${signal}" type="actuated" programID="bench-actuated" offset="${offsetS}">`,
      ...phases.map(({ state, durationS }) => {
        const green = /[Gg]/.test(state) && !/[yu]/.test(state);
        const limits = green ? ` minDur="${ACTUATED.least}" maxDur="${ACTUATED.most}"` : "";
        return `<phase duration="${durationS}"${limits} state="${state}"/>`;
      }),
      "</tlLogic>",
    ]),
    "</additional>",
  ].join("\n");
