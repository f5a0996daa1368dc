import { Lamp } from "../lamps.ts";
import { Code, type EventLog } from "./event-log.ts";
import type { CabinetFault, InjectedFault } from "./virtual-cabinet.ts";

/** Alarms A and B of the log (codes 200, 201): the door, a lamp. */
const Alarm = { door: 1, lamp: 2 } as const;

/** Hands and damage at the cabinet itself: its panel, its door, its relays and bulbs. */
export class Injected {
  manual: boolean = false;
  flash: boolean = false;
  refuses: boolean = false;
  lies: boolean = false;
  readonly #log: EventLog;
  readonly #welded = new Set<number>();
  readonly #burnt = new Set<number>();
  #door: boolean = false;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Those of the kinds it knows; the others are somebody else's. */
  take(fault: InjectedFault): void {
    switch (fault.kind) {
      case "manual":
        this.manual = fault.on;
        this.#log.write(Code.manual, fault.on ? 1 : 0);
        break;
      case "flash":
        this.flash = fault.on;
        break;
      case "refuse":
        this.refuses = fault.on;
        break;
      case "lie":
        this.lies = fault.on;
        break;
      case "door":
        this.#setDoor(fault.open);
        break;
      case "stuck-green":
        this.#welded.add(fault.group);
        break;
      case "lamp-failure":
        this.#burnt.add(fault.group);
        this.#log.write(Code.alarmOn, Alarm.lamp);
        break;
      default:
    }
  }

  /** A technician's visit. */
  clear(): void {
    if (this.#burnt.size > 0) this.#log.write(Code.alarmOff, Alarm.lamp);
    this.#welded.clear();
    this.#burnt.clear();
    this.#setDoor(false);
    if (this.manual) this.#log.write(Code.manual, 0);
    this.manual = this.flash = this.refuses = this.lies = false;
  }

  /** What the relays and bulbs make of the lamps they are given. */
  spoil(lamps: Uint8Array): void {
    for (const group of this.#burnt) if (lamps[group] === Lamp.red) lamps[group] = Lamp.dark;
    for (const group of this.#welded) lamps[group] = Lamp.green;
  }

  get faults(): readonly CabinetFault[] {
    const faults: CabinetFault[] = [];
    if (this.#burnt.size > 0) faults.push("lamp-fail");
    if (this.#door) faults.push("door-open");
    return faults;
  }

  #setDoor(open: boolean): void {
    if (open !== this.#door) this.#log.write(open ? Code.alarmOn : Code.alarmOff, Alarm.door);
    this.#door = open;
  }
}
