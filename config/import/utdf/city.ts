import type { JunctionFile } from "../../schema/junction.ts";
import { yamlText } from "../yaml-text.ts";
import { corridorsOf } from "./corridors.ts";
import { demandOf } from "./demand.ts";
import { type ImportedJunction, junctionOf } from "./junction.ts";
import { readNetwork, type UtdfFault, type UtdfNetwork, type UtdfNode } from "./network.ts";
import { phasesOf, timingOf, type UtdfPhase, type UtdfTiming } from "./phases.ts";
import { planOf } from "./plans.ts";
import { placed } from "./positions.ts";
import { plannedRings } from "./rings.ts";
import { type Road, roadsOf } from "./roads.ts";
import { parseUtdf } from "./tables.ts";

export interface UtdfCity {
  /** Texts of the set's files by name; empty when there are faults. */
  readonly files: ReadonlyMap<string, string>;
  readonly notes: readonly { readonly subject: string; readonly message: string }[];
  readonly faults: readonly UtdfFault[];
}

export interface UtdfOptions {
  readonly id: string;
  readonly utcOffsetH: number;
  readonly drivesOn: "left" | "right";
}

const nodeId = (id: string): string => `n${id}`;
const linkId = (road: Road): string => `n${road.from}_n${road.to}`;
/** Limits of `network.yaml`. */
const LENGTH_M = [20, 20_000] as const;
const SPEED_KMH = [10, 100] as const;
const LANES = [1, 6] as const;
const within = (value: number, [least, most]: readonly [number, number]): number =>
  Math.min(most, Math.max(least, value));

