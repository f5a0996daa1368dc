import type { City, Junction, Link, Node } from "../../config/model.ts";
import { seconds } from "../../config/units.ts";
import { testCity } from "./city.ts";

/** Four junctions in a square, each with four arms and the movements of the test city's `b`. */
export function squareCity(): City {
  const base = testCity();
  const like = base.junctions.get("b")!;
  const names = ["p", "q", "r", "s"];
  const beside: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    p: { east: "q", south: "r" },
    q: { west: "p", south: "s" },
    r: { east: "s", north: "p" },
    s: { west: "r", north: "q" },
  };
  const places: Readonly<Record<string, readonly [number, number]>> = {
    p: [0, 0],
    q: [300, 0],
    r: [0, -300],
    s: [300, -300],
  };
  const ways: Readonly<Record<string, readonly [number, number]>> = {
    west: [-1, 0],
    east: [1, 0],
    north: [0, 1],
    south: [0, -1],
  };
  const nodes = new Map<string, Node>();
  const links = new Map<string, Link>();
  const junctions = new Map<string, Junction>();
  for (const name of names) {
    const [xM, yM] = places[name]!;
    nodes.set(name, { id: name, kind: "junction", xM, yM });
    const at = (arm: string) => beside[name]![arm] ?? `${name}-${arm}`;
    for (const [arm, [dx, dy]] of Object.entries(ways)) {
      const other = at(arm);
      if (!names.includes(other)) nodes.set(other, { id: other, kind: "edge", xM: xM + 300 * dx, yM: yM + 300 * dy });
      for (const [from, to] of [
        [name, other],
        [other, name],
      ] as const) {
        const lanes = arm === "west" || arm === "east" ? 3 : 1;
        links.set(`${from}_${to}`, {
          id: `${from}_${to}`,
          from,
          to,
          lengthM: 280,
          speedMps: 13.9,
          widthM: 3.5 * lanes,
          lanes,
          gradePercent: 0,
        });
      }
    }
    junctions.set(name, {
      ...like,
      id: name,
      node: name,
      approaches: like.approaches.map((approach) => ({ ...approach, link: `${at(approach.id)}_${name}` })),
      movements: like.movements.map((movement) => ({
        ...movement,
        exit: `${name}_${at(exitArm(movement.approach, movement.turn))}`,
      })),
      crossings: [],
    });
  }
  const flow = (from: string, to: string, vehPerHour: number) => ({
    id: `${from}-${to}`,
    from,
    vehPerHour,
    profile: "flat",
    to: [{ node: to, share: 1 }],
  });
  return {
    ...base,
    utcOffset: seconds(0),
    nodes,
    links,
    junctions,
    demand: {
      ...base.demand!,
      dayVariation: 0,
      quarterVariation: 0,
      pedestrians: [],
      flows: [flow("p-west", "q-east", 500), flow("r-west", "s-east", 200), flow("q-north", "s-south", 150)],
    },
  };
}

/** Keeping left: heading away from an arm, left of it lies the arm a quarter turn on. */
function exitArm(arm: string, turn: string): string {
  const round = ["west", "south", "east", "north"];
  const ahead = round.indexOf(arm);
  const on = turn === "through" ? 2 : turn === "left" ? 3 : 1;
  return round[(ahead + on) % 4]!;
}
