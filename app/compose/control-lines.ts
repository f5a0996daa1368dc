import { createInterface } from "node:readline";
import type { CabinetEvent, VirtualCabinet } from "../../simulation/cabinet/virtual-cabinet.ts";
import type { CabinetControl } from "./cabinet-control.ts";

/** A tester at standard input: each line is done and answered by one line of JSON. The end of the input ends nothing. */
export function controlLines({
  control,
  unit,
  events,
}: {
  readonly control: CabinetControl;
  readonly unit: VirtualCabinet;
  readonly events: () => readonly CabinetEvent[];
}): { close(): void } {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const text = line.trim();
    if (text !== "") process.stdout.write(`${JSON.stringify(answered(text))}\n`);
  });
  const answered = (text: string): object => {
    if (text === "status") return shown(unit);
    if (text === "events") return { ok: true, events: events().map(({ at, code, param }) => [at, code, param]) };
    try {
      control.take(text);
      return { ok: true };
    } catch (error) {
      return { ok: false, error: (error as Error).message };
    }
  };
  return {
    close: () => {
      lines.close();
      process.stdin.destroy();
    },
  };
}

const numbers = (bits: number): readonly number[] =>
  Array.from({ length: 16 }, (_, i) => i + 1).filter((number) => bits & (1 << (number - 1)));

function shown(unit: VirtualCabinet): object {
  const { mode, pattern, inTransition, greens, ambers, cyclePosition, preempt, faults } = unit.status();
  return {
    ok: true,
    mode,
    pattern,
    inTransition,
    greens: numbers(greens),
    ambers: numbers(ambers),
    cyclePositionS: cyclePosition / 1000,
    preempt,
    faults,
    clock: new Date(unit.now()).toISOString(),
    trips: unit.trips,
  };
}