/** A configuration set from a Synchro network: roads, junctions in NEMA rings, plans, turning counts as demand. */
export function cityFromUtdf(
  texts: readonly { readonly name: string; readonly text: string }[],
  options: UtdfOptions,
): UtdfCity {
  const faults: UtdfFault[] = [];
  const notes: { subject: string; message: string }[] = [];
  const tables = parseUtdf(texts);
  faults.push(...tables.faults);
  const read = readNetwork(tables, faults);
  if (faults.length > 0) return { files: new Map(), notes: [], faults };
  for (const name of tables.unread) notes.push({ subject: `table ${name}`, message: "is not read" });

  const timings = new Map<string, UtdfTiming>();
  const network = withoutUntimed(read, (node) => {
    const timing = timingOf(tables.timeplans.get(node.id), faults);
    const { phases } = phasesOf(tables, node.id, node.movements, faults);
    if (timing && phases.length > 1) timings.set(node.id, timing);
    else
      notes.push({
        subject: `node ${node.id}`,
        message: `is a signal with ${phases.length} phase${phases.length === 1 ? "" : "s"} and ${timing ? "a" : "no"} timing plan of its own (perhaps another node's controller runs it); it is passed straight on`,
      });
    return timings.has(node.id);
  });
  const { roads: all, passed, dead } = roadsOf(network);
  for (const { node, lost } of passed)
    notes.push({
      subject: `node ${node.id}`,
      message: `is ${nodeWords[node.kind]}; roads run straight through it${lost.length > 0 ? `, and what comes from node ${lost.join(", ")} is left out` : ""}`,
    });
  for (const link of dead)
    notes.push({
      subject: `link ${link.from} to ${link.to}`,
      message: "leads to no signal and no edge of the network; it is left out",
    });
  const served = (road: Road) =>
    network.nodes.get(road.to)!.kind !== "signal" ||
    network.nodes.get(road.to)!.movements.some((movement) => movement.from === road.last && movement.lanes > 0);
  const roads = all.filter(served);
  const corridors = corridorsOf(network, roads, [...timings.keys()]);
  const positions = placed(network, roads);
  const junctions = new Map<string, ImportedJunction>();
  const plans: Record<string, Omit<ReturnType<typeof planOf>, "notes">> = {};
  for (const [id, timing] of timings) {
    const node = network.nodes.get(id)!;
    const { phases, notes: own } = phasesOf(tables, id, node.movements, faults);
    const bearing = (road: Road) => positions.bearing(id, road.from === id ? road.to : road.from);
    const main = new Set(corridors.flatMap((corridor) => corridor.main.map(linkId)));
    const input = {
      node,
      id: nodeId(id),
      coordinatedPhases: timing.referencePhases,
      roads,
      linkId,
      bearing,
      drivesOn: options.drivesOn,
      main,
    };
    const junction = withoutIdle(phases, (kept) =>
      junctionOf({ ...input, phases: kept, planned: plannedRings(kept, timing.cycleS) }),
    );
    junctions.set(id, junction);
    const { notes: planNotes, ...plan } = planOf(junction, timing, phases, options.utcOffsetH * 3600);
    plans[nodeId(id)] = plan;
    for (const message of [...own, ...junction.notes, ...planNotes]) notes.push({ subject: `node ${id}`, message });
  }
  if (faults.length > 0) return { files: new Map(), notes: [], faults };
  if (junctions.size === 0)
    return {
      files: new Map(),
      notes,
      faults: [
        {
          file: texts[0]?.name ?? "",
          line: 1,
          column: 1,
          message: "holds no signal with phases and a timing plan; nothing can be made of it",
        },
      ],
    };
  const demand = demandOf({ roads, linkId, nodeId, junctions });
  notes.push(
    demand
      ? {
          subject: "demand",
          message:
            "turning counts are spread over the network in proportion at each junction; the file does not say who goes where",
        }
      : { subject: "demand", message: "no turning count is above 0; there is no demand.yaml" },
    {
      subject: "assumed",
      message: `saturation, city size and cabinets are not in the file: city_size_factor 1, one virtual NTCIP cabinet a junction, no cameras`,
    },
  );
  const head = "Imported from Synchro's UTDF. What the file does not hold is assumed; `simpang import utdf` lists it.";
  const files = new Map<string, string>();
  const write = (name: string, value: unknown) => files.set(name, yamlText(value, head));
  write("city.yaml", {
    id: options.id,
    name: options.id,
    utc_offset_h: options.utcOffsetH,
    drives_on: options.drivesOn,
    city_size_factor: 1,
    ...sourced,
  });
  write("network.yaml", networkFile(network, roads, positions, junctions));
  for (const { file } of junctions.values()) write(`junctions/${file.id}.yaml`, file satisfies JunctionFile);
  write("corridors.yaml", {
    corridors: corridors.map(({ junctions: chain, forward, backward }, i) => ({
      id: `corridor-${i + 1}`,
      name: `${nodeId(chain[0]!)} to ${nodeId(chain.at(-1)!)}`,
      junctions: chain.map(nodeId),
      forward: forward.map(linkId),
      backward: backward.map(linkId),
      progression_kmh: within(
        Math.round(Math.max(...[...forward, ...backward].map((road) => road.speedKmh), 40)),
        [15, 80],
      ),
      ...sourced,
    })),
  });
  write("cameras.yaml", { sites: [] });
  write("cabinets.yaml", { cabinets: [...junctions].map(([id, junction]) => cabinetOf(nodeId(id), junction)) });
  write("plans.yaml", plansFile(plans));
  write("control.yaml", control);
  if (demand) write("demand.yaml", demand);
  return { files, notes, faults };
}

const nodeWords: Readonly<Record<UtdfNode["kind"], string>> = {
  signal: "a signal",
  external: "at the edge",
  bend: "a bend",
  unsignalised: "an unsignalised node",
  roundabout: "a roundabout",
};

const sourced = { origin: "sourced", source: "Synchro UTDF" } as const;

const control = {
  strategy: "fixed",
  max_reading_age_s: 60,
  cycle_step_s: 8,
  offset_step_s: 10,
  split_step_s: 6,
  transition_cycles: 3,
  target_saturation: 0.9,
  pcu: { car: 1, hv: 1.3, mc: 0.2, um: 0 },
  manual: "mkji-1997",
} as const;

/** Signals that no plan runs are passed straight on, as an unsignalised node is. */
function withoutUntimed(network: UtdfNetwork, timed: (node: UtdfNode) => boolean): UtdfNetwork {
  const nodes = [...network.nodes.values()].map(
    (node): UtdfNode => (node.kind === "signal" && !timed(node) ? { ...node, kind: "unsignalised" } : node),
  );
  return { ...network, nodes: new Map(nodes.map((node) => [node.id, node])) };
}

