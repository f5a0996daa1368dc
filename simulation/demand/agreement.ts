import type { CountRow } from "./count-table.ts";
import { geh } from "./fit.ts";

export const placeOf = ({ junction, approach, movement }: CountRow): string =>
  movement === undefined ? `${junction}/${approach}` : `${junction}/${approach}/${movement}`;

export interface JudgedCount {
  /** `junction/approach` or `junction/approach/movement`. */
  readonly place: string;
  readonly fromMin: number;
  readonly counted: number;
  readonly before: number;
  readonly after: number;
  readonly heldBack: boolean;
}

/** Hours at places: rows of a place that begin in one clock hour are one. */
export function judgedOf(
  counts: readonly CountRow[],
  {
    before,
    after,
    held,
  }: { readonly before: readonly number[]; readonly after: readonly number[]; readonly held: ReadonlySet<string> },
): readonly JudgedCount[] {
  const groups = new Map<string, number[]>();
  for (const [i, row] of counts.entries()) {
    const key = `${placeOf(row)} ${Math.floor(row.fromMin / 60)}`;
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  return [...groups.values()].map((rows) => {
    const first = counts[rows[0]!]!;
    const hours = rows.reduce((sum, i) => sum + (counts[i]!.toMin - counts[i]!.fromMin) / 60, 0);
    const perHour = (values: (i: number) => number) => rows.reduce((sum, i) => sum + values(i), 0) / hours;
    return {
      place: placeOf(first),
      fromMin: first.fromMin,
      counted: perHour((i) => counts[i]!.vehicles),
      before: perHour((i) => before[i]!),
      after: perHour((i) => after[i]!),
      heldBack: held.has(`${first.junction}/${first.approach}`),
    };
  });
}

export interface Agreement {
  readonly hours: number;
  /** Share of place-hours with GEH below 5. */
  readonly within: number;
  readonly meanGeh: number;
  readonly worst:
    | { readonly place: string; readonly counted: number; readonly modelled: number; readonly geh: number }
    | undefined;
}

/** How well flows agree with counts. */
export function agreement(judged: readonly JudgedCount[], modelled: (count: JudgedCount) => number): Agreement {
  const each = judged.map((count) => ({
    place: count.place,
    counted: count.counted,
    modelled: modelled(count),
    geh: geh(modelled(count), count.counted),
  }));
  return {
    hours: each.length,
    within: each.length > 0 ? each.filter((own) => own.geh < 5).length / each.length : 0,
    meanGeh: each.length > 0 ? each.reduce((sum, own) => sum + own.geh, 0) / each.length : 0,
    worst: each.reduce<Agreement["worst"]>((far, own) => (far && far.geh >= own.geh ? far : own), undefined),
  };
}
