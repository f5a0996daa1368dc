import type { ApproachView, JunctionView } from "../../view.ts";
import type { Layout } from "./layout.ts";

/** No camera sees further, and no lane holds more than one vehicle in so much of it, m. */
const farthestM = 1000;
const shortestM = 1;
/** No more cross a stop line of one lane between two pictures. */
const mostCrossed = 10;
const fastestMps = 60;

const within = (value: number, least: number, most: number): boolean => value >= least && value <= most;

/**
 * What of a view can be: places, speeds and counts that are none are left out, an approach without a sound range is unseen. So that no
 * camera's nonsense decides anything, or keeps the search busy for ever.
 */
export function soundView({ junction, movements }: Layout, view: JunctionView): JunctionView {
  const lanesOf = new Map(junction.approaches.map(({ id, lanes }) => [id, lanes.length]));
  const known = new Set(movements.map(({ id }) => id));
  return {
    ...view,
    approaches: view.approaches.flatMap((own) => {
      const lanes = lanesOf.get(own.approach);
      return lanes === undefined ? [] : [soundApproach(own, lanes)];
    }),
    exits: view.exits.map((exit) => ({
      ...exit,
      lanes: exit.lanes.filter(({ roomM, standing }) => within(roomM, 0, Infinity) && within(standing, 0, Infinity)),
    })),
    box: view.box.filter(
      ({ approach, lane, speedMps, movements: ways }) =>
        within(lane, 0, (lanesOf.get(approach) ?? 0) - 1) &&
        within(speedMps, 0, fastestMps) &&
        ways.every((way) => known.has(way)),
    ),
  };
}

function soundApproach(own: ApproachView, lanes: number): ApproachView {
  if (!within(own.rangeM, 0, farthestM)) return { ...own, rangeM: 0, vehicles: [], crossed: [] };
  return {
    ...own,
    vehicles: own.vehicles
      .filter(
        ({ distanceM, speedMps, lanes: leadsTo }) =>
          within(distanceM, 0, farthestM) &&
          within(speedMps, 0, fastestMps) &&
          leadsTo.length > 0 &&
          leadsTo.every((lane) => within(lane, 0, lanes - 1)),
      )
      .slice(0, (lanes * farthestM) / shortestM),
    crossed: own.crossed.slice(0, lanes).map((count) => (within(count, 0, mostCrossed) ? count : 0)),
  };
}
