import type { JunctionView } from "../../view.ts";
import type { Layout } from "./layout.ts";

/** What experience has taught about one junction. */
export interface Learned {
  /** Arrivals beyond the view by lane, veh/s. */
  readonly rate: readonly number[];
  /** `share[lane][i]`: share of the lane's vehicles that take its i-th movement. */
  readonly share: readonly (readonly number[])[];
  /** Headway of a discharging queue by lane, s. */
  readonly headway: readonly number[];
  readonly seconds: number;
  readonly crossed: readonly number[];
  readonly turned: readonly (readonly number[])[];
  /** Vehicles in the box at the last view by lane and movement. */
  readonly inBox: ReadonlyMap<string, number>;
}

const prior = { through: 6, left: 2, right: 2, "u-turn": 0.2 } as const;
/** Experience fades with this time constant, s. */
const memory = 900;

export function nothingLearned(layout: Layout): Learned {
  const turned = layout.lanes.map((lane) => lane.movements.map((m) => prior[layout.movements[m]!.turn]));
  return {
    rate: layout.lanes.map(() => 0.05),
    share: turned.map(shares),
    headway: layout.lanes.map(() => 2.1),
    seconds: 60,
    crossed: layout.lanes.map(() => 3),
    turned,
    inBox: new Map(),
  };
}

const shares = (counts: readonly number[]): readonly number[] => {
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.map((count) => count / total);
};

export function learn(before: Learned, layout: Layout, view: JunctionView): Learned {
  const fade = 1 - 1 / memory;
  const crossed = before.crossed.map((count) => count * fade);
  view.approaches.forEach((approach) => {
    const a = layout.junction.approaches.findIndex(({ id }) => id === approach.approach);
    if (a < 0) return;
    approach.crossed.forEach((n, i) => {
      crossed[layout.firstLane[a]! + i]! += n;
    });
  });
  const seconds = before.seconds * fade + 1;
  const inBox = new Map<string, number>();
  const turned = before.turned.map((counts) => counts.map((count) => count * (1 - 1 / 3000)));
  for (const vehicle of view.box) {
    const a = layout.junction.approaches.findIndex((approach) => approach.id === vehicle.approach);
    if (a < 0 || vehicle.movements.length !== 1) continue;
    const key = `${layout.firstLane[a]! + vehicle.lane}/${vehicle.movements[0]}`;
    inBox.set(key, (inBox.get(key) ?? 0) + 1);
  }
  layout.lanes.forEach((lane, l) => {
    if (lane.movements.length < 2) return;
    lane.movements.forEach((m, i) => {
      const key = `${l}/${layout.movements[m]!.id}`;
      const more = (inBox.get(key) ?? 0) - (before.inBox.get(key) ?? 0);
      if (more > 0) turned[l]![i]! += more;
    });
  });
  return {
    rate: crossed.map((count) => count / seconds),
    share: turned.map(shares),
    headway: before.headway,
    seconds,
    crossed,
    turned,
    inBox,
  };
}
