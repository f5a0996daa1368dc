import { closeSync, existsSync, ftruncateSync, openSync, statSync } from "node:fs";
import type { Event } from "../ports/event-store.ts";
import { eventLine, parseEventLine } from "./canonical.ts";
import { type Line, linesOf, writeAll } from "./lines.ts";

/** The canonical event log of a run: one event a line, keys in one order, no wall time, so that two runs compare byte by byte. */
export interface JsonlLog {
  readonly path: string;
  /** A last line that an earlier writer had not finished; it was cut off when the log was opened. */
  readonly torn: string | undefined;
  /** Handed to the operating system when this returns: survives the end of the process, not of the machine. */
  append(event: Event): void;
  close(): void;
}

export class JsonlError extends Error {
  override readonly name = "JsonlError";
  readonly path: string;
  readonly line: number;
  constructor(path: string, line: number, reason: string) {
    super(`${path}:${line}: ${reason}; the log is damaged: take the lines before it, or another copy`);
    this.path = path;
    this.line = line;
  }
}

/** Opens or continues a log. */
export function jsonlLog(path: string): JsonlLog {
  const last = existsSync(path) ? unfinished(path) : undefined;
  const file = openSync(path, "a");
  const complete = last !== undefined && typeof parseEventLine(last.text) !== "string";
  if (complete) writeAll(file, "\n");
  else if (last) ftruncateSync(file, statSync(path).size - last.bytes);
  return {
    path,
    torn: complete ? undefined : last?.text,
    append: (event) => writeAll(file, `${eventLine(event)}\n`),
    close: () => closeSync(file),
  };
}

/** The last line, if it has no line feed. */
function unfinished(path: string): Line | undefined {
  let last: Line | undefined;
  for (const line of linesOf(path)) last = line;
  return last?.whole ? undefined : last;
}

/**
 * The events of a log in order, one at a time. A bad line throws `JsonlError` with file and line. A last line that was
 * cut off in writing ends the log and is told to `onTorn`.
 */
export async function* readJsonl(path: string, onTorn?: (line: Line) => void): AsyncGenerator<Event, void, void> {
  for (const line of linesOf(path)) {
    const event = parseEventLine(line.text);
    if (typeof event !== "string") yield event;
    else if (line.whole) throw new JsonlError(path, line.number, event);
    else onTorn?.(line);
  }
}
