/**
 * Groups of eight items in one INTEGER 0..255, lowest number in the lowest bit: item 8(g - 1) + b + 1 is bit b of row g
 * (phase, detector, overlap and channel groups of NTCIP 1202).
 */
export const groupSize = 8;

export const groupsFor = (items: number): number => Math.ceil(items / groupSize);

/** Item numbers of the bits set in rows 1, 2, ... */
export function itemsOf(groups: readonly number[]): readonly number[] {
  const items: number[] = [];
  groups.forEach((bits, row) => {
    for (let bit = 0; bit < groupSize; bit++) if (bits & (1 << bit)) items.push(row * groupSize + bit + 1);
  });
  return items;
}

/** The rows 1..`count` that say these items. Items beyond the rows are a bug of the caller. */
export function groupsOf(items: Iterable<number>, count: number): readonly number[] {
  const groups = new Array<number>(count).fill(0);
  for (const item of items) {
    const row = Math.floor((item - 1) / groupSize);
    if (!(item >= 1 && row < count)) throw new RangeError(`item ${item} does not fit ${count} groups of ${groupSize}`);
    groups[row] = groups[row]! | (1 << ((item - 1) % groupSize));
  }
  return groups;
}

/** Row `group` (1-based) of a mask whose bit n - 1 is item n. */
export const groupOfMask = (mask: number, group: number): number => (mask >>> (groupSize * (group - 1))) & 0xff;

/** `mask` with row `group` replaced. */
export const withGroup = (mask: number, group: number, bits: number): number =>
  ((mask & ~(0xff << (groupSize * (group - 1)))) | (bits << (groupSize * (group - 1)))) >>> 0;

/** Lists of phases (`sequenceData`, `phaseConcurrency`): one binary octet a number, never text. */
export const octetsOf = (numbers: readonly number[]): Uint8Array => {
  for (const number of numbers)
    if (!(Number.isInteger(number) && number >= 1 && number <= 255))
      throw new RangeError(`${number} is no phase number; 1..255`);
  return Uint8Array.from(numbers);
};

export const numbersOf = (octets: Uint8Array): readonly number[] => [...octets];

/** `detectorOccupancy`: 0..200 is half per cent, 210..217 are faults. */
export type Occupancy =
  | { readonly kind: "share"; readonly share: number }
  | { readonly kind: "fault"; readonly fault: string }
  | { readonly kind: "reserved" };

export const occupancyFaults: Readonly<Record<number, string>> = {
  210: "max presence",
  211: "no activity",
  212: "open loop",
  213: "shorted loop",
  214: "excessive change",
  216: "watchdog",
  217: "erratic",
};

const occupancyFull = 200;

export function occupancyOf(code: number): Occupancy {
  if (code >= 0 && code <= occupancyFull) return { kind: "share", share: code / occupancyFull };
  const fault = occupancyFaults[code];
  return fault === undefined ? { kind: "reserved" } : { kind: "fault", fault };
}

export const occupancyCode = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * occupancyFull);

/** `detectorVolume`: 255 says that the count did not fit. */
export const volumeOverflow = 255;
export const volumeCode = (vehicles: number): number => Math.min(volumeOverflow, vehicles);

/** `ringStatus`: what the ring does, and how its last green ended. */
export interface RingStatus {
  readonly interval: (typeof ringIntervals)[number] | "reserved";
  readonly ended: readonly ("gap-out" | "max-out" | "force-off")[];
}

const ringIntervals = ["min-green", "extension", "maximum", "green-rest", "yellow", "red-clear", "red-rest"] as const;
const ringEnds = ["gap-out", "max-out", "force-off"] as const;

export const ringStatusOf = (code: number): RingStatus => ({
  interval: ringIntervals[code & 7] ?? "reserved",
  ended: ringEnds.filter((_, i) => code & (8 << i)),
});

export const ringStatusCode = (interval: (typeof ringIntervals)[number], ended: RingStatus["ended"]): number =>
  ringIntervals.indexOf(interval) | ringEnds.reduce((bits, end, i) => bits | (ended.includes(end) ? 8 << i : 0), 0);
