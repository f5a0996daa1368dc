import { type Path, show } from "../fault.ts";
import type { JunctionFile } from "../schema/junction.ts";
import { type Context, idsAt, refers, unique } from "./context.ts";
import { armCarriagewaysM } from "./paths.ts";

/** Walking speed that pedestrian clearance is made for, m/s (MKJI 1997). */
const walkingMps = 1.2;

/** Approaches, lanes, movements, groups, crossings and conflicts of one junction fit each other and the network. */
export function checkJunction(context: Context, file: string, junction: JunctionFile): void {
  const { findings } = context;
  const name = file.slice(file.lastIndexOf("/") + 1).replace(/\.yaml$/, "");
  if (junction.id !== name)
    findings.fault(file, ["id"], `id ${show(junction.id)} is not the file's name ${show(name)}; make them the same`);
  for (const key of ["approaches", "movements", "groups", "crossings"] as const)
    unique(findings, file, idsAt([key], junction[key]), `id in ${key}:`);
  unique(
    findings,
    file,
    junction.approaches.flatMap((approach, i) => idsAt(["approaches", i, "lanes"], approach.lanes)),
    "lane id",
  );
  checkApproaches(context, file, junction);
  checkMovements(context, file, junction);
  checkGroups(context, file, junction);
  checkConflicts(context, file, junction);
}

function checkApproaches({ findings, nodes, links, files }: Context, file: string, junction: JunctionFile): void {
  const node = nodes?.get(junction.node);
  if (nodes) refers(findings, { file, path: ["node"] }, { id: junction.node, what: "node", known: nodes.keys() });
  unique(
    findings,
    file,
    junction.approaches.map((approach, i) => ({ value: approach.link, path: ["approaches", i, "link"] })),
    "approach link",
  );
  const movements = new Map(junction.movements.map((movement) => [movement.id, movement]));
  for (const [i, approach] of junction.approaches.entries()) {
    const path: Path = ["approaches", i];
    if (
      links &&
      refers(findings, { file, path: [...path, "link"] }, { id: approach.link, what: "link", known: links.keys() })
    ) {
      const link = links.get(approach.link)!;
      if (node && nodes!.has(link.to) && link.to !== node.id)
        findings.fault(
          file,
          [...path, "link"],
          `link ${show(link.id)} ends at ${show(link.to)}, not at this junction's node ${show(node.id)}; name a link that ends here`,
        );
    }
    for (const [k, lane] of approach.lanes.entries()) {
      const lengthM = links?.get(approach.link)?.length_m;
      if (lane.bay_m !== undefined && lengthM !== undefined && lane.bay_m >= lengthM)
        findings.fault(
          file,
          [...path, "lanes", k, "bay_m"],
          `a bay of ${lane.bay_m} m is no shorter than its link of ${lengthM} m; shorten it, or leave it out for a lane along the whole link`,
        );
      for (const [m, id] of lane.movements.entries()) {
        const at = { file, path: [...path, "lanes", k, "movements", m] };
        if (!refers(findings, at, { id, what: "movement", known: movements.keys() })) continue;
        const movement = movements.get(id)!;
        if (movement.approach !== approach.id)
          findings.fault(
            file,
            at.path,
            `movement ${show(id)} comes from approach ${show(movement.approach)}, not from ${show(approach.id)}; move it to a lane there`,
          );
      }
    }
    if (approach.left_turn_on_red)
      checkTurnOnRed(junction, i, files.city?.drives_on, (key, message) =>
        findings.fault(file, [...path, ...key], message),
      );
  }
  for (const link of links?.values() ?? [])
    if (link.to === junction.node && !junction.approaches.some((approach) => approach.link === link.id))
      findings.fault(
        file,
        ["approaches"],
        `link ${show(link.id)} ends at this junction but is no approach of it; add the approach or remove the link`,
      );
}

