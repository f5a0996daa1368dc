import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { maxFileBytes, parseText, type TextFile } from "./document.ts";
import { type Fault, type Findings, suggest } from "./fault.ts";
import type { FileKind, Parsed } from "./schema/files.ts";
import { validate } from "./validate.ts";

/** Every file of a set that could be read and has the right shape. */
export interface Files {
  readonly city: Parsed<"city"> | undefined;
  readonly network: Parsed<"network"> | undefined;
  /** By file name inside the set, in order of name. */
  readonly junctions: ReadonlyMap<string, Parsed<"junction">>;
  readonly corridors: Parsed<"corridors"> | undefined;
  readonly cameras: Parsed<"cameras"> | undefined;
  readonly cabinets: Parsed<"cabinets"> | undefined;
  readonly plans: Parsed<"plans"> | undefined;
  readonly control: Parsed<"control"> | undefined;
  readonly demand: Parsed<"demand"> | undefined;
  /** Junctions whose files could not be read, by file name: what refers to them is not a second fault. */
  readonly broken: readonly string[];
}

export interface ReadFiles {
  readonly files: Files;
  readonly texts: ReadonlyMap<string, TextFile>;
  /** Of reading and YAML, already placed. */
  readonly faults: readonly Fault[];
}

const single = ["city", "network", "corridors", "cameras", "cabinets", "plans", "control", "demand"] as const;
const optional: ReadonlySet<string> = new Set(["demand"]);
const maxJunctionFiles = 2000;

/** Reads a set's directory. Never throws: what cannot be read is a fault. */
export function readFiles(directory: string, findings: Findings): ReadFiles {
  const faults: Fault[] = [];
  const texts = new Map<string, TextFile>();
  const whole = (file: string, message: string): void => {
    faults.push({ file, line: 1, column: 1, path: "", message });
  };

  const read = <Kind extends FileKind>(kind: Kind, file: string): Parsed<Kind> | undefined => {
    const source = sourceOf(join(directory, file));
    if ("problem" in source) {
      whole(file, source.problem);
      return undefined;
    }
    const { text, faults: found } = parseText(file, source.text);
    faults.push(...found);
    if (found.length > 0) return undefined;
    texts.set(file, text);
    return validate(kind, text, findings);
  };

  const top = namesIn(directory);
  if ("problem" in top) whole("", `the set's directory ${top.problem}`);
  const names = "names" in top ? top.names : [];
  const files: Partial<Record<FileKind, unknown>> = {};
  if ("names" in top) {
    for (const kind of single) {
      if (names.includes(`${kind}.yaml`)) files[kind] = read(kind, `${kind}.yaml`);
      else if (!optional.has(kind)) whole(`${kind}.yaml`, `missing; every set needs ${kind}.yaml: write it`);
    }
    const known = single.map((kind) => `${kind}.yaml`);
    for (const name of names)
      if (/\.ya?ml$/i.test(name) && !known.includes(name))
        whole(name, `no file of a set has this name; ${suggest(name, known)}`);
  }

  const junctions = new Map<string, Parsed<"junction">>();
  const broken: string[] = [];
  if (names.includes("junctions")) {
    const inner = namesIn(join(directory, "junctions"));
    if ("problem" in inner) whole("junctions", inner.problem);
    const found = ("names" in inner ? inner.names : []).filter((name) => !name.startsWith("."));
    if ("names" in inner && found.length === 0) whole("junctions", "holds no file; write one <id>.yaml per junction");
    if (found.length > maxJunctionFiles)
      whole(
        "junctions",
        `holds ${found.length} files, above the limit of ${maxJunctionFiles}; split the city into sets`,
      );
    for (const name of found.slice(0, maxJunctionFiles)) {
      const file = `junctions/${name}`;
      if (!name.endsWith(".yaml")) {
        whole(file, "only <id>.yaml files belong here; rename or move it");
        continue;
      }
      const junction = read("junction", file);
      if (junction) junctions.set(file, junction);
      else broken.push(name.replace(/\.yaml$/, ""));
    }
  } else if ("names" in top)
    whole("junctions", "missing; every set needs a folder junctions/ with one file per junction");

  return { files: { ...(files as Omit<Files, "junctions" | "broken">), junctions, broken }, texts, faults };
}

function namesIn(path: string): { readonly names: readonly string[] } | { readonly problem: string } {
  try {
    return { names: readdirSync(path).sort() };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function sourceOf(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    const { size } = statSync(path);
    if (!statSync(path).isFile()) return { problem: "is not a plain file; put the file itself here" };
    if (size > maxFileBytes)
      return { problem: `is ${size} bytes, above the limit of ${maxFileBytes}; split or shorten it` };
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)) };
  } catch (error) {
    return { problem: error instanceof TypeError ? "is not UTF-8 text; save it as UTF-8" : problemOf(error, path) };
  }
}

function problemOf(error: unknown, path?: string): string {
  const code = (error as { readonly code?: string }).code ?? "unknown error";
  switch (code) {
    case "ENOENT":
      return path !== undefined && isLink(path)
        ? "is a link that leads nowhere; put the file itself here"
        : "does not exist; check the path";
    case "ENOTDIR":
      return "is not a folder; give the folder that holds city.yaml";
    case "ELOOP":
      return "is a link that leads back to itself; put the file itself here";
    case "EACCES":
    case "EPERM":
      return "may not be read; mend its permissions";
    default:
      return `cannot be read (${code}); check the disk and the path`;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
