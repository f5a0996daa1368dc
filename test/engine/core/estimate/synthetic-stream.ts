import type { City } from "../../../../config/model.ts";
import { after, type Instant, millis, seconds } from "../../../../config/units.ts";
import type { CabinetStatus, PhaseState } from "../../../../engine/core/cabinet.ts";
import { estimate, startEstimator } from "../../../../engine/core/estimate/estimator.ts";
import type { Observation } from "../../../../engine/core/observe/observation.ts";
import type { StreamEstimate } from "../../../../engine/core/strategy.ts";
import type { Random } from "../../../../engine/ports/random.ts";

export const start = Date.UTC(2026, 10, 21, 1) as Instant;

export interface Scene {
  readonly city: City;
  readonly junction: string;
  /** Stream whose traffic is made up; the others stay empty. */
  readonly stream: string;
  readonly detector: string;
  /** veh/s at a second of the run. */
  readonly rate: (second: number) => number;
  /** veh/s of green. */
  readonly saturation: number;
  readonly cycleS: number;
  readonly greenS: number;
  readonly random: Random;
  readonly miss?: number;
  /** Vehicles that fill the view. */
  readonly viewVeh?: number;
  /** Seconds in which the camera is silent. */
  readonly silent?: (second: number) => boolean;
  readonly class?: "car" | "mc";
}

export interface Sample {
  readonly second: number;
  readonly estimate: StreamEstimate;
  /** True queue, vehicles. */
  readonly queue: number;
  readonly green: boolean;
}

/**
 * One lane made up on purpose apart from both the estimator and the simulator: Poisson arrivals, a vertical queue that
 * leaves at its saturation flow in green, a camera that reports every 5 s, a cabinet polled every second.
 */
export function observeScene(scene: Scene, lengthS: number): readonly Sample[] {
  const { city, random, cycleS, greenS } = scene;
  const phase = city.junctions.get(scene.junction)!.streams.find(({ id }) => id === scene.stream)!.phases[0]!;
  let state = startEstimator(city, start);
  let queue = 0;
  let passed = 0;
  let credit = 0;
  let occupied = 0;
  const samples: Sample[] = [];
  for (let second = 1; second <= lengthS; second++) {
    const at = after(start, seconds(second));
    const inCycle = second % cycleS;
    const green = inCycle >= 10 && inCycle < 10 + greenS;
    queue += poisson(scene.rate(second), random);
    const serving = green && inCycle >= 12;
    credit = serving ? Math.min(credit + scene.saturation, Math.max(1, queue)) : 0;
    while (credit >= 1 && queue >= 1) {
      queue--;
      credit--;
      if (random.next() >= (scene.miss ?? 0)) passed++;
      occupied += 0.5;
    }
    if (queue > 0) occupied++;
    const observations: Observation[] = [];
    if (second % 5 === 0) {
      if (!scene.silent?.(second)) {
        // In green the head of the queue rolls; standing is what the wave has not reached: 2 s later, 1 veh in 0.5 s.
        const rolling = serving ? (inCycle - 12) / 0.5 : 0;
        const standing = Math.min(scene.viewVeh ?? 30, Math.max(0, Math.round(queue - rolling)));
        observations.push({
          source: "test",
          detector: scene.detector,
          start: after(start, seconds(second - 5)),
          end: at,
          counts: scene.class === "mc" ? { car: 0, hv: 0, mc: passed } : { car: passed, hv: 0, mc: 0 },
          occupancy: Math.min(1, occupied / 5),
          queueVeh: standing,
          presence: standing > 0,
          quality: 1,
          flags: [],
        });
      }
      passed = 0;
      occupied = 0;
    }
    const cabinets = new Map([[scene.junction, status(scene.junction, at, phase, green ? "green" : "red")]]);
    const result = estimate(state, { now: at, observations, cabinets, city });
    state = result.state;
    samples.push({ second, estimate: result.streams.get(scene.stream)!, queue, green });
  }
  return samples;
}

export function status(junction: string, at: Instant, phase: number, shown: PhaseState): CabinetStatus {
  return {
    kind: "reachable",
    junction,
    at,
    mode: "central",
    capabilities: {
      planDownload: true,
      secondBySecond: false,
      maxPhases: 8,
      cycleMin: seconds(30),
      cycleMax: seconds(250),
      resolution: millis(1000),
    },
    pattern: 1,
    inTransition: false,
    phases: { [phase]: shown },
    cyclePosition: undefined,
    elapsed: undefined,
    clockError: undefined,
    faults: [],
  };
}

function poisson(mean: number, random: Random): number {
  let n = 0;
  for (let p = random.next(); p > Math.exp(-mean); p *= random.next()) n++;
  return n;
}
