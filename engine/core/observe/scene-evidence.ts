import type { City } from "../../../config/model.ts";
import { between, type Instant } from "../../../config/units.ts";
import type { SceneReading } from "../scene.ts";
import { type Finding, type HealthChange, type Observation, totalOf } from "./observation.ts";
import type { SceneCameraState, SceneFacts, SceneSettings } from "./scene-state.ts";

export type Draft = { -readonly [K in keyof SceneCameraState]: SceneCameraState[K] };

/** One camera in one call. */
export interface Case {
  readonly now: Instant;
  readonly facts: SceneFacts;
  readonly draft: Draft;
  readonly settings: SceneSettings;
  readonly findings: Finding[];
  readonly changes: HealthChange[];
}

/** Running totals over the stop lines, by approach. */
export const totals = ({ approaches }: SceneReading): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(approaches.map(({ approach, passed }) => [approach, passed]));

/** Why this cannot be, if it cannot. */
export function impossible({ facts, draft, settings }: Case, scene: SceneReading, elapsed: number): string | undefined {
  const before = draft.picture ? totals(draft.picture.scene) : {};
  for (const { approach, rangeM, passed, vehicles } of scene.approaches) {
    const lanes = facts.lanes.get(approach) ?? 1;
    const most = Math.ceil(lanes * rangeM * settings.mostPerLaneM);
    if (vehicles.length > most)
      return `${vehicles.length} vehicles on ${rangeM} m of ${lanes} lane(s) of ${approach}; at most ${most} fit`;
    const crossed = passed.map((total, lane) => total - (before[approach]?.[lane] ?? total));
    const bound = elapsed / settings.headway + settings.crossingSlack;
    const over = crossed.find((count) => count > bound);
    if (over !== undefined)
      return `${over} crossed one lane of ${approach} in ${elapsed / 1000} s; at most ${Math.floor(bound)} can`;
  }
  return undefined;
}

/** Why the picture is an old one again and again, if it is. */
export function frozenSince({ draft, facts, settings, now }: Case, scene: SceneReading): string | undefined {
  const { signature, moving, seen } = signatureOf(scene, settings.moving);
  const same = seen && signature === draft.repeat.signature;
  draft.repeat = same ? { ...draft.repeat, times: draft.repeat.times + 1 } : { signature, times: 1, since: now };
  if (!same) return undefined;
  if (moving && draft.repeat.times >= settings.frozenPictures)
    return `${draft.repeat.times} pictures alike, with vehicles moving in them`;
  const stood = between(draft.repeat.since, now);
  return stood > facts.junction.maxRed + settings.beyondRed
    ? `nothing in the picture has changed for ${Math.round(stood / 1000)} s`
    : undefined;
}

/** Numbers in place of text: this is asked of every vehicle of every picture. */
function signatureOf({ approaches, box = [] }: SceneReading, movingMps: number) {
  let signature = 0;
  let moving = false;
  let seen = box.length > 0;
  for (const { vehicles } of approaches) {
    signature = mixed(signature, vehicles.length);
    for (const { distanceM, speedMps } of vehicles) {
      signature = mixed(mixed(signature, Math.round(10 * distanceM)), Math.round(10 * speedMps));
      moving ||= speedMps >= movingMps;
      seen = true;
    }
  }
  for (const { lane, speedMps } of box) {
    signature = mixed(mixed(signature, lane), Math.round(10 * speedMps));
    moving ||= speedMps >= movingMps;
  }
  return { signature, moving, seen };
}

const mixed = (hash: number, value: number): number => Math.imul((hash ^ value) + 0x9e3779b1, 0x85ebca6b);

/** How many usually pass, and since when nobody is seen. */
export function learn({ draft, now, settings }: Case, scene: SceneReading, elapsed: number): void {
  const before = draft.picture ? totals(draft.picture.scene) : {};
  let crossed = 0;
  let seen = 0;
  for (const { approach, passed, vehicles } of scene.approaches) {
    passed.forEach((total, lane) => {
      crossed += Math.max(0, total - (before[approach]?.[lane] ?? total));
    });
    seen += vehicles.length;
  }
  if (scene.approaches.length === 0 || crossed + seen > 0) draft.empty = undefined;
  else draft.empty ??= { since: now, counted: 0, rate: draft.rate };
  draft.rate += ((1000 * crossed) / elapsed - draft.rate) * (1 - Math.exp(-elapsed / settings.rateOver));
}

/** An empty picture of a road on which others count vehicles, or on which many used to pass. */
export function blindness(subject: Case, city: City, observations: readonly Observation[]): string | undefined {
  const { draft, facts, settings, now } = subject;
  if (!draft.empty) return undefined;
  const { since, rate } = draft.empty;
  let { counted } = draft.empty;
  for (const { detector, counts, quality, start } of observations) {
    const line = city.detectors.get(detector);
    if (line?.junction !== facts.feed.junction || line.kind !== "stop-line") continue;
    if (quality > 0 && start >= since && facts.feed.approaches.includes(line.approach)) counted += totalOf(counts);
  }
  draft.empty = { since, counted, rate };
  const lasted = between(since, now);
  const expected = (rate * lasted) / 1000;
  if (counted >= settings.blindCounted) return `saw nobody while ${counted} vehicles were counted on its approaches`;
  return expected >= settings.blindExpected && lasted > facts.junction.maxRed + settings.beyondRed
    ? `saw nobody for ${Math.round(lasted / 1000)} s in which about ${Math.round(expected)} vehicles used to pass`
    : undefined;
}
