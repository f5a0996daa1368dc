import { type Findings, type Path, show, suggest } from "../fault.ts";
import type { Files } from "../files.ts";
import type { JunctionFile } from "../schema/junction.ts";
import type { LinkEntry, NodeEntry } from "../schema/network.ts";

/** What the checks share: the files, where faults go, and look-ups by id. */
export interface Context {
  readonly files: Files;
  readonly findings: Findings;
  readonly directory: string;
  /** Undefined when network.yaml could not be read: then nothing can dangle. */
  readonly nodes: ReadonlyMap<string, NodeEntry> | undefined;
  readonly links: ReadonlyMap<string, LinkEntry> | undefined;
  readonly junctions: ReadonlyMap<string, JunctionFile>;
  /** Also those whose file could not be read. */
  readonly junctionIds: ReadonlySet<string>;
}

export function contextOf(files: Files, findings: Findings, directory: string): Context {
  const { network } = files;
  const junctions = new Map([...files.junctions.values()].map((file) => [file.id, file]));
  return {
    files,
    findings,
    directory,
    nodes: network && new Map(network.nodes.map((node) => [node.id, node])),
    links: network && new Map(network.links.map((link) => [link.id, link])),
    junctions,
    junctionIds: new Set([...junctions.keys(), ...files.broken]),
  };
}

/** Reports every second use of an id. */
export function unique(
  findings: Findings,
  file: string,
  entries: readonly { readonly value: string | number; readonly path: Path }[],
  what: string,
): void {
  const seen = new Set<string | number>();
  for (const { value, path } of entries) {
    if (seen.has(value)) findings.fault(file, path, `${what} ${show(value)} is used twice; give each its own`);
    seen.add(value);
  }
}

export const idsAt = (
  path: Path,
  items: readonly { readonly id: string }[],
): readonly { readonly value: string; readonly path: Path }[] =>
  items.map((item, i) => ({ value: item.id, path: [...path, i, "id"] }));

/** True when `id` is among `known`; otherwise a fault that says what it might have meant. */
export function refers(
  findings: Findings,
  at: { readonly file: string; readonly path: Path },
  wanted: { readonly id: string; readonly what: string; readonly known: Iterable<string> },
): boolean {
  const known = new Set(wanted.known);
  if (known.has(wanted.id)) return true;
  findings.fault(at.file, at.path, `no ${wanted.what} ${show(wanted.id)}; ${suggest(wanted.id, known)}`);
  return false;
}
