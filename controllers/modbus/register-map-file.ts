import { z } from "zod";

const commitResults = [
  "none",
  "validating",
  "pendingSwitch",
  "applied",
  "badKey",
  "badCrc",
  "staleSequence",
  "badLayout",
  "badStageList",
  "cycleSum",
  "cycleRange",
  "greenTooShort",
  "clearanceTooShort",
  "greenTooLong",
  "offsetRange",
  "validity",
  "modeRefuses",
] as const;
/** The words of profile A; a file may name further refusals of its maker's. */
export type CommitResult = (typeof commitResults)[number] | (string & { readonly makers?: never });

/** One thing wrong with a register map file. */
export interface MapIssue {
  /** Dotted, as in the file. */
  readonly path: string;
  readonly value: unknown;
  readonly limit: string;
  readonly mend: string;
}

export class RegisterMapError extends Error {
  readonly issues: readonly MapIssue[];

  constructor(issues: readonly MapIssue[]) {
    super(issues.map((i) => `${i.path}: ${JSON.stringify(i.value)}: ${i.limit}; ${i.mend}`).join("\n"));
    this.name = "RegisterMapError";
    this.issues = issues;
  }
}

/** Modbus Application Protocol V1.1b3 §6.3, §6.12: registers in one request. */
const readLimit = 125;
const writeLimit = 123;

const u16 = z.int().min(0).max(0xffff);
const u32 = z.int().min(0).max(0xffff_ffff);
/** As the file numbers it: up to 465536 in the six-digit form. */
const place = z.int().min(0).max(465_536);
/** Remarks may stand anywhere and mean nothing to the driver. */
const remarks = {
  note: z.unknown().optional(),
  notes: z.unknown().optional(),
  comment: z.unknown().optional(),
  description: z.unknown().optional(),
};
const filePoint = z.strictObject({
  at: u16,
  type: z.enum(["u16", "u32", "bits"]),
  scale: z.number().positive().optional(),
  unit: z.string().optional(),
  enum: z.string().optional(),
  bits: z.array(z.string().nullable()).max(16).optional(),
  expect: u32.optional(),
  min: u32.optional(),
  max: u32.optional(),
  default: u32.optional(),
  unknown: u32.optional(),
  wraps: z.int().optional(),
  saturates: u32.optional(),
  write: u32.optional(),
  ...remarks,
});
const filePoints = z.record(z.string(), filePoint);
const fileRepeat = z.strictObject({
  first: u16,
  stride: u16.min(1),
  count: u16.min(1),
  points: filePoints,
  ...remarks,
});
const span = {
  table: z.enum(["input", "holding"]),
  address: place,
  count: u16.min(1),
  write: z.string().optional(),
  ...remarks,
};
const fileBlock = z.strictObject({ ...span, points: filePoints });
const fileRepeatBlock = z.strictObject({ ...span, repeat: fileRepeat });
const filePlanBlock = z.strictObject({ ...span, layout: z.literal("plan") });
const codeKey = z.string().regex(/^\d{1,5}$/, "a register value is a whole number");
const codes = <const T extends readonly [string, ...string[]]>(names: T) => z.record(codeKey, z.enum(names));
const intervalNames = ["red", "redAmber", "green", "amber", "allRed", "flash"] as const;
export type Interval = (typeof intervalNames)[number];
const modeNames = [
  "dark",
  "startup",
  "flash",
  "allRed",
  "local",
  "central",
  "manual",
  "preempt",
  "faultFlash",
] as const;
const word = z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/, "one word, such as tooManyStages");

/** How the file numbers registers: from zero, from one, or 4xxxx for holding and 3xxxx for input registers. */
export type Numbering = "zero-based" | "one-based" | "reference";

