import type { Edit } from "./set.ts";

/** A set broken in one way, and the one fault that must name it. */
export interface FaultCase {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly path: string;
  /** Its line is that of this text in the first edited file; default: of the text written by the first edit. */
  readonly at?: string;
  /** Where the fault stands, when not in the first edited file. */
  readonly file?: string;
  /** Words of the message: value, limit, mend. */
  readonly says: readonly string[];
  readonly set?: string;
}

export const one = (file: string, from: string, to: string): readonly Edit[] => [{ file, from, to }];
