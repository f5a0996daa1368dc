import type { City } from "../../../config/model.ts";
import { type Instant, instant } from "../../../config/units.ts";
import type { SceneReading } from "../scene.ts";
import type { ApproachView, BoxVehicle, ExitView, JunctionView } from "../view.ts";
import type { SceneFacts } from "./scene-state.ts";

/** A picture that can be believed. */
export interface Picture {
  readonly facts: SceneFacts;
  readonly scene: SceneReading;
  /** When it was taken, true time. */
  readonly at: Instant;
  /** Running totals that the last view went by. */
  readonly told: Readonly<Record<string, readonly number[]>>;
}

interface Place {
  readonly now: Instant;
  readonly city: City;
  readonly junctions: readonly string[];
}

/** What is seen of each junction: where several cameras look at one place, the newest picture counts. */
export function viewsOf(
  pictures: readonly Picture[],
  { now, city, junctions }: Place,
): ReadonlyMap<string, JunctionView> {
  const views = new Map<string, JunctionView>();
  for (const id of junctions) {
    // Newest first; of two as new, the first by id.
    const own = pictures
      .filter(({ facts }) => facts.feed.junction === id)
      .sort((a, b) => b.at - a.at || (a.facts.camera < b.facts.camera ? -1 : 1));
    if (own.length === 0) continue;
    const junction = city.junctions.get(id)!;
    const found = junction.approaches.map((approach) => approachOf(own, approach.id, now));
    const seen = found.filter(({ rangeM }) => rangeM > 0);
    if (seen.length === 0) continue;
    const at = instant(Math.max(...seen.map(({ at: taken }) => taken)));
    views.set(id, {
      junction: id,
      at,
      approaches: found.map(({ at: taken, ...view }) =>
        taken === at || view.rangeM === 0 ? view : { ...view, at: taken },
      ),
      exits: exitsOf(own),
      box: boxOf(own),
    });
  }
  return views;
}

function approachOf(pictures: readonly Picture[], approach: string, now: Instant): ApproachView & { at: Instant } {
  for (const { scene, at, told } of pictures) {
    const seen = scene.approaches.find((candidate) => candidate.approach === approach);
    if (!seen) continue;
    const before = told[approach];
    // Totals that went down began anew; what crossed meanwhile is not known.
    const crossed = seen.passed.map((total, lane) => Math.max(0, total - (before?.[lane] ?? total)));
    return { approach, rangeM: seen.rangeM, vehicles: seen.vehicles, crossed, at };
  }
  return { approach, rangeM: 0, vehicles: [], crossed: [], at: now };
}

function exitsOf(pictures: readonly Picture[]): readonly ExitView[] {
  const exits = new Map<string, ExitView>();
  for (const { scene } of pictures)
    for (const exit of scene.exits) if (!exits.has(exit.link)) exits.set(exit.link, exit);
  return [...exits.values()].sort((a, b) => (a.link < b.link ? -1 : 1));
}

const boxOf = (pictures: readonly Picture[]): readonly BoxVehicle[] =>
  pictures.find(({ scene }) => scene.box !== undefined)?.scene.box ?? [];
