import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Subject } from "rxjs";
import type { Reading, ReadingFault } from "../core/reading.ts";
import type { Clock } from "../ports/clock.ts";
import type { DetectionSource } from "../ports/detection-source.ts";
import { decodeAtcsCount, MAX_BODY_BYTES } from "./decode/atcs-count.ts";
import type { KnownDetectors } from "./decode/known.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";

export interface WebhookOptions {
  readonly clock: Clock;
  readonly detectors: KnownDetectors;
  readonly limits?: WebhookLimits;
}

export interface WebhookLimits {
  readonly bodyBytes: number;
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
 * Adds `POST /ingest/v1/counts` and `POST /ingest/v1/counts/:camera`: one `atcs-count/1` record or an array of them.
 * 202 `{accepted, rejected, faults}` as soon as any record was taken, 400 with every fault when none was, 413, 415, 429
 * otherwise. Refused records are readings too (faults), so that they are counted and shown. Hot; never errors.
 */
export function registerWebhook(app: FastifyInstance, options: WebhookOptions): DetectionSource {
  const { clock, detectors, limits = defaultLimits } = options;
  const readings = new Subject<Reading>();
  const limiter = new RateLimit(limits.requests);

  const cameraOf = (request: FastifyRequest): string | undefined => (request.params as { camera?: string }).camera;
  const senderOf = (request: FastifyRequest): string => {
    const camera = cameraOf(request);
    return camera !== undefined && detectors.has(camera) ? `camera ${camera}` : `address ${request.ip}`;
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
    const faults = decoded.filter((reading) => reading.kind === "fault");
    for (const reading of decoded) readings.next(reading);
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
    scope.addContentTypeParser(
      "application/json",
      { parseAs: "string", bodyLimit: limits.bodyBytes },
      (_request, body, done) => done(null, body),
    );
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      const refusal = explain(error, limits);
      if (refusal.status === 413) readings.next(tooLarge(cameraOf(request), refusal.message, clock));
      refuse(reply, refusal);
    });
    scope.post("/ingest/v1/counts", { onRequest: limit }, receive);
    scope.post("/ingest/v1/counts/:camera", { onRequest: limit }, receive);
    ready();
  });
  return { readings$: readings.asObservable() };
}

function explain(error: FastifyError, limits: WebhookLimits): Refusal {
  switch (error.statusCode) {
    case 413:
      return { status: 413, code: "too-large", message: `body is larger than ${limits.bodyBytes} bytes; split it` };
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
