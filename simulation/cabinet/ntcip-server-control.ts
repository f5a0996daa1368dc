import { groupOfMask, type ObjectName, ownTimeBase, type Ref, type Write, withGroup } from "ntcip-ts";
import { type Instant, instant } from "../../config/units.ts";
import type { Readers } from "./ntcip-server-layout.ts";
import type { TimeBase } from "./ntcip-server-time-base.ts";
import type { PhaseControl, VirtualCabinet } from "./virtual-cabinet.ts";

const phaseColumns = {
  phaseControlGroupPhaseOmit: "omit",
  phaseControlGroupPedOmit: "pedestrianOmit",
  phaseControlGroupHold: "hold",
  phaseControlGroupForceOff: "forceOff",
  phaseControlGroupVehCall: "vehicleCall",
  phaseControlGroupPedCall: "pedestrianCall",
} as const satisfies Readonly<Record<string, keyof PhaseControl>>;
type PhaseColumn = keyof typeof phaseColumns;
type PhaseCommand = (typeof phaseColumns)[PhaseColumn];
const isPhaseColumn = (name: string): name is PhaseColumn => name in phaseColumns;

/** System commands the unit itself knows nothing of: kept here until the watchdog takes them away. */
const kept: readonly ObjectName[] = [
  "ringControlGroupStopTime",
  "ringControlGroupForceOff",
  "ringControlGroupMax2",
  "ringControlGroupMaxInhibit",
  "ringControlGroupPedRecycle",
  "ringControlGroupRedRest",
  "ringControlGroupOmitRedClear",
  "ringControlGroupMax3",
  "unitControl",
  "actionPlanControl",
  "vehicleDetectorControlGroupActuation",
  "pedestrianDetectorControlGroupActuation",
];

/** Bit 1 would lock every central out for good. */
const unitControlBits = 0b1111_1100;
const minimumRecall = 0b100;
const everyPhase = 0xffff;

/** What a central commands: patterns, phases, rings, functions. All of it is gone when the backup timer runs out. */
export class Controls {
  readonly #unit: VirtualCabinet;
  readonly #timeBase: TimeBase;
  readonly #values = new Map<string, number>();
  #lapses: number;
  /** A phase's own commands, apart from what rings add. */
  #phases: Record<PhaseCommand, number> = { ...none };
  /** Where a central has put system zero, and what it said. */
  #sync: { readonly zero: Instant; readonly said: number } | undefined;

  constructor(unit: VirtualCabinet, timeBase: TimeBase) {
    this.#unit = unit;
    this.#timeBase = timeBase;
    this.#lapses = unit.lapses;
  }

