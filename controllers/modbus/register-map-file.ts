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
export type CommitResult = (typeof commitResults)[number];

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
const note = z.string().optional();
const filePoint = z.strictObject({
  at: u16,
  type: z.enum(["u16", "u32", "bits"]),
  scale: z.number().positive().optional(),
  unit: z.string().optional(),
  enum: z.string().optional(),
  bits: z.array(z.string()).max(16).optional(),
  expect: u16.optional(),
  min: u16.optional(),
  max: u16.optional(),
  default: u16.optional(),
  unknown: u16.optional(),
  wraps: z.int().optional(),
  saturates: u16.optional(),
  write: u16.optional(),
  note,
});
const filePoints = z.record(z.string(), filePoint);
const fileRepeat = z.strictObject({
  first: u16,
  stride: u16.min(1),
  count: u16.min(1),
  points: filePoints,
});
const span = {
  table: z.enum(["input", "holding"]),
  address: u16,
  count: u16.min(1),
  write: z.string().optional(),
  note,
};
const fileBlock = z.strictObject({ ...span, points: filePoints });
const fileRepeatBlock = z.strictObject({ ...span, repeat: fileRepeat });
const filePlanBlock = z.strictObject({ ...span, layout: z.literal("plan") });
const codes = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.record(z.string().regex(/^\d{1,5}$/, "a register value is a whole number"), z.enum(names));
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

/** The file as written; `checkFile` adds what a schema cannot say. */
const fileSchema = z.strictObject({
  schema: z.literal("atcs-modbus-map/1"),
  profile: z.string().min(1),
  profileVersion: z.string(),
  status: z.string().optional(),
  unitId: z.int().min(1).max(247),
  addressing: z.enum(["zero-based PDU address", "one-based number"]),
  byteOrder: z.literal("big-endian"),
  wordOrder: z.enum(["msw-first", "lsw-first"]),
  maxReadRegisters: z.int().min(1).max(readLimit),
  maxWriteRegisters: z.int().min(1).max(writeLimit),
  blocks: z.strictObject({
    status: fileBlock,
    limits: fileRepeatBlock,
    detectors: fileRepeatBlock.optional(),
    active: filePlanBlock,
    heartbeat: fileBlock,
    clock: fileBlock.optional(),
    shadow: filePlanBlock,
    commit: fileBlock,
  }),
  layouts: z.strictObject({
    plan: z.strictObject({
      count: u16.min(1),
      points: filePoints,
      stages: z.strictObject({ first: u16, stride: u16.min(1), max: u16.min(1), points: filePoints }),
      crc: z.strictObject({ at: u16, over: z.tuple([u16, u16]), algorithm: z.string().optional() }).optional(),
    }),
  }),
  coils: z.strictObject({
    requestFlash: u16.optional(),
    requestAllRed: u16.optional(),
    releaseToLocal: u16,
    clearLatchedFaults: u16.optional(),
  }),
  discrete: z.record(z.string(), z.unknown()).optional(),
  enums: z.strictObject({
    mode: codes(modeNames),
    interval: codes(intervalNames),
    detectorFault: z.record(z.string(), z.string()).optional(),
    commitResult: codes(commitResults),
  }),
});
export type RegisterMapFile = z.infer<typeof fileSchema>;
export type FileRepeat = z.infer<typeof fileRepeat>;
export type FilePoints = z.infer<typeof filePoints>;
export type FileMode = (typeof modeNames)[number];

/** Names the driver needs in each block, then those it uses where they are. Others may stand in blocks that are only read. */
const needs: Readonly<Record<string, readonly string[]>> = {
  status: ["mode", "activePlanId", "activePlanSeq", "commitResult", "commitResultSeq", "commitResultDetail"],
  limits: ["minGreen", "amber", "allRed", "maxGreen"],
  heartbeat: ["counter", "timeout"],
  commit: ["key", "seq"],
  plan: ["planId", "planSeq", "cycle", "offset", "stageCount"],
  stages: ["stageNo", "green", "amber", "allRed"],
};
const mayWrite: Readonly<Record<string, readonly string[]>> = {
  heartbeat: [],
  commit: ["crc"],
  plan: ["layoutVersion", "offsetReference", "flags", "validFrom", "validUntil"],
  stages: ["minGreen", "maxGreen", "redAmber", "flags"],
};

/** The file, well-formed and consistent. Throws `RegisterMapError` with every fault. */
export function checkFile(raw: unknown): RegisterMapFile {
  const parsed = fileSchema.safeParse(raw);
  if (!parsed.success) throw new RegisterMapError(parsed.error.issues.flatMap((issue) => fromSchema(raw, issue)));
  const issues = check(parsed.data);
  if (issues.length > 0) throw new RegisterMapError(issues);
  return parsed.data;
}

function fromSchema(raw: unknown, issue: z.core.$ZodIssue): readonly MapIssue[] {
  const at = (path: readonly PropertyKey[]): unknown =>
    path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], raw);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return { path: path.join("."), value: at(path), limit: "unknown key", mend: "remove it or mend its spelling" };
    });
  }
  const value = at(issue.path);
  const mend = value === undefined ? "add it" : "mend the value";
  return [{ path: issue.path.join(".") || "(file)", value: value ?? null, limit: issue.message, mend }];
}

