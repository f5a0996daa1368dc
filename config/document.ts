import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Node as YamlNode,
} from "yaml";
import { type Fault, type Finding, type Path, showPath } from "./fault.ts";

/** A whole city's cameras fit many times over; more is a mistake or an attack. */
export const maxFileBytes = 1_000_000;
/** The deepest schema needs nine levels. */
const maxDepth = 32;
/** Columns. */
const maxIndent = 120;

/** A YAML file's value and where each part of it stands. */
export interface TextFile {
  readonly file: string;
  readonly value: unknown;
  /** Line and column (1-based) of the value at `path`, or of its nearest parent. */
  locate(path: Path): { readonly line: number; readonly column: number };
}

export type ReadText = { readonly text: TextFile; readonly faults: readonly Fault[] };

/**
 * Parses one YAML document. Anchors and aliases are refused: a set is facts, written out where they hold, and no
 * file can grow when read. Never throws; a file that cannot be read has faults and an undefined value.
 */
export function parseText(file: string, source: string): ReadText {
  const faults: Fault[] = [];
  const counter = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const fault = (offset: number, message: string): void => {
    faults.push({ file, ...at(offset), path: "", message });
  };
  const unreadable: TextFile = { file, value: undefined, locate: () => ({ line: 1, column: 1 }) };
  if (tooDeep(source)) {
    fault(
      0,
      `nested deeper than ${maxDepth} brackets or ${maxIndent} columns; no file of a set needs that: write it flat`,
    );
    return { text: unreadable, faults };
  }
  let documents: readonly Document[];
  try {
    const parsed = parseAllDocuments(source, { lineCounter: counter, prettyErrors: false, strict: true });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    fault(0, `not readable as YAML: ${error instanceof Error ? error.message : "unknown reason"}`);
    return { text: unreadable, faults };
  }
  const document = documents[0];
  if (document === undefined || document.contents === null) {
    fault(0, "the file is empty; write its keys or remove it");
    return { text: unreadable, faults };
  }
  if (documents.length > 1) fault(documents[1]!.range?.[0] ?? 0, 'holds more than one YAML document; remove the "---"');
  for (const error of [...document.errors, ...document.warnings])
    fault(error.pos[0], `not valid YAML: ${error.message.split("\n")[0]}`);
  visit(document, {
    Node(_, node) {
      if (isAlias(node))
        fault(node.range?.[0] ?? 0, `alias "*${node.source}": aliases are not used here; write the value out`);
      else if (node.anchor)
        fault(node.range?.[0] ?? 0, `anchor "&${node.anchor}": anchors are not used here; remove it`);
    },
    Pair(_, pair) {
      if (!isScalar(pair.key)) fault(isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0, "a key must be a plain word");
    },
  });
  if (faults.length > 0) return { text: unreadable, faults };
  const root = document.contents as YamlNode;
  return {
    faults,
    text: { file, value: document.toJS() as unknown, locate: (path) => at(offsetOf(root, path)) },
  };
}

/** Where the finding stands. */
export const placed = (finding: Finding, text: TextFile | undefined): Fault => ({
  file: finding.file,
  ...(text?.locate(finding.path) ?? { line: 1, column: 1 }),
  path: showPath(finding.path),
  message: finding.message,
});

function offsetOf(root: YamlNode, path: Path): number {
  let node: YamlNode = root;
  let offset = root.range?.[0] ?? 0;
  for (const part of path) {
    const next = child(node, part);
    if (next === undefined) break;
    offset = next.offset;
    if (next.node === undefined) break;
    node = next.node;
  }
  return offset;
}

function child(node: YamlNode, part: string | number): { node: YamlNode | undefined; offset: number } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : undefined;
  }
  if (!isMap(node)) return undefined;
  for (const { key, value } of node.items) {
    if (!isScalar(key) || String(key.value) !== String(part)) continue;
    const inner = isNode(value) ? value : undefined;
    // An empty value has no place of its own worth pointing at: the key has.
    const start = inner?.range && inner.range[1] > inner.range[0] ? inner.range[0] : key.range?.[0];
    return { node: inner, offset: start ?? 0 };
  }
  return undefined;
}

/**
 * The YAML parser recurses, and a bomb of brackets or dashes can take the process down before it throws. So the depth
 * is bounded from the text alone: every level costs a bracket, or a column of indentation or indicators.
 */
function tooDeep(source: string): boolean {
  let brackets = 0;
  for (const character of source) {
    if (character === "[" || character === "{") brackets++;
    else if (character === "]" || character === "}") brackets = Math.max(0, brackets - 1);
    if (brackets > maxDepth) return true;
  }
  return source.split("\n").some((line) => /^[\s?-]*/.exec(line)![0].length > maxIndent);
}
