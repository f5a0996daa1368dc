import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What SUMO says about a run; the same quantities as our own results. */
export interface SumoOutcome {
  readonly meanTravelTimeS: number;
  readonly arrived: number;
  readonly flows: ReadonlyMap<string, number>;
}

export function runSumo(options: {
  readonly folder: string;
  readonly net: string;
  readonly routes: string;
  readonly beginS: number;
  readonly endS: number;
  readonly seed: number;
}): SumoOutcome {
  const { folder, net, routes, beginS, endS, seed } = options;
  const [trips, edges, extra] = ["trips.xml", "edges.xml", "extra.xml"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(extra, `<additional><edgeData id="e" freq="3600" file="${edges}" excludeEmpty="true"/></additional>`);
  execFileSync(
    "sumo",
    [
      ...["-n", net, "-r", routes, "-a", extra, "-b", String(beginS), "-e", String(endS), "--seed", String(seed)],
      ...["--time-to-teleport", "-1", "--no-step-log", "--no-warnings", "--xml-validation", "never"],
      ...["--tripinfo-output", trips],
    ],
    { stdio: "ignore" },
  );
  const durations = [...readFileSync(trips, "utf8").matchAll(/ duration="([^"]*)"/g)].map((match) => Number(match[1]));
  const flows = new Map<string, number>();
  let hour = -1;
  for (const [text] of readFileSync(edges, "utf8").matchAll(/<interval |<edge [^>]*>/g)) {
    if (text.startsWith("<interval")) hour++;
    else {
      const value = (name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(text)![1]!;
      flows.set(`${hour} ${value("id")}`, Number(value("departed")) + Number(value("entered")));
    }
  }
  return {
    meanTravelTimeS: durations.reduce((sum, duration) => sum + duration, 0) / durations.length,
    arrived: durations.length,
    flows,
  };
}