const widthOf = (point: { readonly type: string }): number => (point.type === "u32" ? 2 : 1);

function check(file: RegisterMapFile): readonly MapIssue[] {
  const issues: MapIssue[] = [];
  const fault = (path: string, value: unknown, limit: string, mend: string) =>
    issues.push({ path, value, limit, mend });
  const { blocks, layouts } = file;

  const points = (path: string, kind: string, found: FilePoints, room: number) => {
    for (const name of needs[kind]!) {
      if (!found[name]) fault(`${path}.${name}`, null, "the driver needs this point", "add it with its place and type");
    }
    const writable = mayWrite[kind];
    const taken = new Map<number, string>();
    for (const [name, point] of Object.entries(found)) {
      if (writable && !needs[kind]!.includes(name) && !writable.includes(name)) {
        const known = [...needs[kind]!, ...writable].join(", ");
        fault(`${path}.${name}`, name, "not a point the driver can write", `use one of: ${known}`);
      }
      if (point.at + widthOf(point) > room) {
        fault(`${path}.${name}.at`, point.at, `ends past ${room} registers`, `use 0..${room - widthOf(point)}`);
      }
      for (let i = point.at; i < point.at + widthOf(point); i++) {
        const other = taken.get(i);
        if (other) fault(`${path}.${name}.at`, point.at, `register also holds ${other}`, "give each point its own");
        taken.set(i, name);
      }
    }
  };
  const repeat = (path: string, kind: string, block: FileRepeat, room: number) => {
    if (block.first + block.stride * block.count > room) {
      const limit = `${block.count} entries of ${block.stride} end past ${room} registers`;
      fault(`${path}.count`, block.count, limit, "make the block longer or the list shorter");
    }
    points(`${path}.points`, kind, block.points, block.stride);
  };

  points("blocks.status.points", "status", blocks.status.points, blocks.status.count);
  points("blocks.heartbeat.points", "heartbeat", blocks.heartbeat.points, blocks.heartbeat.count);
  points("blocks.commit.points", "commit", blocks.commit.points, blocks.commit.count);
  repeat("blocks.limits.repeat", "limits", blocks.limits.repeat, blocks.limits.count);

  const { plan } = layouts;
  points("layouts.plan.points", "plan", plan.points, plan.stages.first);
  repeat("layouts.plan.stages", "stages", { ...plan.stages, count: plan.stages.max }, plan.crc?.at ?? plan.count);
  if (plan.crc) {
    const [from, to] = plan.crc.over;
    if (plan.crc.at >= plan.count)
      fault("layouts.plan.crc.at", plan.crc.at, `layout has ${plan.count} registers`, `use ${plan.count - 1}`);
    if (from > to || to >= plan.count || (plan.crc.at >= from && plan.crc.at <= to))
      fault("layouts.plan.crc.over", plan.crc.over, "must be a range that leaves the CRC out", "give [first, last]");
    if (!blocks.commit.points["crc"])
      fault("blocks.commit.points.crc", null, "the plan has a CRC, the commit has none", "add it, or remove both");
  }
  if (blocks.commit.points["key"] && blocks.commit.points["key"].write === undefined)
    fault("blocks.commit.points.key.write", null, "the key's value is not given", "add `write` with the value");

  addresses(file, fault);
  return issues;
}

type Fault = (path: string, value: unknown, limit: string, mend: string) => void;

/** Tables, ends, overlaps and what one request can carry. */
function addresses(file: RegisterMapFile, fault: Fault): void {
  const { blocks, layouts } = file;
  const least = file.addressing === "one-based number" ? 1 : 0;
  const held: { readonly name: string; readonly table: string; readonly from: number; readonly to: number }[] = [];
  for (const [name, block] of Object.entries(blocks)) {
    if (!block) continue;
    const path = `blocks.${name}`;
    if (block.address < least)
      fault(`${path}.address`, block.address, `${file.addressing} starts at ${least}`, "mend the address");
    if (block.address - least + block.count > 0x10000)
      fault(`${path}.count`, block.count, "ends past register 65535", "mend address or count");
    const range = { name, table: block.table, from: block.address, to: block.address + block.count };
    const clash = held.find((other) => other.table === range.table && other.from < range.to && range.from < other.to);
    if (clash)
      fault(`${path}.address`, block.address, `overlaps blocks.${clash.name}`, "give each block its own range");
    held.push(range);
  }
  for (const name of ["heartbeat", "shadow", "commit"] as const) {
    if (blocks[name].table !== "holding")
      fault(`blocks.${name}.table`, blocks[name].table, "is written, so it must be holding", "use holding");
  }
  for (const name of ["heartbeat", "commit"] as const) {
    if (blocks[name].count > file.maxWriteRegisters)
      fault(
        "maxWriteRegisters",
        file.maxWriteRegisters,
        `blocks.${name} is ${blocks[name].count} registers and must be written whole`,
        "raise it",
      );
  }
  for (const name of ["active", "shadow"] as const) {
    if (blocks[name].count !== layouts.plan.count)
      fault(`blocks.${name}.count`, blocks[name].count, `layout plan has ${layouts.plan.count}`, "make them equal");
  }
  if (file.coils.releaseToLocal < least)
    fault("coils.releaseToLocal", file.coils.releaseToLocal, `${file.addressing} starts at ${least}`, "mend it");
}
