import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Millis, toSeconds } from "../../config/units.ts";
import { cityOf } from "../../simulation/sumo/city/city.ts";
import { fileNames } from "../../simulation/sumo/export/export.ts";
import { NetconvertError } from "../../simulation/sumo/export/netconvert.ts";
import { element, xmlFile } from "../../simulation/sumo/export/xml-text.ts";
import { checkOsm, osmNetwork } from "../../simulation/sumo/import/osm.ts";
import { randomTrips } from "../../simulation/sumo/import/trips.ts";
import { InputFault, noteText } from "../../simulation/sumo/input-fault.ts";
import { readNet } from "../../simulation/sumo/net.ts";
import { seededRandom } from "../seeded-random.ts";
import { UserError } from "../user-error.ts";
import { draftFolder, refuseFull } from "./new-folder.ts";

export interface ImportedOsm {
  readonly folder: string;
  readonly files: readonly string[];
  readonly edges: number;
  /** Signals that the engine can control; the map may have more. */
  readonly signals: number;
  readonly trips: number;
  readonly notRepresented: readonly string[];
  readonly text: string;
}

export interface OsmRequest {
  readonly out: string;
  readonly drivesOn: "left" | "right";
  /** Random trips an hour; 0 none. */
  readonly traffic: number;
  readonly duration: Millis;
  readonly seed: number;
}

/** The network is read back as `simpang sumo run` will read it before the folder is put in place. */
export async function importOsm(file: string, request: OsmRequest): Promise<ImportedOsm> {
  refuseFull(request.out);
  try {
    const facts = await checkOsm(file);
    const draft = draftFolder(request.out);
    try {
      const path = join(draft.path, fileNames.network);
      const warnings = await osmNetwork({ file, output: path, drivesOn: request.drivesOn });
      const net = await readNet(path);
      const city = cityOf(net);
      const traffic =
        request.traffic > 0
          ? randomTrips(net, {
              perHour: request.traffic,
              durationS: toSeconds(request.duration),
              random: seededRandom(request.seed).fork("trips"),
            })
          : { file: xmlFile("routes", []), trips: 0 };
      writeFileSync(join(draft.path, fileNames.routes), traffic.file);
      writeFileSync(join(draft.path, fileNames.configuration), configuration(request));
      const edges = [...net.edges.values()].filter((edge) => edge.function === "normal").length;
      const notes = [
        ...(city.signals.size < facts.signals
          ? [
              `the map marks ${facts.signals} signals at nodes; ${city.signals.size} signalled junctions came of them, near ones joined`,
            ]
          : []),
        "greens, ambers and cycles are netconvert's guess: a map has none",
        ...city.notes.map(noteText),
        ...warnings.map((warning) => `netconvert: ${warning.replace(/^Warning: /, "")}`),
      ];
      const text = [
        `${request.out}: ${edges} edges, ${city.signals.size} signals, ${traffic.trips} trips of ${facts.roads} roads in ${file}.`,
        ...notes.map((note) => `not represented, or otherwise: ${note}`),
        "",
      ].join("\n");
      writeFileSync(join(draft.path, fileNames.report), text);
      const files = readdirSync(draft.path).sort();
      draft.keep();
      return {
        folder: request.out,
        files,
        edges,
        signals: city.signals.size,
        trips: traffic.trips,
        notRepresented: notes,
        text,
      };
    } finally {
      draft.drop();
    }
  } catch (error) {
    if (error instanceof InputFault) throw new UserError(error.message);
    if (error instanceof NetconvertError) throw new UserError(`${file}: ${error.message}. Nothing was written.`);
    throw error;
  }
}

const configuration = ({ duration, seed }: OsmRequest): string =>
  xmlFile("configuration", [
    element("input", {}, [
      element("net-file", { value: fileNames.network }),
      element("route-files", { value: fileNames.routes }),
    ]),
    element("time", {}, [element("begin", { value: 0 }), element("end", { value: toSeconds(duration) })]),
    element("random_number", {}, [element("seed", { value: seed })]),
  ]);
