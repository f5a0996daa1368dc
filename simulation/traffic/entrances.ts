import type { Instant } from "../../config/units.ts";
import type { Arrival, ArrivalStream } from "../demand/arrivals.ts";
import { lanesToAvoid } from "./disruptions.ts";
import type { Incidents } from "./incidents.ts";
import { bestLane } from "./sidestep.ts";
import { found, insert, lastOnLink, stripInLane, type Traffic } from "./traffic.ts";
import { Class, parameters, safeSpeed, widthIn } from "./vehicle-classes.ts";

/** How far down the waiting line one looks for a motorcycle that fits where the first car does not. */
const LOOK_DOWN_LINE = 12;

export interface Entrances {
  /** Lets in who has room. */
  step(): void;
  demanded(): number;
  inserted(): number;
  waiting(): number;
  waitingSince(): readonly { readonly main: boolean; readonly sinceS: number }[];
}

/** The edge of the network: who finds no room on the first link waits outside, and that is delay. */
export function createEntrances(
  traffic: Traffic,
  streams: readonly ArrivalStream[],
  start: Instant,
  incidents: Incidents,
): Entrances {
  const lines: Arrival[][] = streams.map(() => []);
  let demanded = 0;
  let inserted = 0;
  return {
    step: () => {
      const untilMs = start + traffic.nowS * 1000;
      for (let i = 0; i < streams.length; i++) {
        const stream = streams[i]!;
        const line = lines[i]!;
        for (let arrival = stream.next(untilMs); arrival; arrival = stream.next(untilMs)) {
          line.push(arrival);
          demanded++;
        }
        let carWaits = false;
        for (let k = 0; k < Math.min(line.length, LOOK_DOWN_LINE); ) {
          const arrival = line[k]!;
          const motorcycle = arrival.vehicleClass === Class.motorcycle;
          const route = incidents.routeNow(arrival.route);
          const wishedS = (arrival.atMs - start) / 1000;
          if (route >= 0 && (motorcycle || !carWaits) && letIn(traffic, stream.firstLink, arrival, route, wishedS)) {
            if (route !== arrival.route) incidents.countDetour(arrival.route);
            line.splice(k, 1);
            inserted++;
          } else {
            if (!motorcycle) carWaits = true;
            k++;
          }
        }
      }
    },
    demanded: () => demanded,
    inserted: () => inserted,
    waiting: () => lines.reduce((total, line) => total + line.length, 0),
    waitingSince: () =>
      lines.flatMap((line, i) =>
        line.map(({ atMs }) => ({
          main: traffic.network.links[streams[i]!.firstLink]!.main,
          sinceS: (atMs - start) / 1000,
        })),
      ),
  };
}

/** At the beginning of the link, in the best lane with room, at a speed that is safe behind whoever is there. */
function letIn(traffic: Traffic, l: number, arrival: Arrival, route: number, wishedS: number): boolean {
  const link = traffic.network.links[l]!;
  const { vehicles, routes } = traffic;
  const move = routes[route]!.moves[0] ?? -1;
  const avoid = lanesToAvoid(traffic, l, 0);
  const preferred = bestLane(traffic, l, move, 0, avoid);
  const lanes = link.laneFirst.length;
  for (let i = 0; i < lanes; i++) {
    const lane = (preferred + i) % lanes;
    if (avoid & (1 << lane)) continue;
    const width = widthIn(link.laneStrips[lane]!, arrival.vehicleClass);
    const first = width === 1 ? link.laneFirst[lane]! : stripInLane(link, lane, width);
    const last = width === 1 ? link.laneFirst[lane]! + link.laneStrips[lane]! - 1 : first;
    for (let strip = first; strip <= last; strip++) {
      const speed = entrySpeed(traffic, l, strip, width, arrival);
      if (speed < 0) continue;
      const id = vehicles.take();
      vehicles.length[id] = parameters[arrival.vehicleClass]!.lengthM;
      vehicles.pos[id] = vehicles.length[id]!;
      vehicles.speed[id] = speed;
      vehicles.speedFactor[id] = arrival.speedFactor;
      vehicles.vehicleClass[id] = arrival.vehicleClass;
      vehicles.link[id] = l;
      vehicles.strip[id] = strip;
      vehicles.width[id] = width;
      vehicles.lane[id] = lane;
      vehicles.route[id] = route;
      vehicles.leg[id] = 0;
      vehicles.move[id] = move;
      vehicles.boxMove[id] = -1;
      vehicles.inBox[id] = 0;
      vehicles.holds[id] = 0;
      vehicles.stamp[id] = traffic.step;
      vehicles.wishedS[id] = wishedS;
      vehicles.freeS[id] = -vehicles.length[id]! / (link.speedMps * arrival.speedFactor);
      vehicles.stops[id] = 0;
      vehicles.standing[id] = 0;
      vehicles.main[id] = link.main ? 1 : 0;
      vehicles.calls[id] = arrival.calls;
      vehicles.nextCall[id] = 0;
      vehicles.dwellUntilS[id] = 0;
      insert(traffic, l, id);
      traffic.present++;
      return true;
    }
  }
  return false;
}

/** -1 when there is no room. */
function entrySpeed(traffic: Traffic, l: number, strip: number, width: number, arrival: Arrival): number {
  const own = parameters[arrival.vehicleClass]!;
  const { disruptions } = traffic;
  const wanted = Math.min(traffic.network.links[l]!.speedMps * arrival.speedFactor, disruptions.paceMps[l]!);
  if (!lastOnLink(traffic, l, strip, width, 0)) return wanted;
  const gap = found.rearM - own.lengthM - own.gapM;
  return gap < 0
    ? -1
    : Math.min(
        wanted,
        safeSpeed(gap, found.speedMps, own.decelerationMps2, own.headwayS * disruptions.headwayFactor[l]!),
      );
}
