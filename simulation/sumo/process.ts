import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { InputFault } from "./input-fault.ts";

/** A SUMO that this process started, and will end. */
export interface SumoProcess {
  readonly port: number;
  /** Why it is no use waiting for it, once it has ended; its own last words. */
  ended(): string | undefined;
  /** Settles when it has ended by itself; an error when it has ended badly. */
  finished(): Promise<void>;
  /** Once it has left us: throws when it ended badly, with what it said; returns when it goes on all the same. */
  lastWords(): Promise<void>;
  /** Ends it at once; harmless afterwards. */
  kill(): void;
}

/** Lines of SUMO's own output kept for an error. */
const LAST_WORDS = 12;

/** From a broken connection to the end of the process. */
const GRACE_MS = 2000;

/** Starts SUMO with a TraCI port that is free now. Nothing is fetched from outside to validate its files. */
export async function startSumo(args: readonly string[], program = "sumo"): Promise<SumoProcess> {
  const port = await freePort();
  const child = spawn(
    program,
    [
      ...args,
      ...["--remote-port", String(port), "--num-clients", "1", "--no-step-log", "--no-warnings"],
      ...["--xml-validation", "never", "--xml-validation.net", "never", "--xml-validation.routes", "never"],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let words: string[] = [];
  const keep = (chunk: Buffer): void => {
    words = [...words, ...chunk.toString().split("\n")].filter((line) => line.trim() !== "").slice(-LAST_WORDS);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let end: string | undefined;
  const done = new Promise<void>((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      end =
        error.code === "ENOENT"
          ? `there is no program "${program}": install SUMO (Debian: apt-get install sumo)`
          : `SUMO could not be started (${error.message})`;
      resolve();
    });
    child.on("close", (code, signal) => {
      end ??= code === 0 ? "" : `SUMO ended with ${signal ?? `code ${code}`}: ${errorsOf(words)}`;
      resolve();
    });
  });
  return {
    port,
    ended: () => (end === undefined ? undefined : end || "SUMO has ended"),
    finished: async () => {
      await done;
      if (end) throw new InputFault(end);
    },
    lastWords: async () => {
      await Promise.race([done, new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref())]);
      if (end) throw new InputFault(end);
    },
    kill: () => kill(child),
  };
}

function kill(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
}

const errorsOf = (words: readonly string[]): string => {
  const errors = words.filter((line) => /error/i.test(line));
  return (errors.length > 0 ? errors : words).join(" ") || "it said nothing";
};

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
