import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Netconvert could not be started, refused its input, or went past a limit. */
export class NetconvertError extends Error {
  readonly code: "missing" | "failed" | "limit";

  constructor(code: NetconvertError["code"], message: string) {
    super(message);
    this.name = "NetconvertError";
    this.code = code;
  }
}

export interface NetconvertLimits {
  readonly seconds: number;
  readonly megabytes: number;
}

/** A city's extract needs minutes and a few GB; more is a country's. */
export const NETCONVERT_LIMITS: NetconvertLimits = { seconds: 600, megabytes: 8192 };

/** What it says is kept up to this many characters. */
const MOST_SAID = 100_000;

/** Runs Debian's `netconvert` within limits; resolves to what it warned of. Its network is where `args` say. */
export async function netconvert(
  args: readonly string[],
  limits: NetconvertLimits = NETCONVERT_LIMITS,
): Promise<readonly string[]> {
  // The shell sets the limit on memory and becomes netconvert. No schema is fetched from outside to validate files.
  const script = `ulimit -v ${limits.megabytes * 1024}; exec netconvert "$@"`;
  const own = ["--xml-validation", "never"];
  const child = spawn("/bin/sh", ["-c", script, "sh", ...own, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (said.length < MOST_SAID) said += text;
  });
  let late = false;
  const alarm = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, limits.seconds * 1000);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => clearTimeout(alarm));
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  if (code === 0) return lines.filter((line) => line.startsWith("Warning") && !line.includes("SUMO_HOME"));
  if (code === 127)
    throw new NetconvertError(
      "missing",
      "netconvert is not installed or not in PATH; on Debian: sudo apt-get install sumo",
    );
  if (late)
    throw new NetconvertError("limit", `netconvert was stopped after ${limits.seconds} s; cut a smaller area out`);
  if (/bad_alloc|std::length_error/.test(said) || code === null || code >= 128)
    throw new NetconvertError(
      "limit",
      `netconvert broke off, probably at its limit of ${limits.megabytes} MB; cut a smaller area out`,
    );
  const errors = lines.filter((line) => line.startsWith("Error")).map((line) => line.replace(/^Error: /, ""));
  throw new NetconvertError(
    "failed",
    `netconvert refused the network: ${errors.slice(0, 5).join(" ") || lines.at(-1) || `it ended with code ${code}`}`,
  );
}

/** The network of plain files: drawn as written, no lane, turn or signal guessed. */
export async function networkOf(
  plain: Readonly<Record<"nodes" | "edges" | "connections" | "programs", string>>,
  output: string,
  drivesOn: "left" | "right",
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "simpang-netconvert-"));
  try {
    const file = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    return await netconvert([
      ...["--node-files", file("plain.nod.xml", plain.nodes)],
      ...["--edge-files", file("plain.edg.xml", plain.edges)],
      ...["--connection-files", file("plain.con.xml", plain.connections)],
      ...["--tllogic-files", file("plain.tll.xml", plain.programs)],
      ...["--output-file", output],
      ...["--lefthand", String(drivesOn === "left")],
      ...["--offset.disable-normalization", "true"],
      ...["--no-turnarounds", "true"],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
