import { instant, millis, seconds } from "../../config/units.ts";
import { Lamp } from "../lamps.ts";
import {
  asBlockFault,
  BLOCK,
  type BlockFault,
  blockCrc,
  Commit,
  double,
  type ModbusVariant,
  readBlock,
  UNKNOWN,
} from "./modbus-server-plan.ts";
import type { StoredPlan, UnitStatus, VirtualCabinet } from "./virtual-cabinet.ts";

/** A Modbus exception for the asker: 1 no such function, 2 no such register, 3 not this value or not in this form. */
export class Exception extends Error {
  readonly modbusErrorCode: 1 | 2 | 3;

  constructor(code: 1 | 2 | 3, message: string) {
    super(message);
    this.modbusErrorCode = code;
  }
}

/** The pattern slot the centre's plan is kept in: the last one, which schedules do not use. */
const SLOT = 253;
const AUTOMATIC_FLASH = 255;

const MAGIC = 0x4154;
const VERSION = 0x0100;
const STATUS = 0;
const LIMITS = 40;
const STAGES = 8;
const DETECTORS = 100;
const DETECTOR_COUNT = 24;
const ACTIVE = 200;
const HEARTBEAT = 0;
const CLOCK = 4;
const CLOCK_KEY = 0x7c10;
const SHADOW = 100;
const COMMIT = 180;
const COMMIT_KEY = 0xc0de;
const TIMEOUT_LEAST = seconds(5);
const TIMEOUT_MOST = seconds(600);
const TIMEOUT_DEFAULT = seconds(30);
const FIRST_GREEN = 13;
const PRESENCE = 32;
const LAMPS = 64;
const LAMP_GROUPS = 16;

const modes: Readonly<Record<UnitStatus["mode"], number>> = {
  startup: 1,
  flash: 2,
  local: 4,
  central: 5,
  manual: 6,
  preempt: 7,
  "fault-flash": 8,
};
const Interval = { red: 0, redAmber: 1, green: 2, amber: 3, allRed: 4, flash: 5 } as const;
const faultBits: Readonly<Record<string, number>> = {
  conflict: 1 << 0,
  "lamp-fail": 1 << 1,
  "watchdog-expired": 1 << 2,
  "clock-not-set": 1 << 3,
  "detector-fault": 1 << 5,
  "plan-rejected": 1 << 6,
  "door-open": 1 << 7,
};

interface Taken {
  readonly plan: StoredPlan;
  readonly block: Uint16Array;
}

/**
 * The registers, coils and inputs of profile ATCS-MB-A over a virtual cabinet. The shadow touches nothing until it is committed;
 * a commit is taken whole or refused with a code; commands count only while the heartbeat lives.
 */
export class ModbusBank {
  readonly #unit: VirtualCabinet;
  readonly #variant: ModbusVariant;
  readonly #shadow = new Uint16Array(BLOCK);
  #counter = 0;
  #heard: boolean = false;
  #flash = false;
  #release = false;
  #result = { code: Commit.none as number, seq: 0, at: UNKNOWN };
  #committed = { seq: 0, crc: 0 };
  #lastSeq: number | undefined;
  #appliedSeq = 0;
  #stored: Taken | undefined;
  #running: Taken | undefined;
  #sample = 0;
  #sampledAt = Number.NaN;

  constructor(unit: VirtualCabinet, variant: ModbusVariant) {
    if (unit.junction.form !== "stages" || unit.junction.phases.some(({ number }) => number > STAGES))
      throw new Error(`junction ${unit.junction.id}: profile ATCS-MB-A holds up to ${STAGES} stages, no rings`);
    this.#unit = unit;
    this.#variant = variant;
    if (unit.backupTime < TIMEOUT_LEAST || unit.backupTime > TIMEOUT_MOST) unit.setBackupTime(TIMEOUT_DEFAULT);
  }

  // --- reading

