import type { Layout } from "./layout.ts";

/** Vehicles of one lane that cross a turner's way: which share of the lane's vehicles they are. */
export interface Foe {
  readonly lane: number;
  readonly share: number;
}

/** What the vehicles of one lane may do in one stage. */
export interface Ways {
  /** Share of those who turn across others who have green too. */
  readonly turning: number;
  readonly across: readonly { readonly share: number; readonly foes: readonly Foe[] }[];
  /** So many go on the mean before somebody without green comes to the front, and bars the lane. */
  readonly passing: number;
}

/** A smaller share of a lane than this never bars it. */
const hardlyAny = 0.05;

/** By stage and lane. `share[lane][i]`: of the lane's i-th movement; `full`: movements whose exit takes nobody. */
export const waysOf = (
  layout: Layout,
  share: readonly (readonly number[])[],
  full: readonly boolean[] = [],
): readonly (readonly Ways[])[] => {
  const of = (lane: number, movement: number): number =>
    share[lane]![layout.lanes[lane]!.movements.indexOf(movement)] ?? 0;
  const foesOf = layout.movements.map(({ lanes }, m) => lanes.map((lane) => ({ lane, share: of(lane, m) })));
  return layout.stages.map(({ open }) =>
    open.map((turns, lane) => {
      const going = turns.filter(({ movement }) => !full[movement]);
      const green = going.reduce((sum, { movement }) => sum + of(lane, movement), 0);
      const across = going
        .filter(({ foes }) => foes.length > 0)
        .map(({ movement, foes }) => ({ share: of(lane, movement), foes: foes.flatMap((foe) => foesOf[foe]!) }));
      return {
        across,
        turning: across.reduce((sum, turn) => sum + turn.share, 0),
        passing: 1 - green > hardlyAny ? Math.round(green / (1 - green)) : Infinity,
      };
    }),
  );
};
