import {
  asc,
  type Communities,
  type Device,
  describe,
  ErrorStatus,
  numbersOf,
  type ObjectName,
  objectOf,
  objects,
  type Ref,
  type Shape,
  type Source,
  type Value,
  type Write,
} from "ntcip-ts";
import type { Schedule } from "../../config/model.ts";
import { type Instant, instant, type Millis, seconds } from "../../config/units.ts";
import { alarmReaders } from "./ntcip-server-alarms.ts";
import { Controls } from "./ntcip-server-control.ts";
import { Reports } from "./ntcip-server-event-log.ts";
import { type Readers, readFixed, shapesOf } from "./ntcip-server-layout.ts";
import { midnightZero, PlanTables } from "./ntcip-server-plans.ts";
import { applyTiming, corrections, forceModes, SetUp } from "./ntcip-server-setup.ts";
import { statusReaders } from "./ntcip-server-status.ts";
import { TimeBase } from "./ntcip-server-time-base.ts";
import type { VirtualCabinet } from "./virtual-cabinet.ts";

export interface ServedUnitOptions {
  readonly unit: VirtualCabinet;
  readonly utcOffset: Millis;
  readonly schedule: Schedule | undefined;
  readonly communities: Communities;
}

/** Objects of no use to this cabinet: it does not have them. */
const absent =
  /^(dynObj|asc|spat|prg|prs|priority|unitMCE|unitUserDefined|maxUserDefined|globalSetIdOID|maxGlobalSetIds)/;
/** Of the set-up, what another part keeps. */
const database = objects.filter(({ name, role }) => role === "database" && !absent.test(name)).map(({ name }) => name);

const texts = {
  moduleMake: "Simpang",
  moduleModel: "virtual cabinet",
  moduleVersion: "0.1.0",
  sysDescr: "Simpang virtual cabinet 0.1.0, NTCIP 1202 actuated signal controller",
  controllerBaseStandards: "NTCIP 1201:v02\r\nNTCIP 1202:v02",
} as const satisfies Partial<Record<ObjectName, string>>;

/** Made once: every cabinet has the same objects. */
let shapesByName: ReadonlyMap<ObjectName, Shape> | undefined;

/** Volume and occupancy are not sampled when both periods are 0. */
const neverSampled = seconds(1e9);
const day = 86_400_000;

/** What an NTCIP agent shows of a virtual cabinet, and does to it. */
export class ServedUnit implements Device, Source {
  readonly #unit: VirtualCabinet;
  readonly #setUp: SetUp;
  readonly #tables: PlanTables;
  readonly #timeBase: TimeBase;
  readonly #controls: Controls;
  readonly #reports: Reports;
  readonly #readers: Readers;
  readonly #names = new Map<ObjectName, Uint8Array>();
  /** `globalSetIDParameter`: another number after every change of the database. */
  #setId = 1;
  #transactionId = 0;
  #madeIds = 0;
  #sync: object | undefined;
  #localDay: number;
  #looked = Number.NEGATIVE_INFINITY;

