import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** Starts a TypeScript file of this folder in its own process; killed when the test ends. */
export function start(script: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, script), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

/** Reads its lines until `enough` says so, then kills it (SIGKILL) and waits for its end. All lines, also the later ones. */
export async function killWhen(child: ChildProcess, enough: (line: string) => boolean): Promise<readonly string[]> {
  const lines: string[] = [];
  let complaint = "";
  child.stderr!.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  let killed = false;
  for await (const line of createInterface(child.stdout!)) {
    lines.push(line);
    if (!killed && enough(line)) killed = child.kill("SIGKILL");
  }
  if (!killed) throw new Error(`the child ended by itself: ${complaint}`);
  return lines;
}

/** Waits for its first line. */
export async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stdout!)) return line;
  throw new Error("the child ended without a word");
}
