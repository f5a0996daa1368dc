import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Instant } from "../../config/units.ts";
import { type AuditAction, type AuditEntry, verifyAudit } from "../../engine/store/audit.ts";
import { linesOf } from "../../engine/store/lines.ts";

const SEALED = "record:sealed";
const CHUNK_BYTES = 1 << 20;

/** The last word of a run in its audit trail: what its event log was, byte for byte. */
export function sealOf(folder: string, at: Instant): AuditAction {
  const bytes = statSync(join(folder, "events.jsonl")).size;
  const data = { bytes, sha256: hashOf(join(folder, "events.jsonl"), bytes) };
  return { at, action: SEALED, subject: "events.jsonl", data };
}

/** Why the record in a folder is not what a run left there; undefined when nothing speaks against it. */
export function alteration(folder: string): string | undefined {
  const [trail, log] = [join(folder, "audit.jsonl"), join(folder, "events.jsonl")];
  if (!existsSync(trail) || !existsSync(log)) return undefined;
  const check = verifyAudit(trail);
  if (!check.ok) return `audit.jsonl:${check.line}: ${check.reason}`;
  const seal = lastSeal(trail);
  if (!seal) return undefined;
  if (statSync(log).size < seal.bytes) return `events.jsonl is shorter than the ${seal.bytes} bytes it was sealed with`;
  return hashOf(log, seal.bytes) === seal.sha256 ? undefined : "events.jsonl is not what the run wrote and sealed";
}

function lastSeal(trail: string): { readonly bytes: number; readonly sha256: string } | undefined {
  let seal: { readonly bytes: number; readonly sha256: string } | undefined;
  for (const { text } of linesOf(trail)) {
    if (!text.includes(SEALED)) continue;
    const entry = JSON.parse(text) as AuditEntry;
    if (entry.action === SEALED) seal = entry.data as unknown as NonNullable<typeof seal>;
  }
  return seal;
}

/** SHA-256 of the first bytes of a file. */
function hashOf(path: string, bytes: number): string {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const file = openSync(path, "r");
  try {
    for (let left = bytes; left > 0; ) {
      const length = readSync(file, chunk, 0, Math.min(left, CHUNK_BYTES), null);
      if (length === 0) break;
      hash.update(chunk.subarray(0, length));
      left -= length;
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
