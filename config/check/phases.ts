import { type Path, show } from "../fault.ts";
import { type JunctionFile, phasesKey, phasesOf, ringsOf } from "../schema/junction.ts";
import { type Context, refers, unique } from "./context.ts";

/** Stages, phases, rings and barriers: nothing green together that conflicts, nobody left out. */
export function checkPhases(context: Context, file: string, junction: JunctionFile): void {
  const { findings } = context;
  const phases = phasesOf(junction);
  const key = phasesKey(junction);
  const groups = junction.groups.map((group) => group.id);
  unique(
    findings,
    file,
    phases.map((phase, i) => ({ value: phase.number, path: [key, i, "number"] })),
    `number in ${key}:`,
  );
  for (const [i, phase] of phases.entries()) {
    for (const [k, group] of phase.groups.entries())
      refers(findings, { file, path: [key, i, "groups", k] }, { id: group, what: "signal group", known: groups });
    unique(
      findings,
      file,
      phase.groups.map((value, k) => ({ value, path: [key, i, "groups", k] })),
      "group",
    );
  }
  for (const [i, group] of junction.groups.entries())
    if (!phases.some((phase) => phase.groups.includes(group.id)))
      findings.fault(
        file,
        ["groups", i, "id"],
        `group ${show(group.id)} is green in no ${word(key)} and would never be served; add it to one`,
      );
  if (!phases.some((phase) => phase.number === junction.coordinated_phase))
    findings.fault(
      file,
      ["coordinated_phase"],
      `no ${word(key)} ${junction.coordinated_phase}; name one of ${phases.map((phase) => phase.number).join(", ")}`,
    );
  if (junction.cycle_min_s > junction.cycle_max_s)
    findings.fault(
      file,
      ["cycle_min_s"],
      `${junction.cycle_min_s} s is above cycle_max_s of ${junction.cycle_max_s} s; lower it or raise the other`,
    );
  checkTogether(context, file, junction);
  if (junction.form === "rings") checkRings(context, file, junction);
}

/** Groups of one phase, and of phases that may run side by side, are free of conflicts. */
function checkTogether({ findings }: Context, file: string, junction: JunctionFile): void {
  const phases = phasesOf(junction);
  const rings = ringsOf(junction);
  const key = phasesKey(junction);
  const ringOf = (number: number): number => rings.findIndex((ring) => ring.includes(number));
  const inConflict = new Set(junction.conflicts.flatMap(([a, b]) => [`${a}|${b}`, `${b}|${a}`]));
  for (const [i, phase] of phases.entries()) {
    for (const [k, other] of phases.entries()) {
      if (k < i) continue;
      const together = k === i || (phase.barrier === other.barrier && ringOf(phase.number) !== ringOf(other.number));
      if (!together) continue;
      for (const [m, b] of other.groups.entries()) {
        for (const a of k === i ? phase.groups.slice(0, m) : phase.groups) {
          if (!inConflict.has(`${a}|${b}`)) continue;
          findings.fault(
            file,
            [key, k, "groups", m],
            k === i
              ? `group ${show(b)} conflicts with ${show(a)} in the same ${word(key)} ${phase.number}; take one of them out`
              : `group ${show(b)} conflicts with ${show(a)} of phase ${phase.number}, which may run beside phase ${other.number} inside barrier ${phase.barrier}; move one to another barrier or ring`,
          );
        }
      }
    }
  }
}

function checkRings({ findings }: Context, file: string, junction: JunctionFile & { readonly form: "rings" }): void {
  const numbers = junction.phases.map((phase) => phase.number);
  const barrierOf = new Map(junction.phases.map((phase) => [phase.number, phase.barrier]));
  const where = junction.rings.flatMap((ring, i) => ring.map((value, k) => ({ value, path: ["rings", i, k] as Path })));
  unique(findings, file, where, "in rings, phase");
  for (const { value, path } of where)
    if (!barrierOf.has(value)) findings.fault(file, path, `no phase ${value}; name one of ${numbers.join(", ")}`);
  for (const [i, phase] of junction.phases.entries())
    if (!where.some(({ value }) => value === phase.number))
      findings.fault(file, ["phases", i, "number"], `phase ${phase.number} is in no ring; add it to one`);
  const orders = junction.rings.map((ring) => barriers(ring, barrierOf));
  for (const [i, order] of orders.entries()) {
    if (new Set(order).size < order.length)
      findings.fault(
        file,
        ["rings", i],
        `ring ${i + 1} passes barriers ${order.join(", ")}: it comes back to one it has left; keep the phases of a barrier together`,
      );
    else if (order.join() !== orders[0]!.join())
      findings.fault(
        file,
        ["rings", i],
        `ring ${i + 1} passes barriers ${order.join(", ")}, ring 1 passes ${orders[0]!.join(", ")}; every ring passes the same barriers in the same order`,
      );
  }
}

/** Barriers in the order a ring passes them. */
export const barriers = (ring: readonly number[], barrierOf: ReadonlyMap<number, number>): readonly number[] =>
  ring
    .map((number) => barrierOf.get(number))
    .filter((barrier) => barrier !== undefined)
    .filter((barrier, i, all) => i === 0 || barrier !== all[i - 1]);

const word = (key: "phases" | "stages"): string => (key === "phases" ? "phase" : "stage");