  readers(): Readers {
    const unit = this.#unit;
    const readers: Readers = new Map();
    for (const name of kept) readers.set(name, ([row = 0]) => this.#value(name, row));
    for (const [name, key] of Object.entries(phaseColumns))
      readers.set(name as PhaseColumn, ([group]) => groupOfMask(this.#phaseCommand(key), group!));
    readers.set("systemPatternControl", () => unit.commandedPattern);
    readers.set("systemSyncControl", () => this.sync?.said ?? ownTimeBase);
    const commanded = ([row]: readonly number[]) => (unit.specialFunctions >> (row! - 1)) & 1;
    readers.set("specialFunctionOutputControl", commanded);
    readers.set("specialFunctionOutputState", commanded);
    readers.set("specialFunctionOutputStatus", ([row]) => (this.#isOn(row!) ? 1 : 0));
    readers.set("timebaseAscActionStatus", () => this.action());
    readers.set("vehicleDetectorReset", () => 0);
    return readers;
  }

  /** May this be taken at all? */
  takes({ ref: { name }, value }: Write): boolean {
    return name !== "unitControl" || ((value as number) & ~unitControlBits) === 0;
  }

  /** Where a central has put system zero. */
  get sync(): { readonly zero: Instant; readonly said: number } | undefined {
    this.#forgetLapsed();
    return this.#sync;
  }

  /** Row that a central or the calendar has in force. */
  action(): number {
    return this.#value("actionPlanControl", 0) || this.#timeBase.active(this.#unit.now()).action;
  }

  /** Pattern that a central's action plan, or a calendar a central wrote, asks for; undefined: the unit's own schedule does. */
  pattern(): number | undefined {
    const direct = this.#value("actionPlanControl", 0);
    return direct !== 0 || this.#timeBase.written ? this.#timeBase.patternOf(this.action()) : undefined;
  }

  /** Whether a central asks for stop time on any ring. */
  get timeStopped(): boolean {
    return this.#value("ringControlGroupStopTime", 1) !== 0;
  }

  /** Which maximum a central asks for on a ring (1-based). */
  maximum(ring: number): 1 | 2 | 3 {
    if (this.#ringBit("ringControlGroupMax3", ring)) return 3;
    return this.#ringBit("ringControlGroupMax2", ring) ? 2 : 1;
  }

  act(writes: readonly Write[]): void {
    this.#forgetLapsed();
    const unit = this.#unit;
    for (const { ref: at, value } of writes) {
      const number = value as number;
      const { name } = at;
      if (name === "systemPatternControl") unit.commandPattern(number);
      else if (name === "systemSyncControl") this.#setSync(number);
      else if (name.startsWith("specialFunctionOutput"))
        unit.setSpecialFunctions(withBit(unit.specialFunctions, at.index[0]!, number));
      else if (name === "preemptControlState")
        unit.preempts.command(withBit(unit.preempts.commanded, at.index[0]!, number));
      else if (name === "vehicleDetectorControlGroupActuation") this.#actuate(at, number);
      else if (name === "pedestrianDetectorControlGroupActuation") this.#press(at, number);
      else if (isPhaseColumn(name)) {
        const key = phaseColumns[name];
        this.#phases[key] = withGroup(this.#phaseCommand(key), at.index[0]!, number);
      } else if (kept.includes(name)) this.#keep(name, at, number);
    }
    this.#command();
    unit.holdOther(this.#sync !== undefined || [...this.#values.values()].some((value) => value !== 0));
  }

  /** What a ring commands goes on for whichever of its phases comes next; a lapse is seen here at the latest. */
  tick(): void {
    this.#forgetLapsed();
    if (this.#value("ringControlGroupForceOff", 1) !== 0) this.#command();
  }

  #command(): void {
    const forced = this.#phasesOfRings("ringControlGroupForceOff");
    const stopped = this.#phasesOfRings("ringControlGroupStopTime");
    const stopTime = this.#value("ringControlGroupStopTime", 1);
    const recalled = this.#value("unitControl", 0) & minimumRecall ? everyPhase : 0;
    this.#unit.setControl({
      ...this.#phases,
      forceOff: this.#phases.forceOff | forced,
      hold: this.#phases.hold | stopped,
      vehicleCall: this.#phases.vehicleCall | recalled,
      stopTime,
    });
  }

  /** Force-offs that the unit has ended since are over. */
  #phaseCommand(key: PhaseCommand): number {
    this.#forgetLapsed();
    if (key === "forceOff") this.#phases.forceOff &= this.#unit.control.forceOff;
    return this.#phases[key];
  }

  #phasesOfRings(name: ObjectName): number {
    let mask = 0;
    for (const { number, ring } of this.#unit.junction.phases) if (this.#ringBit(name, ring)) mask |= 1 << (number - 1);
    return mask;
  }

  #ringBit = (name: ObjectName, ring: number): boolean => (this.#value(name, 1) & (1 << (ring - 1))) !== 0;

  #isOn(row: number): boolean {
    const scheduled = row <= 8 ? this.#timeBase.specialFunctions(this.action()) & (1 << (row - 1)) : 0;
    return (this.#unit.specialFunctions & (1 << (row - 1))) !== 0 || scheduled !== 0;
  }

  #setSync(said: number): void {
    if (said === ownTimeBase) this.#sync = undefined;
    else this.#sync = { zero: instant(this.#unit.now() + said * 1000), said };
  }

  /** A bit that comes on is one vehicle; while it stays on, one stands there. */
  #actuate(at: Ref, bits: number): void {
    const before = this.#value("vehicleDetectorControlGroupActuation", at.index[0]!);
    for (let bit = 0; bit < 8; bit++) {
      const on = (bits >> bit) & 1;
      if (on !== ((before >> bit) & 1)) this.#unit.detect(8 * (at.index[0]! - 1) + bit + 1, on === 1, on);
    }
    this.#keep("vehicleDetectorControlGroupActuation", at, bits);
  }

  #press(at: Ref, bits: number): void {
    const before = this.#value("pedestrianDetectorControlGroupActuation", at.index[0]!);
    for (let bit = 0; bit < 8; bit++)
      if (bits & ~before & (1 << bit)) this.#unit.pressButton(8 * (at.index[0]! - 1) + bit);
    this.#keep("pedestrianDetectorControlGroupActuation", at, bits);
  }

  #keep(name: ObjectName, at: Ref, value: number): void {
    this.#values.set(`${name}.${at.index[0] ?? 0}`, value);
  }

  #value(name: ObjectName, row: number): number {
    this.#forgetLapsed();
    return this.#values.get(`${name}.${row}`) ?? 0;
  }

  #forgetLapsed(): void {
    if (this.#unit.lapses === this.#lapses) return;
    this.#lapses = this.#unit.lapses;
    for (const [key, bits] of this.#values)
      if (key.startsWith("vehicleDetectorControlGroup")) this.#release(Number(key.split(".")[1]), bits);
    this.#values.clear();
    this.#phases = { ...none };
    this.#sync = undefined;
  }

  #release(group: number, bits: number): void {
    for (let bit = 0; bit < 8; bit++) if (bits & (1 << bit)) this.#unit.detect(8 * (group - 1) + bit + 1, false, 0);
  }
}

const withBit = (mask: number, number: number, on: number): number =>
  on === 0 ? mask & ~(1 << (number - 1)) : mask | (1 << (number - 1));

const none: Readonly<Record<PhaseCommand, number>> = {
  omit: 0,
  pedestrianOmit: 0,
  hold: 0,
  forceOff: 0,
  vehicleCall: 0,
  pedestrianCall: 0,
};
