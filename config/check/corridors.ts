import { sinceMidnight } from "../build.ts";
import { type Findings, type Path, show } from "../fault.ts";
import type { CorridorsFile } from "../schema/corridors.ts";
import { type Context, idsAt, refers, unique } from "./context.ts";
import { checkHours } from "./schedule.ts";

const file = "corridors.yaml";

/** Corridors are chains: each link runs from one junction to the next, and no junction has two masters. */
export function checkCorridors({ findings, files, nodes, links, junctions, junctionIds }: Context): void {
  if (!files.corridors) return;
  const { corridors } = files.corridors;
  unique(findings, file, idsAt(["corridors"], corridors), "corridor id");
  unique(
    findings,
    file,
    corridors.flatMap((corridor, i) =>
      corridor.junctions.map((value, k) => ({ value, path: ["corridors", i, "junctions", k] })),
    ),
    "junction",
  );
  for (const [i, corridor] of corridors.entries()) {
    const path: Path = ["corridors", i];
    for (const [k, id] of corridor.junctions.entries())
      refers(findings, { file, path: [...path, "junctions", k] }, { id, what: "junction", known: junctionIds });
    checkObjectives(findings, [...path, "objectives"], corridor.objectives);
    for (const key of ["forward", "backward"] as const) {
      const wanted = corridor.junctions.length - 1;
      if (corridor[key].length !== wanted)
        findings.fault(
          file,
          [...path, key],
          `${corridor[key].length} links for ${corridor.junctions.length} junctions; write ${wanted}, one between each pair`,
        );
      for (const [k, id] of corridor[key].entries()) {
        const at = { file, path: [...path, key, k] };
        if (!links || !refers(findings, at, { id, what: "link", known: links.keys() })) continue;
        const [a, b] = [corridor.junctions[k], corridor.junctions[k + 1]].map((name) => junctions.get(name ?? ""));
        if (!a || !b || !nodes?.has(links.get(id)!.from) || !nodes.has(links.get(id)!.to)) continue;
        const [from, to] = key === "forward" ? [a, b] : [b, a];
        const link = links.get(id)!;
        if (link.from !== from.node || link.to !== to.node)
          findings.fault(
            file,
            at.path,
            `link ${show(id)} runs from ${show(link.from)} to ${show(link.to)}; here a link from ${show(from.node)} to ${show(to.node)} is needed`,
          );
        else if (!to.approaches.find((approach) => approach.link === id)?.main)
          findings.warn(
            file,
            at.path,
            `link ${show(id)} ends in an approach of ${show(to.id)} that is not marked main; mark it`,
          );
      }
    }
  }
}

/** No hour of the week has two objectives; hours with none have the usual one. */
function checkObjectives(
  findings: Findings,
  path: Path,
  entries: CorridorsFile["corridors"][number]["objectives"],
): void {
  for (const [i, entry] of entries.entries()) {
    checkHours(findings, { file, path: [...path, i] }, entry);
    const other = entries.findIndex(
      (earlier, k) =>
        k < i &&
        earlier.days.some((day) => entry.days.includes(day)) &&
        sinceMidnight(earlier.from) < sinceMidnight(entry.to) &&
        sinceMidnight(entry.from) < sinceMidnight(earlier.to),
    );
    if (other >= 0)
      findings.fault(
        file,
        [...path, i, "from"],
        `${show(entry.objective)} from ${entry.from} to ${entry.to} overlaps entry ${other} (${show(entries[other]!.objective)}, ${entries[other]!.from} to ${entries[other]!.to}); let one end where the other starts`,
      );
  }
}
