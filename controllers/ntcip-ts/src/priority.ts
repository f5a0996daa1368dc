/** Octets of NTCIP 1211's priority requests, as far as they are public: numbers big endian, the vehicle in 17 octets. */

export interface PriorityKey {
  /** 1..255. */
  readonly id: number;
  /** Text of at most 17 octets. */
  readonly vehicle: string;
  readonly classType: number;
  readonly classLevel: number;
  readonly strategy: number;
}

export interface PriorityRequest extends PriorityKey {
  /** Seconds from now, 0..65535. */
  readonly serviceDesired: number;
  readonly departure: number;
}

export const PriorityStatus = {
  idleNotValid: 1,
  readyQueued: 2,
  readyOverridden: 3,
  activeProcessing: 4,
  activeCancel: 5,
  activeOverride: 6,
  activeNotOverridden: 7,
  closedCanceled: 8,
  reserviceError: 9,
  closedTimeToLiveError: 10,
  closedTimerError: 11,
  closedStrategyError: 12,
  closedCompleted: 13,
  activeAdjustNotNeeded: 14,
  closedFlash: 15,
} as const;

const vehicleOctets = 17;
const keyOctets = 21;
const requestOctets = 25;

const within = (name: string, value: number, max: number): number => {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`${name} ${value} is not within 0..${max}`);
  return value;
};

/** prgPriorityStatusControl. */
export function encodePriorityKey({ id, vehicle, classType, classLevel, strategy }: PriorityKey): Uint8Array {
  const text = Buffer.from(vehicle, "latin1");
  if (text.length > vehicleOctets) throw new RangeError(`vehicle ${vehicle} is longer than ${vehicleOctets} octets`);
  const octets = Buffer.alloc(keyOctets);
  octets[0] = within("id", id, 255);
  octets.set(text, 1);
  octets[18] = within("classType", classType, 255);
  octets[19] = within("classLevel", classLevel, 255);
  octets[20] = within("strategy", strategy, 255);
  return octets;
}

/** prgPriorityRequest and prgPriorityUpdate. */
export function encodePriorityRequest(request: PriorityRequest): Uint8Array {
  const octets = Buffer.alloc(requestOctets);
  octets.set(encodePriorityKey(request));
  octets.writeUInt16BE(within("serviceDesired", request.serviceDesired, 0xffff), 21);
  octets.writeUInt16BE(within("departure", request.departure, 0xffff), 23);
  return octets;
}

/** Undefined when these are not the octets of a request. */
export function decodePriorityRequest(octets: Uint8Array): PriorityRequest | undefined {
  if (octets.length !== requestOctets) return undefined;
  const bytes = Buffer.from(octets);
  return { ...key(bytes), serviceDesired: bytes.readUInt16BE(21), departure: bytes.readUInt16BE(23) };
}

/** prgPriorityStatusBuffer: the key and its state; some units pad it to 23 octets. */
export function decodePriorityStatus(octets: Uint8Array): (PriorityKey & { readonly status: number }) | undefined {
  if (octets.length < keyOctets + 1 || octets.length > keyOctets + 2) return undefined;
  const bytes = Buffer.from(octets);
  return { ...key(bytes), status: bytes[keyOctets]! };
}

const key = (bytes: Buffer): PriorityKey => ({
  id: bytes[0]!,
  vehicle: bytes
    .subarray(1, 1 + vehicleOctets)
    .toString("latin1")
    .replace(/\0+$/, ""),
  classType: bytes[18]!,
  classLevel: bytes[19]!,
  strategy: bytes[20]!,
});
