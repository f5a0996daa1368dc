import { once } from "node:events";
import { openSync, writeSync } from "node:fs";
import type { AgentUser } from "ntcip-ts";
import type { Cabinet, City, Junction } from "../../config/model.ts";
import { instant, type Millis, seconds } from "../../config/units.ts";
import { serialSettings } from "../../controllers/modbus/line.ts";
import { serveModbus } from "../../simulation/cabinet/modbus-server.ts";
import { serveModbusRtu } from "../../simulation/cabinet/modbus-server-rtu.ts";
import { serveNtcip } from "../../simulation/cabinet/ntcip-server.ts";
import { type Carry, faultyCarry } from "../../simulation/cabinet/reply-faults.ts";
import { udpWire } from "../../simulation/cabinet/udp-wire.ts";
import { createVirtualCabinet } from "../../simulation/cabinet/unit.ts";
import type { CabinetEvent, VirtualCabinet } from "../../simulation/cabinet/virtual-cabinet.ts";
import { seededRandom } from "../seeded-random.ts";
import { stopSignal } from "../stop-signal.ts";
import { UserError } from "../user-error.ts";
import { type CabinetControl, cabinetControl } from "./cabinet-control.ts";
import { controlLines } from "./control-lines.ts";

export interface OneCabinetOptions {
  readonly protocol: "ntcip" | "modbus";
  readonly port: number;
  readonly read: string;
  readonly write: string;
  readonly administrator?: string;
  /** SNMPv3 users. */
  readonly users?: readonly AgentUser[];
  /** `rtu:///dev/…` instead of a port. */
  readonly serial?: string;
  readonly unit?: number;
  readonly fault?: readonly string[];
  readonly seed: number;
  /** File of the high-resolution log. */
  readonly events?: string;
  readonly json?: true;
}

/** The virtual cabinet's own step, ms. */
const STEP_MS = 100;
const HOST = "127.0.0.1";

interface Served {
  readonly url: string;
  readonly port?: number;
  close(): Promise<void>;
}

/** Runs one virtual cabinet on wall time until Ctrl-C. */
export async function serveCabinet(city: City, junction: Junction, options: OneCabinetOptions): Promise<void> {
  const signal = stopSignal();
  const cabinet = cabinetOf(city, junction, options.protocol);
  const { schedule, utcOffset } = city;
  const unit = createVirtualCabinet({ cabinet, junction, schedule, utcOffset, start: instant(Date.now()) });
  const control = cabinetControl(unit);
  try {
    for (const line of options.fault ?? []) control.take(line);
  } catch (error) {
    throw new UserError(`--fault ${(error as Error).message}`);
  }
  const log = eventLog(options.events, { device: cabinet.id, utcOffset });
  const server = await serve({ city, cabinet, unit, control, options });
  const timer = setInterval(() => {
    unit.step(instant(Date.now()));
    log.take(unit.drainEvents());
  }, STEP_MS);
  const { url, port } = server;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ junction: junction.id, protocol: options.protocol, url, ...(port === undefined ? {} : { port }) })}\n`
      : `Virtual cabinet of ${junction.name} (${options.protocol}) at ${url}; Ctrl-C ends it.\n`,
  );
  const lines = controlLines({
    control,
    unit,
    events: () => {
      log.take(unit.drainEvents());
      return log.recent();
    },
  });
  if (!signal.aborted) await once(signal, "abort");
  clearInterval(timer);
  lines.close();
  await server.close();
}

const cabinetOf = (city: City, junction: Junction, protocol: Cabinet["protocol"]): Cabinet =>
  [...city.cabinets.values()].find((cabinet) => cabinet.junction === junction.id) ?? {
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

async function serve({
  city,
  cabinet,
  unit,
  control,
  options,
}: {
  readonly city: City;
  readonly cabinet: Cabinet;
  readonly unit: VirtualCabinet;
  readonly control: CabinetControl;
  readonly options: OneCabinetOptions;
}): Promise<Served> {
  const { protocol, port, serial } = options;
  const random = seededRandom(options.seed, "replies");
  const faulty = faultyCarry({
    faults: () => control.replies,
    dice: () => random.next(),
    later: (run, delay) => setTimeout(run, delay),
  });
  const carry: Carry = (reply, send) => {
    faulty(reply, send);
    control.counted();
  };
  const unitId = options.unit ?? cabinet.unitId ?? 1;
  try {
    if (serial !== undefined) {
      const { path, baudRate, parity } = serialSettings(serial);
      const line = await serveModbusRtu({ unit, path, baudRate, parity, unitId, carry });
      return { url: serial, close: line.close };
    }
    if (protocol === "modbus") return await serveModbus({ unit, port, unitId, carry });
    const { read, write, administrator, users = [] } = options;
    const agent = await serveNtcip({
      unit,
      utcOffset: city.utcOffset,
      schedule: city.schedule,
      communities: { read, write, ...(administrator === undefined ? {} : { administrator }) },
      users,
      // Rises with every start, as SNMPv3 wants it, and needs no file.
      boots: Math.floor(Date.now() / 1000) % 2 ** 31,
    });
    const wire = await udpWire({ port, host: HOST, to: agent.port, carry });
    return {
      url: `udp://${HOST}:${wire.port}`,
      port: wire.port,
      close: async () => {
        await wire.close();
        await agent.close();
      },
    };
  } catch (error) {
    if (/EADDRINUSE/.test(String(error)))
      throw new UserError(
        `Port ${port} is in use by another program. Give another with --port, or --port 0 for any free one.`,
      );
    if (serial !== undefined) throw new UserError(`--serial ${serial}: ${(error as Error).message}`);
    throw error;
  }
}

/** As many as a person asks for at a time. */
const RECENT = 20_000;

/** The cabinet's log: to a file as it comes (`timestamp,device,code,param`, local time), and the latest for whoever asks. */
function eventLog(
  path: string | undefined,
  { device, utcOffset }: { readonly device: string; readonly utcOffset: Millis },
): { take(events: readonly CabinetEvent[]): void; recent(): readonly CabinetEvent[] } {
  let recent: CabinetEvent[] = [];
  const file = path === undefined ? undefined : opened(path);
  if (file !== undefined) writeSync(file, "timestamp,device,code,param\n");
  return {
    take(events) {
      if (events.length === 0) return;
      recent = [...recent, ...events].slice(-RECENT);
      const rows = events.map(({ at, code, param }) => `${localTime(at + utcOffset)},${device},${code},${param}\n`);
      if (file !== undefined) writeSync(file, rows.join(""));
    },
    recent() {
      const events = recent;
      recent = [];
      return events;
    },
  };
}

function opened(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new UserError(`--events ${path} cannot be written (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Tenths of a second, no zone, as controllers write it. */
const localTime = (at: number): string => new Date(at).toISOString().replace("T", " ").slice(0, 21);
