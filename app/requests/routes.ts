import type { FastifyInstance } from "fastify";
import { type Observable, Subject } from "rxjs";
import type { City } from "../../config/model.ts";
import type { RequestBook } from "../../engine/core/requests/book.ts";
import type { EngineRequest } from "../../engine/core/requests/request.ts";
import type { Frame } from "../../engine/pipeline/pipeline.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import { formed } from "./form.ts";

export interface RequestRoutes {
  /** Hot; what was asked in good form. */
  readonly requests$: Observable<EngineRequest>;
  /** Tells the routes what is in force. */
  frame(frame: Frame): void;
}

/**
 * `POST /api/v1/requests` for special plans, emergency routes and buses: 202 with the id it is known by, 400 with every
 * fault. `DELETE /api/v1/requests/ID?by=NAME` takes one back. `GET` lists what is in force. Whether it is granted is the
 * engine's to say, in the record: nothing here goes round its guard.
 */
export function registerRequests(
  app: FastifyInstance,
  { city, clock }: { readonly city: City; readonly clock: Clock },
): RequestRoutes {
  const requests = new Subject<EngineRequest>();
  const books = new Map<string, RequestBook>();
  let count = 0;
  const nextId = (): string => `r${Math.floor(clock.now() / 1000)}-${++count}`;

  app.post("/api/v1/requests", async (request, reply) => {
    const result = formed(request.body, { city, now: clock.now(), id: nextId() });
    if (!result.ok) return reply.code(400).send({ faults: result.faults });
    requests.next(result.request);
    return reply.code(202).send({ id: result.request.id });
  });
  app.delete("/api/v1/requests/:id", async (request, reply) => {
    const { id } = request.params as { id: string };
    const { by } = request.query as { by?: unknown };
    if (typeof by !== "string" || by.length === 0 || by.length > 80)
      return reply.code(400).send({ faults: [{ path: "by", message: "say who takes it back: ?by=NAME" }] });
    if (![...books.values()].some((book) => holds(book, id)))
      return reply.code(404).send({ faults: [{ path: "id", message: `nothing in force is known as "${id}"` }] });
    requests.next({ kind: "cancel", id: nextId(), by, request: id });
    return reply.code(202).send({ id });
  });
  app.get("/api/v1/requests", async () => ({
    corridors: [...books].map(([corridor, { special, routes, buses }]) => ({
      corridor,
      special: special ?? null,
      routes,
      buses,
    })),
  }));

  return {
    requests$: requests.asObservable(),
    frame: ({ known, state }) => {
      if (known) books.set(known.corridor.id, state.requests);
    },
  };
}

const holds = ({ special, routes, buses }: RequestBook, id: string): boolean =>
  special?.id === id || [...routes, ...buses].some((own) => own.id === id);
