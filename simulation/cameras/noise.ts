import type { Random } from "../../engine/ports/random.ts";

/** Box and Muller's transform; standard normal. */
export const gaussian = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
