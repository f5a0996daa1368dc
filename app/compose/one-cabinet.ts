import { once } from "node:events";
import type { AgentUser } from "ntcip-ts";
import type { Cabinet, City, Junction } from "../../config/model.ts";
import { instant, seconds } from "../../config/units.ts";
import { serveModbus } from "../../simulation/cabinet/modbus-server.ts";
import { serveNtcip } from "../../simulation/cabinet/ntcip-server.ts";
import { createVirtualCabinet } from "../../simulation/cabinet/unit.ts";
import { stopSignal } from "../stop-signal.ts";
import { UserError } from "../user-error.ts";

export interface OneCabinetOptions {
  readonly protocol: "ntcip" | "modbus";
  readonly port: number;
  readonly read: string;
  readonly write: string;
  readonly administrator?: string;
  /** SNMPv3 users. */
  readonly users?: readonly AgentUser[];
  readonly json?: true;
}

/** The virtual cabinet's own step, ms. */
const STEP_MS = 100;

/** Runs one virtual cabinet on wall time until Ctrl-C. */
export async function serveCabinet(
  city: City,
  junction: Junction,
  { protocol, port, read, write, administrator, users = [], json }: OneCabinetOptions,
): Promise<void> {
  const signal = stopSignal();
  const own = [...city.cabinets.values()].find((cabinet) => cabinet.junction === junction.id);
  const cabinet: Cabinet = own ?? {
    id: `cabinet-${junction.id}`,
    junction: junction.id,
    protocol,
    url: undefined,
    communityEnv: undefined,
    map: undefined,
    unitId: undefined,
    backupTime: seconds(60),
    poll: seconds(1),
    maxPhases: junction.phases.length,
    detectors: [],
  };
  const unit = createVirtualCabinet({
    cabinet,
    junction,
    schedule: city.schedule,
    utcOffset: city.utcOffset,
    start: instant(Date.now()),
  });
  const server = await (protocol === "ntcip"
    ? serveNtcip({
        unit,
        port,
        utcOffset: city.utcOffset,
        schedule: city.schedule,
        communities: { read, write, ...(administrator === undefined ? {} : { administrator }) },
        users,
        // Rises with every start, as SNMPv3 wants it, and needs no file.
        boots: Math.floor(Date.now() / 1000) % 2 ** 31,
      })
    : serveModbus({ unit, port, unitId: cabinet.unitId ?? 1 })
  ).catch((error: unknown) => {
    if (/EADDRINUSE/.test(String(error)))
      throw new UserError(
        `Port ${port} is in use by another program. Give another with --port, or --port 0 for any free one.`,
      );
    throw error;
  });
  const timer = setInterval(() => unit.step(instant(Date.now())), STEP_MS);
  process.stdout.write(
    json
      ? `${JSON.stringify({ junction: junction.id, protocol, url: server.url, port: server.port })}\n`
      : `Virtual cabinet of ${junction.name} (${protocol}) at ${server.url}; Ctrl-C ends it.\n`,
  );
  if (!signal.aborted) await once(signal, "abort");
  clearInterval(timer);
  await server.close();
}
