import { percentile } from "../traffic/trips.ts";
import { Attributes } from "./attributes.ts";
import { readXml } from "./xml.ts";

/** SUMO's own account of a run: all trips written, unfinished ones too. Delay is time loss plus departure delay. */
export interface TripTotals {
  readonly trips: number;
  readonly unfinished: number;
  readonly meanDelayS: number;
  readonly meanTimeLossS: number;
  readonly meanDepartDelayS: number;
  readonly meanDurationS: number;
  readonly meanWaitingS: number;
  readonly worstDelayS: number;
  readonly side: { readonly trips: number; readonly p95DelayS: number };
}

/** A trip is a small element: a million of them stay within this. */
const LIMITS = { bytes: 1024 * 1024 * 1024, depth: 16 };

/** `fromSide`: does a trip that starts on this edge come by a side street? */
export async function readTrips(file: string, fromSide: (edge: string) => boolean = () => false): Promise<TripTotals> {
  let trips = 0;
  let unfinished = 0;
  let timeLoss = 0;
  let departDelay = 0;
  let duration = 0;
  let waiting = 0;
  let worst = 0;
  const side: number[] = [];
  await readXml(
    file,
    {
      open: (element) => {
        if (element.name !== "tripinfo") return;
        const read = new Attributes(file, element);
        const [loss, delay] = [read.number("timeLoss"), read.number("departDelay")];
        trips++;
        if (read.numberOr("arrival", -1) < 0) unfinished++;
        timeLoss += loss;
        departDelay += delay;
        duration += read.number("duration");
        waiting += read.number("waitingTime");
        worst = Math.max(worst, loss + delay);
        const lane = read.text("departLane");
        if (fromSide(lane.slice(0, lane.lastIndexOf("_")))) side.push(loss + delay);
      },
    },
    LIMITS,
  );
  const mean = (sum: number): number => (trips > 0 ? sum / trips : 0);
  return {
    trips,
    unfinished,
    meanDelayS: mean(timeLoss + departDelay),
    meanTimeLossS: mean(timeLoss),
    meanDepartDelayS: mean(departDelay),
    meanDurationS: mean(duration),
    meanWaitingS: mean(waiting),
    worstDelayS: worst,
    side: {
      trips: side.length,
      p95DelayS: percentile(
        side.sort((a, b) => a - b),
        0.95,
      ),
    },
  };
}
