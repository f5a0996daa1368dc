import { addressOf, type Table } from "./register-address.ts";
import {
  type FilePoints,
  type MapIssue,
  numberingOf,
  parseFile,
  RegisterMapError,
  type RegisterMapFile,
} from "./register-map-file.ts";

/** Names the driver needs in each block, then those it fills where they are. Others may stand in blocks that are only read. */
const needs: Readonly<Record<string, readonly string[]>> = {
  status: ["mode"],
  limits: [],
  heartbeat: ["counter"],
  clock: ["utc"],
  commit: ["seq"],
  plan: ["cycle", "offset"],
  stages: ["green"],
};
const mayWrite: Readonly<Record<string, readonly string[]>> = {
  heartbeat: ["timeout"],
  clock: ["ms", "key"],
  commit: ["key", "crc"],
  plan: ["planId", "planSeq", "stageCount", "layoutVersion", "offsetReference", "flags", "validFrom", "validUntil"],
  stages: ["stageNo", "amber", "allRed", "minGreen", "maxGreen", "redAmber", "flags"],
};

type Fault = (path: string, value: unknown, limit: string, mend: string) => void;

/** The file, well-formed and consistent. Throws `RegisterMapError` with every fault. */
export function checkFile(raw: unknown): RegisterMapFile {
  const file = parseFile(raw);
  const issues: MapIssue[] = [];
  const fault: Fault = (path, value, limit, mend) => issues.push({ path, value, limit, mend });
  blockPoints(file, fault);
  planLayout(file, fault);
  commitEvidence(file, fault);
  addresses(file, fault);
  if (issues.length > 0) throw new RegisterMapError(issues);
  return file;
}

const widthOf = (point: { readonly type: string }): number => (point.type === "u32" ? 2 : 1);

/** Every needed point there, every point inside, none twice on a register, none written that nobody can fill. */
function checkPoints(
  { path, kind, points, room }: { path: string; kind: string; points: FilePoints; room: number },
  fault: Fault,
): void {
  for (const name of needs[kind]!) {
    if (!points[name]) fault(`${path}.${name}`, null, "the driver needs this point", "add it with its place and type");
  }
  const writable = mayWrite[kind];
  const taken = new Map<number, string>();
  for (const [name, point] of Object.entries(points)) {
    const constant = point.write ?? point.expect ?? point.default;
    if (writable && !needs[kind]!.includes(name) && !writable.includes(name) && constant === undefined) {
      const known = [...writable, ...needs[kind]!].join(", ");
      fault(
        `${path}.${name}`,
        name,
        "not a point the driver can write",
        `use one of: ${known}; or say with write, expect or default what always stands there`,
      );
    }
    const width = widthOf(point);
    if (point.at + width > room)
      fault(`${path}.${name}.at`, point.at, `ends past ${room} registers`, `use 0..${room - width}`);
    for (const limit of ["expect", "min", "write", "default"] as const) {
      const value = point[limit];
      if (value !== undefined && width === 1 && value > 0xffff)
        fault(`${path}.${name}.${limit}`, value, "a 16-bit register holds 0..65535", "mend the value or the type");
    }
    for (let i = point.at; i < point.at + width; i++) {
      const other = taken.get(i);
      if (other) fault(`${path}.${name}.at`, point.at, `register also holds ${other}`, "give each point its own");
      taken.set(i, name);
    }
  }
}

function blockPoints({ blocks }: RegisterMapFile, fault: Fault): void {
  for (const kind of ["status", "heartbeat", "clock", "commit"] as const) {
    const block = blocks[kind];
    if (block) checkPoints({ path: `blocks.${kind}.points`, kind, points: block.points, room: block.count }, fault);
  }
  const { limits } = blocks;
  if (!limits) return;
  const { first, stride, count, points } = limits.repeat;
  if (first + stride * count > limits.count)
    fault(
      "blocks.limits.repeat.count",
      count,
      `${count} entries of ${stride} end past ${limits.count} registers`,
      "make the block longer or the list shorter",
    );
  checkPoints({ path: "blocks.limits.repeat.points", kind: "limits", points, room: stride }, fault);
}

