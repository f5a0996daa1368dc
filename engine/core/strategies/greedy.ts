import { byCount } from "./rolling-horizon/rules.ts";
import { secondBySecond } from "./rolling-horizon.ts";

/** The stage with the most vehicles in sight: the one-line rule that any other has to beat. */
export const greedy = secondBySecond("greedy", byCount);
