import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cabinet, City } from "../../config/model.ts";
import { openModbus } from "../../controllers/modbus/driver.ts";
import { parseRegisterMap, profileA } from "../../controllers/modbus/register-map.ts";
import { openNtcip } from "../../controllers/ntcip/driver.ts";
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
}: OpenCabinetOptions): Driver {
  const junction = city.junctions.get(spec.junction)!;
  const common = { spec, junction, url, clock, inFlight, utcOffset: city.utcOffset };
  try {
    return spec.protocol === "ntcip"
      ? openNtcip({ ...common, community })
      : openModbus({ ...common, map: spec.map === undefined ? profileA : mapOf(join(config, spec.map)) });
  } catch (error) {
    // Drivers throw at once on what no cabinet could be driven with, and on nothing later.
    throw new UserError(`Cabinet ${spec.id} at ${url}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function mapOf(path: string) {
  try {
    return parseRegisterMap(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new Error(`register map ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
