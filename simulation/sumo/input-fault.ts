/** A file that cannot be used: says which, where, what is wrong with it, the limit it broke, and how to mend it. */
export class InputFault extends Error {
  override readonly name = "InputFault";
}

export interface FaultPlace {
  readonly file: string;
  readonly line?: number | undefined;
}

export const fault = ({ file, line }: FaultPlace, what: string, mend: string): InputFault =>
  new InputFault(`${file}${line === undefined ? "" : `:${line}`}: ${what}: ${mend}.`);

/** What an import could not represent, each kind once with how often it occurred and the first place. */
export interface ImportNote {
  readonly what: string;
  readonly count: number;
  /** First occurrences, by name or line. */
  readonly examples: readonly string[];
}

const EXAMPLES_KEPT = 3;

/** Gathers notes; each kind keeps its first few examples, so that a large file makes a short report. */
export class ImportReport {
  readonly #notes = new Map<string, { count: number; readonly examples: string[] }>();

  note(what: string, example: string): void {
    const known = this.#notes.get(what) ?? { count: 0, examples: [] };
    known.count++;
    if (known.examples.length < EXAMPLES_KEPT) known.examples.push(example);
    this.#notes.set(what, known);
  }

  notes(): readonly ImportNote[] {
    return [...this.#notes].map(([what, { count, examples }]) => ({ what, count, examples }));
  }
}

export const noteText = ({ what, count, examples }: ImportNote): string =>
  `${what} (${count}: ${examples.join(", ")}${count > examples.length ? ", …" : ""})`;
