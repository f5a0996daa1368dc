import { readFileSync } from "node:fs";

// biome-ignore lint/suspicious/noExplicitAny: a map file as its author wrote it
type MapFile = any;

const profile = new URL("../../controllers/modbus/profile-a.json", import.meta.url);

/** A register map of a maker nobody has met, drawn from `random` (0..1): another layout of the same meaning. */
export function randomMap(random: () => number): MapFile {
  const map: MapFile = JSON.parse(readFileSync(profile, "utf8"));
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const chance = (p: number) => random() < p;
  const pick = <T>(items: readonly T[]): T => items[whole(0, items.length - 1)]!;
  const shuffled = <T>(items: readonly T[]): T[] => {
    const left = [...items];
    return items.map(() => left.splice(whole(0, left.length - 1), 1)[0]!);
  };
  const without = (record: MapFile, names: readonly string[], p: number) => {
    for (const name of names) if (chance(p)) delete record[name];
  };
  /** New places for points, with holes; the length they take. */
  const spread = (points: MapFile): number => {
    let at = 0;
    for (const name of shuffled(Object.keys(points))) {
      at += chance(0.2) ? whole(1, 3) : 0;
      points[name].at = at;
      at += points[name].type === "u32" ? 2 : 1;
    }
    return at + whole(0, 2);
  };

  map.profile = `maker-${whole(1, 999)}`;
  map.unitId = whole(1, 247);
  map.wordOrder = pick(["msw-first", "lsw-first"]);
  map.maxReadRegisters = pick([125, 64, 32, 10]);
  map.maxWriteRegisters = pick([123, 100, 32, 16]);
  const scale = pick([0.1, 1]);
  const rescale = (points: MapFile) => {
    for (const point of Object.values<MapFile>(points)) {
      if (point.scale === undefined || point.unit !== "s") continue;
      point.scale = scale;
      if (scale === 1) for (const limit of ["min", "max", "default"]) if (point[limit]) point[limit] /= 10;
    }
  };
  const { blocks, layouts } = map;
  for (const block of Object.values<MapFile>(blocks)) rescale(block.points ?? block.repeat?.points ?? {});
  rescale(layouts.plan.points);
  rescale(layouts.plan.stages.points);

  without(blocks, ["detectors", "clock", "heartbeat", "limits"], 0.3);
  without(map, ["discrete", "coils", "profileVersion", "status"], 0.3);
  if (chance(0.3)) {
    delete layouts.plan.crc;
    delete blocks.commit.points.crc;
    delete blocks.status.points.activePlanCrc;
  }
  const plan = layouts.plan;
  without(plan.points, ["validFrom", "offsetReference", "layoutVersion", "planId"], 0.25);
  without(plan.stages.points, ["minGreen", "maxGreen", "redAmber", "flags"], 0.25);
  const { points: status } = blocks.status;
  without(status, ["sampleA", "activePlanId", "commitResultDetail", "heartbeatEcho", "capStages", "utc"], 0.25);

  // The status needs its shape only; spare registers and order are the maker's.
  blocks.status.count = spread(status);
  blocks.commit.count = spread(blocks.commit.points);
  blocks.commit.points.key.write = whole(1, 0xffff);
  if (blocks.heartbeat) {
    blocks.heartbeat.count = spread(blocks.heartbeat.points);
    if (chance(0.3)) {
      blocks.heartbeat = { ...blocks.heartbeat, count: 1, points: { counter: { at: 0, type: "u16" } } };
    }
  }
  plan.stages.max = whole(4, 16);
  plan.stages.stride = spread(plan.stages.points);
  const header = spread(plan.points);
  const list = plan.stages.stride * plan.stages.max;
  const first = chance(0.3);
  plan.stages.first = first ? 0 : header;
  if (first) for (const point of Object.values<MapFile>(plan.points)) point.at += list;
  plan.count = header + list + (plan.crc ? 1 : 0);
  if (plan.points.stageCount) plan.points.stageCount.max = plan.stages.max;
  if (plan.crc) plan.crc = { at: plan.count - 1, over: [0, plan.count - 2] };
  blocks.active.count = blocks.shadow.count = plan.count;
  if (blocks.limits) {
    const { repeat } = blocks.limits;
    repeat.stride = spread(repeat.points);
    repeat.first = whole(0, 3);
    repeat.count = plan.stages.max;
    blocks.limits.count = repeat.first + repeat.stride * repeat.count;
  }

  // Commit results under the maker's own numbers.
  const words = Object.values<string>(map.enums.commitResult);
  const numbers = shuffled(Array.from({ length: 60 }, (_, i) => i));
  map.enums.commitResult = Object.fromEntries(words.map((word, i) => [numbers[i], word]));

  const form = pick(["zero-based PDU address", "one-based number", "4xxxx reference number"]);
  map.addressing = form;
  let next = whole(0, 200);
  for (const name of shuffled(Object.keys(blocks))) {
    const block = blocks[name];
    if (["status", "limits", "active", "detectors"].includes(name)) block.table = pick(["input", "holding"]);
    const digit = block.table === "input" ? 3 : 4;
    block.address = form.startsWith("zero") ? next : form.startsWith("one") ? next + 1 : digit * 10_000 + next + 1;
    next += block.count + whole(0, 40);
  }
  if (map.coils) for (const coil of Object.keys(map.coils)) map.coils[coil] += form.startsWith("zero") ? 0 : 1;
  return map;
}
