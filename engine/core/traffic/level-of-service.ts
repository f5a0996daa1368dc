export type LevelOfService = "A" | "B" | "C" | "D" | "E" | "F";

/** Upper bounds of mean delay at a junction, s/vehicle (PM 96/2015). The text leaves the bounds open; here a bound belongs to the worse class. */
const bounds: readonly (readonly [number, LevelOfService])[] = [
  [5, "A"],
  [15, "B"],
  [25, "C"],
  [40, "D"],
  [60, "E"],
];

export const levelOfService = (delayS: number): LevelOfService => bounds.find(([below]) => delayS < below)?.[1] ?? "F";
