import { corridorsOf, type UtdfCorridor } from "./corridors.ts";
import { demandOf } from "./demand.ts";
import { type ImportedJunction, junctionOf } from "./junction.ts";
import { readNetwork, type UtdfFault, type UtdfNetwork, type UtdfNode } from "./network.ts";
import { phasesOf, timingOf, type UtdfPhase, type UtdfTiming } from "./phases.ts";
import { planOf } from "./plans.ts";
import { type Positions, placed } from "./positions.ts";
import { plannedRings } from "./rings.ts";
import { type Road, type Roads, roadsOf } from "./roads.ts";
import { linkId, nodeId, setFiles, type UtdfOptions } from "./set-files.ts";
import { parseUtdf, type UtdfTables } from "./tables.ts";

export interface UtdfNote {
  readonly subject: string;
  readonly message: string;
}

export interface UtdfCity {
  /** Texts of the set's files by name; empty when there are faults. */
  readonly files: ReadonlyMap<string, string>;
  readonly notes: readonly UtdfNote[];
  readonly faults: readonly UtdfFault[];
}

/** A signal with a plan and phases of its own. */
interface Signal {
  readonly timing: UtdfTiming;
  readonly phases: readonly UtdfPhase[];
}

/** A configuration set from a Synchro network: roads, junctions in NEMA rings, plans, turning counts as demand. */
export function cityFromUtdf(
  texts: readonly { readonly name: string; readonly text: string }[],
  options: UtdfOptions,
): UtdfCity {
  const faults: UtdfFault[] = [];
  const refused = (): UtdfCity => ({ files: new Map(), notes: [], faults });
  const notes: UtdfNote[] = [];
  const tables = parseUtdf(texts);
  faults.push(...tables.faults);
  const read = readNetwork(tables, faults);
  if (faults.length > 0) return refused();
  for (const name of tables.unread) notes.push({ subject: `table ${name}`, message: "is not read" });
  const signals = signalsOf(tables, read, { faults, notes });
  if (signals.size === 0 && faults.length === 0)
    faults.push({
      file: texts[0]?.name ?? "",
      line: 1,
      column: 1,
      message: "holds no signal with phases and a timing plan; nothing can be made of it",
    });
  if (faults.length > 0) return refused();
  const network = withoutUntimed(read, signals);
  const drawn = roadsOf(network);
  notes.push(...roadNotes(drawn));
  const roads = drawn.roads.filter((road) => served(network, road));
  const corridors = corridorsOf(network, roads, [...signals.keys()]);
  const positions = placed(network, roads);
  const junctions = new Map<string, ImportedJunction>();
  const plans = new Map<string, Omit<ReturnType<typeof planOf>, "notes">>();
  for (const [id, signal] of signals) {
    const junction = junctionAt(id, signal, { network, roads, corridors, positions, options });
    const { notes: planNotes, ...plan } = planOf(junction, signal.timing, signal.phases, options.utcOffsetH * 3600);
    junctions.set(id, junction);
    plans.set(id, plan);
    for (const message of [...junction.notes, ...planNotes]) notes.push({ subject: `node ${id}`, message });
  }
  const demand = demandOf({ roads, linkId, nodeId, junctions });
  notes.push(demandNote(demand !== undefined), assumed);
  const files = setFiles({ options, network, roads, positions, corridors, junctions, plans, demand });
  return { files, notes, faults };
}

/** Signals that can be run; the others are named. */
function signalsOf(
  tables: UtdfTables,
  { nodes }: UtdfNetwork,
  { faults, notes }: { readonly faults: UtdfFault[]; readonly notes: UtdfNote[] },
): ReadonlyMap<string, Signal> {
  const signals = new Map<string, Signal>();
  for (const { id, kind, movements } of nodes.values()) {
    if (kind !== "signal") continue;
    const timing = timingOf(tables.timeplans.get(id), faults);
    const { phases, notes: mended } = phasesOf(tables, id, movements, faults);
    if (timing && phases.length > 1) {
      signals.set(id, { timing, phases });
      notes.push(...mended.map((message) => ({ subject: `node ${id}`, message })));
    } else
      notes.push({
        subject: `node ${id}`,
        message: `is a signal with ${phases.length} phase${phases.length === 1 ? "" : "s"} and ${timing ? "a" : "no"} timing plan of its own (perhaps another node's controller runs it); it is passed straight on`,
      });
  }
  return signals;
}

/** Signals that no plan runs are passed straight on, as an unsignalised node is. */
function withoutUntimed(network: UtdfNetwork, signals: ReadonlyMap<string, Signal>): UtdfNetwork {
  const nodes = [...network.nodes.values()].map(
    (node): UtdfNode => (node.kind === "signal" && !signals.has(node.id) ? { ...node, kind: "unsignalised" } : node),
  );
  return { ...network, nodes: new Map(nodes.map((node) => [node.id, node])) };
}

/** A road into a signal without a lane there is none: one-way the other way. */
const served = ({ nodes }: UtdfNetwork, { to, last }: Road): boolean =>
  nodes.get(to)!.kind !== "signal" ||
  nodes.get(to)!.movements.some((movement) => movement.from === last && movement.lanes > 0);

interface Streets {
  readonly network: UtdfNetwork;
  readonly roads: readonly Road[];
  readonly corridors: readonly UtdfCorridor[];
  readonly positions: Positions;
  readonly options: UtdfOptions;
}

function junctionAt(
  id: string,
  { timing, phases }: Signal,
  { network, roads, corridors, positions, options }: Streets,
): ImportedJunction {
  const input = {
    node: network.nodes.get(id)!,
    id: nodeId(id),
    coordinatedPhases: timing.referencePhases,
    roads,
    linkId,
    bearing: (road: Road) => positions.bearing(id, road.from === id ? road.to : road.from),
    drivesOn: options.drivesOn,
    main: new Set(corridors.flatMap((corridor) => corridor.main.map(linkId))),
  };
  return withoutIdle(phases, (kept) =>
    junctionOf({ ...input, phases: kept, planned: plannedRings(kept, timing.cycleS) }),
  );
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

function roadNotes({ passed, dead }: Roads): readonly UtdfNote[] {
  return [
    ...passed.map(({ node, lost }) => ({
      subject: `node ${node.id}`,
      message: `is ${nodeWords[node.kind]}; roads run straight through it${lost.length > 0 ? `, and what comes from node ${lost.join(", ")} is left out` : ""}`,
    })),
    ...dead.map((link) => ({
      subject: `link ${link.from} to ${link.to}`,
      message: "leads to no signal and no edge of the network; it is left out",
    })),
  ];
}

const nodeWords: Readonly<Record<UtdfNode["kind"], string>> = {
  signal: "a signal",
  external: "at the edge",
  bend: "a bend",
  unsignalised: "an unsignalised node",
  roundabout: "a roundabout",
};

const demandNote = (counted: boolean): UtdfNote => ({
  subject: "demand",
  message: counted
    ? "turning counts are spread over the network in proportion at each junction; the file does not say who goes where"
    : "no turning count is above 0; there is no demand.yaml",
});

const assumed: UtdfNote = {
  subject: "assumed",
  message:
    "saturation, city size and cabinets are not in the file: city_size_factor 1, one virtual NTCIP cabinet a junction, no cameras",
};
