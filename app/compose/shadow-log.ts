import type { City, Detector, Junction } from "../../config/model.ts";
import { type Instant, instant, type Millis, seconds } from "../../config/units.ts";
import type { Capabilities } from "../../engine/core/cabinet.ts";
import { HiresFileError, type HiresLog, readHiresLog } from "../../engine/sources/hires/log.ts";
import type { HiresChannel } from "../../engine/sources/hires/source.ts";
import { UserError } from "../user-error.ts";

/** A recorded log and the junction of the configuration that it is of. */
export interface ShadowLog {
  readonly log: HiresLog;
  readonly junction: Junction;
  readonly capabilities: Capabilities;
  readonly channels: ReadonlyMap<number, HiresChannel>;
  /** Channels that count each vehicle once, by phase: the advance detectors, where a stream has none those at the line. */
  readonly counting: ReadonlyMap<number, readonly number[]>;
  readonly period: Millis;
  /** Whole second at or before the first event. */
  readonly start: Instant;
}

/** Zones of a recorded controller are named `device/channel`. Throws `UserError` where file and configuration do not fit. */
export function openShadowLog(city: City, file: string): ShadowLog {
  const log = read(file, city);
  const zones = [...city.detectors.values()].filter((detector) => detector.camera === log.device);
  const channels = new Map(
    zones.flatMap(({ id }): readonly [number, HiresChannel][] => {
      const channel = channelOf(id, log.device);
      return channel === undefined ? [] : [[channel, { detector: id, measures: "count" }]];
    }),
  );
  const junction = city.junctions.get(zones[0]?.junction ?? "");
  if (!junction || channels.size === 0 || zones.some((zone) => zone.junction !== junction.id)) {
    throw new UserError(
      `${file} is of device ${log.device}, and the configuration has no camera "${log.device}" at one junction with zones ${log.device}/CHANNEL. Give the configuration of that signal with --config.`,
    );
  }
  const cabinet = [...city.cabinets.values()].find((candidate) => candidate.junction === junction.id);
  return {
    log,
    junction,
    channels,
    counting: countingChannels(junction, zones, log.device),
    period: zones[0]!.period,
    start: instant(Math.floor(log.events[0]!.at / 1000) * 1000),
    capabilities: {
      planDownload: true,
      secondBySecond: cabinet?.protocol === "ntcip",
      maxPhases: cabinet?.maxPhases ?? junction.phases.length,
      cycleMin: junction.cycleMin,
      cycleMax: junction.cycleMax,
      resolution: seconds(1),
    },
  };
}

function read(file: string, city: City): HiresLog {
  try {
    return readHiresLog(file, city.utcOffset);
  } catch (error) {
    if (error instanceof HiresFileError) throw new UserError(error.message);
    throw error;
  }
}

function channelOf(detector: string, device: string): number | undefined {
  const text = detector.startsWith(`${device}/`) ? detector.slice(device.length + 1) : "";
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}

function countingChannels(
  junction: Junction,
  zones: readonly Detector[],
  device: string,
): ReadonlyMap<number, readonly number[]> {
  const counting = new Map<number, readonly number[]>();
  for (const stream of junction.streams) {
    const phase = stream.phases[0];
    const over = zones.filter(
      ({ approach, lanes }) => approach === stream.approach && lanes.some((lane) => stream.lanes.includes(lane)),
    );
    const advance = over.filter(({ kind }) => kind === "advance");
    const own = advance.length > 0 ? advance : over.filter(({ kind }) => kind === "stop-line");
    if (phase === undefined || own.length === 0) continue;
    const channels = own.flatMap(({ id }) => channelOf(id, device) ?? []);
    counting.set(
      phase,
      [...(counting.get(phase) ?? []), ...channels].sort((a, b) => a - b),
    );
  }
  return new Map([...counting].sort(([a], [b]) => a - b));
}
