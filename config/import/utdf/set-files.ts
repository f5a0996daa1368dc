import type { DemandFile } from "../../schema/demand.ts";
import { yamlText } from "../yaml-text.ts";
import type { UtdfCorridor } from "./corridors.ts";
import type { ImportedJunction } from "./junction.ts";
import type { UtdfNetwork } from "./network.ts";
import type { ImportedPlan } from "./plans.ts";
import type { Positions } from "./positions.ts";
import type { Road } from "./roads.ts";

export interface UtdfOptions {
  readonly id: string;
  readonly utcOffsetH: number;
  readonly drivesOn: "left" | "right";
}

export const nodeId = (id: string): string => `n${id}`;
export const linkId = (road: Road): string => `n${road.from}_n${road.to}`;
/** Limits of `network.yaml`. */
const LENGTH_M = [20, 20_000] as const;
const SPEED_KMH = [10, 100] as const;
const LANES = [1, 6] as const;
/** Of `corridors.yaml`. */
const PROGRESSION_KMH = [15, 80] as const;
const within = (value: number, [least, most]: readonly [number, number]): number =>
  Math.min(most, Math.max(least, value));

/** Everything a set is written from; junctions and plans by node of the UTDF. */
export interface SetParts {
  readonly options: UtdfOptions;
  readonly network: UtdfNetwork;
  readonly roads: readonly Road[];
  readonly positions: Positions;
  readonly corridors: readonly UtdfCorridor[];
  readonly junctions: ReadonlyMap<string, ImportedJunction>;
  readonly plans: ReadonlyMap<string, Omit<ImportedPlan, "notes">>;
  readonly demand: DemandFile | undefined;
}

const head = "Imported from Synchro's UTDF. What the file does not hold is assumed; `simpang import utdf` lists it.";

/** Texts of a set's files by name. */
export function setFiles(parts: SetParts): ReadonlyMap<string, string> {
  const { options, junctions, corridors, plans, demand } = parts;
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
  write("network.yaml", networkFile(parts));
  for (const { file } of junctions.values()) write(`junctions/${file.id}.yaml`, file);
  write("corridors.yaml", { corridors: corridors.map(corridorEntry) });
  write("cameras.yaml", { sites: [] });
  write("cabinets.yaml", { cabinets: [...junctions].map(([id, junction]) => cabinetOf(nodeId(id), junction)) });
  write("plans.yaml", plansFile(Object.fromEntries([...plans].map(([id, plan]) => [nodeId(id), plan]))));
  write("control.yaml", control);
  if (demand) write("demand.yaml", demand);
  return files;
}

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

const corridorEntry = ({ junctions, forward, backward }: UtdfCorridor, i: number) => ({
  id: `corridor-${i + 1}`,
  name: `${nodeId(junctions[0]!)} to ${nodeId(junctions.at(-1)!)}`,
  junctions: junctions.map(nodeId),
  forward: forward.map(linkId),
  backward: backward.map(linkId),
  progression_kmh: within(
    Math.round(Math.max(...[...forward, ...backward].map((road) => road.speedKmh), 40)),
    PROGRESSION_KMH,
  ),
  ...sourced,
});

function networkFile({ network, roads, positions, junctions }: SetParts) {
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