/** What the wording of `addressing` says; undefined: it says nothing we know. */
export function numberingOf(text: string): Numbering | undefined {
  if (/[34]x{4}|modicon|reference|entity/i.test(text)) return "reference";
  if (/zero|0-based|base 0/i.test(text)) return "zero-based";
  if (/one|1-based|base 1/i.test(text)) return "one-based";
  return undefined;
}

const msw: readonly string[] = ["msw-first", "high-word-first", "big-endian", "ABCD"];
const lsw: readonly string[] = ["lsw-first", "low-word-first", "little-endian", "CDAB"];

/** The file as written; `register-map-check.ts` adds what a schema cannot say. */
const fileSchema = z.strictObject({
  $schema: z.string().optional(),
  schema: z.literal("atcs-modbus-map/1"),
  profile: z.string().min(1),
  profileVersion: z.union([z.string(), z.number()]).optional(),
  status: z.string().optional(),
  vendor: z.unknown().optional(),
  model: z.unknown().optional(),
  ...remarks,
  unitId: z.int().min(1).max(255),
  addressing: z
    .string()
    .refine(
      (text) => numberingOf(text) !== undefined,
      'say "zero-based PDU address", "one-based number" or "4xxxx reference number"',
    ),
  byteOrder: z.literal("big-endian"),
  wordOrder: z
    .enum([...msw, ...lsw])
    .transform((text): "msw-first" | "lsw-first" => (msw.includes(text) ? "msw-first" : "lsw-first")),
  maxReadRegisters: z.int().min(1).max(readLimit).default(readLimit),
  maxWriteRegisters: z.int().min(1).max(writeLimit).default(writeLimit),
  blocks: z.strictObject({
    status: fileBlock,
    limits: fileRepeatBlock.optional(),
    detectors: fileRepeatBlock.optional(),
    active: filePlanBlock.optional(),
    heartbeat: fileBlock.optional(),
    clock: fileBlock.optional(),
    shadow: filePlanBlock,
    commit: fileBlock,
  }),
  layouts: z.strictObject({
    plan: z.strictObject({
      count: u16.min(1),
      points: filePoints,
      stages: z.strictObject({ first: u16, stride: u16.min(1), max: u16.min(1), points: filePoints, ...remarks }),
      crc: z.strictObject({ at: u16, over: z.tuple([u16, u16]), algorithm: z.string().optional() }).optional(),
      ...remarks,
    }),
  }),
  coils: z
    .strictObject({
      requestFlash: place.optional(),
      requestAllRed: place.optional(),
      releaseToLocal: place.optional(),
      clearLatchedFaults: place.optional(),
      ...remarks,
    })
    .optional(),
  discrete: z.record(z.string(), z.unknown()).optional(),
  enums: z
    .object({
      mode: codes(modeNames),
      interval: codes(intervalNames).optional(),
      commitResult: z.record(codeKey, word).optional(),
    })
    .catchall(z.record(z.string(), z.string())),
});
export type RegisterMapFile = z.infer<typeof fileSchema>;
export type FileRepeat = z.infer<typeof fileRepeat>;
export type FilePoints = z.infer<typeof filePoints>;
export type FileMode = (typeof modeNames)[number];

/** The file's form alone. Throws `RegisterMapError` with every fault. */
export function parseFile(raw: unknown): RegisterMapFile {
  const parsed = fileSchema.safeParse(raw);
  if (!parsed.success) throw new RegisterMapError(parsed.error.issues.flatMap((issue) => fromSchema(raw, issue)));
  return parsed.data;
}

function fromSchema(raw: unknown, issue: z.core.$ZodIssue): readonly MapIssue[] {
  const at = (path: readonly PropertyKey[]): unknown =>
    path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const mend = "remove it or mend its spelling; remarks go under `note`";
      return { path: path.join("."), value: at(path), limit: "unknown key", mend };
    });
  }
  const value = at(issue.path);
  const mend = value === undefined ? "add it" : "mend the value";
  return [{ path: issue.path.join(".") || "(file)", value: value ?? null, limit: issue.message, mend }];
}