function checkTurnOnRed(
  junction: JunctionFile,
  index: number,
  drivesOn: "left" | "right" | undefined,
  fault: (path: Path, message: string) => void,
): void {
  const approach = junction.approaches[index]!;
  const lefts = junction.movements.filter((movement) => movement.approach === approach.id && movement.turn === "left");
  if (drivesOn === "right")
    fault(
      ["left_turn_on_red"],
      "true where traffic keeps right: a left turn on red would cross oncoming traffic; set it to false",
    );
  else if (!approach.lanes.some((lane) => lane.movements.every((id) => lefts.some((left) => left.id === id))))
    fault(
      ["left_turn_on_red"],
      `true, but approach ${show(approach.id)} has no lane for the left turn alone (PM 96/2015 asks for one); add one or set it to false`,
    );
  for (const crossing of junction.crossings)
    if (crossing.approach === approach.id && !lefts.every((left) => crossing.given_way_by.includes(left.id)))
      fault(
        ["left_turn_on_red"],
        `true, but crossing ${show(crossing.id)} lies in front of it and can walk while it is red; set it to false or list the left turn in the crossing's given_way_by`,
      );
}

function checkMovements({ findings, nodes, links }: Context, file: string, junction: JunctionFile): void {
  const approaches = junction.approaches.map((approach) => approach.id);
  const movements = new Map(junction.movements.map((movement) => [movement.id, movement]));
  const groups = new Map(junction.groups.map((group) => [group.id, group]));
  for (const [i, movement] of junction.movements.entries()) {
    const path: Path = ["movements", i];
    const known = (key: string) => ({ file, path: [...path, key] });
    if (
      refers(findings, known("approach"), { id: movement.approach, what: "approach", known: approaches }) &&
      !junction.approaches.some((approach) => approach.lanes.some((lane) => lane.movements.includes(movement.id)))
    )
      findings.fault(
        file,
        [...path, "id"],
        `movement ${show(movement.id)} is made from no lane; add it to one of approach ${show(movement.approach)}`,
      );
    if (links && refers(findings, known("exit"), { id: movement.exit, what: "link", known: links.keys() })) {
      const exit = links.get(movement.exit)!;
      if (nodes?.has(junction.node) && nodes.has(exit.from) && exit.from !== junction.node)
        findings.fault(
          file,
          [...path, "exit"],
          `link ${show(exit.id)} starts at ${show(exit.from)}, not at this junction's node ${show(junction.node)}; name a link that starts here`,
        );
    }
    if (
      refers(findings, known("group"), { id: movement.group, what: "signal group", known: groups.keys() }) &&
      groups.get(movement.group)!.kind === "pedestrian"
    )
      findings.fault(
        file,
        [...path, "group"],
        `group ${show(movement.group)} is for pedestrians; vehicles obey a vehicle group: name one`,
      );
    for (const [k, id] of movement.yields_to.entries()) {
      const at = { file, path: [...path, "yields_to", k] };
      if (!refers(findings, at, { id, what: "movement", known: movements.keys() })) continue;
      if (movements.get(id)!.yields_to.includes(movement.id))
        findings.fault(
          file,
          at.path,
          `${show(movement.id)} and ${show(id)} yield to each other, so neither would go; let one of them yield`,
        );
      if (movement.turn === "through")
        findings.fault(
          file,
          at.path,
          `${show(movement.id)} goes straight on and cannot yield at a green light; put the groups in conflict instead`,
        );
    }
  }
}

