import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SharedUdp, UsmUser } from "ntcip-ts";
import type { Cabinet, CabinetSnmp, City } from "../../config/model.ts";
import type { Millis } from "../../config/units.ts";
import { openModbus } from "../../controllers/modbus/driver.ts";
import { Lines } from "../../controllers/modbus/line.ts";
import { parseRegisterMap, profileA, type RegisterMap } from "../../controllers/modbus/register-map.ts";
import { openNtcip } from "../../controllers/ntcip/driver.ts";
import type { Quirks } from "../../controllers/ntcip/session.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import { type InFlight, untracked } from "../../engine/ports/in-flight.ts";
import { UserError } from "../user-error.ts";

export type Driver = FieldController & { close(): void };

export interface OpenCabinetOptions {
  readonly city: City;
  readonly spec: Cabinet;
  readonly url: string;
  readonly community: string;
  readonly clock: Clock;
  readonly inFlight?: InFlight;
  /** Folder of the configuration, for register maps. */
  readonly config: string;
  /** One socket for all NTCIP cabinets; default: each has its own. */
  readonly socket?: SharedUdp;
  /** Where in its poll period this cabinet is asked. */
  readonly phase?: Millis;
}

/** SNMP community of a cabinet from its environment variable; "public", as cabinets come out of the box, where none is named. */
export function communityOf({ id, communityEnv }: Cabinet): string {
  if (communityEnv === undefined) return "public";
  const community = process.env[communityEnv];
  if (community === undefined || community === "")
    throw new UserError(`The SNMP community of ${id} is read from ${communityEnv}, which is not set.`);
  return community;
}

/** The driver for a cabinet's protocol. Throws `UserError` for an address or a register map that cannot be used. */
export function openCabinet({
  city,
  spec,
  url,
  community,
  clock,
  inFlight = untracked,
  config,
  socket,
  phase,
}: OpenCabinetOptions): Driver {
  const junction = city.junctions.get(spec.junction)!;
  const common = { spec, junction, url, clock, inFlight, ...(phase !== undefined && { phase }) };
  return opened(spec.id, url, () =>
    spec.protocol === "ntcip"
      ? openNtcip({
          ...common,
          community,
          utcOffset: city.utcOffset,
          quirks: quirksOf(spec),
          ...(socket && { socket }),
        })
      : openModbus({ ...common, lines, map: spec.map === undefined ? profileA : mapOf(join(config, spec.map)) }),
  );
}

/** How a make of NTCIP unit is spoken to; passwords come from the environment. */
function quirksOf({ id, snmp }: Cabinet): Quirks {
  if (!snmp) return {};
  const { version, maxMessage, varbinds, transactionIds, keepsOwnTime } = snmp;
  return {
    version,
    transactionIds,
    keepsOwnTime,
    ...(version === "v3" && { user: userOf(id, snmp) }),
    ...(maxMessage !== undefined && { maxMessage }),
    ...(varbinds !== undefined && { maxReads: varbinds, maxWrites: varbinds }),
  };
}

function userOf(id: string, { user, auth, authEnv, privEnv }: CabinetSnmp): UsmUser {
  const secret = (name: string): string => {
    const password = process.env[name];
    if (password === undefined || password === "")
      throw new UserError(`An SNMPv3 password of ${id} is read from ${name}, which is not set.`);
    return password;
  };
  return {
    name: user!,
    auth: { protocol: auth, password: secret(authEnv!) },
    ...(privEnv !== undefined && { priv: { protocol: "aes" as const, password: secret(privEnv) } }),
  };
}

/** Cabinets on one serial line, or behind one gateway, share it. */
const lines = new Lines();

/** A driver, or a `UserError`: drivers throw at once on what no cabinet could be driven with, and on nothing later. */
export function opened<D>(id: string, url: string, open: () => D): D {
  try {
    return open();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Cabinet ${id} at ${url}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Protocol of an address; undefined: of none we know. */
export function protocolOf(url: string): Cabinet["protocol"] | undefined {
  if (url.startsWith("udp://")) return "ntcip";
  return url.startsWith("tcp://") || url.startsWith("rtu://") ? "modbus" : undefined;
}

/** The register map in a file. Throws, naming the file and every fault in it. */
export function mapOf(path: string): RegisterMap {
  try {
    return parseRegisterMap(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new Error(`register map ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
