import { createHash } from "node:crypto";
import type { Cabinet, Camera, City, Detector, Junction, Link, Node, Schedule } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { millis, seconds } from "../../../config/units.ts";
import { type ImportNote, ImportReport } from "../input-fault.ts";
import type { SumoNet } from "../net-model.ts";
import { corridorOf } from "./corridor.ts";
import { fitsJunction, programPlan } from "./plan.ts";
import { linkOf, nodeOf, type Roads, roadsOf, signalNodes } from "./roads.ts";
import { BENCH_RULES, type SignalRules, type SumoSignal, signalOf } from "./signal.ts";
import { stagesOf } from "./stages.ts";

/** A SUMO network as the engine knows cities, with what joins the two. */
export interface SumoCity {
  readonly city: City;
  /** By junction id, which is the signal's id. */
  readonly signals: ReadonlyMap<string, SumoSignal>;
  readonly roads: Roads;
  readonly notes: readonly ImportNote[];
}

/** Counting lines report this often. */
const COUNT_PERIOD = seconds(5);
/** How far a counting camera sees standing vehicles behind its line. */
const ZONE_M = 70;
const DAY = seconds(86_400);

/** Every signal with a program becomes a junction; all of them are one corridor. */
export function cityOf(net: SumoNet, rules: SignalRules = BENCH_RULES): SumoCity {
  const report = new ImportReport();
  const nodes = signalNodes(net);
  const roads = roadsOf(net, nodes);
  const signals = new Map<string, SumoSignal>();
  const plans = new Map<string, TimingPlan>();
  for (const [id, programs] of net.signals) {
    const node = nodes.nodeOf.get(id);
    // SUMO runs the program loaded last.
    const program = programs.filter(({ phases }) => phases.length > 0).at(-1);
    if (node === undefined || !program) continue;
    if (programs.length > 1) report.note("only the last of a signal's programs is planned", `signal ${id}`);
    const stages = stagesOf(program, report, rules.minGreen / 1000);
    const signal = stages && signalOf(stages, { net, roads, rules, node, report });
    if (!signal) continue;
    const plan = programPlan(signal, report);
    signals.set(id, { ...signal, junction: fitsJunction(plan, signal.junction) });
    plans.set(id, plan);
  }
  const city = assemble(net, { signals, plans, roads, nodeId: (node) => standsFor(node, nodes) });
  return { city, signals, roads, notes: [...net.notes, ...report.notes()] };
}

const standsFor = (node: string, { signalOf: signal, nodeOf: node_ }: ReturnType<typeof signalNodes>): string => {
  const id = signal.get(node);
  return id === undefined ? node : node_.get(id)!;
};

interface Parts {
  readonly signals: ReadonlyMap<string, SumoSignal>;
  readonly plans: ReadonlyMap<string, TimingPlan>;
  readonly roads: Roads;
  readonly nodeId: (junction: string) => string;
}

function assemble(net: SumoNet, { signals, plans, roads, nodeId }: Parts): City {
  const junctions = [...signals.values()].map(({ junction }) => junction);
  const links = new Map<string, Link>(roads.roads.map((road) => [road.id, linkOf(road, nodeId)]));
  const nodes = new Map<string, Node>();
  const signalled = new Set(junctions.map(({ node }) => node));
  for (const { from, to } of links.values())
    for (const id of [from, to]) nodes.set(id, nodeOf(net, id, signalled.has(id) ? "junction" : "edge"));
  const { corridor, paths } =
    junctions.length > 0 ? corridorOf("network", { nodes, links, junctions }) : { corridor: undefined, paths: [] };
  for (const path of paths) links.set(path.id, path);
  const watched = junctions.map(watcher);
  return {
    id: net.file.replace(/^.*[/\\]/, "").replace(/\.net\.xml(\.gz)?$/, ""),
    name: net.file,
    utcOffset: millis(0),
    drivesOn: net.leftHand ? "left" : "right",
    citySizeFactor: 1,
    nodes,
    links,
    junctions: new Map(junctions.map((junction) => [junction.id, junction])),
    corridors: new Map(corridor ? [[corridor.id, corridor]] : []),
    cameras: new Map(watched.map(({ camera }) => [camera.id, camera])),
    detectors: new Map(watched.flatMap(({ detectors }) => detectors.map((detector) => [detector.id, detector]))),
    cabinets: new Map(junctions.map(({ id, phases }) => [id, cabinetOf(id, phases.length)])),
    schedule: scheduleOf(plans),
    control: {
      strategy: "fixed",
      writeEnabled: false,
      maxReadingAge: seconds(60),
      cycleStep: seconds(8),
      offsetStep: seconds(10),
      splitStep: seconds(6),
      transitionCycles: 3,
      targetSaturation: 0.9,
      pcu: { car: 1, hv: 1.3, mc: 0.2, um: 0 },
      manual: "mkji-1997",
    },
    demand: undefined,
    hash: createHash("sha256")
      .update(JSON.stringify([...links.values(), junctions, [...plans.values()]]))
      .digest("hex"),
  };
}

/** One camera a junction, with a line on every lane that the signal controls. */
function watcher(junction: Junction): { readonly camera: Camera; readonly detectors: readonly Detector[] } {
  const camera: Camera = {
    id: `camera/${junction.id}`,
    site: junction.id,
    make: "virtual",
    kind: "fixed",
    origin: "synthetic",
    feed: { transport: "webhook", format: "atcs-count", topic: undefined, period: COUNT_PERIOD },
  };
  const detectors = junction.approaches.flatMap((approach) =>
    approach.lanes
      .filter(({ movements }) => movements.length > 0)
      .map(
        (lane): Detector => ({
          id: lane.id,
          camera: camera.id,
          junction: junction.id,
          approach: approach.id,
          lanes: [lane.id],
          kind: "stop-line",
          distanceM: 0,
          zoneM: ZONE_M,
          classes: ["car", "hv", "mc", "um"],
          period: COUNT_PERIOD,
        }),
      ),
  );
  return { camera, detectors };
}

const cabinetOf = (junction: string, phases: number): Cabinet => ({
  id: junction,
  junction,
  protocol: "ntcip",
  url: undefined,
  communityEnv: undefined,
  map: undefined,
  unitId: 1,
  backupTime: seconds(60),
  poll: seconds(1),
  maxPhases: phases,
  detectors: [],
});

/** The programs, every day and all day. */
const scheduleOf = (plans: ReadonlyMap<string, TimingPlan>): Schedule => ({
  planSets: new Map([["program", { id: "program", slot: 1, plans }]]),
  entries: [{ days: [0, 1, 2, 3, 4, 5, 6], from: millis(0), to: DAY, planSet: "program" }],
  events: [],
});
