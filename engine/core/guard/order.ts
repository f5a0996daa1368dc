import type { Junction } from "../../../config/model.ts";

/** Of a fixed order, at most so many stages are passed over in one change; with more it would be no order. */
const passedOverAtMost = 1;

/** May stage `to` follow stage `from`? Phase numbers. */
export function mayFollow(
  { fixedOrder, rings }: Junction,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  if (!fixedOrder || from === to) return true;
  const ring = rings[0]!;
  const ahead = (ring.indexOf(to) - ring.indexOf(from) + ring.length) % ring.length;
  return ahead <= 1 + passedOverAtMost;
}
