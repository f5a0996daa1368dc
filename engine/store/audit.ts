import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { Instant } from "../../config/units.ts";
import type { Json } from "../ports/event-store.ts";
import { canonicalJson } from "./canonical.ts";
import { type Line, linesOf, writeAll } from "./lines.ts";

/** What was done or wanted, by whom or to what. */
export interface AuditAction {
  readonly at: Instant;
  readonly action: string;
  readonly subject: string;
  readonly data: Json;
}

export interface AuditEntry extends AuditAction {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256, hex, over `previous` and the canonical JSON of the entry without `hash`. */
  readonly hash: string;
}

export interface AuditTrail {
  readonly path: string;
  /** On disk (fsync) when this returns; throws when it could not be, and then nothing may be sent. */
  append(action: AuditAction): AuditEntry;
  close(): void;
}

export type AuditCheck =
  | {
      readonly ok: true;
      readonly entries: number;
      /** Hash of the last entry. */
      readonly head: string;
      /** Lines at the end that were cut off in writing; the next entry will vouch for them. */
      readonly torn: readonly Line[];
      /** The file ends in a line feed. */
      readonly ended: boolean;
    }
  /** The first line that does not follow from the one before. */
  | { readonly ok: false; readonly line: number; readonly reason: string };

/** The action under which a line that was cut off in writing is put on record. */
export const TORN_LINE = "audit:torn-line";
const START = "0".repeat(64);

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hashOf = (entry: Omit<AuditEntry, "hash">): string => sha256(entry.previous + canonicalJson(entry));

/**
 * Opens or continues an append-only, hash-chained trail. A broken chain is refused: what follows it would prove nothing.
 * Lines cut off by a crash stay in the file, and the next entry vouches for them.
 */
export function openAudit(path: string): AuditTrail {
  const fresh = !existsSync(path);
  const found = fresh ? ({ ok: true, entries: 0, head: START, torn: [], ended: true } as const) : verifyAudit(path);
  if (!found.ok) {
    throw new Error(
      `${path}:${found.line}: ${found.reason}; the audit trail has been altered: keep the file as evidence and start a new one`,
    );
  }
  const file = openSync(path, "a");
  if (fresh) syncFolder(path);
  let { entries: seq, head: previous, torn, ended } = found;
  const chain = ({ at, action, subject, data }: AuditAction): AuditEntry => {
    // Through JSON and back, so that what is hashed is exactly what a reader will find.
    const kept = JSON.parse(canonicalJson({ seq: seq + 1, at, action, subject, data, previous }));
    const entry: AuditEntry = { ...kept, hash: hashOf(kept) };
    seq = entry.seq;
    previous = entry.hash;
    return entry;
  };
  let failed = false;
  return {
    path,
    append: (action) => {
      if (failed) throw new Error(`${path}: an earlier entry could not be written; open the trail anew to go on`);
      failed = true;
      const vouch =
        torn.length > 0 ? [chain({ ...action, action: TORN_LINE, subject: "audit", data: record(torn) })] : [];
      const entry = chain(action);
      const text = [...vouch, entry].map((each) => `${canonicalJson(each)}\n`).join("");
      writeAll(file, ended ? text : `\n${text}`);
      fsyncSync(file);
      torn = [];
      ended = true;
      failed = false;
      return entry;
    },
    close: () => closeSync(file),
  };
}

/** A new file's name is on disk only once its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

/** Reads the trail from its start and follows the chain. */
export function verifyAudit(path: string): AuditCheck {
  let seq = 0;
  let head = START;
  let ended = true;
  /** Lines that are no entries; right only at the end, or when the next entry vouches for them. */
  let odd: Line[] = [];
  const broken = (line: number, reason: string): AuditCheck => ({ ok: false, line, reason });
  for (const line of linesOf(path)) {
    ended = line.whole;
    const entry = parseEntry(line.text);
    if (!entry) {
      odd.push(line);
      continue;
    }
    if (odd[0] && !vouches(entry, odd)) return broken(odd[0].number, "not an audit entry");
    const { hash, ...rest } = entry;
    if (entry.seq !== seq + 1) return broken(line.number, `entry ${entry.seq} follows entry ${seq}`);
    if (entry.previous !== head) return broken(line.number, "it does not name the hash of the entry before");
    if (hashOf(rest) !== hash) return broken(line.number, "its hash does not match what it says");
    odd = [];
    seq = entry.seq;
    head = hash;
  }
  return { ok: true, entries: seq, head, torn: odd, ended };
}

const record = (torn: readonly Line[]): Json => ({
  lines: torn.map(({ number: line, text }) => ({ line, sha256: sha256(text) })),
});

const vouches = (entry: AuditEntry, odd: readonly Line[]): boolean =>
  entry.action === TORN_LINE && canonicalJson(entry.data) === canonicalJson(record(odd));

function parseEntry(text: string): AuditEntry | undefined {
  try {
    const value = JSON.parse(text) as AuditEntry | null;
    const isEntry =
      typeof value === "object" &&
      value !== null &&
      typeof value.hash === "string" &&
      typeof value.previous === "string";
    return isEntry ? value : undefined;
  } catch {
    return undefined;
  }
}
