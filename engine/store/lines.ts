import { closeSync, openSync, readSync, writeSync } from "node:fs";

const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Bytes, line feed included. */
  readonly bytes: number;
  /** False for a last line without a line feed: whoever wrote it was cut off. */
  readonly whole: boolean;
}

/** The lines of a file, read piece by piece; the file may be larger than memory. */
export function* linesOf(path: string): Generator<Line, void, void> {
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest: Buffer[] = [];
    let number = 0;
    for (;;) {
      const length = readSync(file, chunk, 0, CHUNK_BYTES, null);
      if (length === 0) break;
      let start = 0;
      for (;;) {
        const end = chunk.subarray(0, length).indexOf(LINE_FEED, start);
        if (end === -1) break;
        const bytes = Buffer.concat([...rest, chunk.subarray(start, end)]);
        rest = [];
        start = end + 1;
        number += 1;
        yield { number, text: bytes.toString("utf8"), bytes: bytes.length + 1, whole: true };
      }
      if (start < length) rest.push(Buffer.from(chunk.subarray(start, length)));
    }
    const bytes = Buffer.concat(rest);
    if (bytes.length > 0) yield { number: number + 1, text: bytes.toString("utf8"), bytes: bytes.length, whole: false };
  } finally {
    closeSync(file);
  }
}

/** All of `text`, also where the system takes it in parts; throws when it takes no more. */
export function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
