import { deriveJunction } from "../../config/derive.ts";
import type { Cabinet, Junction, SignalGroup } from "../../config/model.ts";
import { millis, seconds } from "../../config/units.ts";

/**
 * Sixteen phases in four rings with two barriers: as large as NTCIP 1202 units commonly go. Ring r has phases 4r - 3 … 4r, the
 * first two on one side of the barrier. Each phase has a group of its own; two groups conflict where their phases may never
 * run together.
 */
export function wideJunction(): Junction {
  const rings = [0, 1, 2, 3].map((r) => [1, 2, 3, 4].map((i) => 4 * r + i));
  const barrier = (number: number) => ((number - 1) % 4 < 2 ? 1 : 2);
  const ring = (number: number) => Math.ceil(number / 4);
  const numbers = rings.flat();
  const groups = numbers.map(
    (number): SignalGroup => ({
      id: `p${number}`,
      kind: "vehicle",
      minGreen: seconds(6),
      maxGreen: seconds(60),
      amber: seconds(3),
      clearance: millis(0),
    }),
  );
  const together = (a: number, b: number) => ring(a) !== ring(b) && barrier(a) === barrier(b);
  return deriveJunction({
    id: "a",
    name: "Wide",
    node: "a",
    form: "rings",
    approaches: [],
    movements: [],
    groups,
    crossings: [],
    conflicts: numbers.flatMap((a) =>
      numbers
        .filter((b) => b > a && !together(a, b))
        .map((b) => ({ between: [`p${a}`, `p${b}`] as const, intergreen: [seconds(5), seconds(5)] as const })),
    ),
    phases: numbers.map((number) => ({
      number,
      name: `${number}`,
      ring: ring(number),
      barrier: barrier(number),
      groups: [`p${number}`],
    })),
    rings,
    cycleMin: seconds(60),
    cycleMax: seconds(180),
    maxRed: seconds(200),
    coordinatedPhase: 2,
  });
}

/** One detector a phase, channel = phase number, and 48 more that only count. */
export const wideDetectors = (): Cabinet["detectors"] =>
  Array.from({ length: 64 }, (_, i) => ({ channel: i + 1, approach: "x", lanes: ["x"], phase: i < 16 ? i + 1 : 0 }));