  input(address: number, length: number): number[] {
    this.#follow();
    return cut(address, length, [
      { at: STATUS, registers: () => this.#status() },
      { at: LIMITS, registers: () => this.#limits() },
      { at: DETECTORS, registers: () => this.#detectors() },
      { at: ACTIVE, registers: () => this.#shownBlock(this.#active()?.block ?? new Uint16Array(BLOCK)) },
    ]);
  }

  holding(address: number, length: number): number[] {
    this.#follow();
    return cut(address, length, [
      { at: HEARTBEAT, registers: () => [this.#counter, this.#counts(this.#unit.backupTime)] },
      {
        at: CLOCK,
        registers: () => [...this.#double(Math.floor(this.#unit.now() / 1000)), this.#unit.now() % 1000, 0],
      },
      { at: SHADOW, registers: () => this.#shownBlock(this.#shadow) },
      { at: COMMIT, registers: () => [0, this.#committed.seq, this.#committed.crc] },
    ]);
  }

  /** As a controller shows it that reads back other values than it took. */
  #shownBlock(block: Uint16Array): Uint16Array {
    if (!this.#unit.lies) return block;
    const other = block.slice();
    other[FIRST_GREEN]! ^= 1;
    return other;
  }

  coil(address: number): boolean {
    this.#follow();
    const coil = [this.#flash, false, this.#release, false][address];
    if (coil === undefined) throw new Exception(2, `no coil ${address}`);
    return coil;
  }

  discrete(address: number): boolean {
    this.#follow();
    const { mode, faults } = this.#unit.status();
    const named = [
      mode === "central",
      faults.includes("conflict"),
      faults.includes("lamp-fail"),
      faults.includes("watchdog-expired"),
      mode === "manual",
      faults.includes("door-open"),
      false,
      false,
    ][address];
    if (named !== undefined) return named;
    if (address >= PRESENCE && address < PRESENCE + DETECTOR_COUNT)
      return this.#unit.detector(address - PRESENCE + 1).present;
    if (address >= LAMPS && address < LAMPS + 3 * LAMP_GROUPS) {
      const lamp = this.#unit.lamps[Math.floor((address - LAMPS) / 3)] ?? Lamp.dark;
      return shows[(address - LAMPS) % 3]!.includes(lamp);
    }
    throw new Exception(2, `no input ${address}`);
  }

  // --- writing

  write(address: number, values: readonly number[]): void {
    this.#follow();
    this.#sample++;
    const { length } = values;
    const whole = (at: number, count: number) => address === at && length === count;
    const inside = (at: number, count: number) => address >= at && address + length <= at + count;
    if (length > this.#variant.maxWrite) throw new Exception(3, `at most ${this.#variant.maxWrite} registers a write`);
    if (whole(HEARTBEAT, 1) || whole(HEARTBEAT, 2)) this.#beat(values[0]!, values[1]);
    else if (whole(CLOCK, 4)) this.#setClock(Uint16Array.from(values));
    else if (whole(SHADOW, BLOCK) || (this.#variant.maxWrite < BLOCK && inside(SHADOW, BLOCK)))
      this.#shadow.set(values, address - SHADOW);
    else if (whole(COMMIT, 3)) this.#commit(values[0]!, values[1]!, values[2]!);
    else {
      const blocks = [
        [HEARTBEAT, 2],
        [CLOCK, 4],
        [SHADOW, BLOCK],
        [COMMIT, 3],
      ] as const;
      const known = blocks.some(([at, count]) => address < at + count && address + length > at);
      throw new Exception(known ? 3 : 2, known ? "this block is written whole" : "no such registers");
    }
  }

  /** All of one request's coils, or none. */
  writeCoils(coils: readonly { readonly address: number; readonly on: boolean }[]): void {
    this.#follow();
    this.#sample++;
    for (const { address, on } of coils) {
      if (address > 3) throw new Exception(2, `no coil ${address}`);
      if (address === 1 && on) throw new Exception(3, "this controller has no all-red on request");
    }
    if (!this.#alive) return;
    for (const { address, on } of coils) {
      if (address === 0 && on !== this.#flash) {
        this.#flash = on;
        this.#unit.commandPattern(on ? AUTOMATIC_FLASH : 0);
      } else if (address === 2) {
        this.#release = on;
        if (on) this.#unit.commandPattern(0);
      } else if (address === 3 && on && this.#result.code >= Commit.badKey) {
        this.#result = { code: Commit.none, seq: this.#result.seq, at: UNKNOWN };
      }
    }
  }

  // --- what follows from the passing of time

  get #alive(): boolean {
    return this.#heard && this.#unit.watchdogAge() < this.#unit.backupTime;
  }

  #follow(): void {
    const unit = this.#unit;
    if (this.#sampledAt !== unit.now()) {
      this.#sampledAt = unit.now();
      this.#sample++;
    }
    if (!this.#alive) this.#flash = this.#release = false;
    const stored = this.#stored;
    if (stored && unit.status().plan === stored.plan && this.#running !== stored) {
      this.#running = stored;
      this.#appliedSeq = stored.block[2]!;
      if (this.#result.code === Commit.pendingSwitch) this.#result = { ...this.#result, code: Commit.applied };
    }
    if (this.#result.code === Commit.pendingSwitch && unit.commandedPattern !== SLOT)
      this.#result = { ...this.#result, code: Commit.modeRefuses };
    if (stored && unit.commandedPattern === SLOT && double(stored.block, 10, this.#variant) * 1000 <= unit.now())
      unit.commandPattern(0);
  }

  /** The centre's plan if that is what runs now. */
  #active(): Taken | undefined {
    return this.#running && this.#unit.status().plan === this.#running.plan ? this.#running : undefined;
  }

  // --- commands

  #beat(counter: number, timeout: number | undefined): void {
    const time = timeout === undefined ? this.#unit.backupTime : timeout * this.#variant.count;
    if (counter === 0) throw new Exception(3, "the counter runs from 1");
    if (time < TIMEOUT_LEAST || time > TIMEOUT_MOST) throw new Exception(3, "the timeout is 5..600 s");
    this.#unit.setBackupTime(millis(time));
    if (counter === this.#counter) return; // a master that hangs and repeats itself is not alive
    this.#counter = counter;
    this.#heard = true;
    this.#unit.feedWatchdog();
  }

  #setClock(registers: Uint16Array): void {
    if (registers[3] !== CLOCK_KEY) throw new Exception(3, "the clock's key is missing");
    if (registers[2]! > 999) throw new Exception(3, "milliseconds are 0..999");
    this.#unit.setClock(instant(double(registers, 0, this.#variant) * 1000 + registers[2]!));
  }

  #commit(key: number, seq: number, crc: number): void {
    this.#committed = { seq, crc };
    const fault = this.#take(key, seq, crc);
    this.#result = fault ? { code: fault.result, seq, at: fault.at } : { code: Commit.pendingSwitch, seq, at: UNKNOWN };
    this.#follow();
  }

  #take(key: number, seq: number, crc: number): BlockFault | undefined {
    const unit = this.#unit;
    const block = this.#shadow.slice();
    if (key !== COMMIT_KEY) return { result: Commit.badKey, at: UNKNOWN };
    if (this.#variant.crc && (blockCrc(block) !== block[76] || crc !== block[76]))
      return { result: Commit.badCrc, at: 76 };
    const ahead = (seq - (this.#lastSeq ?? seq - 1)) & 0xffff;
    if (seq !== block[2] || ahead === 0 || ahead >= 0x8000) return { result: Commit.staleSequence, at: 2 };
    const plan = readBlock(block, { junction: unit.junction, variant: this.#variant, now: unit.now() });
    if ("result" in plan) return plan;
    const { mode } = unit.status();
    if (!this.#alive || this.#flash || this.#release || (mode !== "local" && mode !== "central"))
      return { result: Commit.modeRefuses, at: UNKNOWN };
    const fault = unit.storePlans(new Map([[SLOT, plan]]));
    if (fault) return asBlockFault(fault, block);
    this.#stored = { plan: unit.storedPlan(SLOT)!, block };
    this.#lastSeq = seq;
    unit.commandPattern(SLOT);
    return undefined;
  }

  // --- what it shows

  #counts(time: number): number {
    return Math.min(0xffff, Math.max(0, Math.floor(time / this.#variant.count)));
  }

  #double(value: number): readonly [number, number] {
    const high = Math.floor(value / 65_536) & 0xffff;
    const low = value % 65_536;
    return this.#variant.lowWordFirst ? [low, high] : [high, low];
  }

  #status(): readonly number[] {
    const unit = this.#unit;
    const status = unit.status();
    const active = this.#active();
    const on = status.greens | status.ambers | status.phaseOns || status.phaseNexts;
    const flashing = status.mode === "flash" || status.mode === "fault-flash" || status.mode === "startup";
    const now = unit.now();
    const registers = [
      MAGIC,
      VERSION,
      blockCrc(Uint16Array.from(unit.id, (letter) => letter.charCodeAt(0))) || 1,
      STAGES,
      1,
      unit.junction.groups.length,
      modes[status.mode],
      status.faults.reduce((bits, fault) => bits | (faultBits[fault] ?? 0), 0) |
        (this.#result.code >= Commit.badKey ? faultBits["plan-rejected"]! : 0),
      active ? active.block[1]! : status.pattern,
      this.#appliedSeq,
      active ? active.block[76]! : 0,
      on === 0 ? 0 : 32 - Math.clz32(on & -on),
      flashing
        ? Interval.flash
        : unit.lamps.includes(Lamp.redAmber)
          ? Interval.redAmber
          : status.greens
            ? Interval.green
            : status.ambers
              ? Interval.amber
              : Interval.allRed,
      this.#counts(status.intervalElapsed),
      this.#counts(status.minRemaining),
      this.#counts(status.cyclePosition),
      status.cycleCounter & 0xffff,
      this.#counter,
      this.#heard ? this.#counts(unit.watchdogAge()) : 0xffff,
      this.#counts(unit.backupTime),
      ...this.#double(Math.floor(now / 1000)),
      now % 1000,
      this.#result.code,
      this.#result.seq,
      this.#result.at,
      this.#sample & 0xffff,
    ];
    return [...registers, ...new Array<number>(12).fill(0), this.#sample & 0xffff];
  }

  #limits(): readonly number[] {
    const registers = new Array<number>(STAGES * 4).fill(0);
    for (const { number, minGreen, redAmber = 0, amber, allRed, maxGreen } of this.#unit.junction.phases) {
      const limits = [minGreen - redAmber, amber, allRed, maxGreen] as const;
      registers.splice((number - 1) * 4, 4, ...limits.map((time) => this.#counts(time)));
    }
    return registers;
  }

  #detectors(): readonly number[] {
    return Array.from({ length: DETECTOR_COUNT }, (_, i) => {
      const { total, occupancy } = this.#unit.detector(i + 1);
      return [total & 0xffff, Math.round(occupancy * 1000), Math.round(this.#unit.detectorPeriod / 1000), 0];
    }).flat();
  }
}

/** Which lamps are lit, by red, amber, green. */
const shows: readonly (readonly number[])[] = [
  [Lamp.red, Lamp.redAmber],
  [Lamp.amber, Lamp.redAmber, Lamp.flash],
  [Lamp.green, Lamp.clearance],
];

function cut(
  address: number,
  length: number,
  blocks: readonly { readonly at: number; readonly registers: () => ArrayLike<number> }[],
): number[] {
  const found: number[] = [];
  for (const { at, registers } of blocks) {
    if (at >= address + length || found.length === length) break;
    const block = registers();
    const from = address + found.length - at;
    if (from >= 0 && from < block.length) found.push(...Array.from(block).slice(from, from + length - found.length));
  }
  if (length < 1 || found.length !== length)
    throw new Exception(2, `registers ${address}..${address + length - 1} are not all there`);
  return found;
}
