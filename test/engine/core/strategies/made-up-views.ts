import type { City } from "../../../../config/model.ts";
import type { Instant } from "../../../../config/units.ts";
import type { JunctionView } from "../../../../engine/core/view.ts";
import type { Random } from "../../../../engine/ports/random.ts";

/** Anything at all that a camera could report, and some that it should not. */
export function madeUpViews(of: City, random: Random): (now: Instant) => ReadonlyMap<string, JunctionView> {
  const upTo = (n: number): number => Math.floor(random.next() * (n + 1));
  return (now) =>
    new Map(
      [...of.junctions.values()]
        .filter(() => random.next() > 0.02)
        .map(({ id, approaches, movements }) => [
          id,
          {
            junction: id,
            at: (now - 1000 * upTo(5)) as Instant,
            approaches: approaches
              .filter(() => random.next() > 0.05)
              .map((approach) => ({
                approach: approach.id,
                rangeM: random.next() < 0.1 ? 0 : 200,
                vehicles: Array.from({ length: upTo(25) }, () => ({
                  distanceM: random.next() * 200,
                  speedMps: random.next() * 15,
                  lengthM: 4.5,
                  vehicleClass: "car" as const,
                  lanes: [upTo(approach.lanes.length - 1)],
                })).sort((a, b) => a.distanceM - b.distanceM),
                crossed: approach.lanes.map(() => upTo(1)),
              })),
            exits: movements.map(({ exit }) => ({
              link: exit,
              rangeM: 50,
              lanes: [{ vehicles: upTo(6), standing: upTo(3), roomM: random.next() * 50 }],
            })),
            box: Array.from({ length: upTo(3) }, () => {
              const movement = movements[upTo(movements.length - 1)]!;
              return { approach: movement.approach, lane: 0, movements: [movement.id], speedMps: random.next() * 8 };
            }),
          },
        ]),
    );
}
