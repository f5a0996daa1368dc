import { Aspect, type LaneInput, type RoadInput } from "../../simulation/traffic/lanes/road-network.ts";
import type { RoadSimulation } from "../../simulation/traffic/lanes/simulation.ts";
import { ALL_CLASSES } from "../../simulation/traffic/lanes/vehicle-types.ts";

const KMH_50 = 13.89;

export const carLane = (id: string, lengthM: number): LaneInput => ({
  id,
  lengthM,
  speedMps: KMH_50,
  widthM: 3.5,
  classes: ALL_CLASSES,
});

/** One lane `in` to a stop line with lamps, a box of 15 m, one lane `out`. */
export function laneApproach(lengthM: number, onwardM: number): RoadInput {
  return {
    leftHand: true,
    edges: [
      { id: "in", from: "w", to: "c", lanes: [carLane("in_0", lengthM)] },
      { id: "out", from: "c", to: "e", lanes: [carLane("out_0", onwardM)] },
    ],
    links: [
      {
        from: { edge: "in", lane: 0 },
        to: { edge: "out", lane: 0 },
        junction: "c",
        right: "major",
        signal: { id: "c", index: 0 },
        keepClear: true,
        box: [carLane(":c_0", 15)],
        yieldsTo: [],
        hasFoes: true,
      },
    ],
    conflicts: [],
  };
}

/** Sets the lamps before the box. */
export const show = ({ kernel }: RoadSimulation, aspect: number): void => {
  kernel.net.linkEnters.forEach((enters, link) => {
    if (enters) kernel.aspect[link] = aspect;
  });
};

/** What a fixed signal shows in its cycle: green, 3 s of amber, red. */
export const fixedAspect = (inCycle: number, greenS: number): number =>
  inCycle < greenS ? Aspect.major : inCycle < greenS + 3 ? Aspect.amber : Aspect.red;
