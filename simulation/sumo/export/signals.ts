import type { Approach, City, Junction, Movement } from "../../../config/model.ts";
import { Lamp } from "../../lamps.ts";

/**
 * One link index of a SUMO traffic light: the connections that always show the same. A signal group is one, or more where
 * some of its movements give way (`g`) or may turn on red (`s`).
 */
export interface SignalLink {
  readonly group: number;
  readonly kind: "protected" | "gives-way" | "turns-on-red";
  readonly movements: readonly string[];
}

/** Link indexes of a junction, in order of its groups; pedestrian groups have none. */
export function signalLinks(city: City, junction: Junction): readonly SignalLink[] {
  const links: { group: number; kind: SignalLink["kind"]; movements: string[] }[] = [];
  for (const [group, { id }] of junction.groups.entries()) {
    for (const movement of junction.movements) {
      if (movement.group !== id) continue;
      const approach = junction.approaches.find((candidate) => candidate.id === movement.approach)!;
      const kind = kindOf(city, approach, movement);
      const same = links.find((link) => link.group === group && link.kind === kind);
      if (same) same.movements.push(movement.id);
      else links.push({ group, kind, movements: [movement.id] });
    }
  }
  return links;
}

function kindOf(city: City, approach: Approach, movement: Movement): SignalLink["kind"] {
  if (approach.leftTurnOnRed && movement.turn === city.drivesOn) return "turns-on-red";
  return movement.yieldsTo.length > 0 ? "gives-way" : "protected";
}

/** A state of the program, one letter a link. */
export const stateOf = (links: readonly SignalLink[], lamps: Uint8Array): string =>
  links
    .map(({ group, kind }) => {
      switch (lamps[group]) {
        case Lamp.green:
          return kind === "gives-way" ? "g" : "G";
        case Lamp.amber:
          return "y";
        default:
          return kind === "turns-on-red" ? "s" : "r";
      }
    })
    .join("");
