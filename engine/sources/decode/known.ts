import type { City } from "../../../config/model.ts";

/** Detector ids by camera id: what a source may speak for. */
export type KnownDetectors = ReadonlyMap<string, ReadonlySet<string>>;

/** Every camera that counts, with its detectors. */
export function knownDetectors(city: City): KnownDetectors {
  const known = new Map<string, Set<string>>();
  for (const camera of city.cameras.values()) if (camera.feed) known.set(camera.id, new Set());
  for (const detector of city.detectors.values()) known.get(detector.camera)?.add(detector.id);
  return known;
}
