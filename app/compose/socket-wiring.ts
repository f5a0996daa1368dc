import type { City } from "../../config/model.ts";
import { openModbus } from "../../controllers/modbus/driver.ts";
import { profileA } from "../../controllers/modbus/register-map.ts";
import { openNtcip } from "../../controllers/ntcip/driver.ts";
import type { DetectionSource } from "../../engine/ports/detection-source.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import { serveModbus } from "../../simulation/cabinet/modbus-server.ts";
import { serveNtcip } from "../../simulation/cabinet/ntcip-server.ts";
import { ExchangeCount } from "../exchange-count.ts";
import { cameraBus } from "./camera-bus.ts";
import { cameraPoster } from "./camera-post.ts";
import type { Wire } from "./simulated-run.ts";

export interface SocketWiringOptions {
  readonly city: City;
  /** Where the webhook listens, and what it has received. */
  readonly webhookUrl: string;
  readonly webhook: DetectionSource;
}

type Served = Awaited<ReturnType<typeof serveNtcip>>;
type Driver = FieldController & { close(): void };

/** Community of the virtual cabinets; real ones have theirs in the environment. */
const VIRTUAL_COMMUNITY = "public";

/**
 * Real protocols on loopback: each virtual cabinet behind its own SNMP agent or Modbus server, each webhook camera posting
 * over HTTP. MQTT cameras go by the in-process bus, since a demo brings no broker.
 */
export const socketWiring =
  ({ city, webhookUrl, webhook }: SocketWiringOptions): Wire =>
  async (world, clock) => {
    const exchanges = new ExchangeCount();
    const served: Served[] = [];
    const drivers: Driver[] = [];
    for (const spec of city.cabinets.values()) {
      const unit = world.cabinets.get(spec.junction)!;
      const junction = city.junctions.get(spec.junction)!;
      const common = { spec, junction, clock, inFlight: exchanges, utcOffset: city.utcOffset };
      if (spec.protocol === "ntcip") {
        const server = await serveNtcip({
          unit,
          utcOffset: city.utcOffset,
          schedule: city.schedule,
          communities: { read: VIRTUAL_COMMUNITY, write: VIRTUAL_COMMUNITY },
        });
        served.push(server);
        drivers.push(openNtcip({ ...common, url: server.url, community: VIRTUAL_COMMUNITY }));
      } else {
        const server = await serveModbus({ unit, unitId: spec.unitId ?? 1 });
        served.push(server);
        drivers.push(openModbus({ ...common, url: server.url, map: profileA }));
      }
    }
    const poster = cameraPoster(webhookUrl);
    const bus = cameraBus(city);
    return {
      sources: [webhook, bus],
      controllers: drivers,
      deliver: async (messages) => {
        const posts: Promise<void>[] = [];
        for (const message of messages) {
          if (message.transport === "webhook") posts.push(poster.post(message));
          else bus.deliver(message, clock.now());
        }
        await Promise.all(posts);
      },
      quiet: () => exchanges.idle(),
      close: async () => {
        poster.close();
        for (const driver of drivers) driver.close();
        await Promise.all(served.map((server) => server.close()));
      },
    };
  };
