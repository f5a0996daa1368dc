import { join } from "node:path";
import { firstValueFrom } from "rxjs";
import type { Cabinet, City, Junction } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { type Millis, millis, seconds } from "../../config/units.ts";
import { type ModbusSite, openModbus } from "../../controllers/modbus/driver.ts";
import { profileA, type RegisterMap } from "../../controllers/modbus/register-map.ts";
import { openNtcip } from "../../controllers/ntcip/driver.ts";
import type { Command, Outcome } from "../../engine/core/cabinet.ts";
import { untracked } from "../../engine/ports/in-flight.ts";
import { junctionOf, readCity } from "../city-files.ts";
import { UserError } from "../user-error.ts";
import { wallClock } from "../wall-clock.ts";
import { mapOf, opened, protocolOf } from "./open-cabinet.ts";
import { anyJunction, readPushedPlan } from "./push-plan.ts";
import { untilRuns } from "./until-runs.ts";

export interface PushOptions {
  readonly config: string;
  readonly cabinet: string;
  readonly junction?: string;
  /** Path of a register map file. */
  readonly map?: string;
  readonly unit?: number;
  readonly timeout?: Millis;
  readonly verify?: true;
}

/** A name of a plan set, or the text of a plan file. */
export interface PlanGiven {
  readonly name: string;
  readonly text: string | undefined;
}

export type PushOutcome = Outcome & {
  /** Read back while it runs on the street. */
  readonly verified: boolean;
};

/** What is pushed where, from the configuration or from the plan file alone. */
interface Errand {
  readonly plan: TimingPlan;
  readonly junction: Junction;
  readonly site: ModbusSite;
  readonly spec: Cabinet;
  readonly utcOffset: Millis;
}

/** Silence the cabinet bears after this command has ended, where its own entry does not say. */
const usualBackup = seconds(60);

/** Where the SNMP community of a cabinet given by hand comes from. */
const COMMUNITY_VARIABLE = "SIMPANG_COMMUNITY";

/** Downloads one plan to one cabinet; with `verify`, waits until it runs there and has been read back. */
export function push(given: PlanGiven, options: PushOptions): Promise<PushOutcome> {
  const errand = errandOf(given, options);
  return errand.spec.protocol === "ntcip" ? pushNtcip(errand, options) : pushModbus(errand, options);
}

async function pushNtcip(errand: Errand, { cabinet, verify }: PushOptions): Promise<PushOutcome> {
  const { spec, junction, plan, utcOffset } = errand;
  const clock = wallClock();
  const community = process.env[COMMUNITY_VARIABLE] ?? "private";
  const driver = opened(spec.id, cabinet, () =>
    openNtcip({ url: cabinet, clock, inFlight: untracked, spec, junction, utcOffset, community }),
  );
  try {
    const command: Command = { id: "push", junction: junction.id, at: clock.now(), action: { kind: "plan", plan } };
    const outcome = await firstValueFrom(driver.send(command));
    if (!verify || outcome.result !== "accepted") return { ...outcome, verified: false };
    return await untilRuns(driver, { outcome, clock, cycle: plan.cycle });
  } finally {
    driver.close();
  }
}

async function pushModbus(errand: Errand, options: PushOptions): Promise<PushOutcome> {
  const { spec, site, plan } = errand;
  const clock = wallClock();
  const file = options.map ?? (spec.map === undefined ? undefined : join(options.config, spec.map));
  const driver = opened(spec.id, options.cabinet, () => {
    const map = file === undefined ? profileA : mapOf(file);
    const fitting = { ...spec, ...fitted(spec, map, options.unit) };
    const deadline = options.timeout === undefined ? {} : { deadline: options.timeout };
    const common = { url: options.cabinet, clock, inFlight: untracked, ...deadline };
    return openModbus({ ...common, map, junction: site, spec: fitting });
  });
  try {
    const command: Command = { id: "push", junction: site.id, at: clock.now(), action: { kind: "plan", plan } };
    const outcome = await firstValueFrom(driver.send(command));
    if (outcome.result !== "accepted") return { ...outcome, verified: false };
    if (!options.verify) return { ...outcome, verified: outcome.detail.startsWith("running") };
    const confirmed = await firstValueFrom(driver.confirm(command));
    return { ...confirmed, verified: confirmed.result === "accepted" };
  } finally {
    driver.close();
  }
}

