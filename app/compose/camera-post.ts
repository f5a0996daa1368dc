import { Agent, request } from "node:http";
import type { CameraMessage } from "../../simulation/cameras/cameras.ts";

/** How long a virtual camera waits for the webhook's answer, ms. Real cameras give up in seconds. */
const POST_TIMEOUT_MS = 5000;

export interface CameraPoster {
  /** Posts as a camera would; settles when the answer is in. An answer that is not 2xx is counted, as a camera ignores it. */
  post(message: CameraMessage): Promise<void>;
  readonly failed: number;
  close(): void;
}

/** Virtual cameras' way to the webhook: real HTTP on kept-alive connections. */
export function cameraPoster(baseUrl: string): CameraPoster {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  let failed = 0;
  return {
    post: ({ camera, format, body }) =>
      new Promise((resolve) => {
        const fail = () => {
          failed++;
          resolve();
        };
        const sent = request(
          `${baseUrl}/ingest/v1/${format === "atcs-scene" ? "scenes" : "counts"}/${encodeURIComponent(camera)}`,
          {
            method: "POST",
            agent,
            timeout: POST_TIMEOUT_MS,
            headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
          },
          (response) => {
            response.resume();
            response.on("end", () =>
              response.statusCode !== undefined && response.statusCode < 300 ? resolve() : fail(),
            );
          },
        );
        sent.on("timeout", () => sent.destroy(new Error("timeout")));
        sent.on("error", fail);
        sent.end(body);
      }),
    get failed() {
      return failed;
    },
    close: () => agent.destroy(),
  };
}
