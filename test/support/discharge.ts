import { seededRandom } from "../../app/seeded-random.ts";
import { instant } from "../../config/units.ts";
import { Lamp } from "../../simulation/lamps.ts";
import { createStreet } from "../../simulation/traffic/street.ts";
import { APPROACH, type OneApproach, oneApproach } from "./one-approach.ts";

/** A cycle long enough for the queue to outlast every green, s. */
export const CYCLE_S = 100;
export const GREEN_S = 60;
/** From here on headways have settled, s of green; and the time in which the first rows come over the line. */
export const SETTLED_S = 10;
export const FIRST_ROWS_S = 6;
/** Cycles before the queue is as long as it stays. */
const WARM_UP_CYCLES = 3;
/** More than any approach of the tests discharges, veh/h. */
const ABUNDANT_VEHICLES = 20_000;
/** Passenger-car units of the manual for protected traffic (MKJI 1997). */
export const PCU = { car: 1, hv: 1.3, mc: 0.2 };

export interface Discharge {
  /** pcu/h of green, from the tenth second of green on, when headways have settled. */
  readonly saturationPcuh: number;
  /** Green that the first vehicles lose against that rate, s. */
  readonly startUpLostS: number;
  /** Vehicles over the line in the first 6 s of green, and the share of motorcycles among them. */
  readonly firstRows: number;
  readonly firstMotorcycles: number;
  readonly collisions: number;
  readonly redLightRunners: number;
}

/** Means over seeds 1 to `seeds` of `cycles` cycles each, with a queue that never ends. */
export function discharge(
  approach: Omit<OneApproach, "vehPerHour">,
  { seeds, cycles = 3 }: { readonly seeds: number; readonly cycles?: number },
): Discharge {
  let settled = 0;
  let all = 0;
  let first = 0;
  let firstMotorcycles = 0;
  let collisions = 0;
  let redLightRunners = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const street = createStreet({
      city: oneApproach({ ...approach, vehPerHour: ABUNDANT_VEHICLES }),
      random: seededRandom(seed),
      start: instant(0),
    });
    const lamps = new Uint8Array([Lamp.red, Lamp.red]);
    street.attach("c", lamps);
    const { crossed } = street.sensor({ link: APPROACH, lanes: undefined, from: "stop-line", distanceM: 0, zoneM: 0 });
    for (let t = 0; t < (WARM_UP_CYCLES + cycles) * CYCLE_S; t += street.step / 1000) {
      const inCycle = t % CYCLE_S;
      lamps[0] = inCycle < GREEN_S ? Lamp.green : inCycle < GREEN_S + 3 ? Lamp.amber : Lamp.red;
      const before = { ...crossed };
      street.advance();
      if (t < WARM_UP_CYCLES * CYCLE_S || inCycle >= GREEN_S) continue;
      const [car, hv, mc] = [crossed.car - before.car, crossed.hv - before.hv, crossed.mc - before.mc];
      const pcu = car * PCU.car + hv * PCU.hv + mc * PCU.mc;
      all += pcu;
      if (inCycle < FIRST_ROWS_S) {
        first += car + hv + mc;
        firstMotorcycles += mc;
      }
      if (inCycle >= SETTLED_S) settled += pcu;
    }
    const results = street.results();
    collisions += results.collisions;
    redLightRunners += results.redLightRunners;
  }
  const greens = seeds * cycles;
  const perSecond = settled / greens / (GREEN_S - SETTLED_S);
  return {
    saturationPcuh: perSecond * 3600,
    startUpLostS: GREEN_S - all / greens / perSecond,
    firstRows: first / greens,
    firstMotorcycles: firstMotorcycles / Math.max(1, first),
    collisions,
    redLightRunners,
  };
}