/** A phase whose movements were all left out serves nobody, and is left out as well. */
function withoutIdle(
  phases: readonly UtdfPhase[],
  build: (phases: readonly UtdfPhase[]) => ImportedJunction,
): ImportedJunction {
  const whole = build(phases);
  const held = new Set(whole.file.groups.flatMap(({ id }) => id.slice(1).split("-").map(Number)));
  const kept = phases.filter(({ number }) => held.has(number));
  if (kept.length === phases.length || kept.length === 0) return whole;
  const idle = phases.filter((phase) => !kept.includes(phase)).map(({ number }) => number);
  const without = build(kept);
  return {
    ...without,
    notes: [
      ...without.notes,
      `phase ${idle.join(", ")} serves no movement that could be written; it is left out, and its time goes to the phases around it`,
    ],
  };
}

function networkFile(
  network: UtdfNetwork,
  roads: readonly Road[],
  positions: ReturnType<typeof placed>,
  junctions: ReadonlyMap<string, ImportedJunction>,
) {
  const used = new Set(roads.flatMap((road) => [road.from, road.to]));
  const nodes = [...used].map((id) => {
    const { xM, yM } = positions.at(id);
    return {
      id: nodeId(id),
      kind: junctions.has(id) ? "junction" : "edge",
      x_m: rounded(xM),
      y_m: rounded(yM),
      ...sourced,
    };
  });
  const links = roads.map((road) => {
    const approach = junctions.get(road.to)?.file.approaches.find(({ link }) => link === linkId(road));
    const source = network.nodes.get(road.to)!.movements.filter((movement) => movement.from === road.last);
    const through = approach
      ? source.reduce((sum, { lanes, storageM }) => sum + (storageM > 0 ? 0 : lanes), 0)
      : road.lanes;
    const lanes = within(through, LANES);
    const straightM = positions.distanceM(road.from, road.to);
    return {
      id: linkId(road),
      from: nodeId(road.from),
      to: nodeId(road.to),
      length_m: within(Math.ceil(Math.max(road.lengthM, straightM)), LENGTH_M),
      speed_kmh: within(Math.round(road.speedKmh), SPEED_KMH),
      width_m: Number((lanes * within(source[0]?.laneM ?? network.defaultLaneM, [2, 5])).toFixed(2)),
      lanes,
      ...(Math.abs(road.gradePercent) >= 0.05
        ? { grade_percent: within(Number(road.gradePercent.toFixed(1)), [-15, 15]) }
        : {}),
      ...sourced,
    };
  });
  return { nodes, links };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

function cabinetOf(junction: string, { file, movements }: ImportedJunction) {
  const phases = file.form === "rings" ? file.phases : file.stages;
  const detectors = file.approaches.flatMap((approach) =>
    approach.lanes.flatMap((lane) => {
      const own = lane.movements.map((id) => movements.get(id)!).filter(({ detectorPhase }) => detectorPhase > 0);
      const phase = phases.find(({ groups }) =>
        lane.movements.some((id) => groups.includes(file.movements.find((entry) => entry.id === id)!.group)),
      );
      return own.length > 0 && phase ? [{ approach: approach.id, lanes: [lane.id], phase: phase.number }] : [];
    }),
  );
  return {
    id: `cab-${junction}`,
    junction,
    protocol: "ntcip",
    backup_time_s: 60,
    max_phases: 16,
    origin: "synthetic",
    detectors: detectors.slice(0, 64).map((detector, i) => ({ channel: i + 1, ...detector })),
  };
}

function plansFile(plans: Readonly<Record<string, { readonly cycle_s: number }>>) {
  const cycles = Object.values(plans).map(({ cycle_s }) => cycle_s);
  const count = (cycle: number) => cycles.filter((own) => own === cycle).length;
  const common = [...cycles].sort((a, b) => count(b) - count(a) || b - a)[0]!;
  const own = Object.fromEntries(
    Object.entries(plans).map(([id, { cycle_s, ...plan }]) => [id, cycle_s === common ? plan : { cycle_s, ...plan }]),
  );
  return {
    plan_sets: [{ id: "synchro", name: "Synchro", slot: 1, cycle_s: common, ...sourced, plans: own }],
    schedule: [
      { days: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"], from: "00:00", to: "24:00", plan_set: "synchro" },
    ],
  };
}
