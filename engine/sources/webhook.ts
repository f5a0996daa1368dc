import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Subject } from "rxjs";
import type { Reading, ReadingFault } from "../core/reading.ts";
import type { SceneReading } from "../core/scene.ts";
import type { Clock } from "../ports/clock.ts";
import type { DetectionSource } from "../ports/detection-source.ts";
import { decodeAtcsCount, MAX_BODY_BYTES } from "./decode/atcs-count.ts";
import { decodeAtcsScene, MAX_SCENE_BYTES } from "./decode/atcs-scene.ts";
import type { KnownDetectors, KnownScenes } from "./decode/known.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";

export interface WebhookOptions {
  readonly clock: Clock;
  readonly detectors: KnownDetectors;
  /** Cameras that send scenes; without it none is taken. */
  readonly scenes?: KnownScenes;
  readonly limits?: WebhookLimits;
}

export interface WebhookLimits {
  readonly bodyBytes: number;
  /** Of scenes; default 512 KiB. */
  readonly sceneBytes?: number;
  /** Per camera where the path names one, else per sending address. */
  readonly requests: Rate;
}

/** One gateway may carry all 300 cameras of a city at a period of 5 s, and sends a backlog after a broken line. */
const defaultLimits: WebhookLimits = { bodyBytes: MAX_BODY_BYTES, requests: { perSecond: 200, burst: 2000 } };

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * Adds `POST /ingest/v1/counts` and `POST /ingest/v1/counts/:camera`: one `atcs-count/1` record or an array of them; and
 * `POST /ingest/v1/scenes` and `/ingest/v1/scenes/:camera` for `atcs-scene/1` likewise.
 * 202 `{accepted, rejected, faults}` as soon as any record was taken, 400 with every fault when none was, 413, 415, 429
 * otherwise. Refused records are readings too (faults), so that they are counted and shown. Hot; never errors.
 */
export function registerWebhook(app: FastifyInstance, options: WebhookOptions): DetectionSource {
  const { clock, detectors, scenes: known = new Map(), limits = defaultLimits } = options;
  const readings = new Subject<Reading>();
  const scenes = new Subject<SceneReading>();
  const limiter = new RateLimit(limits.requests);

  const cameraOf = (request: FastifyRequest): string | undefined => (request.params as { camera?: string }).camera;
  const senderOf = (request: FastifyRequest): string => {
    const camera = cameraOf(request);
    return camera !== undefined && (detectors.has(camera) || known.has(camera))
      ? `camera ${camera}`
      : `address ${request.ip}`;
  };

  const limit = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (limiter.take(senderOf(request), clock.now())) {
      done();
      return;
    }
    const { perSecond } = limits.requests;
    void reply.header("retry-after", "1");
    refuse(reply, {
      status: 429,
      code: "too-many-requests",
      message: `more than ${perSecond} requests a second; slow down or put more records into one body`,
    });
  };

  const receive = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const decoded = decodeAtcsCount(request.body as string, {
      receivedAt: clock.now(),
      known: detectors,
      camera: cameraOf(request),
    });
    for (const reading of decoded) readings.next(reading);
    return answer(reply, decoded);
  };

  const receiveScenes = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const decoded = decodeAtcsScene(request.body as string, {
      receivedAt: clock.now(),
      known,
      camera: cameraOf(request),
    });
    for (const reading of decoded) reading.kind === "scene" ? scenes.next(reading) : readings.next(reading);
    return answer(reply, decoded);
  };

  const answer = (reply: FastifyReply, decoded: readonly (Reading | SceneReading)[]): FastifyReply => {
    const faults = decoded.filter((reading) => reading.kind === "fault");
    const accepted = decoded.length - faults.length;
    return reply.code(accepted > 0 ? 202 : 400).send({
      accepted,
      rejected: faults.length,
      faults: faults.map(({ code, source, detector, message }) => ({ code, source, detector, message })),
    });
  };

  // A scope of its own: the body must stay text here, and only here.
  void app.register((scope, _options, ready) => {
    scope.removeAllContentTypeParsers();
    const { bodyBytes, sceneBytes = MAX_SCENE_BYTES } = limits;
    scope.addContentTypeParser(
      "application/json",
      { parseAs: "string", bodyLimit: Math.max(bodyBytes, sceneBytes) },
      (_request, body, done) => done(null, body),
    );
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      const refusal = explain(error, request.url.startsWith("/ingest/v1/scenes") ? sceneBytes : bodyBytes);
      if (refusal.status === 413) readings.next(tooLarge(cameraOf(request), refusal.message, clock));
      refuse(reply, refusal);
    });
    for (const path of ["/ingest/v1/counts", "/ingest/v1/counts/:camera"])
      scope.post(path, { onRequest: limit, bodyLimit: bodyBytes }, receive);
    for (const path of ["/ingest/v1/scenes", "/ingest/v1/scenes/:camera"])
      scope.post(path, { onRequest: limit, bodyLimit: sceneBytes }, receiveScenes);
    ready();
  });
  return { readings$: readings.asObservable(), scenes$: scenes.asObservable() };
}

function explain(error: FastifyError, limit: number): Refusal {
  switch (error.statusCode) {
    case 413:
      return { status: 413, code: "too-large", message: `body is larger than ${limit} bytes; split it` };
    case 415:
      return { status: 415, code: "unsupported-media-type", message: "send content-type: application/json" };
    default:
      return { status: error.statusCode ?? 500, code: "invalid", message: error.message };
  }
}

function refuse(reply: FastifyReply, { status, code, message }: Refusal): void {
  void reply.code(status).send({ accepted: 0, rejected: 0, faults: [{ code, message }] });
}

const tooLarge = (camera: string | undefined, message: string, clock: Clock): ReadingFault => ({
  kind: "fault",
  code: "too-large",
  message,
  source: camera ?? "",
  detector: "",
  receivedAt: clock.now(),
});
