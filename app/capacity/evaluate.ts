import type { z } from "zod";
import type { OverflowVariant } from "../../engine/core/traffic/manual-performance.ts";
import type { Manual } from "../../engine/core/traffic/passenger-car-units.ts";
import { UserError } from "../user-error.ts";
import type { Comparison } from "./compare.ts";
import { allReds, design, levels, opposed, pcuFlows } from "./flows.ts";
import * as forms from "./forms.ts";
import { junction, junctionFaults } from "./junction.ts";
import { decree273, performance } from "./performance.ts";
import type { Choices, Evaluated } from "./result.ts";
import { saturationCapacity } from "./saturation.ts";
import { type Clash, inMkji, isObject, type Loose } from "./words.ts";

export interface VectorResult extends Evaluated {
  readonly id: string;
  readonly kind: string;
  readonly publication: string | undefined;
  readonly manual: Manual;
  readonly nq1: OverflowVariant;
}

type Evaluate = (vector: Loose, choices: Choices) => Evaluated | readonly Fault[];

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Checks a vector against its form before anything is worked out. */
const checked =
  <Form extends z.ZodType>(
    form: Form,
    work: (value: z.infer<Form>, choices: Choices) => Evaluated,
    more?: (value: z.infer<Form>) => readonly Fault[],
  ): Evaluate =>
  (vector, choices) => {
    const { data, error } = form.safeParse(vector);
    if (error) return error.issues;
    const faults = more?.(data) ?? [];
    return faults.length > 0 ? faults : work(data, choices);
  };

/** A green longer than its cycle is nonsense in every form. */
const greensFit = (form: {
  readonly cycle?: number | undefined;
  readonly rows: readonly { readonly g?: number | undefined }[];
}): readonly Fault[] =>
  form.rows.flatMap(({ g }, i) =>
    g !== undefined && form.cycle !== undefined && g >= form.cycle
      ? [
          {
            path: ["rows", i, "g"],
            message: `a green of ${g} s does not fit in a cycle of ${form.cycle} s; shorten it`,
          },
        ]
      : [],
  );

const kinds: Readonly<Record<string, Evaluate>> = {
  pcu: checked(forms.pcuForm, pcuFlows),
  allred: checked(forms.allRedForm, allReds),
  design: checked(forms.designForm, design),
  performance: checked(forms.performanceForm, performance, greensFit),
  "performance-webster": checked(forms.decreeForm, decree273, greensFit),
  "saturation-capacity": checked(forms.saturationForm, saturationCapacity, greensFit),
  "opposed-saturation": checked(forms.opposedForm, opposed),
  los: checked(forms.losForm, levels),
  junction: checked(forms.junctionForm, junction, junctionFaults),
};

export interface Asked {
  /** For every vector; otherwise each vector's own, or its publication's. */
  readonly manual: Manual | undefined;
  readonly nq1: OverflowVariant | undefined;
}

/** Every vector of a file worked through, or every fault of the file in one error. */
export function evaluateFile(text: string, file: string, asked: Asked): readonly VectorResult[] {
  const vectors = vectorsOf(text, file);
  const faults: string[] = [];
  const results = vectors.flatMap((entry, i): readonly VectorResult[] => {
    const label =
      isObject(entry) && typeof entry["id"] === "string" ? `vector ${JSON.stringify(entry["id"])}` : `vector ${i + 1}`;
    const result = evaluateOne(entry, asked, i);
    if (!Array.isArray(result)) return [result as VectorResult];
    for (const { path, message } of result as readonly Fault[]) {
      faults.push(`\n  ${label}${path.length > 0 ? ` ${path.map(String).join(".")}` : ""}: ${message}`);
    }
    return [];
  });
  if (faults.length > 0)
    throw new UserError(
      `${file} has ${faults.length} fault${faults.length === 1 ? "" : "s"}; nothing was worked out.${faults.join("")}`,
    );
  return results;
}

