import { type FaultPlace, fault, type ImportReport } from "./input-fault.ts";
import type { NetConnection, NetProgram, SumoNet } from "./net-model.ts";

type Unchecked = Omit<SumoNet, "notes">;

const broken = (place: FaultPlace, what: string): Error =>
  fault(place, `the network does not connect: ${what}`, "build the file anew with netconvert, or mend that line");

/** Every name leads somewhere, every matrix is whole, and there is a way to drive; else the file is refused. */
export function checkNet(net: Unchecked, report: ImportReport): void {
  const { file } = net;
  for (const edge of net.edges.values()) {
    const place = { file, line: edge.line };
    if (edge.lanes.length === 0) throw broken(place, `edge ${edge.id} has no lanes`);
    if (edge.function !== "normal" && edge.function !== "connector") continue;
    for (const end of [edge.from, edge.to])
      if (!net.junctions.has(end)) throw broken(place, `edge ${edge.id} ends at junction ${end}, which is not there`);
    for (const lane of edge.lanes)
      if (lane.shape.length < 2) throw broken({ file, line: lane.line }, `lane ${lane.id} has no shape`);
  }
  for (const programs of net.signals.values()) for (const program of programs) checkProgram(net, program, report);
  for (const connection of net.connections) checkConnection(net, connection);
  checkJunctions(net);
  checkDrivable(net, report);
}

function checkConnection(net: Unchecked, connection: NetConnection): void {
  const { from, to, fromLane, toLane, via, signal, linkIndex, line } = connection;
  const place = { file: net.file, line };
  for (const [id, lane] of [
    [from, fromLane],
    [to, toLane],
  ] as const) {
    const edge = net.edges.get(id);
    if (!edge) throw broken(place, `a connection names edge ${id}, which is not there`);
    if (lane >= edge.lanes.length)
      throw broken(place, `a connection names lane ${lane} of edge ${id}, which has ${edge.lanes.length}`);
  }
  if (via !== undefined && !net.lanes.has(via))
    throw broken(place, `a connection runs over lane ${via}, which is not there`);
  const [before, after] = [net.edges.get(from)!, net.edges.get(to)!];
  if (before.to !== "" && after.from !== "" && before.to !== after.from)
    throw broken(
      place,
      `a connection leads from ${from} to ${to}, but one ends at ${before.to} and the other starts at ${after.from}`,
    );
  if (signal === undefined) return;
  const programs = net.signals.get(signal);
  if (!programs) throw broken(place, `a connection obeys signal ${signal}, which is not there`);
  const links = programs[0]?.phases[0]?.state.length ?? 0;
  if (linkIndex >= links && programs[0]!.phases.length > 0)
    throw broken(place, `a connection is link ${linkIndex} of signal ${signal}, whose states have ${links} letters`);
}

function checkJunctions(net: Unchecked): void {
  for (const junction of net.junctions.values()) {
    const place = { file: net.file, line: junction.line };
    for (const lane of [...junction.incLanes, ...junction.intLanes])
      if (!net.lanes.has(lane)) throw broken(place, `junction ${junction.id} names lane ${lane}, which is not there`);
    const count = junction.requests.length;
    for (const [i, { foes, response }] of junction.requests.entries())
      if (foes.length !== count || response.length !== count)
        throw broken(
          place,
          `request ${i} of junction ${junction.id} has ${foes.length} foes and ${response.length} responses for ${count} links`,
        );
  }
}

function checkProgram(net: Unchecked, program: NetProgram, report: ImportReport): void {
  const place = { file: net.file, line: program.line };
  const lengths = new Set(program.phases.map(({ state }) => state.length));
  const name = `program ${program.program} of signal ${program.signal}`;
  if (lengths.size > 1) throw broken(place, `${name} has states of ${[...lengths].join(" and ")} letters`);
  for (const [i, { next }] of program.phases.entries())
    for (const index of next)
      if (index >= program.phases.length)
        throw broken(place, `phase ${i} of ${name} is followed by ${index}, which is not there`);
  if (program.phases.length === 0) report.note("a signal program without phases is not represented", name);
  if (program.type !== "static") report.note(`of a program of type ${program.type} only the phases are taken`, name);
}

/** Roads without a single way from one to another are no network; several parts are said, not refused. */
function checkDrivable(net: Unchecked, report: ImportReport): void {
  const roads = [...net.edges.values()].filter((edge) => edge.function === "normal");
  if (roads.length === 0) throw broken({ file: net.file }, "it has no edges");
  const ways = net.connections.filter(
    ({ from, to }) => net.edges.get(from)!.function === "normal" && net.edges.get(to)!.function === "normal",
  );
  if (ways.length === 0 && roads.length > 1)
    throw broken({ file: net.file }, `no connection leads from any of its ${roads.length} edges to another`);
  const parent = new Map(roads.map(({ id }) => [id, id]));
  const find = (id: string): string => {
    let root = id;
    while (parent.get(root) !== root) root = parent.get(root)!;
    for (let at = id; at !== root; ) {
      const next = parent.get(at)!;
      parent.set(at, root);
      at = next;
    }
    return root;
  };
  for (const { from, to } of ways) parent.set(find(from), find(to));
  const parts = new Map<string, string>();
  for (const { id } of roads) if (!parts.has(find(id))) parts.set(find(id), id);
  if (parts.size > 1)
    for (const id of parts.values())
      report.note("the network falls apart into parts that no connection joins", `part of ${id}`);
}
