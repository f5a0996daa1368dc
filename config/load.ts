import { buildCity, complete } from "./build.ts";
import { checkFiles } from "./check/files.ts";
import { placed } from "./document.ts";
import { type Fault, Findings } from "./fault.ts";
import { readFiles } from "./files.ts";
import type { City } from "./model.ts";

export type { Fault } from "./fault.ts";
export { jsonSchemas } from "./schema/files.ts";

export interface Checked {
  /** Only when there is no fault. */
  readonly city?: City;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** Reads and checks a configuration set. Names every fault, not only the first; never throws on what it reads. */
export function checkCity(directory: string): Checked {
  const findings = new Findings();
  const { files, texts, faults: unreadable } = readFiles(directory, findings);
  checkFiles(files, findings, directory);
  const place = (severity: "fault" | "warning") =>
    findings.all
      .filter((finding) => finding.severity === severity)
      .map((finding) => placed(finding, texts.get(finding.file)));
  const faults = inOrder([...unreadable, ...place("fault")]);
  const warnings = inOrder(place("warning"));
  return faults.length === 0 && complete(files) ? { city: buildCity(files), faults, warnings } : { faults, warnings };
}

/** The city of a set without faults. Throws `FaultyConfiguration`, which names every fault. */
export function loadCity(directory: string): City {
  const { city, faults } = checkCity(directory);
  if (!city) throw new FaultyConfiguration(directory, faults);
  return city;
}

export class FaultyConfiguration extends Error {
  readonly code = "faulty-configuration";
  readonly faults: readonly Fault[];

  constructor(directory: string, faults: readonly Fault[]) {
    super(`${directory}: ${faults.length} fault${faults.length === 1 ? "" : "s"}\n${faults.map(showFault).join("\n")}`);
    this.name = "FaultyConfiguration";
    this.faults = faults;
  }
}

/** One line: `file:line:column path: message`. */
export const showFault = ({ file, line, column, path, message }: Fault): string =>
  `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;

const inOrder = (faults: readonly Fault[]): readonly Fault[] =>
  [...faults].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.line - b.line ||
      a.column - b.column ||
      (a.message < b.message ? -1 : a.message > b.message ? 1 : 0),
  );
