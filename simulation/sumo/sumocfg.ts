import { dirname, isAbsolute, join } from "node:path";
import { Attributes } from "./attributes.ts";
import { fault } from "./input-fault.ts";
import { readXml } from "./xml.ts";

/** What of a `.sumocfg` matters outside SUMO; paths are absolute or as given relative to the working folder. */
export interface SumoConfig {
  readonly file: string;
  readonly netFile: string;
  readonly routeFiles: readonly string[];
  readonly additionalFiles: readonly string[];
  readonly beginS: number;
  /** Undefined: until the last vehicle has left. */
  readonly endS: number | undefined;
  readonly stepLengthS: number;
}

const TIME = /^(?:(\d+):)?(\d+):(\d\d):(\d\d(?:\.\d+)?)$/;

/** Seconds, or `[d:]h:mm:ss` as SUMO takes it too. */
export function timeS(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match) return Number(match[1] ?? 0) * 86_400 + Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4]);
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) ? value : undefined;
}

/** Reads a SUMO configuration. A file it names that is not there is refused when it is read. */
export async function readSumoConfig(file: string): Promise<SumoConfig> {
  const values = new Map<string, { readonly value: string; readonly line: number }>();
  await readXml(file, {
    open: (element) => {
      if (element.path.length === 0) {
        if (!/configuration$/i.test(element.name))
          throw fault(
            { file, line: element.line },
            `the root is <${element.name}>, not <configuration>`,
            "give a .sumocfg",
          );
        return;
      }
      const read = new Attributes(file, element);
      const value = read.optional("value") ?? read.optional("v");
      if (value !== undefined) values.set(SHORT[element.name] ?? element.name, { value, line: element.line });
    },
  });
  const found = (name: string) => values.get(name);
  const files = (name: string): readonly string[] =>
    (found(name)?.value ?? "")
      .split(/[,;\s]+/)
      .filter((path) => path !== "")
      .map((path) => (isAbsolute(path) ? path : join(dirname(file), path)));
  const time = (name: string): number | undefined => {
    const given = found(name);
    if (!given) return undefined;
    const value = timeS(given.value);
    if (value !== undefined) return value;
    throw fault({ file, line: given.line }, `${name} is "${given.value}"`, "give seconds, or h:mm:ss");
  };
  const [netFile] = files("net-file");
  if (netFile === undefined) throw fault({ file }, "no net-file is named", 'add <net-file value="…"/>');
  const endS = time("end");
  const stepLengthS = time("step-length") ?? 1;
  if (!(stepLengthS > 0))
    throw fault({ file, line: found("step-length")?.line }, `step-length is ${stepLengthS}`, "give more than 0 s");
  return {
    file,
    netFile,
    routeFiles: files("route-files"),
    additionalFiles: files("additional-files"),
    beginS: time("begin") ?? 0,
    // SUMO takes a negative end for none.
    endS: endS !== undefined && endS >= 0 ? endS : undefined,
    stepLengthS,
  };
}

/** SUMO's short names of the options read here. */
const SHORT: Readonly<Record<string, string>> = {
  n: "net-file",
  net: "net-file",
  r: "route-files",
  a: "additional-files",
  b: "begin",
  e: "end",
};
