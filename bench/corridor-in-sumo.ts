import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JUDGED_AT_M } from "../app/compose/arrivals-on-green.ts";
import type { City } from "../config/model.ts";
import { fileNames } from "../simulation/sumo/export/export.ts";
import { readNet } from "../simulation/sumo/net.ts";

export type Direction = "forward" | "backward";

interface Judged {
  readonly direction: Direction;
  readonly link: string;
  readonly lane: string;
  readonly signal: string;
  readonly index: number;
  readonly travelS: number;
}

/** SUMO's own loops and its record of the lamps, so that arrivals on green are its word and not ours. */
export async function measuredExport(folder: string, city: City): Promise<readonly Judged[]> {
  const net = await readNet(join(folder, fileNames.network));
  const lines: Judged[] = [];
  for (const corridor of city.corridors.values())
    for (const direction of ["forward", "backward"] as const)
      for (const link of corridor[direction])
        for (const { from, fromLane, dir, signal, linkIndex } of net.connections)
          if (from === link && dir === "s" && signal !== undefined)
            lines.push({
              ...{ direction, link, lane: `${link}_${fromLane}`, signal, index: linkIndex },
              travelS: JUDGED_AT_M / city.links.get(link)!.speedMps,
            });
  const loops = lines.map(
    ({ lane }) => `<instantInductionLoop id="${lane}" lane="${lane}" pos="-${JUDGED_AT_M}" file="loops.xml"/>`,
  );
  const signals = [...new Set(lines.map(({ signal }) => signal))];
  const states = signals.map((id) => `<timedEvent type="SaveTLSStates" source="${id}" dest="states-${id}.xml"/>`);
  writeFileSync(join(folder, "measure.add.xml"), `<additional>${[...loops, ...states].join("\n")}</additional>\n`);
  const configuration = join(folder, fileNames.configuration);
  const text = readFileSync(configuration, "utf8");
  const additional = /<additional-files value="([^"]*)"\/>/.exec(text)?.[1];
  writeFileSync(
    configuration,
    additional === undefined
      ? text.replace("</input>", `<additional-files value="measure.add.xml"/></input>`)
      : text.replace(`value="${additional}"`, `value="${additional},measure.add.xml"`),
  );
  return lines;
}

const attribute = (element: string, name: string): string =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(element)?.[1] ?? "";

/** Share of arrivals on green by direction, of the run that last wrote into the folder. */
export function onGreen(folder: string, lines: readonly Judged[]): Readonly<Record<Direction, number>> {
  const states = new Map<string, ReadonlyMap<number, string>>();
  for (const { signal } of lines) {
    if (states.has(signal)) continue;
    const rows = readFileSync(join(folder, `states-${signal}.xml`), "utf8").match(/<tlsState [^>]*>/g) ?? [];
    states.set(signal, new Map(rows.map((row) => [Number(attribute(row, "time")), attribute(row, "state")])));
  }
  const byLane = new Map(lines.map((line) => [line.lane, line]));
  const counts = { forward: { all: 0, green: 0 }, backward: { all: 0, green: 0 } };
  for (const passed of readFileSync(join(folder, "loops.xml"), "utf8").match(/<instantOut [^>]*>/g) ?? []) {
    if (attribute(passed, "state") !== "enter") continue;
    const line = byLane.get(attribute(passed, "id"))!;
    const state = states.get(line.signal)!.get(Math.floor(Number(attribute(passed, "time")) + line.travelS));
    if (state === undefined) continue;
    counts[line.direction].all++;
    if (/[Gg]/.test(state[line.index]!)) counts[line.direction].green++;
  }
  return {
    forward: counts.forward.green / counts.forward.all,
    backward: counts.backward.green / counts.backward.all,
  };
}