function planLayout({ layouts: { plan }, blocks }: RegisterMapFile, fault: Fault): void {
  const { points, stages, crc, count } = plan;
  checkPoints({ path: "layouts.plan.points", kind: "plan", points, room: count }, fault);
  const room = crc && crc.at >= stages.first ? Math.min(count, crc.at) : count;
  const end = stages.first + stages.stride * stages.max;
  if (end > room)
    fault(
      "layouts.plan.stages.count",
      stages.max,
      `${stages.max} entries of ${stages.stride} end past ${room} registers`,
      "make the block longer or the list shorter",
    );
  checkPoints(
    { path: "layouts.plan.stages.points", kind: "stages", points: stages.points, room: stages.stride },
    fault,
  );
  for (const [name, point] of Object.entries(points)) {
    if (point.at < end && point.at + widthOf(point) > stages.first)
      fault(`layouts.plan.points.${name}.at`, point.at, "register belongs to the stages", "give each its own");
    if (crc && point.at <= crc.at && point.at + widthOf(point) > crc.at)
      fault(`layouts.plan.points.${name}.at`, point.at, "register holds the CRC", "give each its own");
  }
  if (!crc) return;
  const [from, to] = crc.over;
  if (crc.at >= count) fault("layouts.plan.crc.at", crc.at, `layout has ${count} registers`, `use ${count - 1}`);
  if (from > to || to >= count || (crc.at >= from && crc.at <= to))
    fault("layouts.plan.crc.over", crc.over, "must be a range that leaves the CRC out", "give [first, last]");
  if (!blocks.commit.points["crc"])
    fault("blocks.commit.points.crc", null, "the plan has a CRC, the commit has none", "add it, or remove both");
}

/** Without one of these nobody can find out what became of a commit whose reply was lost. */
function commitEvidence({ blocks, layouts, enums }: RegisterMapFile, fault: Fault): void {
  const { points } = blocks.status;
  const key = blocks.commit.points["key"];
  if (key && key.write === undefined)
    fault("blocks.commit.points.key.write", null, "the key's value is not given", "add `write` with the value");
  if (!blocks.active && !(points["activePlanSeq"] && points["activePlanCrc"] && layouts.plan.crc))
    fault(
      "blocks.active",
      null,
      "nothing tells what plan runs: neither this block nor activePlanSeq with activePlanCrc in the status",
      "add the block the running plan is read back from",
    );
  if (!points["activePlanSeq"] && !layouts.plan.points["planSeq"])
    fault(
      "blocks.status.points.activePlanSeq",
      null,
      "neither the status nor the plan says a sequence number",
      "add the point here or planSeq to the layout",
    );
  if (points["commitResult"] && !enums.commitResult)
    fault("enums.commitResult", null, "the codes of blocks.status.points.commitResult are not given", "add them");
  if (points["interval"] && !enums.interval)
    fault("enums.interval", null, "the codes of blocks.status.points.interval are not given", "add them");
  for (const name of ["local", "central"] as const)
    if (!Object.values(enums.mode).includes(name))
      fault("enums.mode", enums.mode, `no code for ${name}`, "add the code the cabinet shows in that mode");
}

/** Tables, ends, overlaps and what one request can carry. */
function addresses(file: RegisterMapFile, fault: Fault): void {
  const { blocks, layouts } = file;
  const numbering = numberingOf(file.addressing)!;
  const at = (path: string, value: number, table: Table): number => {
    const address = addressOf(value, table, numbering);
    if (typeof address === "number") return address;
    fault(path, value, address.limit, "mend the address");
    return value;
  };
  const held: { readonly name: string; readonly table: string; readonly from: number; readonly to: number }[] = [];
  const written = ["heartbeat", "clock", "shadow", "commit"];
  for (const [name, block] of Object.entries(blocks)) {
    if (!block) continue;
    const path = `blocks.${name}`;
    const from = at(`${path}.address`, block.address, block.table);
    if (from + block.count > 0x10000)
      fault(`${path}.count`, block.count, "ends past register 65535", "mend address or count");
    const range = { name, table: block.table, from, to: from + block.count };
    const clash = held.find(
      (other) =>
        other.table === range.table &&
        other.from < range.to &&
        range.from < other.to &&
        (written.includes(name) || written.includes(other.name)),
    );
    if (clash)
      fault(`${path}.address`, block.address, `overlaps blocks.${clash.name}`, "give each block its own range");
    held.push(range);
    if (written.includes(name) && block.table !== "holding")
      fault(`${path}.table`, block.table, "is written, so it must be holding", "use holding");
    if (written.includes(name) && name !== "shadow" && block.count > file.maxWriteRegisters)
      fault(
        "maxWriteRegisters",
        file.maxWriteRegisters,
        `${path} is ${block.count} registers and must be written whole`,
        "raise it",
      );
  }
  for (const name of ["active", "shadow"] as const) {
    const count = blocks[name]?.count;
    if (count !== undefined && count !== layouts.plan.count)
      fault(`blocks.${name}.count`, count, `layout plan has ${layouts.plan.count}`, "make them equal");
  }
  const release = file.coils?.releaseToLocal;
  if (release !== undefined) at("coils.releaseToLocal", release, "coil");
}
