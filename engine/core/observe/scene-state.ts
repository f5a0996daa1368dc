import type { City, Junction, SceneFeed } from "../../../config/model.ts";
import { type Instant, type Millis, seconds } from "../../../config/units.ts";
import type { SceneReading } from "../scene.ts";
import type { Health } from "./observation.ts";

/** What judging pictures stands on. Our own design but where a source is named. */
export interface SceneSettings {
  /** A picture older than this, by its own clock, shows nothing of now: the slowest cameras worth having take 5 s. */
  readonly oldest: Millis;
  /** A camera that has been quiet for longer, and for this many of its periods, is not asked any more. */
  readonly quietAtMost: Millis;
  readonly quietPeriods: number;
  /** A camera not heard for longer is silent: an alarm for its keeper. */
  readonly silentAfter: Millis;
  /** So many pictures alike with something moving in them are one picture. */
  readonly frozenPictures: number;
  readonly moving: number;
  /** Vehicles that other lines counted, or that used to pass in the time, while it saw nothing: P(0) = e^-20. */
  readonly blindCounted: number;
  readonly blindExpected: number;
  /** A queue that stands alike, or a road that is empty, for this long beyond the longest red. */
  readonly beyondRed: Millis;
  readonly rateOver: Millis;
  /** More cannot stand there: motorcycles three abreast. */
  readonly mostPerLaneM: number;
  /** Least time between two crossings in one lane, and what is allowed above. */
  readonly headway: Millis;
  readonly crossingSlack: number;
  /** Pictures behind the newest in a row after which the device's clock was set back. */
  readonly backward: number;
  readonly strikes: number;
  readonly recoverAfter: number;
}

export const sceneSettings: SceneSettings = {
  oldest: seconds(10),
  quietAtMost: seconds(3),
  quietPeriods: 3,
  silentAfter: seconds(5),
  frozenPictures: 4,
  moving: 0.5,
  blindCounted: 15,
  blindExpected: 20,
  beyondRed: seconds(60),
  rateOver: seconds(900),
  mostPerLaneM: 1.5,
  headway: 250 as Millis,
  crossingSlack: 3,
  backward: 5,
  strikes: 3,
  recoverAfter: 5,
};

/** Plain data, by camera id. */
export type SceneState = Readonly<Record<string, SceneCameraState>>;

export interface SceneCameraState {
  readonly health: Health;
  readonly lastHeard: Instant;
  readonly everHeard: boolean;
  /** Newest picture taken in, by the device's clock. */
  readonly newest: Instant | undefined;
  /** Pictures in a row that were older than it. */
  readonly backward: number;
  /** Device clock minus arrival of the last ones, ms. */
  readonly offsets: readonly number[];
  /** The newest picture that can be believed, and when it was taken by true time. */
  readonly picture: { readonly scene: SceneReading; readonly at: Instant } | undefined;
  /** Running totals when the last view was put together, by approach. */
  readonly told: Readonly<Record<string, readonly number[]>>;
  readonly repeat: { readonly signature: number; readonly times: number; readonly since: Instant };
  /** While it sees nobody: since when, counted meanwhile by others, and the crossings it used to see, veh/s. */
  readonly empty: { readonly since: Instant; readonly counted: number; readonly rate: number } | undefined;
  /** Crossings, veh/s. */
  readonly rate: number;
  readonly strikes: number;
  readonly good: number;
}

/** What judging needs to know of one camera. */
export interface SceneFacts {
  readonly camera: string;
  readonly feed: SceneFeed;
  readonly junction: Junction;
  /** Lanes of each approach. */
  readonly lanes: ReadonlyMap<string, number>;
}

const known = new WeakMap<City, ReadonlyMap<string, SceneFacts>>();

/** Cameras that send scenes, in order of id. Worked out once for a city. */
export function sceneFacts(city: City): ReadonlyMap<string, SceneFacts> {
  const ready = known.get(city);
  if (ready) return ready;
  const facts = new Map<string, SceneFacts>();
  for (const camera of [...city.cameras.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const junction = camera.scene && city.junctions.get(camera.scene.junction);
    if (!camera.scene || !junction) continue;
    const lanes = new Map(junction.approaches.map(({ id, lanes: { length } }) => [id, length]));
    facts.set(camera.id, { camera: camera.id, feed: camera.scene, junction, lanes });
  }
  known.set(city, facts);
  return facts;
}

export const freshCamera = (now: Instant): SceneCameraState => ({
  health: { state: "ok", code: "never-heard", reason: "no picture yet", since: now },
  lastHeard: now,
  everHeard: false,
  newest: undefined,
  backward: 0,
  offsets: [],
  picture: undefined,
  told: {},
  repeat: { signature: 0, times: 0, since: now },
  empty: undefined,
  rate: 0,
  strikes: 0,
  good: 0,
});
