import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, vi } from "vitest";
import { cli } from "../../app/cli.ts";

export const root = resolve(import.meta.dirname, "../..");
export const balikpapan = join(root, "config/balikpapan");
export const atspm = join(root, "config/atspm-1136");
export const sample = join(root, "test/data/atspm-sample/hires-1136");

const folders: string[] = [];
const children: ChildProcess[] = [];
afterAll(() => {
  for (const own of children) own.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** One command line in this process, with what it wrote. */
export async function simpang(...args: readonly string[]): Promise<Said> {
  const caught = (stream: NodeJS.WriteStream) => {
    const parts: string[] = [];
    const spy = vi.spyOn(stream, "write").mockImplementation((chunk) => {
      parts.push(String(chunk));
      return true;
    });
    return { text: () => parts.join(""), spy };
  };
  const [out, error] = [caught(process.stdout), caught(process.stderr)];
  try {
    const code = await cli(args);
    return { code, out: out.text(), error: error.text() };
  } finally {
    out.spy.mockRestore();
    error.spy.mockRestore();
  }
}

export interface Child {
  readonly process: ChildProcess;
  /** The first line of standard output that matches; rejects when the process ends before. */
  line(pattern: RegExp): Promise<string>;
  /** Settles when it has ended. */
  readonly ended: Promise<Said & { readonly signal: NodeJS.Signals | null }>;
}

/** The command as a user starts it, in a process of its own; killed when the tests of the file end. */
export function child(args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const own = spawn(process.execPath, [join(root, "app/simpang.mjs"), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  const watchers = new Set<() => void>();
  own.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const watcher of watchers) watcher();
  });
  own.stderr.setEncoding("utf8").on("data", (text: string) => {
    error += text;
  });
  const ended = once(own, "close").then(([code, signal]) => ({
    code: code as number,
    signal: signal as NodeJS.Signals | null,
    out,
    error,
  }));
  children.push(own);
  return {
    process: own,
    ended,
    line: (pattern) =>
      new Promise((resolveLine, reject) => {
        const look = () => {
          const found = out.split("\n").find((line) => pattern.test(line));
          if (found === undefined) return;
          watchers.delete(look);
          resolveLine(found);
        };
        watchers.add(look);
        look();
        void ended.then(({ code }) =>
          reject(new Error(`ended with ${code} before a line like ${pattern}:\n${out}${error}`)),
        );
      }),
  };
}

/** A folder that goes when the tests of the file end. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "simpang-"));
  folders.push(folder);
  return folder;
}

/** A copy of a configuration with changes to the text of its files: each must change something. */
export function changed(config: string, changes: Readonly<Record<string, (text: string) => string>>): string {
  const folder = join(scratch(), "config");
  cpSync(config, folder, { recursive: true });
  for (const [file, change] of Object.entries(changes)) {
    const before = readFileSync(join(folder, file), "utf8");
    const after = change(before);
    if (after === before) throw new Error(`the change to ${file} changes nothing`);
    writeFileSync(join(folder, file), after);
  }
  return folder;
}
