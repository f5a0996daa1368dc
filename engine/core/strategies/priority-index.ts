import { byIndex } from "./rolling-horizon/rules.ts";
import { secondBySecond } from "./rolling-horizon.ts";

/** The stage that serves the most vehicles a second, set-up included; a rule to compare with, and to fall to. */
export const priorityIndex = secondBySecond("priority-index", byIndex);
