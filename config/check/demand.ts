import { sinceMidnight } from "../build.ts";
import { type Path, show } from "../fault.ts";
import { type Context, idsAt, refers, unique } from "./context.ts";

const file = "demand.yaml";
/** Shares written with three decimals may miss 1 by rounding. */
const shareTolerance = 0.0005;

/** Shares add up, profiles are in order, and every trip has a way through the network. */
export function checkDemand(context: Context): void {
  const { findings, files, nodes, junctions, junctionIds } = context;
  const { demand } = files;
  if (!demand) return;
  checkShares(context, Object.values(demand.class_shares), ["class_shares"]);
  const profiles = Object.keys(demand.profiles);
  for (const [i, { from, to }] of demand.truck_ban.entries())
    if (sinceMidnight(from) >= sinceMidnight(to))
      findings.fault(
        file,
        ["truck_ban", i, "to"],
        `${show(to)} is not after ${show(from)}; split a ban that crosses midnight in two`,
      );
  for (const [id, points] of Object.entries(demand.profiles))
    for (const [i, point] of points.entries()) {
      const before = points[i - 1];
      if (before && sinceMidnight(point.at) <= sinceMidnight(before.at))
        findings.fault(
          file,
          ["profiles", id, i, "at"],
          `${show(point.at)} is not after ${show(before.at)}; list points in order of time, each once`,
        );
    }
  unique(findings, file, idsAt(["flows"], demand.flows), "flow id");
  const edges = nodes && [...nodes.values()].filter((node) => node.kind === "edge").map((node) => node.id);
  for (const [i, flow] of demand.flows.entries()) {
    const path: Path = ["flows", i];
    refers(findings, { file, path: [...path, "profile"] }, { id: flow.profile, what: "profile", known: profiles });
    if (flow.class_shares) checkShares(context, Object.values(flow.class_shares), [...path, "class_shares"]);
    if (flow.platoons) checkPlatoons(context, flow.platoons, [...path, "platoons"]);
    checkShares(
      context,
      flow.to.map((entry) => entry.share),
      [...path, "to"],
    );
    unique(
      findings,
      file,
      flow.to.map((entry, k) => ({ value: entry.node, path: [...path, "to", k, "node"] })),
      "destination",
    );
    if (
      !edges ||
      !refers(findings, { file, path: [...path, "from"] }, { id: flow.from, what: "edge node", known: edges })
    )
      continue;
    const reached = reachable(context, flow.from);
    for (const [k, { node }] of flow.to.entries()) {
      const at = { file, path: [...path, "to", k, "node"] };
      if (!refers(findings, at, { id: node, what: "edge node", known: edges })) continue;
      if (reached && !reached.has(node))
        findings.fault(
          file,
          at.path,
          `no movements lead from ${show(flow.from)} to ${show(node)}; take it out, or permit the turns on the way`,
        );
    }
  }
  checkBusLines(context, edges);
  for (const [i, entry] of demand.pedestrians.entries()) {
    const path: Path = ["pedestrians", i];
    refers(findings, { file, path: [...path, "profile"] }, { id: entry.profile, what: "profile", known: profiles });
    if (
      !refers(
        findings,
        { file, path: [...path, "junction"] },
        { id: entry.junction, what: "junction", known: junctionIds },
      )
    )
      continue;
    const known = junctions.get(entry.junction)?.crossings.map((crossing) => crossing.id);
    if (known)
      refers(
        findings,
        { file, path: [...path, "crossing"] },
        { id: entry.crossing, what: `crossing of ${entry.junction}`, known },
      );
  }
}

/** Ends that traffic can reach one from the other, and stops on links that are there. */
function checkBusLines(context: Context, edges: readonly string[] | undefined): void {
  const { findings, files, links } = context;
  const lines = files.demand?.bus_lines ?? [];
  unique(findings, file, idsAt(["bus_lines"], lines), "bus line id");
  for (const [i, line] of lines.entries()) {
    const path: Path = ["bus_lines", i];
    if (sinceMidnight(line.last) < sinceMidnight(line.first))
      findings.fault(file, [...path, "last"], `${show(line.last)} is before ${show(line.first)}; mend one of them`);
    for (const key of ["from", "to"] as const)
      if (edges) refers(findings, { file, path: [...path, key] }, { id: line[key], what: "edge node", known: edges });
    for (const [k, { link, at_m }] of line.stops.entries()) {
      const at: Path = [...path, "stops", k];
      if (!links || !refers(findings, { file, path: [...at, "link"] }, { id: link, what: "link", known: links.keys() }))
        continue;
      const { length_m } = links.get(link)!;
      if (at_m > length_m)
        findings.fault(file, [...at, "at_m"], `${at_m} m is beyond the link's ${length_m} m; move the stop`);
    }
  }
}

function checkPlatoons(
  { findings }: Context,
  { cycle_s, window_s, share }: { readonly cycle_s: number; readonly window_s: number; readonly share: number },
  path: Path,
): void {
  if (window_s >= cycle_s)
    findings.fault(
      file,
      [...path, "window_s"],
      `${window_s} s is not below the cycle of ${cycle_s} s; shorten it or leave platoons out`,
    );
  else if (share < window_s / cycle_s)
    findings.fault(
      file,
      [...path, "share"],
      `${share} is below the ${Number((window_s / cycle_s).toFixed(3))} that come in the window at random; raise it or leave platoons out`,
    );
}

function checkShares({ findings }: Context, shares: readonly number[], path: Path): void {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 1) > shareTolerance)
    findings.fault(
      file,
      path,
      `shares add up to ${Number(sum.toFixed(4))}, not to 1; ${sum > 1 ? "take away" : "add"} ${Number(Math.abs(sum - 1).toFixed(4))}`,
    );
}

/** Nodes that traffic from an edge node can reach by the movements of the junctions; undefined when some are unread. */
function reachable({ files, links, junctions }: Context, from: string): ReadonlySet<string> | undefined {
  if (!links || files.broken.length > 0) return undefined;
  const byNode = new Map([...junctions.values()].map((junction) => [junction.node, junction]));
  const open = [...links.values()].filter((link) => link.from === from);
  const seen = new Set(open.map((link) => link.id));
  const reached = new Set<string>();
  for (let link = open.pop(); link !== undefined; link = open.pop()) {
    reached.add(link.to);
    const junction = byNode.get(link.to);
    const approach = junction?.approaches.find((candidate) => candidate.link === link!.id);
    for (const movement of junction?.movements ?? []) {
      const next = movement.approach === approach?.id ? links.get(movement.exit) : undefined;
      if (!next || seen.has(next.id)) continue;
      seen.add(next.id);
      open.push(next);
    }
  }
  return reached;
}
