import type { Design, Solution } from "./design.ts";
import { clock } from "./design.ts";
import { planEntry } from "./plan-files.ts";
import { solutions } from "./worksheet.ts";

const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

/** For programs: what the worksheet shows. */
export function designJson(design: Design, taken: Solution): object {
  const { period, network, counted, needs, cycles, chosen, inUse, notes } = design;
  return {
    period: { id: period.id, from: clock(period.fromMin), to: clock(period.toMin) },
    peak_hour_factor: round(period.peakFactor),
    corridors: network.corridors.map(({ id }) => id),
    cycle_s: chosen.cycle / 1000,
    taken: taken.name,
    cycles: cycles.map(({ cycle, cost, halves }) => ({ cycle_s: cycle / 1000, pi: round(cost.index), halves })),
    junctions: needs.map(({ junction, path, websterS, saturationS }) => ({
      id: junction.id,
      ifr: round(path.sum),
      lti_s: path.lostS,
      critical_phases: path.phases.map(({ number }) => number),
      webster_cycle_s: websterS === undefined ? null : round(websterS, 1),
      target_cycle_s: saturationS === undefined ? null : round(saturationS, 1),
      streams: junction.streams.map(({ id }) => {
        const sheet = counted.sheets.get(id)!;
        const result = taken.cost.junctions.get(junction.id)?.streams.get(id);
        return {
          id,
          veh_per_h: round(sheet.flowVph, 1),
          pcu_per_h: round(sheet.flowPcuh, 1),
          saturation_pcu_per_h: round(sheet.saturationPcuh, 1),
          saturation_basis: sheet.basis,
          degree_of_saturation: result ? round(result.saturation) : null,
          delay_s: result ? round(result.delayS, 1) : null,
          stops: result ? round(result.stops) : null,
        };
      }),
    })),
    solutions: solutions(design).map((solution) => ({
      name: solution.name,
      how: solution.how,
      ...(solution.name === "in-use" ? { plan_set: inUse.set.id } : {}),
      pi: round(solution.cost.index),
      delay_s: round(solution.cost.delayS, 2),
      delay_veh_h: round(solution.cost.delayVehH, 2),
      stops: round(solution.cost.stops),
      degree_of_saturation: round(solution.cost.saturation),
      bands: solution.bands.map(({ direction, band }) => ({
        corridor: direction.corridor,
        direction: direction.forward ? "forward" : "backward",
        width_s: band.widthS,
      })),
      links: [...solution.storage].map(([id, { peakFill, blockedS }]) => ({
        id,
        peak_fill: round(peakFill),
        blocked_s: blockedS,
      })),
      plans: Object.fromEntries(
        network.junctions.map((junction) => [junction.id, planEntry(solution.plans.get(junction.id)!, junction)]),
      ),
    })),
    saves_percent: round(100 * (1 - taken.cost.index / Math.max(1e-9, inUse.solution.cost.index)), 1),
    notes,
  };
}
