import type { z } from "zod";
import type { TextFile } from "./document.ts";
import { type Findings, nearest, type Path, show } from "./fault.ts";
import { type FileKind, type JsonSchema, jsonSchema, type Parsed, schemas } from "./schema/files.ts";

/** The file's value in its parsed form, or undefined with every fault of shape, type and range reported. */
export function validate<Kind extends FileKind>(
  kind: Kind,
  text: TextFile,
  findings: Findings,
): Parsed<Kind> | undefined {
  const result = schemas[kind].safeParse(text.value);
  if (result.success) return result.data as Parsed<Kind>;
  for (const issue of result.error.issues) {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    if (issue.code === "unrecognized_keys") {
      const known = keysAt(kind, path, text.value);
      for (const key of issue.keys) {
        const near = nearest(key, known);
        const mend = near
          ? `did you mean "${near}"?`
          : known.length > 0
            ? `known here: ${known.join(", ")}`
            : "remove it";
        findings.fault(text.file, [...path, key], `unknown key ${show(key)}; ${mend}`);
      }
    } else if (issue.code === "invalid_union") {
      const written = valueAt(text.value, path);
      const known = formsAt(kind, path, text.value).map(show).join(", ");
      findings.fault(text.file, path, `${show(written)} is no form known here; write one of ${known}`);
    } else findings.fault(text.file, path, explain(issue, valueAt(text.value, path)));
  }
  return undefined;
}

function explain(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      if (value === undefined) return `missing; ${article(issue.expected)} is needed here`;
      if (typeof value === "number" && issue.expected === "int")
        return `${show(value)} is not a whole number; round it`;
      return `${show(value)} is ${nameOf(value)}; write ${article(issue.expected)}`;
    case "too_small":
      return `${size(issue.origin, value)} is below the limit of ${issue.minimum}${unit(issue.origin)}; write at least ${issue.minimum}`;
    case "too_big":
      return `${size(issue.origin, value)} is above the limit of ${issue.maximum}${unit(issue.origin)}; write at most ${issue.maximum}`;
    case "invalid_value":
      return value === undefined
        ? `missing; write one of ${issue.values.map(show).join(", ")}`
        : `${show(value)} is not known here; write one of ${issue.values.map(show).join(", ")}`;
    case "invalid_format":
      return `${show(value)} is not in the form needed; write ${formatWanted(issue)}`;
    case "invalid_key":
      return `key ${show(issue.path.at(-1))} is not in the form needed; write ${issue.issues.map((inner) => inner.message).join(", ")}`;
    default:
      return `${show(value)}: ${issue.message}; mend it as the schema says`;
  }
}

function formatWanted(issue: z.core.$ZodIssueInvalidStringFormat): string {
  if (issue.format === "datetime") return "a date and time with offset, such as 2026-02-03T18:00:00+08:00";
  return issue.message.startsWith("Invalid") ? `a text that fits ${issue.pattern ?? issue.format}` : issue.message;
}

const unit = (origin: string): string => (origin === "array" ? " entries" : origin === "string" ? " characters" : "");

function size(origin: string, value: unknown): string {
  if (origin === "array" && Array.isArray(value)) return `a list of ${value.length}`;
  if (origin === "string" && typeof value === "string") return `a text of ${value.length} characters`;
  return show(value);
}

function nameOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of keys";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "true or false";
  return Number.isFinite(value) ? "a number" : "not a finite number";
}

function article(expected: string): string {
  switch (expected) {
    case "array":
    case "tuple":
      return "a list";
    case "object":
    case "record":
      return "a group of keys";
    case "string":
      return "text (in quotes if it looks like a number)";
    case "boolean":
      return "true or false";
    case "int":
      return "a whole number";
    default:
      return `a ${expected}`;
  }
}

function valueAt(value: unknown, path: Path): unknown {
  let inner = value;
  for (const part of path) {
    if (typeof inner !== "object" || inner === null || !Object.hasOwn(inner, part)) return undefined;
    inner = (inner as Record<string | number, unknown>)[part];
  }
  return inner;
}

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | false;
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
  readonly const?: unknown;
}

const shapes = new Map<FileKind, JsonSchema>();

/** Keys the schema knows at `path`, to suggest the one that was meant. */
const keysAt = (kind: FileKind, path: Path, value: unknown): readonly string[] =>
  Object.keys(shapeAt(kind, path, value)?.properties ?? {});

/** Words that tell the forms of a group of keys apart; `path` ends in the key that carries them. */
function formsAt(kind: FileKind, path: Path, value: unknown): readonly unknown[] {
  const key = String(path.at(-1));
  const parent = shapeAt(kind, path.slice(0, -1), value, false);
  return (parent?.oneOf ?? []).map((form) => form.properties?.[key]?.const).filter((word) => word !== undefined);
}

function shapeAt(kind: FileKind, path: Path, value: unknown, chosen = true): Shape | undefined {
  const schema = shapes.get(kind) ?? jsonSchema(kind);
  shapes.set(kind, schema);
  let shape: Shape | undefined = schema as Shape;
  for (const [depth, part] of path.entries()) {
    shape = choose(shape, valueAt(value, path.slice(0, depth)));
    const next: Shape | false | undefined =
      typeof part === "number" ? shape.items : (shape.properties?.[part] ?? shape.additionalProperties);
    if (!next) return undefined;
    shape = next;
  }
  return chosen ? choose(shape, valueAt(value, path)) : shape;
}

/** Of several forms, the one whose fixed words the value has. */
function choose(shape: Shape, value: unknown): Shape {
  const forms = shape.oneOf ?? shape.anyOf;
  if (!forms) return shape;
  const fits = (form: Shape): boolean =>
    Object.entries(form.properties ?? {}).every(
      ([key, inner]) => inner.const === undefined || valueAt(value, [key]) === inner.const,
    );
  return forms.find(fits) ?? forms[0]!;
}