function vectorsOf(text: string, file: string): readonly unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `${file} is not JSON: ${(error as Error).message}. Give {"vectors": [...]} as in the worked examples.`,
    );
  }
  const vectors = Array.isArray(parsed)
    ? parsed
    : isObject(parsed)
      ? (parsed["vectors"] ?? (parsed["kind"] === undefined ? undefined : [parsed]))
      : undefined;
  if (!Array.isArray(vectors) || vectors.length === 0)
    throw new UserError(
      `${file} holds no vectors. Give {"vectors": [{"id": ..., "kind": ...}]}; kinds: ${Object.keys(kinds).join(", ")}.`,
    );
  return vectors;
}

function evaluateOne(entry: unknown, asked: Asked, i: number): VectorResult | readonly Fault[] {
  if (!isObject(entry)) return [{ path: [], message: "is not an object; give at least id and kind" }];
  const kind = typeof entry["kind"] === "string" ? entry["kind"] : undefined;
  const evaluate = kind !== undefined && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!evaluate)
    return [
      {
        path: ["kind"],
        message: `${JSON.stringify(entry["kind"])} is not known; take one of ${Object.keys(kinds).join(", ")}`,
      },
    ];
  const clashes: Clash[] = [];
  const vector = withCycle(inMkji(entry, [], clashes) as Loose);
  if (clashes.length > 0) return clashes;
  const choices = choose(vector, asked);
  if (Array.isArray(choices)) return choices as readonly Fault[];
  const { manual, overflow } = choices as Choices;
  const result = evaluate(vector, { manual, overflow });
  if (Array.isArray(result)) return result as readonly Fault[];
  const id = typeof entry["id"] === "string" ? entry["id"] : `vector-${i + 1}`;
  const publication = typeof entry["publication"] === "string" ? entry["publication"] : undefined;
  return { id, kind: kind!, publication, manual, nq1: overflow, ...(result as Evaluated) };
}

/** The cycle is `c` in MKJI and `s` in PKJI. */
function withCycle(vector: Loose): Loose {
  const cycle =
    vector["cycle"] ??
    (typeof vector["c"] === "number" ? vector["c"] : typeof vector["s"] === "number" ? vector["s"] : undefined);
  return cycle === undefined ? vector : { ...vector, cycle };
}

const manuals: readonly Manual[] = ["mkji-1997", "pkji-2023"];
const variants: readonly OverflowVariant[] = ["capacity", "pkji-as-printed"];

function choose(vector: Loose, asked: Asked): Choices | readonly Fault[] {
  const { manual, nq1 } = vector;
  if (manual !== undefined && !manuals.includes(manual as Manual))
    return [{ path: ["manual"], message: `${JSON.stringify(manual)} is not known; take one of ${manuals.join(", ")}` }];
  if (nq1 !== undefined && !variants.includes(nq1 as OverflowVariant))
    return [{ path: ["nq1"], message: `${JSON.stringify(nq1)} is not known; take one of ${variants.join(", ")}` }];
  const published: Manual = /PKJI/i.test(String(vector["publication"] ?? "")) ? "pkji-2023" : "mkji-1997";
  return {
    manual: asked.manual ?? (manual as Manual | undefined) ?? published,
    overflow: asked.nq1 ?? (nq1 as OverflowVariant | undefined) ?? "capacity",
  };
}

export interface Tally {
  readonly within: number;
  readonly explained: number;
  readonly deviates: number;
  readonly notComputed: number;
}

export function tally(results: readonly VectorResult[]): Tally {
  const count = (verdict: Comparison["verdict"]): number =>
    results.reduce((sum, { comparisons }) => sum + comparisons.filter((entry) => entry.verdict === verdict).length, 0);
  return {
    within: count("within"),
    explained: count("explained"),
    deviates: count("deviates"),
    notComputed: count("not-computed"),
  };
}
