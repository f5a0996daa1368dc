import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A folder of its own for one test file; gone afterwards. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "simpang-sumo-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs one of SUMO's own tools. */
export const tool = (name: string, ...args: readonly string[]): void => {
  execFileSync(name, args, { stdio: ["ignore", "ignore", "pipe"] });
};

/** A file with this text in it; its path. */
export function written(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A grid of signals built by SUMO's own generator; the path of its network. */
export function grid(folder: string, name: string, ...options: readonly string[]): string {
  const path = join(folder, name);
  tool("netgenerate", "--grid", "--tls.guess", "--seed", "1", "-o", path, ...options);
  return path;
}
