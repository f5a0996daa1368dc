import { createHash } from "node:crypto";
import type { Demand } from "./demand.ts";
import { deriveJunction, type JunctionFacts } from "./derive.ts";
import type { Files } from "./files.ts";
import type {
  Approach,
  Cabinet,
  CabinetSnmp,
  Camera,
  City,
  Corridor,
  Detector,
  Junction,
  Link,
  Node,
  PlanSet,
  SceneFeed,
  Schedule,
  SignalGroup,
  WeeklyHours,
} from "./model.ts";
import type { TimingPlan } from "./plan.ts";
import type { CabinetEntry } from "./schema/cabinets.ts";
import type { SceneEntry } from "./schema/cameras.ts";
import { dayNames } from "./schema/common.ts";
import { type JunctionFile, phasesOf, ringsOf } from "./schema/junction.ts";
import type { PlanEntry, PlanSetEntry, ScheduleFileEntry } from "./schema/plans.ts";
import { instant, kmh, millis, seconds } from "./units.ts";

/** Files that are all there; what a city is built from. */
export type CompleteFiles = {
  readonly [Key in keyof Files]: Key extends "demand" ? Files[Key] : NonNullable<Files[Key]>;
};

export const complete = (files: Files): files is CompleteFiles =>
  [files.city, files.network, files.corridors, files.cameras, files.cabinets, files.plans, files.control].every(
    (file) => file !== undefined,
  ) && files.junctions.size > 0;

/** Builds the city. Trusts that the checks found no fault. */
export function buildCity(files: CompleteFiles): City {
  const { city, control } = files;
  const links = byId(files.network.links.map(linkOf));
  const junctions = byId([...files.junctions.values()].map((file) => buildJunction(file, links)));
  const { cameras, detectors } = watchers(files, links);
  return {
    id: city.id,
    name: city.name,
    utcOffset: seconds(city.utc_offset_h * 3600),
    drivesOn: city.drives_on,
    citySizeFactor: city.city_size_factor,
    nodes: byId(
      files.network.nodes.map((node): Node => ({ id: node.id, kind: node.kind, xM: node.x_m, yM: node.y_m })),
    ),
    links,
    junctions,
    corridors: byId(
      files.corridors.corridors.map(
        (corridor): Corridor => ({
          id: corridor.id,
          name: corridor.name,
          junctions: corridor.junctions,
          forward: corridor.forward,
          backward: corridor.backward,
          progressionMps: kmh(corridor.progression_kmh),
          objectives: {
            usual: corridor.objective,
            entries: corridor.objectives.map(({ objective, ...hours }) => ({ ...weekly(hours), objective })),
          },
        }),
      ),
    ),
    cameras,
    detectors,
    cabinets: byId(files.cabinets.cabinets.map(cabinetOf)),
    schedule: scheduleOf(files, junctions),
    control: {
      strategy: control.strategy,
      writeEnabled: control.write_enabled,
      maxReadingAge: seconds(control.max_reading_age_s),
      cycleStep: seconds(control.cycle_step_s),
      offsetStep: seconds(control.offset_step_s),
      splitStep: seconds(control.split_step_s),
      transitionCycles: control.transition_cycles,
      targetSaturation: control.target_saturation,
      pcu: control.pcu,
      manual: control.manual,
    },
    demand: demandOf(files),
    hash: hashOf(files),
  };
}

/** A junction file as the model has it; needs the links its approaches end. */
export function buildJunction(file: JunctionFile, links: ReadonlyMap<string, Link>): Junction {
  const rings = ringsOf(file);
  const facts: JunctionFacts = {
    id: file.id,
    name: file.name,
    node: file.node,
    form: file.form,
    approaches: file.approaches.map(
      (approach): Approach => ({
        id: approach.id,
        link: approach.link,
        lanes: approach.lanes.map((lane) => ({
          id: lane.id,
          widthM: lane.width_m,
          movements: lane.movements,
          ...(lane.bay_m === undefined ? {} : { bayM: lane.bay_m }),
        })),
        leftTurnOnRed: approach.left_turn_on_red,
        widthM: approach.lanes.reduce((total, lane) => total + lane.width_m, 0),
        gradePercent: approach.grade_percent ?? links.get(approach.link)?.gradePercent ?? 0,
        main: approach.main,
      }),
    ),
    movements: file.movements.map(({ yields_to, ...movement }) => ({ ...movement, yieldsTo: yields_to })),
    groups: file.groups.map(groupOf),
    crossings: file.crossings.map((crossing) => ({
      id: crossing.id,
      group: crossing.group,
      approach: crossing.approach,
      lengthM: crossing.length_m,
      button: crossing.button,
      maxWait: seconds(crossing.max_wait_s),
    })),
    conflicts: file.conflicts.map(([a, b, ab, ba]) => ({
      between: [a, b] as const,
      intergreen: [seconds(ab), seconds(ba)] as const,
    })),
    phases: phasesOf(file).map((phase) => ({
      number: phase.number,
      name: phase.name,
      ring: rings.findIndex((ring) => ring.includes(phase.number)) + 1,
      barrier: phase.barrier,
      groups: phase.groups,
    })),
    rings,
    ...(file.form === "stages" && file.fixed_order ? { fixedOrder: true } : {}),
    cycleMin: seconds(file.cycle_min_s),
    cycleMax: seconds(file.cycle_max_s),
    maxRed: seconds(file.max_red_s),
    coordinatedPhase: file.coordinated_phase,
  };
  return deriveJunction(facts);
}

