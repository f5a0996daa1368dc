import type { VehicleClass } from "../../../config/model.ts";
import type { Instant } from "../../../config/units.ts";
import type { ReadingFault } from "../../core/reading.ts";
import { type SceneApproach, type SceneExit, type SceneReading, tenth } from "../../core/scene.ts";
import type { BoxVehicle, SeenVehicle } from "../../core/view.ts";
import { type Fields, fault, flag, isObject, isWhole, list, name, time, unknownKeys, whole } from "./fields.ts";
import type { KnownScene, KnownScenes } from "./known.ts";
import { show } from "./show.ts";

/*
 * `atcs-scene/1`, our own: what one camera sees at one instant. One scene a message, or an array of them.
 *
 *   { "schema": "atcs-scene/1", "source": "<camera>", "junction": "<id>", "seq": 17, "at": "2026-02-02T23:00:00.500Z",
 *     "approaches": [{ "approach": "west", "rangeM": 100, "passed": [812, 790, 301],
 *       "objects": [{ "distanceM": 1.5, "speedMps": 0, "lengthM": 4.5, "class": "car", "lanes": [1] }] }],
 *     "exits": [{ "link": "<id>", "rangeM": 50, "lanes": [{ "vehicles": 2, "standing": 1, "roomM": 31.5 }] }],
 *     "box": [{ "approach": "west", "lane": 1, "speedMps": 5.2, "movements": ["west-through"] }] }
 *
 * `at` is when the picture was taken. `passed` are running totals over the stop line, one a lane, which a lost message
 * does not spoil. `distanceM` runs from the stop line to the front, `lanes` are indexes from the kerb. `roomM` is the free
 * road from the box to the first rear that stands or crawls. `seq`, `movements` (else those of the lane) and `home`
 * (false: a PTZ that looks elsewhere) may be left out, as may what the camera cannot see just now.
 */

/** Scenes in one message. */
export const MAX_SCENES = 64;
/** 64 scenes of a full approach are about 400 kB. */
export const MAX_SCENE_BYTES = 512 * 1024;
/** More than fit: 300 m of five lanes full of motorcycles three abreast. */
const MAX_OBJECTS = 1000;
const MAX_BOX = 200;
const MAX_EXIT_LANES = 8;
const MAX_PASSED = 1_000_000_000;
const MAX_SPEED_MPS = 70;
const MAX_LENGTH_M = 40;

const KEYS = new Set(["schema", "source", "junction", "seq", "at", "home", "approaches", "exits", "box"]);
const APPROACH_KEYS = new Set(["approach", "rangeM", "passed", "objects"]);
const OBJECT_KEYS = new Set(["distanceM", "speedMps", "lengthM", "class", "lanes"]);
const EXIT_KEYS = new Set(["link", "rangeM", "lanes"]);
const EXIT_LANE_KEYS = new Set(["vehicles", "standing", "roomM"]);
const BOX_KEYS = new Set(["approach", "lane", "speedMps", "movements"]);
const CLASSES: ReadonlySet<unknown> = new Set<VehicleClass>(["car", "hv", "mc", "um", "unknown"]);
/** Faults named of one scene; one broken camera is enough to know. */
const NAMED = 8;

export interface AtcsSceneContext {
  readonly receivedAt: Instant;
  readonly known: KnownScenes;
  /** The camera the transport vouches for (its path or topic); a scene of another one is refused. */
  readonly camera?: string | undefined;
}

/** One scene or one fault per record, in order. Never throws; a fault names what is wrong, where, and the mend. */
export function decodeAtcsScene(body: string, context: AtcsSceneContext): readonly (SceneReading | ReadingFault)[] {
  if (body.length > MAX_SCENE_BYTES) {
    return [refusal(context, "too-large", `body has ${body.length} characters; send at most ${MAX_SCENE_BYTES}`)];
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [refusal(context, "invalid", `body is not JSON (begins ${show(body)}); send one atcs-scene/1 or an array`)];
  }
  if (!Array.isArray(value)) return [decodeScene(value, "", context)];
  if (value.length === 0) return [refusal(context, "invalid", "body is an empty array; send at least one scene")];
  if (value.length > MAX_SCENES) {
    return [refusal(context, "too-large", `body has ${value.length} scenes; send at most ${MAX_SCENES}`)];
  }
  return value.map((scene: unknown, i) => decodeScene(scene, `scene ${i}: `, context));
}

const refusal = ({ receivedAt, camera }: AtcsSceneContext, code: ReadingFault["code"], message: string): ReadingFault =>
  fault({ receivedAt, camera }, code, message);

