import { show } from "../fault.ts";
import { type Context, idsAt, refers, unique } from "./context.ts";

const file = "network.yaml";
/** A drawn road is never shorter than the straight line; 1 % for rounding. */
const straightShare = 0.99;
/** Narrower lanes than this are not driven side by side, m. */
const narrowestLaneM = 2;

/** Nodes and links fit each other and the junction files. */
export function checkNetwork({ files, findings, nodes, links, junctions, junctionIds }: Context): void {
  const { network } = files;
  if (!network || !nodes || !links) return;
  unique(findings, file, idsAt(["nodes"], network.nodes), "node id");
  unique(findings, file, idsAt(["links"], network.links), "link id");
  const nodesWithJunction = new Set([...junctions.values()].map((junction) => junction.node));
  for (const [i, node] of network.nodes.entries()) {
    const served = nodesWithJunction.has(node.id);
    if (node.kind === "junction" && !served && !junctionIds.has(node.id))
      findings.fault(
        file,
        ["nodes", i, "kind"],
        `node ${show(node.id)} is a junction, but no file in junctions/ has it as node; write one or make it an edge`,
      );
    if (node.kind === "edge" && served)
      findings.fault(
        file,
        ["nodes", i, "kind"],
        `node ${show(node.id)} is an edge, but a file in junctions/ has it as node; make it a junction`,
      );
    if (!network.links.some((link) => link.from === node.id || link.to === node.id))
      findings.warn(file, ["nodes", i, "id"], `node ${show(node.id)} has no link; add one or remove it`);
  }
  for (const [i, link] of network.links.entries()) {
    const from = refers(
      findings,
      { file, path: ["links", i, "from"] },
      { id: link.from, what: "node", known: nodes.keys() },
    );
    const to = refers(findings, { file, path: ["links", i, "to"] }, { id: link.to, what: "node", known: nodes.keys() });
    if (link.from === link.to)
      findings.fault(
        file,
        ["links", i, "to"],
        `link ${show(link.id)} ends where it starts, at ${show(link.to)}; name another node`,
      );
    else if (from && to) {
      const a = nodes.get(link.from)!;
      const b = nodes.get(link.to)!;
      const straight = Math.hypot(a.x_m - b.x_m, a.y_m - b.y_m);
      if (link.length_m < straight * straightShare)
        findings.fault(
          file,
          ["links", i, "length_m"],
          `${link.length_m} m is shorter than the straight line of ${straight.toFixed(0)} m between its nodes; mend the length or the coordinates`,
        );
    }
    if (link.width_m < link.lanes * narrowestLaneM)
      findings.fault(
        file,
        ["links", i, "width_m"],
        `${link.width_m} m for ${link.lanes} lanes is below ${narrowestLaneM} m each; widen it or take lanes away`,
      );
  }
}
