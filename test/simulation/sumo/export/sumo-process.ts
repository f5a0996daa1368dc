import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "simpang-sumo-"));
  folders.push(made);
  return made;
}

/** Runs Debian's SUMO in a folder; its warnings, without the one about its own installation. */
export function sumo(cwd: string, args: readonly string[]): readonly string[] {
  const { status, stderr, error } = spawnSync("sumo", [...args, "--no-step-log"], { cwd, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`sumo ended with ${status}: ${stderr}`);
  return stderr.split("\n").filter((line) => line !== "" && !line.includes("SUMO_HOME"));
}

/** Start tags of one name in an XML file, as attributes. */
export function elements(file: string, name: string): readonly Readonly<Record<string, string>>[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(new RegExp(`<${name}\\s([^>]*?)/?>`, "g"))].map(([, attributes]) =>
    Object.fromEntries([...attributes!.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!])),
  );
}

export function write(cwd: string, name: string, text: string): string {
  writeFileSync(join(cwd, name), text);
  return name;
}

export const sumoVersion = (): string => execFileSync("sumo", ["--version"], { encoding: "utf8" }).split("\n")[0]!;