const groupOf = (group: JunctionFile["groups"][number]): SignalGroup =>
  group.kind === "vehicle"
    ? {
        id: group.id,
        kind: "vehicle",
        minGreen: seconds(group.min_green_s),
        maxGreen: seconds(group.max_green_s),
        amber: seconds(group.amber_s),
        ...(group.red_amber_s === undefined ? {} : { redAmber: seconds(group.red_amber_s) }),
        clearance: millis(0),
      }
    : {
        id: group.id,
        kind: "pedestrian",
        minGreen: seconds(group.walk_s),
        maxGreen: seconds(group.max_walk_s),
        amber: millis(0),
        clearance: seconds(group.clearance_s),
      };

export const linkOf = (link: NonNullable<Files["network"]>["links"][number]): Link => ({
  id: link.id,
  from: link.from,
  to: link.to,
  lengthM: link.length_m,
  speedMps: kmh(link.speed_kmh),
  widthM: link.width_m,
  lanes: link.lanes,
  gradePercent: link.grade_percent,
});

function watchers(
  files: CompleteFiles,
  links: ReadonlyMap<string, Link>,
): {
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly detectors: ReadonlyMap<string, Detector>;
} {
  const cameras: Camera[] = [];
  const detectors: Detector[] = [];
  for (const site of files.cameras.sites) {
    for (const camera of site.cameras) {
      const { feed } = camera;
      cameras.push({
        id: camera.id,
        site: site.id,
        make: camera.make,
        kind: camera.kind,
        origin: site.origin,
        feed: feed && {
          transport: feed.transport,
          format: feed.format,
          topic: feed.topic,
          period: seconds(feed.period_s),
        },
        ...(camera.scene ? { scene: sceneOf(camera.scene, files, links) } : {}),
      });
      for (const zone of feed ? camera.zones : []) {
        detectors.push({
          id: zone.id,
          camera: camera.id,
          junction: zone.junction,
          approach: zone.approach,
          lanes: zone.lanes,
          kind: zone.kind,
          distanceM: zone.distance_m,
          zoneM: zone.zone_m,
          classes: zone.classes,
          period: seconds(feed!.period_s),
        });
      }
    }
  }
  return { cameras: byId(cameras), detectors: byId(detectors) };
}

function sceneOf(scene: SceneEntry, { junctions }: CompleteFiles, links: ReadonlyMap<string, Link>): SceneFeed {
  const junction = [...junctions.values()].find(({ id }) => id === scene.junction)!;
  const exits = scene.exits.map((arm) => {
    const incoming = links.get(junction.approaches.find(({ id }) => id === arm)!.link)!;
    return [...links.values()].find(({ from, to }) => from === incoming.to && to === incoming.from)!.id;
  });
  return {
    transport: scene.transport,
    topic: scene.topic,
    period: seconds(scene.period_s),
    junction: scene.junction,
    approaches: scene.approaches,
    rangeM: scene.range_m,
    exits,
    exitRangeM: scene.exit_range_m,
    box: scene.box,
  };
}

const cabinetOf = (cabinet: NonNullable<Files["cabinets"]>["cabinets"][number]): Cabinet => ({
  id: cabinet.id,
  junction: cabinet.junction,
  protocol: cabinet.protocol,
  url: cabinet.url,
  communityEnv: cabinet.community_env,
  ...(cabinet.snmp && { snmp: snmpOf(cabinet.snmp) }),
  map: cabinet.map,
  unitId: cabinet.unit_id,
  backupTime: seconds(cabinet.backup_time_s),
  poll: seconds(cabinet.poll_s),
  maxPhases: cabinet.max_phases,
  detectors: cabinet.detectors,
});

