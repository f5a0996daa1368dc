import { readFileSync } from "node:fs";

/** A register map file as JSON, profile A with changes; loosely typed, because tests also break it. */
// biome-ignore lint/suspicious/noExplicitAny: tests break the file in ways no type allows
export type Json = any;

export function mapFile({
  wordOrder = "msw-first",
  scale = 0.1,
  oneBased = false,
  maxWrite = 123,
  maxRead = 125,
  crc = true,
  bare = false,
}: {
  readonly wordOrder?: string;
  readonly scale?: number;
  readonly oneBased?: boolean;
  readonly maxWrite?: number;
  readonly maxRead?: number;
  readonly crc?: boolean;
  /** Without what the driver can do without. */
  readonly bare?: boolean;
} = {}): Json {
  const path = new URL("../../../controllers/modbus/profile-a.json", import.meta.url);
  const file = JSON.parse(readFileSync(path, "utf8"), (key, value) => (key === "scale" ? scale : value)) as Json;
  file.wordOrder = wordOrder;
  file.maxWriteRegisters = maxWrite;
  file.maxReadRegisters = maxRead;
  const { timeout } = file.blocks.heartbeat.points;
  timeout.min *= 0.1 / scale;
  timeout.max *= 0.1 / scale;
  if (oneBased) {
    file.addressing = "one-based number";
    for (const block of Object.values<Json>(file.blocks)) block.address++;
    for (const coil of Object.keys(file.coils)) file.coils[coil]++;
  }
  if (!crc) {
    delete file.layouts.plan.crc;
    delete file.blocks.commit.points.crc;
    delete file.blocks.status.points.activePlanCrc;
  }
  if (bare) {
    delete file.blocks.detectors;
    delete file.blocks.clock;
    delete file.discrete;
    const need = ["mode", "activePlanId", "activePlanSeq", "commitResult", "commitResultSeq", "commitResultDetail"];
    for (const name of Object.keys(file.blocks.status.points))
      if (!need.includes(name)) delete file.blocks.status.points[name];
  }
  return file;
}
