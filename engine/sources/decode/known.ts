import type { City, SceneFeed } from "../../../config/model.ts";

/** Detector ids by camera id: what a source may speak for. */
export type KnownDetectors = ReadonlyMap<string, ReadonlySet<string>>;

/** Every camera that counts, with its detectors. */
export function knownDetectors(city: City): KnownDetectors {
  const known = new Map<string, Set<string>>();
  for (const camera of city.cameras.values()) if (camera.feed) known.set(camera.id, new Set());
  for (const detector of city.detectors.values()) known.get(detector.camera)?.add(detector.id);
  return known;
}

/** By camera id: what its pictures may show. */
export type KnownScenes = ReadonlyMap<string, KnownScene>;

export interface KnownScene {
  readonly feed: SceneFeed;
  /** Lanes of each approach it sees, and the movements of each lane. */
  readonly lanes: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Exits it sees, by link. How many lanes one has just behind the box, the camera says. */
  readonly exits: ReadonlySet<string>;
  /** Every approach of the junction, since vehicles in the box come from all; with the movements of each lane. */
  readonly around: ReadonlyMap<string, readonly (readonly string[])[]>;
}

/** Every camera that sends scenes. */
export function knownScenes(city: City): KnownScenes {
  const known = new Map<string, KnownScene>();
  for (const { id, scene } of city.cameras.values()) {
    const junction = scene && city.junctions.get(scene.junction);
    if (!junction) continue;
    const around = new Map(
      junction.approaches.map((approach) => [approach.id, approach.lanes.map(({ movements }) => movements)]),
    );
    known.set(id, {
      feed: scene,
      lanes: new Map([...around].filter(([approach]) => scene.approaches.includes(approach))),
      exits: new Set(scene.exits),
      around,
    });
  }
  return known;
}
