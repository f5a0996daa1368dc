import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Checked, checkCity } from "../../config/load.ts";

export const balikpapan = resolve(import.meta.dirname, "../../config/balikpapan");
/** A fixed set that the tests of the checks break. */
export const town = resolve(import.meta.dirname, "town");
export const recorded = resolve(import.meta.dirname, "../../config/atspm-1136");

/** One replacement in one file; `from` must stand there. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Runs `use` on a copy of a set and removes the copy. */
export function onCopy<Result>(set: string, use: (directory: string) => Result): Result {
  const directory = mkdtempSync(join(tmpdir(), "simpang-set-"));
  try {
    cpSync(set, directory, { recursive: true });
    if (set === balikpapan) slim(directory);
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Leaves out the cameras that only watch, which most of the time of a check goes to. */
function slim(directory: string): void {
  const cameras = join(directory, "cameras.yaml");
  const text = readFileSync(cameras, "utf8");
  writeFileSync(cameras, text.slice(0, text.indexOf("  - id: korpri")));
}

/** The set with edits, checked; with the edited texts, to find lines in. */
export function checkEdited(
  set: string,
  edits: readonly Edit[],
): { readonly checked: Checked; readonly text: (file: string) => string } {
  return onCopy(set, (directory) => {
    const texts = new Map<string, string>();
    for (const { file, from, to } of edits) {
      const before = texts.get(file) ?? readFileSync(join(directory, file), "utf8");
      if (!before.includes(from)) throw new Error(`${file} does not hold ${JSON.stringify(from)}`);
      const after = before.replace(from, () => to);
      texts.set(file, after);
      writeFileSync(join(directory, file), after);
    }
    return { checked: checkCity(directory), text: (file) => texts.get(file)! };
  });
}

/** 1-based line of the first place where `marker` stands. */
export function lineOf(text: string, marker: string): number {
  const index = text.indexOf(marker);
  if (index < 0) throw new Error(`nothing reads ${JSON.stringify(marker)}`);
  return text.slice(0, index).split("\n").length;
}
