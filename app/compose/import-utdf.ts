import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { maxTableBytes } from "../../config/import/csv.ts";
import { cityFromUtdf } from "../../config/import/utdf/city.ts";
import { checkCity, showFault } from "../../config/load.ts";
import { UserError } from "../user-error.ts";
import { draftFolder, refuseFull } from "./new-folder.ts";

export interface ImportedUtdf {
  /** The folder; undefined when nothing was written. */
  readonly written: string | undefined;
  readonly junctions: number;
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

/** Reads the tables, makes a set of them, and checks it as `simpang check` does before it is put in place. */
export function importUtdf(
  files: readonly string[],
  {
    out,
    utcOffset,
    drivesOn,
    keepFaulty,
  }: {
    readonly out: string;
    readonly utcOffset: number;
    readonly drivesOn: "left" | "right";
    readonly keepFaulty: boolean;
  },
): ImportedUtdf {
  refuseFull(out);
  const texts = files.map((name) => ({ name, text: read(name) }));
  const city = cityFromUtdf(texts, { id: idOf(files[0]!), utcOffsetH: utcOffset, drivesOn });
  const notes = city.notes.map(({ subject, message }) => `${subject}: ${message}`);
  if (city.faults.length > 0)
    return {
      written: undefined,
      junctions: 0,
      notes: [],
      faults: city.faults.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`),
    };
  const draft = draftFolder(out);
  try {
    for (const [name, text] of city.files) {
      mkdirSync(dirname(join(draft.path, name)), { recursive: true });
      writeFileSync(join(draft.path, name), text);
    }
    const { faults } = checkCity(draft.path);
    const write = faults.length === 0 || keepFaulty;
    if (write) draft.keep();
    return {
      written: write ? out : undefined,
      junctions: [...city.files.keys()].filter((name) => name.startsWith("junctions/")).length,
      faults: faults.map(showFault),
      notes,
    };
  } finally {
    draft.drop();
  }
}

function read(name: string): string {
  try {
    const { size } = statSync(name);
    if (size > maxTableBytes)
      throw new UserError(`${name} is ${size} bytes, above the limit of ${maxTableBytes}; split it.`);
    // Synchro writes the code page of its Windows; only names can hold anything but ASCII.
    return new TextDecoder("windows-1252").decode(readFileSync(name));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} cannot be read (${(error as NodeJS.ErrnoException).code}). Give a CSV file.`);
  }
}

/** An id from a file's name: what an id may not hold becomes a hyphen. */
const idOf = (name: string): string =>
  basename(name)
    .replace(/\.[^.]*$/, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 64) || "synchro";
