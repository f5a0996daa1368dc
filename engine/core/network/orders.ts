import type { Junction } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { barriersOf } from "../plan/phase-times.ts";

/** More orders than this at one junction are not told apart by anybody at the kerb. */
const mostOrders = 24;

/**
 * Every order of phases that the junction allows (lead and lag): free inside a barrier, barriers in their order. A
 * single ring that only starts elsewhere is the same order. The junction's own first.
 */
export function phaseOrders(junction: Junction): readonly TimingPlan["sequence"][] {
  // A right turn that gives way may be caught in the box when the other direction's green goes on (yellow trap).
  if (junction.form === "rings" && junction.movements.some(({ yieldsTo }) => yieldsTo.length > 0))
    return [junction.rings];
  const barriers = barriersOf(junction);
  const single = barriers.length === 1 && junction.rings.length === 1;
  const perRing = junction.rings.map((_, r) =>
    barriers
      .map(({ rings }) => {
        const numbers = rings[r]!.map(({ number }) => number);
        return single ? permutations(numbers.slice(1)).map((rest) => [numbers[0]!, ...rest]) : permutations(numbers);
      })
      .reduce<readonly (readonly number[])[]>(
        (all, part) => all.flatMap((head) => part.map((tail) => [...head, ...tail])),
        [[]],
      ),
  );
  const orders = perRing.reduce<readonly (readonly (readonly number[])[])[]>(
    (all, rings) => all.flatMap((head) => rings.map((ring) => [...head, ring])),
    [[]],
  );
  const own = JSON.stringify(junction.rings);
  return [junction.rings, ...orders.filter((order) => JSON.stringify(order) !== own)].slice(0, mostOrders);
}

function permutations(numbers: readonly number[]): readonly (readonly number[])[] {
  if (numbers.length <= 1) return [numbers];
  return numbers.flatMap((first, i) =>
    permutations([...numbers.slice(0, i), ...numbers.slice(i + 1)]).map((rest) => [first, ...rest]),
  );
}
