/** One thing wrong with a configuration set, where a person can find and mend it. */
export interface Fault {
  /** Relative to the set. */
  readonly file: string;
  /** 1-based; the parent's place when a key is missing. */
  readonly line: number;
  readonly column: number;
  /** `movements[3].exit`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, the value, the limit, and how to mend it. */
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** Found by a check, not yet located in the file's text. */
export interface Finding {
  readonly severity: "fault" | "warning";
  readonly file: string;
  readonly path: Path;
  readonly message: string;
}

/** Collects what checks find, so that every fault is named and not only the first. */
export class Findings {
  readonly #found: Finding[] = [];

  fault(file: string, path: Path, message: string): void {
    this.#found.push({ severity: "fault", file, path, message });
  }

  warn(file: string, path: Path, message: string): void {
    this.#found.push({ severity: "warning", file, path, message });
  }

  get all(): readonly Finding[] {
    return this.#found;
  }

  faultsIn(file: string): boolean {
    return this.#found.some((finding) => finding.severity === "fault" && finding.file === file);
  }
}

export const showPath = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`),
    "",
  );

/** A value as a person would see it in the file, cut to a line. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The known word nearest to what was written, if it is near enough to be what was meant. */
export function nearest(written: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(written.length / 3)) + 1;
  for (const word of known) {
    const distance = editDistance(written, word, least);
    if (distance < least) {
      least = distance;
      best = word;
    }
  }
  return best;
}

/** `; did you mean "x"?` or what there is to choose from. */
export function suggest(written: string, known: Iterable<string>): string {
  const words = [...known];
  const near = nearest(written, words);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (words.length === 0) return "there is none to choose from";
  return `known: ${words.slice(0, 8).join(", ")}${words.length > 8 ? ", ..." : ""}`;
}

/** Levenshtein's distance, given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
