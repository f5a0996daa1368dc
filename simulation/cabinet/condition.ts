/** What the lamps are under: power-up in three parts, the rings, or flash. */
export type Condition = "dark" | "startup-flash" | "startup-red" | "running" | "flash";

/** A controller that loses power is dark this long before it flashes. */
const DARK = 2000;
/** Flash after power-up or after a cleared fault, before all red. */
const STARTUP_FLASH = 3000;
/** The least all-red after flash; the junction's longest intergreen if that is longer. */
export const STARTUP_RED = 3000;

/** Where a cabinet whose rings stand still goes next, after `stood` ms; undefined: it stays. */
export function nextCondition({
  condition,
  stood,
  flash,
  startupRed,
}: {
  readonly condition: Condition;
  readonly stood: number;
  /** Somebody or something wants flash. */
  readonly flash: boolean;
  readonly startupRed: number;
}): Condition | undefined {
  switch (condition) {
    case "dark":
      return stood >= DARK ? "startup-flash" : undefined;
    case "flash":
      return flash ? undefined : "startup-flash";
    case "startup-flash":
      if (stood < STARTUP_FLASH) return undefined;
      return flash ? "flash" : "startup-red";
    case "startup-red":
      if (flash) return "flash";
      return stood >= startupRed ? "running" : undefined;
    case "running":
      return undefined;
  }
}