/** The unit asked, and a silence limit that this map's register can say. */
function fitted(
  spec: Cabinet,
  map: RegisterMap,
  unit: number | undefined,
): { readonly unitId: number | undefined; readonly backupTime: Millis } {
  const timer = map.heartbeat?.points["timeout"];
  const unitId = unit ?? spec.unitId;
  if (!timer) return { unitId, backupTime: spec.backupTime };
  const count = timer.scale * 1000;
  const counts = Math.round(spec.backupTime / count);
  const held = Math.min(Math.max(counts, timer.min ?? 1), timer.max ?? (timer.type === "u32" ? 0xffff_ffff : 0xffff));
  return { unitId, backupTime: millis(held * count) };
}

function errandOf(given: PlanGiven, options: PushOptions): Errand {
  const protocol = protocolOf(options.cabinet);
  if (!protocol)
    throw new UserError(
      `--cabinet ${options.cabinet}: give udp://host:port for NTCIP, tcp://host:port for Modbus, or rtu:///dev/ttyS0?baud=9600 for Modbus on a serial line.`,
    );
  if (protocol === "ntcip" && options.map !== undefined)
    throw new UserError(`--map is for Modbus; ${options.cabinet} is NTCIP.`);
  if (options.junction === undefined && given.text !== undefined)
    return alone(given.name, given.text, options, protocol);
  const city = readCity(options.config);
  const junction = junctionOf(city, options.junction ?? servedAt(city, options), options.config);
  const own = [...city.cabinets.values()].find((cabinet) => cabinet.junction === junction.id);
  const spec = { ...anySpec(junction.id), ...own, protocol, url: options.cabinet };
  return { plan: planFor(city, junction, given), junction, site: junction, spec, utcOffset: city.utcOffset };
}

const anySpec = (junction: string): Omit<Cabinet, "protocol" | "url"> => ({
  id: `cabinet-${junction}`,
  junction,
  communityEnv: undefined,
  map: undefined,
  unitId: undefined,
  backupTime: usualBackup,
  poll: seconds(1),
  maxPhases: 16,
  detectors: [],
});

/** Everything from the plan file and the cabinet itself. */
function alone(name: string, text: string, options: PushOptions, protocol: Cabinet["protocol"]): Errand {
  const { plan, site, junction } = readPushedPlan(name, text);
  const spec = { ...anySpec(junction.id), protocol, url: options.cabinet };
  return { plan, site, junction, spec, utcOffset: millis(0) };
}

/** Junction of the configuration whose cabinet has this address. */
function servedAt(city: City, { cabinet, config }: PushOptions): string {
  const found = [...city.cabinets.values()].find(({ url }) => url === cabinet);
  if (found) return found.junction;
  throw new UserError(
    `No cabinet in ${config} has the address ${cabinet}, so a plan set's name does not say which plan is meant. Give --junction, or a plan file.`,
  );
}

function planFor(city: City, junction: Junction, { name, text }: PlanGiven): TimingPlan {
  if (text === undefined) {
    const set = city.schedule.planSets.get(name);
    if (!set)
      throw new UserError(
        `There is no plan set "${name}". Take one of: ${[...city.schedule.planSets.keys()].join(", ")}, or give a file.`,
      );
    return set.plans.get(junction.id)!;
  }
  const { plan, ordered } = readPushedPlan(name, text);
  if (plan.junction !== junction.id && plan.junction !== anyJunction)
    throw new UserError(`${name}: the plan is for ${plan.junction}, --junction says ${junction.id}.`);
  const sequence = ordered ? plan.sequence : junction.rings;
  return { ...plan, id: `${plan.id}/${junction.id}`, junction: junction.id, sequence };
}
