import type { Camera, City, SceneFeed } from "../../config/model.ts";
import { type Instant, seconds } from "../../config/units.ts";

/** The test city, in which the camera of each approach of junction `b` also sends scenes of it, and the west one of the box. */
export function withScenes(city: City, change: Partial<SceneFeed> = {}): City {
  const cameras = new Map<string, Camera>(city.cameras);
  const junction = city.junctions.get("b")!;
  for (const approach of junction.approaches) {
    const camera = cameras.get(`cam-b-${approach.id}`)!;
    const arm = city.links.get(approach.link)!;
    const exit = [...city.links.values()].find(({ from, to }) => from === arm.to && to === arm.from)!;
    cameras.set(camera.id, {
      ...camera,
      scene: {
        transport: "webhook",
        topic: undefined,
        period: seconds(1),
        junction: "b",
        approaches: [approach.id],
        rangeM: 100,
        exits: [exit.id],
        exitRangeM: 50,
        box: approach.id === "west",
        ...change,
      },
    });
  }
  return { ...city, cameras };
}

export interface SceneText {
  readonly at: Instant;
  readonly camera?: string;
  readonly approach?: string;
  readonly passed?: readonly number[];
  readonly objects?: readonly object[];
  readonly [more: string]: unknown;
}

/** An `atcs-scene/1` body of the west camera of junction `b` of the test city, changed as wanted. */
export function sceneBody({ at, camera = "cam-b-west", approach = "west", passed, objects = [], ...more }: SceneText) {
  return {
    schema: "atcs-scene/1",
    source: camera,
    junction: "b",
    at: new Date(at).toISOString(),
    approaches: [{ approach, rangeM: 100, passed: passed ?? [0, 0, 0], objects }],
    exits: [],
    ...more,
  };
}

export const car = (distanceM: number, speedMps = 0, lane = 0) => ({
  distanceM,
  speedMps,
  lengthM: 4.5,
  class: "car",
  lanes: [lane],
});
