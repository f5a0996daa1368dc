import {
  type Device,
  describe,
  groupOfMask,
  groupSize,
  groupsFor,
  type Instance,
  objectOf,
  oidOf,
  openAgent,
  ownTimeBase,
  type Ref,
  ref,
  sameValue,
  type Write,
  withGroup,
} from "ntcip-ts";
import { instant, type Millis, millis, seconds } from "../../config/units.ts";
import { PlanTables, planRows } from "./ntcip-server-plans.ts";
import { fixedInstances, statusInstances } from "./ntcip-server-status.ts";
import type { PhaseControl, VirtualCabinet } from "./virtual-cabinet.ts";

export interface NtcipServerOptions {
  readonly unit: VirtualCabinet;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default "public" for both, as cabinets come out of the box. The same name twice means that it may write. */
  readonly communities?: { readonly read: string; readonly write: string };
  /** The unit's standard time less UTC: its patterns count from local midnight. Default 0. */
  readonly utcOffset?: Millis;
}

export interface NtcipServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves a virtual cabinet as an NTCIP 1202 unit over SNMPv1 and v2c. Rejects when the port cannot be had. */
export async function serveNtcip({
  unit,
  port,
  host,
  communities,
  utcOffset,
}: NtcipServerOptions): Promise<NtcipServer> {
  const { read, write } = communities ?? { read: "public", write: "public" };
  const served = new ServedUnit(unit, utcOffset ?? millis(0));
  const agent = await openAgent({
    device: served,
    instances: served.instances(),
    communities: { read, write: [write] },
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
  });
  const at = agent.address();
  return { url: `udp://${at.host}:${at.port}`, port: at.port, close: () => agent.close() };
}

const controlColumns = {
  phaseControlGroupPhaseOmit: "omit",
  phaseControlGroupPedOmit: "pedestrianOmit",
  phaseControlGroupHold: "hold",
  phaseControlGroupForceOff: "forceOff",
  phaseControlGroupVehCall: "vehicleCall",
  phaseControlGroupPedCall: "pedestrianCall",
} as const satisfies Readonly<Record<string, keyof PhaseControl>>;

type ControlColumn = keyof typeof controlColumns;
const isControlColumn = (name: string): name is ControlColumn => name in controlColumns;

class ServedUnit implements Device {
  readonly #unit: VirtualCabinet;
  readonly #utcOffset: Millis;
  readonly #phases: number;
  readonly #tables: PlanTables;
  readonly #fixed = new Map<string, Instance>();
  /** `globalSetIDParameter`: another number after every change of the database. */
  #setId = 1;

  constructor(unit: VirtualCabinet, utcOffset: Millis) {
    this.#unit = unit;
    this.#utcOffset = utcOffset;
    this.#phases = groupsFor(Math.max(...unit.junction.phases.map(({ number }) => number))) * groupSize;
    this.#tables = new PlanTables({ unit, utcOffset, phases: this.#phases });
    const shown = { unit, tables: this.#tables, phases: this.#phases };
    for (const instance of fixedInstances(shown, utcOffset)) this.#fixed.set(oidOf(instance.ref), instance);
  }

  *instances(): Generator<Instance> {
    const unit = this.#unit;
    const one = (at: Ref, read: Instance["read"]): Instance => ({ ref: at, read });
    yield* statusInstances({ unit, tables: this.#tables, phases: this.#phases });
    yield* this.#fixed.values();
    yield one(ref("globalSetIDParameter"), () => this.#setId);
    yield one(ref("globalTime"), () => Math.floor(unit.now() / 1000));
    yield one(ref("controllerLocalTime"), () => Math.floor((unit.now() + this.#utcOffset) / 1000));
    yield one(ref("unitBackupTime"), () => Math.ceil(unit.backupTime / 1000));
    yield one(ref("unitControl"), () => 0);
    yield one(ref("volumeOccupancyPeriod"), () => Math.min(255, Math.round(unit.detectorPeriod / 1000)));
    yield one(ref("systemPatternControl"), () => unit.commandedPattern);
    yield one(ref("systemSyncControl"), () => ownTimeBase);
    for (let group = 1; group <= groupsFor(this.#phases); group++) {
      yield one(ref("phaseControlGroupNumber", group), () => group);
      for (const [column, key] of Object.entries(controlColumns))
        yield one(ref(column as ControlColumn, group), () => groupOfMask(unit.control[key], group));
    }
    yield* this.#planTables();
  }

  *#planTables(): Generator<Instance> {
    for (const name of ["maxPatterns", "maxSplits", "maxSequences"] as const)
      yield { ref: ref(name), read: () => planRows };
    for (const at of this.#tables.refs()) yield { ref: at, read: () => this.#tables.read(at) };
    for (let row = 1; row <= planRows; row++) {
      yield { ref: ref("patternNumber", row), read: () => row };
      for (let phase = 1; phase <= this.#phases; phase++) {
        yield { ref: ref("splitNumber", row, phase), read: () => row };
        yield { ref: ref("splitPhase", row, phase), read: () => phase };
      }
      for (let ring = 1; ring <= this.#unit.junction.rings.length; ring++) {
        yield { ref: ref("sequenceNumber", row, ring), read: () => row };
        yield { ref: ref("sequenceRingNumber", row, ring), read: () => ring };
      }
    }
  }

  check(writes: readonly Write[]): string | undefined {
    for (const { ref: at, value } of writes) {
      const fixed = this.#fixed.get(oidOf(at));
      if (fixed && !sameValue(fixed.read(), value)) return `${describe(at)} is wired in this unit`;
      if (at.name === "volumeOccupancyPeriod" && value === 0) return "volumeOccupancyPeriod is 0 s";
    }
    return this.#tables.check(this.#rows(writes));
  }

  store(writes: readonly Write[]): void {
    const rows = this.#rows(writes);
    if (rows.length > 0) this.#tables.store(rows);
    for (const { ref: at, value } of writes) {
      if (at.name === "unitBackupTime") this.#unit.setBackupTime(seconds(value as number));
      if (at.name === "volumeOccupancyPeriod") this.#unit.setDetectorPeriod(seconds(value as number));
    }
    this.#setId = (this.#setId % 0xffff) + 1;
  }

  /** The unit's offsets follow its own time base only, and none of the functions of unitControl is wired. */
  mayAct({ ref: { name }, value }: Write): boolean {
    if (name === "systemSyncControl") return value === ownTimeBase;
    return name !== "unitControl" || value === 0;
  }

  act(writes: readonly Write[]): void {
    const unit = this.#unit;
    let control: Partial<Record<keyof PhaseControl, number>> = {};
    for (const { ref: at, value } of writes) {
      const { name } = at;
      if (name === "globalTime") unit.setClock(instant((value as number) * 1000));
      if (name === "systemPatternControl") unit.commandPattern(value as number);
      if (isControlColumn(name)) {
        const key = controlColumns[name];
        control = { ...control, [key]: withGroup(control[key] ?? unit.control[key], at.index[0]!, value as number) };
      }
    }
    if (Object.keys(control).length > 0) unit.setControl(control);
    if (writes.some(({ ref: at }) => objectOf(at.name).role === "control")) unit.feedWatchdog();
  }

  #rows = (writes: readonly Write[]): readonly Write[] => writes.filter(({ ref: at }) => this.#tables.has(at));
}
