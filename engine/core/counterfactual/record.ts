import type { City, Corridor } from "../../../config/model.ts";
import { between, type Instant, seconds } from "../../../config/units.ts";
import type { CabinetStatus } from "../cabinet.ts";
import type { StreamEstimate } from "../strategy.ts";

/** One look at the flow of one stream, as a run keeps it each minute. */
export interface FlowSample {
  readonly vph: number;
  readonly pcuh: number;
  readonly saturationPcuh: number;
  readonly basis: StreamEstimate["basis"];
}

/** Flows are kept this often. */
export const sampleEvery = seconds(60);

/** What one corridor recorded of some hours: flows minute by minute and the greens that were really shown, second by second. */
export interface CorridorRecord {
  readonly from: Instant;
  readonly to: Instant;
  /** By stream; index: minutes since `from`. A minute nobody recorded repeats the one before. */
  readonly flows: ReadonlyMap<string, readonly (FlowSample | undefined)[]>;
  /** By junction; index: seconds since `from`. Bit n: phase n was green. */
  readonly greens: ReadonlyMap<string, Uint32Array>;
  /** By junction, same index: 1 where the cabinet told its lamps. */
  readonly lampsKnown: ReadonlyMap<string, Uint8Array>;
}

/** A lamp shown at one poll is taken to last until the next, if that comes within this time. */
const longestPoll = seconds(10);

export const flowSample = ({ flowVph, flowPcuh, saturationPcuh, basis }: StreamEstimate): FlowSample => ({
  vph: Math.round(flowVph.mean),
  pcuh: Math.round(flowPcuh.mean * 10) / 10,
  saturationPcuh: Math.round(saturationPcuh.mean),
  basis,
});

export interface RecordBuilder {
  flows(at: Instant, samples: Readonly<Record<string, FlowSample>>): void;
  status(status: CabinetStatus): void;
  done(): CorridorRecord;
}

/** Takes in what was recorded, in order of time; `from` and `to` are whole minutes. */
export function buildRecord(
  city: City,
  corridor: Corridor,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): RecordBuilder {
  const secondsLong = Math.max(0, Math.round(between(from, to) / 1000));
  const minutesLong = Math.ceil(secondsLong / 60);
  const junctions = corridor.junctions.map((id) => city.junctions.get(id)!);
  const flows = new Map(
    junctions.flatMap(({ streams }) =>
      streams.map(({ id }) => [id, new Array<FlowSample | undefined>(minutesLong).fill(undefined)] as const),
    ),
  );
  const greens = new Map(junctions.map(({ id }) => [id, new Uint32Array(secondsLong)]));
  const lampsKnown = new Map(junctions.map(({ id }) => [id, new Uint8Array(secondsLong)]));
  const last = new Map<string, { readonly at: Instant; readonly mask: number }>();
  return {
    flows: (at, samples) => {
      const minute = Math.floor(between(from, at) / sampleEvery);
      if (minute < 0 || minute >= minutesLong) return;
      for (const [id, sample] of Object.entries(samples)) {
        const own = flows.get(id);
        if (own) own[minute] = sample;
      }
    },
    status: (status) => {
      const green = greens.get(status.junction);
      if (!green) return;
      const before = last.get(status.junction);
      if (before && between(before.at, status.at) <= longestPoll) {
        const first = Math.max(0, Math.round(between(from, before.at) / 1000));
        const end = Math.min(secondsLong, Math.round(between(from, status.at) / 1000));
        for (let t = first; t < end; t++) {
          green[t] = before.mask;
          lampsKnown.get(status.junction)![t] = 1;
        }
      }
      if (status.kind === "reachable") last.set(status.junction, { at: status.at, mask: maskOf(status.phases) });
      else last.delete(status.junction);
    },
    done: () => ({ from, to, flows, greens, lampsKnown }),
  };
}

function maskOf(phases: Readonly<Record<number, string>>): number {
  let mask = 0;
  for (const [number, state] of Object.entries(phases)) if (state === "green") mask |= 1 << Number(number);
  return mask;
}
