import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../user-error.ts";

/** A folder that holds anything is somebody's. */
export function refuseFull(out: string): void {
  if (!existsSync(out)) return;
  if (!statSync(out).isDirectory()) throw new UserError(`${out} is a file. Name a new or empty folder with --out.`);
  if (readdirSync(out).length > 0)
    throw new UserError(`${out} is not empty. Name a new or empty folder with --out, or clear this one.`);
}

/** A folder beside `out` to write into; `keep` puts it in place, `drop` leaves no trace. */
export function draftFolder(out: string): { readonly path: string; keep(): void; drop(): void } {
  const target = resolve(out);
  mkdirSync(dirname(target), { recursive: true });
  const path = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
  return {
    path,
    keep: () => {
      rmSync(target, { recursive: true, force: true });
      renameSync(path, target);
    },
    drop: () => rmSync(path, { recursive: true, force: true }),
  };
}
