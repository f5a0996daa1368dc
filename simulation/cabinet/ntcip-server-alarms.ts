import { Pattern, ShortAlarm, UnitAlarm1, UnitAlarm2, UnitFlashStatus } from "ntcip-ts";
import type { Readers } from "./ntcip-server-layout.ts";
import { isPlanNumber } from "./ntcip-server-plans.ts";
import { flashStatus } from "./ntcip-server-status.ts";
import type { VirtualCabinet } from "./virtual-cabinet.ts";

/** Cycles a called pattern may take to come before that is an alarm (shortAlarmStatus bit 4). */
const transitionLimit = 3;

const bit = (on: boolean, value: number): number => (on ? value : 0);

/** Alarm masks. Reading clears local zero and power restart, so that only one central may poll them. */
export function alarmReaders(
  unit: VirtualCabinet,
  { manualPattern, timeStopped }: { readonly manualPattern: () => number; readonly timeStopped: () => boolean },
): Readers {
  let restarted = true;
  let poweredFor = unit.uptime();
  const restart = (): boolean => {
    const uptime = unit.uptime();
    const seen = restarted || uptime < poweredFor || unit.status().mode === "startup";
    poweredFor = uptime;
    restarted = false;
    return seen;
  };
  return new Map([
    ["shortAlarmStatus", shortAlarms(unit, timeStopped)],
    [
      "unitAlarmStatus1",
      () => {
        const { mode, pattern, plan } = unit.status();
        return (
          bit(mode === "fault-flash", UnitAlarm1.mmuFlash) |
          bit(flashStatus(unit, manualPattern()) === UnitFlashStatus.localManual, UnitAlarm1.localFlash) |
          bit(pattern === Pattern.free, UnitAlarm1.localFree) |
          bit(plan !== undefined, UnitAlarm1.coordActive)
        );
      },
    ],
    [
      "unitAlarmStatus2",
      () => {
        const { inTransition, pending } = unit.status();
        return (
          bit(restart(), UnitAlarm2.powerRestart) |
          bit(timeStopped(), UnitAlarm2.stopTime) |
          bit(inTransition || pending, UnitAlarm2.offsetTransition)
        );
      },
    ],
    ["unitAlarmStatus3", () => 0],
    ["unitAlarmStatus4", () => 0],
  ]);
}

function shortAlarms(unit: VirtualCabinet, timeStopped: () => boolean): () => number {
  let zerosSeen = unit.status().cycleCounter;
  let called = { pattern: unit.commandedPattern, at: zerosSeen };
  return () => {
    const { mode, pattern, cycleCounter, faults } = unit.status();
    const { commandedPattern } = unit;
    // On its own schedule nobody has called a pattern that could fail to come.
    if (!isPlanNumber(commandedPattern) || called.pattern !== commandedPattern || pattern === commandedPattern)
      called = { pattern: commandedPattern, at: cycleCounter };
    const localZero = cycleCounter !== zerosSeen;
    zerosSeen = cycleCounter;
    const flash = mode === "flash" || mode === "fault-flash" || mode === "startup";
    return (
      bit(mode === "preempt", ShortAlarm.preempt) |
      bit(flash, ShortAlarm.flash) |
      bit(localZero, ShortAlarm.localZero) |
      bit(isPlanNumber(commandedPattern) && !isPlanNumber(pattern), ShortAlarm.localOverride) |
      bit(cycleCounter - called.at > transitionLimit, ShortAlarm.coordination) |
      bit(faults.includes("detector-fault"), ShortAlarm.detector) |
      bit(faults.includes("door-open") || faults.includes("plan-rejected"), ShortAlarm.nonCritical) |
      bit(faults.includes("conflict") || faults.includes("lamp-fail") || timeStopped(), ShortAlarm.critical)
    );
  };
}
