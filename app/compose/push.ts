import { firstValueFrom } from "rxjs";
import { parse } from "yaml";
import { planOf } from "../../config/build.ts";
import type { Cabinet, City, Junction } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { planSchema } from "../../config/schema/plans.ts";
import { seconds } from "../../config/units.ts";
import type { Command, Outcome } from "../../engine/core/cabinet.ts";
import { junctionOf } from "../city-files.ts";
import { UserError } from "../user-error.ts";
import { wallClock } from "../wall-clock.ts";
import { openCabinet } from "./open-cabinet.ts";

export interface PushOptions {
  readonly config: string;
  readonly cabinet: string;
  readonly junction: string;
}

/** Where the SNMP community of a cabinet given by hand comes from. */
const COMMUNITY_VARIABLE = "SIMPANG_COMMUNITY";

export async function push(
  city: City,
  wanted: { readonly name: string; readonly text: string | undefined },
  options: PushOptions,
): Promise<Outcome> {
  const junction = junctionOf(city, options.junction, options.config);
  const plan = wantedPlan(city, junction, wanted);
  const protocol = /^udp:\/\//.test(options.cabinet)
    ? "ntcip"
    : /^tcp:\/\//.test(options.cabinet)
      ? "modbus"
      : undefined;
  if (!protocol)
    throw new UserError(`--cabinet ${options.cabinet}: give udp://host:port for NTCIP or tcp://host:port for Modbus.`);
  const own = [...city.cabinets.values()].find((cabinet) => cabinet.junction === junction.id);
  const spec: Cabinet = {
    id: `cabinet-${junction.id}`,
    junction: junction.id,
    communityEnv: undefined,
    map: undefined,
    unitId: 1,
    backupTime: seconds(60),
    poll: seconds(1),
    maxPhases: 16,
    detectors: [],
    ...own,
    protocol,
    url: options.cabinet,
  };
  const clock = wallClock();
  const driver = openCabinet({
    city,
    spec,
    url: options.cabinet,
    community: process.env[COMMUNITY_VARIABLE] ?? "private",
    clock,
    config: options.config,
  });
  try {
    const command: Command = { id: "push", junction: junction.id, at: clock.now(), action: { kind: "plan", plan } };
    return await firstValueFrom(driver.send(command));
  } finally {
    driver.close();
  }
}

function wantedPlan(
  city: City,
  junction: Junction,
  { name, text }: { name: string; text: string | undefined },
): TimingPlan {
  if (text === undefined) {
    const set = city.schedule.planSets.get(name);
    if (!set)
      throw new UserError(
        `There is no plan set "${name}". Take one of: ${[...city.schedule.planSets.keys()].join(", ")}, or give a file.`,
      );
    return set.plans.get(junction.id)!;
  }
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    throw new UserError(`${name} is neither YAML nor JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const checked = planSchema.required({ cycle_s: true }).safeParse(parsed);
  if (!checked.success)
    throw new UserError(
      `${name}: ${checked.error.issues.map((issue) => `${issue.path.join(".") || "plan"}: ${issue.message}`).join("; ")}`,
    );
  return planOf({ id: "pushed", cycle_s: checked.data.cycle_s }, junction.id, checked.data, junction.rings);
}
