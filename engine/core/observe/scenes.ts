import type { City } from "../../../config/model.ts";
import { after, between, type Instant, millis } from "../../../config/units.ts";
import type { SceneReading } from "../scene.ts";
import type { JunctionView } from "../view.ts";
import { judgeClock } from "./clock.ts";
import type { Finding, FindingCode, HealthChange, HealthCode, HealthState, Observation } from "./observation.ts";
import { blindness, type Case, type Draft, frozenSince, impossible, learn, totals } from "./scene-evidence.ts";
import {
  freshCamera,
  type SceneFacts,
  type SceneSettings,
  type SceneState,
  sceneFacts,
  sceneSettings,
} from "./scene-state.ts";
import { defaultSettings } from "./settings.ts";
import { viewsOf } from "./views.ts";

export type { SceneState } from "./scene-state.ts";

export interface JudgedScenes {
  readonly state: SceneState;
  /** By junction; none where nobody sees any approach now. */
  readonly views: ReadonlyMap<string, JunctionView>;
  /** `detector` is the camera. */
  readonly health: readonly HealthChange[];
  readonly findings: readonly Finding[];
}

export interface SceneInputs {
  readonly scenes: readonly SceneReading[];
  /** What counting lines say, to compare an empty picture with. */
  readonly observations: readonly Observation[];
  readonly now: Instant;
  readonly city: City;
  /** Only these junctions' cameras. */
  readonly junctions: readonly string[];
}

/**
 * Judges pictures and puts together what is seen of each junction now: call it each tick, with no pictures too. Pure.
 * Left out: what is old, repeated, frozen, impossible, by a wrong clock, or of a camera that looks elsewhere.
 */
export function observeScenes(before: SceneState, inputs: SceneInputs, settings = sceneSettings): JudgedScenes {
  const { now, city, junctions } = inputs;
  const findings: Finding[] = [];
  const changes: HealthChange[] = [];
  const drafts = new Map<string, Draft>();
  const facts = sceneFacts(city);
  for (const [id, of] of facts) {
    if (!junctions.includes(of.feed.junction)) continue;
    const draft: Draft = { ...(before[id] ?? freshCamera(now)) };
    drafts.set(id, draft);
    const subject: Case = { now, facts: of, draft, settings, findings, changes };
    for (const scene of inputs.scenes) if (scene.source === id) take(subject, scene);
    const blind = blindness(subject, city, inputs.observations);
    if (blind) become(subject, "suspect", "stuck-off", blind);
    listen(subject);
  }
  const usable = [...drafts].filter(([id, draft]) => isUsable(draft, facts.get(id)!, now, settings));
  const views = viewsOf(
    usable.map(([id, { picture, told }]) => ({ facts: facts.get(id)!, ...picture!, told })),
    { now, city, junctions },
  );
  for (const draft of drafts.values()) if (draft.picture) draft.told = totals(draft.picture.scene);
  return { state: Object.fromEntries(drafts), views, health: changes, findings };
}

function isUsable({ picture, health, lastHeard }: Draft, { feed }: SceneFacts, now: Instant, by: SceneSettings) {
  if (!picture || health.state !== "ok") return false;
  const quiet = Math.max(by.quietAtMost, by.quietPeriods * feed.period);
  return between(picture.at, now) <= by.oldest && between(lastHeard, now) <= quiet;
}

function take(subject: Case, scene: SceneReading): void {
  const { draft, facts, settings } = subject;
  if (draft.newest !== undefined && scene.at <= draft.newest) {
    if (scene.at === draft.newest) {
      find(subject, "duplicate", "sent twice; taken once");
      return;
    }
    draft.backward += 1;
    if (draft.backward < settings.backward) {
      find(subject, "late", `${(draft.newest - scene.at) / 1000} s older than the newest; left out`);
      return;
    }
    find(subject, "clock-jump", "the device's clock was set back");
  }
  // A line that stops and catches up delivers the pictures of seconds within one.
  const sincePicture = Math.max(scene.at - (draft.newest ?? scene.at), facts.feed.period);
  const elapsed = Math.max(between(draft.lastHeard, scene.receivedAt), sincePicture);
  draft.backward = 0;
  draft.newest = scene.at;
  draft.lastHeard = scene.receivedAt;
  draft.everHeard = true;
  const offset = scene.at - scene.receivedAt;
  const verdict = judgeClock(offset, draft.offsets, millis(Math.max(1000, facts.feed.period)), defaultSettings);
  draft.offsets = [...draft.offsets, offset].slice(-defaultSettings.clockWindow);
  if (verdict.kind === "reject") {
    find(subject, "clock-skew", verdict.message);
    blame(subject, "clock-skew", verdict.message);
  } else if (scene.away) {
    draft.picture = undefined;
    become(subject, "suspect", "turned-away", "the camera looks elsewhere");
  } else {
    const at = verdict.kind === "restamp" ? after(scene.at, verdict.shift) : scene.at;
    believe(subject, { scene, at }, elapsed);
  }
}

/** Takes a picture of the right time and place in, unless it cannot be. */
function believe(subject: Case, picture: NonNullable<Draft["picture"]>, elapsed: number): void {
  const { draft } = subject;
  const wrong = impossible(subject, picture.scene, elapsed);
  if (wrong !== undefined) {
    draft.picture = undefined;
    find(subject, "impossible-flow", wrong);
    blame(subject, "impossible-flow", wrong);
    return;
  }
  const frozen = frozenSince(subject, picture.scene);
  learn(subject, picture.scene, elapsed);
  draft.picture = picture;
  if (frozen !== undefined) become(subject, "suspect", "stuck-value", frozen);
  // Whether an empty picture is a good one, only others can tell.
  else if (draft.empty === undefined || draft.health.code !== "stuck-off") praise(subject);
}

function listen(subject: Case): void {
  const { draft, now, settings, facts } = subject;
  const quiet = between(draft.lastHeard, now);
  if (draft.health.state === "silent" || quiet <= Math.max(settings.silentAfter, 5 * facts.feed.period)) return;
  draft.good = 0;
  draft.empty = undefined;
  const reason = draft.everHeard ? `no picture for ${Math.round(quiet / 1000)} s` : "no picture since the start";
  become(subject, "silent", draft.everHeard ? "silent" : "never-heard", reason);
}

function find({ findings, now, facts }: Case, code: FindingCode, message: string): void {
  findings.push({ at: now, detector: facts.camera, code, message });
}

function praise(subject: Case): void {
  const { draft, settings } = subject;
  draft.strikes = Math.max(0, draft.strikes - 1);
  draft.good += 1;
  const { state, code } = draft.health;
  if (state === "ok") return;
  const first = code === "never-heard";
  if (draft.good < (state === "silent" ? 2 : settings.recoverAfter)) return;
  draft.strikes = 0;
  become(
    subject,
    "ok",
    first ? "heard" : "recovered",
    first ? "first pictures" : `${draft.good} good pictures in a row`,
  );
}

function blame(subject: Case, code: HealthCode, reason: string): void {
  const { draft, settings } = subject;
  draft.good = 0;
  draft.strikes = Math.min(2 * settings.strikes, draft.strikes + 1);
  if (draft.strikes >= settings.strikes) become(subject, "suspect", code, reason);
}

function become({ draft, now, facts, changes }: Case, state: HealthState, code: HealthCode, reason: string): void {
  const before = draft.health.state;
  if (state !== "ok") draft.good = 0;
  if (before === state) return;
  draft.health = { state, code, reason, since: now };
  changes.push({ detector: facts.camera, before, ...draft.health });
}