function decodeScene(value: unknown, where: string, context: AtcsSceneContext): SceneReading | ReadingFault {
  const { receivedAt, camera, known } = context;
  if (!isObject(value)) return refusal(context, "invalid", `${where}is ${show(value)}; send an object`);
  const wrong: string[] = [];
  unknownKeys(value, KEYS, wrong);
  if (value["schema"] !== "atcs-scene/1") wrong.push(`schema is ${show(value["schema"])}; send "atcs-scene/1"`);
  const source = name(value, "source", wrong);
  const junction = name(value, "junction", wrong);
  const seq = whole(value, "seq", Number.MAX_SAFE_INTEGER, wrong);
  const at = time(value, "at", wrong);
  const home = flag(value, "home", wrong);
  const by = { receivedAt, camera: source ?? camera };
  if (wrong.length > 0) return fault(by, "invalid", where + wrong.join("; "));
  if (camera !== undefined && source !== camera) {
    return fault(
      by,
      "not-for-this-source",
      `${where}source is "${source}" but it came by the way of "${camera}"; use each camera's own path or topic`,
    );
  }
  const facts = known.get(source!);
  if (!facts) {
    return fault(
      by,
      "not-for-this-source",
      `${where}camera "${source}" sends no scenes in this configuration; give it a scene in the cameras file or mend "source"`,
    );
  }
  if (junction !== facts.feed.junction) {
    return fault(
      by,
      "unknown-detector",
      `${where}camera "${source}" looks at "${facts.feed.junction}", not at ${show(junction)}`,
    );
  }
  const seen = readScene(value, facts, wrong);
  if (wrong.length > 0) return fault(by, "invalid", where + shortened(wrong));
  return {
    kind: "scene",
    source: source!,
    junction: facts.feed.junction,
    receivedAt,
    at: at!,
    ...(seq === undefined ? {} : { seq }),
    ...(home === false ? { away: true } : {}),
    ...seen,
  };
}

const shortened = (wrong: readonly string[]): string =>
  wrong.length <= NAMED ? wrong.join("; ") : `${wrong.slice(0, NAMED).join("; ")}; and ${wrong.length - NAMED} more`;

function readScene(value: Fields, facts: KnownScene, wrong: string[]) {
  const approaches = items(value, "approaches", facts.lanes.size, wrong).map((item, i) =>
    readApproach(item, `approaches[${i}].`, facts, wrong),
  );
  const exits = items(value, "exits", facts.exits.size, wrong).map((item, i) =>
    readExit(item, `exits[${i}].`, facts, wrong),
  );
  unique(approaches, "approach", wrong);
  unique(exits, "link", wrong);
  if (value["box"] !== undefined && !facts.feed.box)
    wrong.push("box is sent, but this camera does not see it; set box: true in the cameras file or leave it out");
  const box = items(value, "box", MAX_BOX, wrong).map((item, i) => readBox(item, `box[${i}].`, facts, wrong));
  return { approaches, exits, ...(value["box"] === undefined ? {} : { box }) };
}

function readApproach(value: Fields, at: string, { lanes, feed }: KnownScene, wrong: string[]): SceneApproach {
  unknownKeys(value, APPROACH_KEYS, wrong, at);
  const approach = value["approach"];
  const count = lanes.get(approach as string)?.length;
  if (count === undefined) {
    wrong.push(`${at}approach is ${show(approach)}; this camera sees ${list(new Set(lanes.keys()))}`);
    return { approach: "", rangeM: 0, passed: [], vehicles: [] };
  }
  const rangeM = measure(value, "rangeM", feed.rangeM, wrong, at);
  const passed = value["passed"];
  if (!Array.isArray(passed) || passed.length !== count || !passed.every((each) => isWhole(each, MAX_PASSED)))
    wrong.push(`${at}passed is ${show(passed)}; send ${count} whole numbers, one a lane`);
  const vehicles = items(value, "objects", MAX_OBJECTS, wrong, at).map((item, i) =>
    readObject(item, `${at}objects[${i}].`, { rangeM, count }, wrong),
  );
  for (let i = 1; i < vehicles.length; i++)
    if (vehicles[i]!.distanceM < vehicles[i - 1]!.distanceM) {
      vehicles.sort((a, b) => a.distanceM - b.distanceM);
      break;
    }
  return { approach: approach as string, rangeM, passed: passed as number[], vehicles };
}

interface Bounds {
  readonly rangeM: number;
  readonly count: number;
}

