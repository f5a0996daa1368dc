import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Incident } from "../../config/incidents.ts";
import type { City } from "../../config/model.ts";
import type { Instant, Millis } from "../../config/units.ts";
import { exportSumo, fileNames, type SumoExport } from "../../simulation/sumo/export/export.ts";
import { NetconvertError, networkOf } from "../../simulation/sumo/export/netconvert.ts";
import { type Note, showNote } from "../../simulation/sumo/export/note.ts";
import { rightOfWayNotes } from "../../simulation/sumo/export/right-of-way.ts";
import { readNet } from "../../simulation/sumo/net.ts";
import { seededRandom } from "../seeded-random.ts";
import { UserError } from "../user-error.ts";
import { draftFolder, refuseFull } from "./new-folder.ts";

export interface ExportRequest {
  readonly out: string;
  readonly start: Instant;
  /** `start` as the user wrote it. */
  readonly from: string;
  readonly duration: Millis;
  readonly seed: number;
  readonly demandScale: number;
  readonly planSet: string | undefined;
  readonly carsOnly: boolean;
  readonly incidents: readonly Incident[];
}

export interface WrittenExport {
  readonly folder: string;
  readonly files: readonly string[];
  readonly vehicles: number;
  readonly notRepresented: readonly Note[];
  /** The same for people; also the report file. */
  readonly text: string;
}

/** Writes the whole folder or nothing. */
export async function writeExport(city: City, request: ExportRequest): Promise<WrittenExport> {
  const { out, planSet } = request;
  refuseFull(out);
  if (planSet !== undefined && !city.schedule.planSets.has(planSet))
    throw new UserError(
      `There is no plan set "${planSet}". Take one of: ${[...city.schedule.planSets.keys()].join(", ")}.`,
    );
  const exported = exportSumo({ city, random: seededRandom(request.seed), ...request });
  const draft = draftFolder(out);
  const folder = draft.path;
  try {
    const warnings = await network(exported, join(folder, fileNames.network), city.drivesOn);
    const notes = [
      ...exported.notes,
      ...rightOfWayNotes(city, await readNet(join(folder, fileNames.network))),
      ...warnings.map((message): Note => ({ subject: "netconvert", message: message.replace(/^Warning: /, "") })),
    ];
    const text = reportText(request, exported, notes);
    writeFileSync(join(folder, fileNames.routes), exported.routes);
    writeFileSync(join(folder, fileNames.configuration), exported.configuration);
    if (exported.additional !== undefined) writeFileSync(join(folder, fileNames.additional), exported.additional);
    writeFileSync(join(folder, fileNames.report), text);
    const files = readdirSync(folder).sort();
    draft.keep();
    return { folder: out, files, vehicles: exported.vehicles, notRepresented: notes, text };
  } finally {
    draft.drop();
  }
}

async function network(exported: SumoExport, output: string, drivesOn: City["drivesOn"]): Promise<readonly string[]> {
  try {
    return await networkOf(exported.plain, output, drivesOn);
  } catch (error) {
    if (error instanceof NetconvertError) throw new UserError(`${error.message}. Nothing was written.`);
    throw error;
  }
}

const reportText = (request: ExportRequest, { vehicles }: SumoExport, notes: readonly Note[]): string =>
  [
    `SUMO files in ${request.out}: ${vehicles} vehicles in ${request.duration / 1000} s from ${request.from} local time, seed ${request.seed}${request.carsOnly ? ", cars only" : ""}.`,
    `Run them with: sumo -c ${join(request.out, fileNames.configuration)}`,
    notes.length === 0 ? "Everything was represented." : "Not represented, or represented otherwise:",
    ...notes.map((note) => `  ${showNote(note)}`),
    "",
  ].join("\n");