function checkGroups({ findings }: Context, file: string, junction: JunctionFile): void {
  const approaches = junction.approaches.map((approach) => approach.id);
  const groups = new Map(junction.groups.map((group) => [group.id, group]));
  for (const [i, group] of junction.groups.entries()) {
    const path: Path = ["groups", i];
    if (group.kind === "vehicle" && group.max_green_s < group.min_green_s)
      findings.fault(
        file,
        [...path, "max_green_s"],
        `${group.max_green_s} s is below the minimum green of ${group.min_green_s} s; raise it or lower the minimum`,
      );
    if (group.kind === "pedestrian" && group.max_walk_s < group.walk_s)
      findings.fault(
        file,
        [...path, "max_walk_s"],
        `${group.max_walk_s} s is below the walk of ${group.walk_s} s; raise it`,
      );
    const users = group.kind === "vehicle" ? junction.movements : junction.crossings;
    if (!users.some((user) => user.group === group.id))
      findings.fault(
        file,
        [...path, "id"],
        `group ${show(group.id)} is obeyed by no ${group.kind === "vehicle" ? "movement" : "crossing"}; give it one or remove it`,
      );
  }
  for (const [i, crossing] of junction.crossings.entries()) {
    const path: Path = ["crossings", i];
    refers(
      findings,
      { file, path: [...path, "approach"] },
      { id: crossing.approach, what: "approach", known: approaches },
    );
    if (
      !refers(
        findings,
        { file, path: [...path, "group"] },
        { id: crossing.group, what: "signal group", known: groups.keys() },
      )
    )
      continue;
    const group = groups.get(crossing.group)!;
    if (group.kind !== "pedestrian") {
      findings.fault(
        file,
        [...path, "group"],
        `group ${show(group.id)} is for vehicles; a crossing needs a pedestrian group of its own: name one`,
      );
      continue;
    }
    const needed = Math.ceil(crossing.length_m / walkingMps);
    if (group.clearance_s < crossing.length_m / walkingMps)
      findings.fault(
        file,
        ["groups", junction.groups.indexOf(group), "clearance_s"],
        `${group.clearance_s} s is too short for the ${crossing.length_m} m of crossing ${show(crossing.id)} at ${walkingMps} m/s; write at least ${needed}`,
      );
  }
}

function checkConflicts(context: Context, file: string, junction: JunctionFile): void {
  const { findings } = context;
  const groups = new Map(junction.groups.map((group) => [group.id, group]));
  const planning = planningIntergreenS(context, junction);
  const short: string[] = [];
  unique(
    findings,
    file,
    junction.conflicts.map(([a, b], i) => ({ value: [a, b].sort().join(" and "), path: ["conflicts", i] })),
    "the pair",
  );
  for (const [i, [a, b, ab, ba]] of junction.conflicts.entries()) {
    const path: Path = ["conflicts", i];
    const first = refers(findings, { file, path: [...path, 0] }, { id: a, what: "signal group", known: groups.keys() });
    const second = refers(
      findings,
      { file, path: [...path, 1] },
      { id: b, what: "signal group", known: groups.keys() },
    );
    if (a === b) findings.fault(file, path, `group ${show(a)} is in conflict with itself; name two groups`);
    if (!first || !second) continue;
    for (const [k, ending, starting, value] of [
      [2, a, b, ab],
      [3, b, a, ba],
    ] as const) {
      const group = groups.get(ending)!;
      if (group.kind === "vehicle" && value < group.amber_s)
        findings.fault(
          file,
          [...path, k],
          `intergreen ${value} s from ${show(ending)} to ${show(starting)} is below the amber of ${group.amber_s} s; write amber plus all-red`,
        );
      else if (group.kind === "pedestrian" && value <= 0)
        findings.fault(
          file,
          [...path, k],
          `intergreen 0 s from ${show(ending)} to ${show(starting)}: people may still stand on the road; write at least 1`,
        );
      else if (
        group.kind === "vehicle" &&
        groups.get(starting)!.kind === "vehicle" &&
        planning !== undefined &&
        value < planning
      )
        short.push(`${ending} to ${starting} ${value} s`);
    }
  }
  if (short.length > 0)
    findings.warn(
      file,
      ["conflicts"],
      `intergreen below the ${planning} s that MKJI 1997 plans with at this width: ${short.join(", ")}; compute the all-red from the drawing`,
    );
}

/** Amber + all-red by mean width of the arms: 4 s below 10 m, 5 s below 15 m, else 6 s (MKJI 1997 ch. 2). */
function planningIntergreenS(context: Context, junction: JunctionFile): number | undefined {
  const widths = armCarriagewaysM(context, junction);
  if (widths.length === 0) return undefined;
  const mean = widths.reduce((total, width) => total + width, 0) / widths.length;
  return mean < 10 ? 4 : mean < 15 ? 5 : 6;
}
