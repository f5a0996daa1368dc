import type { City } from "../../../config/model.ts";
import type { Note } from "./note.ts";

/** Grades that do not fit each other by more than this, percent. */
const TOLERANCE_PERCENT = 0.2;

/**
 * Heights of nodes that give the links their grades; empty where everything is flat. Grades round a loop need not add up:
 * what the heights cannot show is named.
 */
export function heights(city: City): {
  readonly heightM: ReadonlyMap<string, number>;
  readonly notes: readonly Note[];
} {
  const links = [...city.links.values()];
  if (links.every(({ gradePercent }) => gradePercent === 0)) return { heightM: new Map(), notes: [] };
  const heightM = new Map<string, number>();
  for (const first of city.nodes.keys()) {
    if (heightM.has(first)) continue;
    heightM.set(first, 0);
    const open = [first];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const { from, to, lengthM, gradePercent } of links) {
        const rise = (lengthM * gradePercent) / 100;
        const [other, height] = from === node ? [to, heightM.get(node)! + rise] : [from, heightM.get(node)! - rise];
        if ((from !== node && to !== node) || heightM.has(other)) continue;
        heightM.set(other, height);
        open.push(other);
      }
    }
  }
  const notes = links.flatMap(({ id, from, to, lengthM, gradePercent }): readonly Note[] => {
    const drawn = ((heightM.get(to)! - heightM.get(from)!) / lengthM) * 100;
    if (Math.abs(drawn - gradePercent) <= TOLERANCE_PERCENT) return [];
    return [
      {
        subject: `link ${id}`,
        message: `has a grade of ${gradePercent} % that does not fit the grades around it; drawn with ${drawn.toFixed(1)} %`,
      },
    ];
  });
  return { heightM, notes: [...notes, ...slowed(links)] };
}

const slowed = (links: readonly { readonly id: string; readonly gradePercent: number }[]): readonly Note[] => {
  const steep = links.filter(({ gradePercent }) => gradePercent !== 0);
  return [
    {
      subject: "grades",
      message: `${steep.length} links have a grade; it is written as height, and SUMO's car-following does not slow for it`,
    },
  ];
};
