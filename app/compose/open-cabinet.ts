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

/** The driver for a cabinet's protocol. */
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
  return spec.protocol === "ntcip"
    ? openNtcip({ ...common, community })
    : openModbus({ ...common, map: spec.map === undefined ? profileA : mapOf(join(config, spec.map)) });
}

function mapOf(path: string) {
  try {
    return parseRegisterMap(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new UserError(`Register map ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
