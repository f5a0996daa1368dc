import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Netconvert could not be started, or refused its input. */
export class NetconvertError extends Error {
  readonly code: "missing" | "failed";

  constructor(code: "missing" | "failed", message: string) {
    super(message);
    this.name = "NetconvertError";
    this.code = code;
  }
}

/** What it says is kept up to this many characters. */
const MOST_SAID = 20_000;

/** Runs Debian's `netconvert`; resolves to what it warned of. Its network is where `args` say. */
export async function netconvert(
  args: readonly string[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly string[]> {
  const child = spawn("netconvert", [...args], { stdio: ["ignore", "ignore", "pipe"], ...options });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (said.length < MOST_SAID) said += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "ENOENT"
          ? new NetconvertError(
              "missing",
              "netconvert is not installed or not in PATH; on Debian: sudo apt-get install sumo",
            )
          : error,
      ),
    );
    child.once("close", resolve);
  });
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  if (code !== 0)
    throw new NetconvertError(
      "failed",
      `netconvert refused the network: ${lines.filter((line) => line.startsWith("Error")).join(" ") || lines.at(-1) || `it ended with code ${code}`}`,
    );
  return lines.filter((line) => line.startsWith("Warning") && !line.includes("SUMO_HOME"));
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
      "--node-files",
      file("plain.nod.xml", plain.nodes),
      "--edge-files",
      file("plain.edg.xml", plain.edges),
      "--connection-files",
      file("plain.con.xml", plain.connections),
      "--tllogic-files",
      file("plain.tll.xml", plain.programs),
      "--output-file",
      output,
      "--lefthand",
      String(drivesOn === "left"),
      "--offset.disable-normalization",
      "true",
      "--no-turnarounds",
      "true",
      "--no-turnarounds.except-deadend",
      "false",
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