const snmpOf = (snmp: NonNullable<CabinetEntry["snmp"]>): CabinetSnmp => ({
  version: snmp.version,
  user: snmp.user,
  auth: snmp.auth,
  authEnv: snmp.auth_env,
  privEnv: snmp.priv_env,
  maxMessage: snmp.max_message,
  varbinds: snmp.varbinds,
  transactionIds: snmp.transaction_ids,
  keepsOwnTime: snmp.keeps_own_time,
});

function scheduleOf(files: CompleteFiles, junctions: ReadonlyMap<string, Junction>): Schedule {
  const planSets = files.plans.plan_sets.map((set): PlanSet => {
    const plans = [...junctions.values()].map((junction) =>
      planOf(set, junction.id, set.plans[junction.id]!, junction.rings),
    );
    return {
      id: set.id,
      slot: set.slot,
      special: set.special,
      plans: new Map(plans.map((plan) => [plan.junction, plan])),
    };
  });
  return {
    planSets: byId(planSets),
    entries: files.plans.schedule.map((entry) => ({
      ...weekly(entry),
      planSet: entry.plan_set,
    })),
    events: files.plans.events.map((event) => ({
      name: event.name,
      from: instant(Date.parse(event.from)),
      to: instant(Date.parse(event.to)),
      planSet: event.plan_set,
    })),
  };
}

/** A plan of a set for one junction; `rings` is the order where the file names none. */
export function planOf(
  set: Pick<PlanSetEntry, "id" | "cycle_s">,
  junction: string,
  plan: PlanEntry,
  rings: readonly (readonly number[])[],
): TimingPlan {
  return {
    id: `${set.id}/${junction}`,
    junction,
    cycle: seconds(plan.cycle_s ?? set.cycle_s),
    offset: seconds(plan.offset_s),
    splits: Object.entries(plan.splits_s)
      .map(([phase, split]) => ({ phase: Number(phase), split: seconds(split) }))
      .sort((a, b) => a.phase - b.phase),
    sequence: plan.sequence ?? rings,
  };
}

const weekly = ({ days, from, to }: Pick<ScheduleFileEntry, "days" | "from" | "to">): WeeklyHours => ({
  days: days.map((day) => dayNames.indexOf(day)),
  from: sinceMidnight(from),
  to: sinceMidnight(to),
});

/** "HH:MM" since local midnight. */
export function sinceMidnight(time: string) {
  const [hours, minutes] = time.split(":").map(Number);
  return seconds(hours! * 3600 + minutes! * 60);
}

function demandOf({ demand }: CompleteFiles): Demand | undefined {
  if (!demand) return undefined;
  return {
    origin: demand.origin,
    classShares: demand.class_shares,
    truckBan: demand.truck_ban.map(({ from, to }) => ({ from: sinceMidnight(from), to: sinceMidnight(to) })),
    profiles: new Map(
      Object.entries(demand.profiles).map(([id, points]) => [
        id,
        points.map(({ at, factor }) => ({ at: sinceMidnight(at), factor })),
      ]),
    ),
    flows: demand.flows.map((flow) => ({
      id: flow.id,
      from: flow.from,
      vehPerHour: flow.vehicles_per_hour,
      profile: flow.profile,
      to: flow.to,
      classShares: flow.class_shares,
      platoons: flow.platoons && {
        cycle: seconds(flow.platoons.cycle_s),
        window: seconds(flow.platoons.window_s),
        share: flow.platoons.share,
        offset: seconds(flow.platoons.offset_s),
      },
    })),
    dayVariation: demand.day_variation,
    quarterVariation: demand.quarter_variation,
    pedestrians: demand.pedestrians.map(({ per_hour, ...rest }) => ({ ...rest, perHour: per_hour })),
    busLines: demand.bus_lines?.map(({ every_s, first, last, stops, ...line }) => ({
      ...line,
      every: seconds(every_s),
      first: sinceMidnight(first),
      last: sinceMidnight(last),
      stops: stops.map(({ link, at_m, dwell_s }) => ({ link, atM: at_m, dwell: seconds(dwell_s) })),
    })),
  };
}

/** SHA-256 over the parsed files with their keys in order: the same facts in another layout are the same set. */
function hashOf(files: CompleteFiles): string {
  const { broken, junctions, ...rest } = files;
  const facts = { ...rest, junctions: Object.fromEntries([...junctions.values()].map((file) => [file.id, file])) };
  return createHash("sha256").update(canonical(facts)).digest("hex");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(",")}}`;
}

const byId = <Item extends { readonly id: string }>(items: readonly Item[]): ReadonlyMap<string, Item> =>
  new Map(items.map((item) => [item.id, item]));
