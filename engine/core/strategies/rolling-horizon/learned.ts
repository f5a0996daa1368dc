import type { JunctionView } from "../../view.ts";
import type { Layout } from "./layout.ts";
import type { PcuOf } from "./pcu.ts";

/** What experience has taught about one junction. */
export interface Learned {
  /** Arrivals beyond the view by lane, veh/s. */
  readonly rate: readonly number[];
  /** `share[lane][i]`: share of the lane's vehicles that take its i-th movement. */
  readonly share: readonly (readonly number[])[];
  /** Headway of a discharging queue by lane, s a passenger-car unit. */
  readonly headway: readonly number[];
  /** Of a vehicle of each lane's mix, passenger-car units. */
  readonly pcu: readonly number[];
  readonly seconds: number;
  readonly crossed: readonly number[];
  /** By approach: vehicles seen, each as often as it was seen, and their units. */
  readonly mix: readonly { readonly vehicles: number; readonly pcu: number }[];
  readonly turned: readonly (readonly number[])[];
  /** Vehicles in the box at the last view by lane and movement. */
  readonly inBox: ReadonlyMap<string, number>;
}

const prior = { through: 6, left: 2, right: 2, "u-turn": 0.2 } as const;
/** Cars taken to have been seen before anybody was. */
const usualMix = 10;
/** Experience fades with this time constant, s. */
const memory = 900;

export function nothingLearned(layout: Layout): Learned {
  const turned = layout.lanes.map((lane) => lane.movements.map((m) => prior[layout.movements[m]!.turn]));
  return {
    rate: layout.lanes.map(() => 0.05),
    share: turned.map(shares),
    headway: layout.lanes.map(() => 2.1),
    pcu: layout.lanes.map(() => 1),
    mix: layout.junction.approaches.map(() => ({ vehicles: usualMix, pcu: usualMix })),
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

export function learn(before: Learned, layout: Layout, view: JunctionView, pcu: PcuOf): Learned {
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
  const mix = layout.junction.approaches.map(({ id }, a) => {
    const was = before.mix[a]!;
    const seen = view.approaches.find((own) => own.approach === id)?.vehicles ?? [];
    const units = seen.reduce((sum, { vehicleClass }) => sum + pcu(vehicleClass), 0);
    return { vehicles: was.vehicles * fade + seen.length, pcu: was.pcu * fade + units };
  });
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
    pcu: layout.lanes.map(({ approach }) => mix[approach]!.pcu / mix[approach]!.vehicles),
    mix,
    seconds,
    crossed,
    turned,
    inBox,
  };
}