function readObject(value: Fields, at: string, { rangeM, count }: Bounds, wrong: string[]): SeenVehicle {
  unknownKeys(value, OBJECT_KEYS, wrong, at);
  const kind = value["class"];
  if (!CLASSES.has(kind)) wrong.push(`${at}class is ${show(kind)}; send car, hv, mc, um or unknown`);
  const lanes = value["lanes"];
  if (!Array.isArray(lanes) || lanes.length === 0 || lanes.length > count || !lanes.every((l) => isWhole(l, count - 1)))
    wrong.push(`${at}lanes is ${show(lanes)}; send lane indexes from 0 to ${count - 1}, at least one`);
  return {
    distanceM: measure(value, "distanceM", rangeM, wrong, at),
    speedMps: measure(value, "speedMps", MAX_SPEED_MPS, wrong, at),
    lengthM: measure(value, "lengthM", MAX_LENGTH_M, wrong, at),
    vehicleClass: kind as VehicleClass,
    // In order and once each, as the record keeps them.
    lanes: (lanes as number[] | undefined)?.length === 1 ? (lanes as number[]) : distinct(lanes),
  };
}

const distinct = (lanes: unknown): readonly number[] =>
  Array.isArray(lanes) ? [...new Set(lanes as number[])].sort((a, b) => a - b) : [];

function readExit(value: Fields, at: string, { exits, feed }: KnownScene, wrong: string[]): SceneExit {
  unknownKeys(value, EXIT_KEYS, wrong, at);
  const link = value["link"];
  if (!exits.has(link as string)) {
    wrong.push(`${at}link is ${show(link)}; this camera sees ${list(exits)}`);
    return { link: "", rangeM: 0, lanes: [] };
  }
  const rangeM = measure(value, "rangeM", feed.exitRangeM, wrong, at);
  const lanes = items(value, "lanes", MAX_EXIT_LANES, wrong, at).map((lane, i) => {
    const here = `${at}lanes[${i}].`;
    unknownKeys(lane, EXIT_LANE_KEYS, wrong, here);
    const vehicles = count0(lane, "vehicles", MAX_OBJECTS, wrong, here);
    const standing = count0(lane, "standing", vehicles, wrong, here);
    return { vehicles, standing, roomM: measure(lane, "roomM", rangeM, wrong, here) };
  });
  if (lanes.length === 0) wrong.push(`${at}lanes is empty; send one entry a lane`);
  return { link: link as string, rangeM, lanes };
}

function readBox(value: Fields, at: string, { around }: KnownScene, wrong: string[]): BoxVehicle {
  unknownKeys(value, BOX_KEYS, wrong, at);
  const approach = value["approach"] as string;
  const lanes = around.get(approach);
  if (!lanes) {
    wrong.push(`${at}approach is ${show(value["approach"])}; send one of ${list(new Set(around.keys()))}`);
    return { approach: "", lane: 0, movements: [], speedMps: 0 };
  }
  const lane = count0(value, "lane", lanes.length - 1, wrong, at);
  const own = lanes.flat();
  const given = value["movements"];
  const known = Array.isArray(given) && given.length > 0 && given.every((id) => own.includes(id as string));
  if (given !== undefined && !known)
    wrong.push(`${at}movements is ${show(given)}; send ids of movements of ${approach}, or leave it out`);
  const movements = known ? (given as string[]) : (lanes[lane] ?? []);
  return { approach, lane, movements, speedMps: measure(value, "speedMps", MAX_SPEED_MPS, wrong, at) };
}

/** A list of objects; absent is empty. */
function items(value: Fields, key: string, max: number, wrong: string[], at = ""): Fields[] {
  const given = value[key];
  if (given === undefined) return [];
  if (!Array.isArray(given)) wrong.push(`${at}${key} is ${show(given)}; send an array`);
  else if (given.length > max) wrong.push(`${at}${key} has ${given.length} entries; send at most ${max}`);
  else {
    const odd = given.findIndex((item) => !isObject(item));
    if (odd < 0) return given as Fields[];
    wrong.push(`${at}${key}[${odd}] is ${show(given[odd])}; send an object`);
  }
  return [];
}

/** A number from 0 to `max`, to a tenth. */
function measure(fields: Fields, key: string, max: number, wrong: string[], at: string): number {
  const value = fields[key];
  if (typeof value === "number" && value >= 0 && value <= max) return tenth(value);
  wrong.push(`${at}${key} is ${show(value)}; send a number from 0 to ${max}`);
  return 0;
}

function count0(fields: Fields, key: string, max: number, wrong: string[], at: string): number {
  const value = fields[key];
  if (isWhole(value, max)) return value;
  wrong.push(`${at}${key} is ${show(value)}; send a whole number from 0 to ${max}`);
  return 0;
}

function unique<Key extends string>(
  entries: readonly Readonly<Record<Key, string>>[],
  key: Key,
  wrong: string[],
): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    if (seen.has(entry[key]) && entry[key] !== "") wrong.push(`${key} ${show(entry[key])} is sent twice; send it once`);
    seen.add(entry[key]);
  }
}
