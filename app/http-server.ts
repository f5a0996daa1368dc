import fastifyStatic from "@fastify/static";
import fastify, { type FastifyInstance } from "fastify";
import type { LiveState } from "./live-state.ts";
import { UserError } from "./user-error.ts";

/** A body larger than this is not a count, bytes. */
const BODY_LIMIT = 256 * 1024;

/** The page's port where none is asked for. */
export const DEFAULT_PORT = 8080;

export interface LiveServer {
  readonly app: FastifyInstance;
  readonly url: string;
  /** Told to every open page. */
  publish(state: LiveState): void;
  close(): Promise<void>;
}

/**
 * Page, live state and webhook on one loopback port. A port asked for by name that is busy is an error; the default one
 * gives way to any free port. `register` adds routes before the server listens.
 */
export async function openServer(
  options: { readonly port: number; readonly fixed: boolean },
  register: (app: FastifyInstance) => void,
): Promise<LiveServer> {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true } },
  });
  const pages = new Set<(text: string) => void>();
  let latest: string | undefined;

  await app.register(fastifyStatic, { root: new URL("./web", import.meta.url).pathname });
  app.get("/api/v1/live", async (_request, reply) => reply.type("application/json").send(latest ?? "null"));
  app.get("/api/v1/live/stream", (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    const push = (text: string) => {
      // A page that cannot keep up misses states rather than filling memory.
      if (!reply.raw.writableNeedDrain) reply.raw.write(`data: ${text}\n\n`);
    };
    pages.add(push);
    if (latest !== undefined) push(latest);
    request.raw.on("close", () => pages.delete(push));
  });
  register(app);

  const url = await listen(app, options);
  return {
    app,
    url,
    publish: (state) => {
      latest = JSON.stringify(state);
      for (const push of pages) push(latest);
    },
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

async function listen(app: FastifyInstance, { port, fixed }: { port: number; fixed: boolean }): Promise<string> {
  try {
    return await app.listen({ host: "127.0.0.1", port });
  } catch (error) {
    const busy = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (busy && !fixed) return app.listen({ host: "127.0.0.1", port: 0 });
    if (busy)
      throw new UserError(
        `Port ${port} is in use by another program. Give another with --port, or --port 0 for any free one.`,
      );
    throw error;
  }
}