  constructor({ unit, utcOffset, schedule, communities }: ServedUnitOptions) {
    this.#unit = unit;
    this.#setUp = new SetUp(unit);
    this.#setUp.store([
      { ref: { name: "controllerStandardTimeZone", index: [] }, value: utcOffset / 1000 },
      { ref: { name: "volumeOccupancyPeriod", index: [] }, value: Math.min(255, unit.detectorPeriod / 1000) },
    ]);
    this.#timeBase = new TimeBase({ schedule, zone: () => this.#zone() });
    this.#controls = new Controls(unit, this.#timeBase);
    this.#tables = new PlanTables({ unit, zeroOf: (at) => this.#systemZero(at) });
    this.#reports = new Reports((at) => this.#look(at));
    this.#names.set("sysName", Buffer.from(unit.id));
    this.#names.set("sysLocation", Buffer.from(unit.junction.name));
    this.#readers = this.#allReaders(communities);
    this.#localDay = this.#today();
    unit.setTimeBase(() => this.#controls.pattern());
    unit.onStep(() => this.#tick());
  }

  /** What the cabinet has; the same for every one of them. */
  shapes(): readonly Shape[] {
    return shapesOf(new Set([...database, ...this.#readers.keys()]));
  }

  /** Of an instance that is there. */
  read(name: ObjectName, index: readonly number[]): Value {
    const fixed = readFixed(name, index);
    if (fixed !== undefined) return fixed;
    const read = this.#readers.get(name);
    return read ? read(index) : this.#setUp.read({ name, index });
  }

  /** Of the event log, whose rows come and go. */
  rows(_: ObjectName, [row]: readonly number[]): number {
    return this.#reports.rows(row!);
  }

  mayWrite(write: Write): number {
    return this.#timeBase.has(write.ref) && !this.#timeBase.takes(write) ? ErrorStatus.genErr : ErrorStatus.noError;
  }

  check(writes: readonly Write[]): string | undefined {
    return this.#checkSetUp(writes) ?? this.#tables.check(writes.filter(({ ref }) => this.#tables.has(ref)));
  }

  /** A unit stores single rows at once; a pattern they spoil runs free until they are mended. */
  mayStore(writes: readonly Write[]): boolean {
    return this.#checkSetUp(writes) === undefined;
  }

  store(writes: readonly Write[]): void {
    const of = (has: (at: Ref) => boolean) => writes.filter(({ ref }) => has(ref));
    const zone = this.#zone();
    this.#tables.refresh(); // By the zero that still holds.
    this.#setUp.store(of(this.#isSetUp).map(inNewWords));
    const times = of(this.#timeBase.has);
    if (times.length > 0) this.#timeBase.store(times);
    const reports = of(this.#reports.has);
    if (reports.length > 0) this.#reports.store(reports);
    const rows = of(this.#tables.has);
    if (rows.length > 0) this.#tables.store(rows);
    this.#apply(new Set(writes.map(({ ref }) => ref.name)), writes, zone);
    this.#setId = (this.#setId % 0xffff) + 1;
  }

  mayAct(write: Write): boolean {
    return this.#controls.takes(write);
  }

  act(writes: readonly Write[]): void {
    this.#tables.refresh(); // By the zero that still holds.
    const commands = writes.filter(({ ref: { name } }) => objectOf(name).role === "control");
    for (const { ref: at, value } of writes) {
      if (at.name === "globalTime") this.#unit.setClock(instant((value as number) * 1000));
      if (at.name === "dbTransactionID") this.#transactionId = value as number;
      if (this.#names.has(at.name) || at.name === "sysContact") this.#names.set(at.name, value as Uint8Array);
    }
    if (commands.length > 0) this.#controls.act(commands);
    if (commands.some(({ ref: { name } }) => name.startsWith("ringControlGroupMax"))) this.#applyTiming();
    this.#followSync();
  }

  #isSetUp = (at: Ref): boolean => !this.#tables.has(at) && !this.#timeBase.has(at) && !this.#reports.has(at);

  #checkSetUp(writes: readonly Write[]): string | undefined {
    const setUp = writes.filter(({ ref }) => this.#isSetUp(ref));
    return (
      this.#setUp.check(setUp) ??
      this.#preemptFault(setUp) ??
      this.#reports.check(writes.filter(({ ref }) => this.#reports.has(ref)))
    );
  }

  #preemptFault(writes: readonly Write[]): string | undefined {
    const lists = writes.filter(({ ref: { name } }) => /^preempt(Track|Dwell|Exit)Phase$/.test(name));
    for (const { ref: at, value } of lists) {
      const why = this.#unit.preempts.fault(numbersOf(value as Uint8Array));
      if (why !== undefined) return `${describe(at)}: ${why}`;
    }
    return undefined;
  }

  /** What of the set-up the cabinet runs by. */
  #apply(names: ReadonlySet<ObjectName>, writes: readonly Write[], zone: Millis): void {
    const unit = this.#unit;
    if (names.has("unitBackupTime")) unit.setBackupTime(seconds(this.#setUp.number("unitBackupTime")));
    if (names.has("volumeOccupancyPeriod") || names.has("volumeOccupancyPeriodV3")) {
      const period = this.#setUp.number("volumeOccupancyPeriod") || this.#setUp.number("volumeOccupancyPeriodV3");
      unit.setDetectorPeriod(period === 0 ? neverSampled : seconds(period));
    }
    if (names.has("coordOperationalMode")) unit.setManualPattern(this.#setUp.number("coordOperationalMode"));
    if (["phaseMinimumGreen", "phaseMaximum1", "phaseMaximum2", "phaseMaximum3", "phasePassage"].some(hasIn(names)))
      this.#applyTiming();
    if ([...names].some((name) => /^preempt/.test(name))) unit.preempts.store(this.#setUp.preempts());
    const correction = corrections[this.#setUp.number("coordCorrectionMode") as keyof typeof corrections];
    const forceOff = forceModes[this.#setUp.number("coordForceMode") as keyof typeof forceModes];
    if (names.has("coordCorrectionMode") || names.has("coordForceMode")) unit.setCoordination({ correction, forceOff });
    for (const { ref: at, value } of writes)
      if (at.name === "vehicleDetectorCallPhase") unit.assignDetector(at.index[0]!, value as number);
    if (names.has("timebaseAscPatternSync") || this.#zone() !== zone) this.#tables.adopt();
  }

  #applyTiming(): void {
    applyTiming(this.#unit, this.#setUp, (ring) => this.#controls.maximum(ring));
  }

  #tick(): void {
    this.#controls.tick();
    this.#followSync();
    const now = Math.floor(this.#unit.now() / 1000);
    if (now === this.#looked) return;
    this.#looked = now;
    this.#reports.tick(now);
    const today = this.#today();
    // Patterns count from midnight: where the cycle does not divide a day, their zero moves with it.
    if (today !== this.#localDay) {
      this.#localDay = today;
      this.#tables.rezero();
    }
  }

  #followSync(): void {
    const sync = this.#controls.sync;
    if (sync === this.#sync) return;
    this.#sync = sync;
    this.#tables.adopt();
  }

  #zone = (): Millis => seconds(this.#setUp.number("controllerStandardTimeZone"));

  #today = (): number => Math.floor((this.#unit.now() + this.#zone()) / day);

  #systemZero(at: Instant): Instant {
    const { sync } = this.#controls;
    return sync?.zero ?? midnightZero(at, this.#zone(), this.#setUp.number("timebaseAscPatternSync"));
  }

  /** Only what has no rows that come and go may be watched. */
  #look({ name, index }: Ref): Value | undefined {
    const shape = this.#shapes().get(name);
    const inside = shape?.rows.every((rows, i) => rows !== "live" && index[i]! >= 1 && index[i]! <= rows);
    return inside ? this.read(name, index) : undefined;
  }

  #shapes(): ReadonlyMap<ObjectName, Shape> {
    shapesByName ??= new Map(this.shapes().map((shape) => [shape.name, shape]));
    return shapesByName;
  }

  #allReaders(communities: Communities): Readers {
    const unit = this.#unit;
    const manualPattern = () => this.#setUp.number("coordOperationalMode");
    const systemZero = () => this.#systemZero(unit.now());
    const readers: Readers = new Map();
    const parts = [
      statusReaders({ unit, tables: this.#tables, manualPattern, systemZero }),
      alarmReaders(unit, { manualPattern, timeStopped: () => this.#controls.timeStopped }),
      this.#tables.readers(),
      this.#timeBase.readers(() => unit.now()),
      this.#controls.readers(),
      this.#reports.readers(),
      this.#identity(communities),
    ];
    for (const part of parts) for (const [name, read] of part) readers.set(name, read);
    return readers;
  }

  /** Who the unit is, what time it has, and the state of its database. */
  #identity({ read, write, administrator }: Communities): Readers {
    const unit = this.#unit;
    const readers: Readers = new Map();
    for (const [name, text] of Object.entries(texts))
      readers.set(name as ObjectName, () => Buffer.from(text, "latin1"));
    for (const name of ["sysContact", "sysName", "sysLocation"] as const)
      readers.set(name, () => this.#names.get(name) ?? new Uint8Array(0));
    readers.set("sysObjectID", () => asc);
    readers.set("sysUpTime", () => Math.floor(unit.uptime() / 10) % 2 ** 32);
    readers.set("sysServices", () => 72);
    readers.set("snmpMaxPacketSize", () => 1472);
    readers.set("moduleDeviceNode", () => asc);
    readers.set("moduleType", () => 3); // software
    readers.set("globalSetIDParameter", () => this.#setId);
    readers.set("globalTime", () => Math.floor(unit.now() / 1000));
    readers.set("controllerLocalTime", () => Math.floor((unit.now() + this.#zone()) / 1000));
    readers.set("globalLocalTimeDifferential", () => this.#setUp.number("controllerStandardTimeZone"));
    // Other protocols set it too.
    readers.set("coordCorrectionMode", () => keyOf(corrections, unit.coordination.correction));
    readers.set("coordForceMode", () => keyOf(forceModes, unit.coordination.forceOff));
    readers.set("unitBackupTime", () => Math.ceil(unit.backupTime / 1000));
    readers.set("dbErrorType", () => 7); // noError
    readers.set("dbErrorID", () => "0.0");
    readers.set("dbTransactionID", () => this.#transactionId);
    readers.set("dbMakeID", () => {
      this.#madeIds = (this.#madeIds % 255) + 1;
      return this.#madeIds;
    });
    if (administrator === undefined) return readers;
    readers.set("communityNameAdmin", () => Buffer.from(administrator));
    readers.set("communityNameUser", ([row]) => Buffer.from(row === 1 ? read : write[0]!));
    readers.set("communityNameAccessMask", ([row]) => (row === 1 ? 0 : 0xffff_ffff));
    return readers;
  }
}

/** v01's globalLocalTimeDifferential is what is now called controllerStandardTimeZone. */
const inNewWords = (write: Write): Write =>
  write.ref.name === "globalLocalTimeDifferential"
    ? { ...write, ref: { name: "controllerStandardTimeZone", index: [] } }
    : write;

const keyOf = (words: Readonly<Record<number, string>>, word: string): number =>
  Number(Object.keys(words).find((key) => words[Number(key)] === word));

const hasIn =
  (names: ReadonlySet<ObjectName>) =>
  (name: string): boolean =>
    names.has(name as ObjectName);
