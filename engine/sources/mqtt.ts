import { connect } from "mqtt";
import { type Observable, ReplaySubject, Subject } from "rxjs";
import type { City } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";
import type { Reading, ReadingFault } from "../core/reading.ts";
import type { SceneReading } from "../core/scene.ts";
import type { Clock } from "../ports/clock.ts";
import type { DetectionSource } from "../ports/detection-source.ts";
import { decodeAtcsCount, MAX_BODY_BYTES } from "./decode/atcs-count.ts";
import { decodeAtcsScene, MAX_SCENE_BYTES } from "./decode/atcs-scene.ts";
import { type KnownDetectors, type KnownScenes, knownDetectors, knownScenes } from "./decode/known.ts";
import { decodeOnvif, type OnvifRule, onvifRules } from "./decode/onvif-counter.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";

/** One camera on the broker; everything below its topic belongs to it and to nobody else. */
export interface MqttFeed {
  readonly camera: string;
  /** Prefix, without a trailing slash. */
  readonly topic: string;
  /** Empty for a camera that sends `atcs-count` only. */
  readonly rules: ReadonlyMap<string, OnvifRule>;
}

export interface MqttOptions {
  /** `mqtt://host:port` or `mqtts://…`. */
  readonly url: string;
  readonly clock: Clock;
  readonly feeds: readonly MqttFeed[];
  readonly detectors: KnownDetectors;
  /** Cameras that send scenes; without it none is taken. */
  readonly scenes?: KnownScenes;
  readonly credentials?: { readonly username: string; readonly password: string };
}

export type MqttLink =
  | { readonly state: "connected"; readonly at: Instant }
  | { readonly state: "disconnected"; readonly at: Instant; readonly reason: string };

export interface MqttSource extends DetectionSource {
  /** Hot, with the newest state first; for the alarm list. */
  readonly link$: Observable<MqttLink>;
  close(): Promise<void>;
}

/** Real time, of the socket only. */
const RECONNECT_MS = 2000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_S = 30;
/** Counters are published several times a second in the field; more than this is a fault, and is dropped. */
const MESSAGES: Rate = { perSecond: 50, burst: 500 };

/**
 * Counts over MQTT 3.1.1 (Mosquitto, and NATS, which knows no 5): ONVIF events below `<topic>/onvif-ej/`, `atcs-scene` on
 * `<topic>/scene`, `atcs-count` JSON on every other topic below `<topic>`. Reconnects by itself; never errors; nothing is queued here. Throws at once
 * on a URL that cannot be used.
 */
export function mqttSource(options: MqttOptions): MqttSource {
  const { url, clock, feeds, detectors, scenes: known = new Map(), credentials } = options;
  const readings = new Subject<Reading>();
  const scenes = new Subject<SceneReading>();
  const links = new ReplaySubject<MqttLink>(1);
  const limiter = new RateLimit(MESSAGES);
  const byTopic = new Map(feeds.map((feed) => [feed.topic, feed]));
  let reason = "not connected yet";

  const client = connect(url, {
    protocolVersion: 4,
    clean: true,
    resubscribe: false,
    reconnectPeriod: RECONNECT_MS,
    reconnectOnConnackError: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: KEEPALIVE_S,
    ...credentials,
  });
  client.on("connect", () => {
    const topics = [...byTopic.keys()].sort().map((topic) => `${topic}/#`);
    client.subscribe(topics, { qos: 1 }, (error, granted) => {
      const refused = granted?.filter(({ qos }) => qos > 2).map(({ topic }) => topic) ?? [];
      if (!error && refused.length === 0) links.next({ state: "connected", at: clock.now() });
      else {
        reason = error?.message ?? `broker refuses ${refused.join(", ")}; give this client read access there`;
        links.next({ state: "disconnected", at: clock.now(), reason });
      }
    });
  });
  client.on("error", (error) => {
    reason = error.message || error.name;
  });
  client.on("close", () => {
    links.next({ state: "disconnected", at: clock.now(), reason });
  });
  client.on("message", (topic, payload, packet) => {
    const receivedAt = clock.now();
    const feed = ownerOf(topic, byTopic);
    if (!feed || !limiter.take(feed.camera, receivedAt)) return;
    const arrival: Arrival = { feed, topic, payload, retained: packet.retain, receivedAt, detectors, scenes: known };
    for (const reading of decode(arrival)) reading.kind === "scene" ? scenes.next(reading) : readings.next(reading);
  });

  return {
    readings$: readings.asObservable(),
    scenes$: scenes.asObservable(),
    link$: links.asObservable(),
    close: async () => {
      await client.endAsync(true);
      readings.complete();
      scenes.complete();
      links.complete();
    },
  };
}

/** The cameras of a city that speak MQTT, with each of their topics. */
export function mqttFeeds(city: City): readonly MqttFeed[] {
  return [...city.cameras.values()].flatMap(({ id, feed, scene }) => {
    const counts = feed?.transport === "mqtt" ? feed.topic : undefined;
    const pictures = scene?.transport === "mqtt" ? scene.topic : undefined;
    const rules = feed?.format === "onvif-counter" ? onvifRules(city, id) : new Map<string, OnvifRule>();
    return [...new Set([counts, pictures])].flatMap((topic) =>
      topic === undefined ? [] : [{ camera: id, topic, rules: topic === counts ? rules : new Map() }],
    );
  });
}

/** Options for every MQTT camera of a city. */
export const mqttOptions = (city: City): Pick<MqttOptions, "feeds" | "detectors" | "scenes"> => ({
  feeds: mqttFeeds(city),
  detectors: knownDetectors(city),
  scenes: knownScenes(city),
});

/** The longest configured prefix of the topic. */
function ownerOf(topic: string, byTopic: ReadonlyMap<string, MqttFeed>): MqttFeed | undefined {
  for (let end = topic.length; end > 0; end = topic.lastIndexOf("/", end - 1)) {
    const feed = byTopic.get(topic.slice(0, end));
    if (feed) return feed;
  }
  return undefined;
}

interface Arrival {
  readonly feed: MqttFeed;
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly receivedAt: Instant;
  readonly detectors: KnownDetectors;
  readonly scenes: KnownScenes;
}

function decode(arrival: Arrival): readonly (Reading | SceneReading)[] {
  const { feed, topic, payload, retained, receivedAt, detectors, scenes } = arrival;
  const { camera, rules } = feed;
  const picture = topic === `${feed.topic}/scene`;
  const most = picture ? MAX_SCENE_BYTES : MAX_BODY_BYTES;
  if (payload.length > most) {
    const fault: ReadingFault = {
      kind: "fault",
      code: "too-large",
      message: `${topic}: ${payload.length} bytes; send at most ${most}`,
      source: camera,
      detector: "",
      receivedAt,
    };
    return [fault];
  }
  const text = payload.toString("utf8");
  if (topic.startsWith(`${feed.topic}/onvif-`)) {
    return decodeOnvif({ topic, payload: text, retained }, { receivedAt, camera, rules });
  }
  // A picture that a broker has kept shows the past; a cleared retained message says nothing about traffic.
  if (picture) return retained ? [] : decodeAtcsScene(text, { receivedAt, known: scenes, camera });
  return text.length === 0 ? [] : decodeAtcsCount(text, { receivedAt, known: detectors, camera });
}
