import { type Oid, partsOf } from "./ber.ts";
import type { NtcipObject } from "./object.ts";
import { blockObjects } from "./objects/block.ts";
import { channelObjects } from "./objects/channel.ts";
import { coordinationObjects } from "./objects/coordination.ts";
import { detectorObjects } from "./objects/detector.ts";
import { eventLogObjects } from "./objects/event-log.ts";
import { globalObjects } from "./objects/global.ts";
import { overlapObjects } from "./objects/overlap.ts";
import { phaseObjects } from "./objects/phase.ts";
import { preemptObjects } from "./objects/preempt.ts";
import { priorityObjects } from "./objects/priority.ts";
import { ringObjects } from "./objects/ring.ts";
import { spatObjects } from "./objects/spat.ts";
import { systemObjects } from "./objects/system.ts";
import { timeBaseObjects } from "./objects/time-base.ts";
import { unitObjects } from "./objects/unit.ts";
import { encodeWire, type Value } from "./value.ts";

/** Every object this package knows, by group, in the order of the standard. */
export const objects = [
  ...systemObjects,
  ...globalObjects,
  ...eventLogObjects,
  ...phaseObjects,
  ...detectorObjects,
  ...unitObjects,
  ...coordinationObjects,
  ...timeBaseObjects,
  ...preemptObjects,
  ...ringObjects,
  ...channelObjects,
  ...overlapObjects,
  ...blockObjects,
  ...spatObjects,
  ...priorityObjects,
] as const;

export type ObjectName = (typeof objects)[number]["name"];

const byName = new Map<string, NtcipObject>(objects.map((object) => [object.name, object]));

export const objectOf = (name: ObjectName): NtcipObject => byName.get(name)!;

/** The object whose definition this OID lies under. */
export function objectAt(oid: Oid): NtcipObject | undefined {
  const name = `${oid.join(".")}.`;
  return objects.find((object) => name.startsWith(`${object.oid}.`));
}

/** One instance: an object and the row's index parts (none for a scalar). */
export interface Ref {
  readonly name: ObjectName;
  readonly index: readonly number[];
}

/** `ref("splitTime", 3, 2)`: split 3, phase 2. */
export function ref(name: ObjectName, ...index: readonly number[]): Ref {
  const parts = objectOf(name).index;
  if (index.length !== parts.length)
    throw new RangeError(`${name} takes ${parts.length} index parts, got ${index.length}`);
  return { name, index };
}

export const oidOf = ({ name, index }: Ref): string =>
  `${objectOf(name).oid}.${index.length === 0 ? "0" : index.join(".")}`;

const definitions = new Map<ObjectName, Oid>();

/** Of the definition. */
export function partsOfObject(name: ObjectName): Oid {
  let parts = definitions.get(name);
  if (!parts) {
    parts = partsOf(objectOf(name).oid);
    definitions.set(name, parts);
  }
  return parts;
}

/** OID of an instance by its parts. */
export const partsOfRef = ({ name, index }: Ref): Oid =>
  index.length === 0 ? [...partsOfObject(name), 0] : [...partsOfObject(name), ...index];

export const describe = ({ name, index }: Ref): string => (index.length === 0 ? name : `${name}.${index.join(".")}`);

export interface Write {
  readonly ref: Ref;
  readonly value: Value;
}

/** BER of an object's value by itself, as `eventLogValue` holds it. */
export const encodeValue = (name: ObjectName, value: Value): Uint8Array => encodeWire(objectOf(name).syntax, value);
