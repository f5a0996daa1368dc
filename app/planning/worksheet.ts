import type { Junction } from "../../config/model.ts";
import { splitOf, type TimingPlan } from "../../config/plan.ts";
import type { StreamSheet } from "../../engine/core/network/flows.ts";
import { changeTime, greenOf, planResolution } from "../../engine/core/plan/phase-times.ts";
import { levelOfService } from "../../engine/core/traffic/level-of-service.ts";
import { manualPerformance } from "../../engine/core/traffic/manual-performance.ts";
import { clock, type Design, type Solution, surePart } from "./design.ts";

/** The printed worksheet: what was counted, what follows, and what it is worth. */
export function worksheet(design: Design): string {
  return [
    heading(design),
    ...design.network.junctions.map((junction) => junctionSheet(design, junction)),
    cycleSheet(design),
    ...solutions(design).map(solutionSheet(design)),
    comparison(design),
    storageSheet(design),
    ...(design.notes.length > 0 ? [["Notes", ...design.notes.map((note) => `  ${note}`)].join("\n")] : []),
  ].join("\n\n");
}

export const solutions = ({ delay, bandwidth, inUse }: Design): readonly Solution[] => [
  delay,
  ...(bandwidth ? [bandwidth] : []),
  inUse.solution,
];

function heading({ period, network, counted }: Design): string {
  const { city, corridors } = network;
  const measured = [...counted.sheets.values()].filter(({ basis }) => basis === "measured").length;
  const names = corridors.map(({ name }) => name).join("; ");
  return [
    `Period ${period.id}, ${clock(period.fromMin)} to ${clock(period.toMin)}: ${names}`,
    `pcu and saturation flow by ${city.control.manual.toUpperCase()}: 600 We x FCS x FSF x FG, FCS ${city.citySizeFactor}; side friction as stated; ${measured} of ${counted.sheets.size} streams by measurement.`,
    `Cycle, greens and critical flow ratios for the busiest quarter hour: mean flow / PHF ${period.peakFactor.toFixed(2)} (${period.peakMeasured ? "counted" : "default"}) and ${surePart * 100} % of saturation flows that nobody measured; the tables below show mean flows and whole saturation flows.`,
    "Where right turns give way the manual has charts only: equivalents of the HCM (exhibit C16-3) stand in; a measured saturation flow or a stage of their own is better.",
  ].join("\n");
}

type Cell = string | number;

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const text = rows.map((row) => row.map(String));
  const widths = head.map((title, i) => Math.max(title.length, ...text.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ")}`.trimEnd();
  return [line(head), ...text.map(line)];
}

function junctionSheet({ network, counted, needs, delay }: Design, junction: Junction): string {
  const need = needs.find((entry) => entry.junction === junction)!;
  const plan = delay.plans.get(junction.id)!;
  const rows = junction.streams.map((stream) => streamRow(junction, plan, counted.sheets.get(stream.id)!));
  const { path, websterS, saturationS, advised } = need;
  const target = network.city.control.targetSaturation;
  return [
    `${junction.name} (${junction.id})`,
    ...table(["stream", "veh/h", "pcu/h", "S", "factors", "FR", "green", "DS", "NQ", "QL m", "D s"], rows),
    `  critical phases ${path.phases.map(({ number }) => number).join(", ")}: IFR ${path.sum.toFixed(3)}, LTI ${path.lostS} s; Webster ${websterS === undefined ? "past its range" : `${websterS.toFixed(0)} s`}, DS ${target} from ${saturationS === undefined ? "no cycle on" : `${saturationS.toFixed(0)} s`}; the manual advises ${advised.from} to ${advised.to} s`,
  ].join("\n");
}

/** Queue area over the width of the stream (MKJI 1997). */
const queueAreaM2 = 20;

function streamRow(junction: Junction, plan: TimingPlan, sheet: StreamSheet): readonly Cell[] {
  const { stream, flowVph, flowPcuh, saturationPcuh, factors, basis, opposed } = sheet;
  const greenS = junction.phases
    .filter(({ number }) => stream.phases.includes(number))
    .reduce((sum, phase) => sum + greenOf(plan, phase) / 1000, 0);
  const cycleS = plan.cycle / 1000;
  const capacityPcuh = (saturationPcuh * greenS) / cycleS;
  const result = manualPerformance({ flowPcuh, capacityPcuh, greenS, cycleS, turningShare: 0 });
  const queue = result.queueLeft + result.queueInRed;
  const shown =
    basis === "measured"
      ? "measured"
      : Object.values(factors)
          .map((value) => value.toFixed(2))
          .join(" x ");
  return [
    `${stream.approach}/${stream.group}${opposed ? " *" : ""}`,
    flowVph.toFixed(0),
    flowPcuh.toFixed(0),
    saturationPcuh.toFixed(0),
    shown,
    (saturationPcuh > 0 ? flowPcuh / saturationPcuh : 0).toFixed(3),
    greenS.toFixed(0),
    result.degreeOfSaturation.toFixed(2),
    queue.toFixed(1),
    ((queue * queueAreaM2) / stream.widthM).toFixed(0),
    result.delayS.toFixed(0),
  ];
}

function cycleSheet({ cycles, chosen }: Design): string {
  const rows = cycles.map(({ cycle, cost, halves }) => [
    `${cycle === chosen.cycle ? ">" : " "} ${cycle / 1000} s`,
    cost.index.toFixed(2),
    cost.delayS.toFixed(1),
    cost.stops.toFixed(2),
    cost.saturation.toFixed(2),
    halves.length > 0 ? `half at ${halves.join(", ")}` : "",
  ]);
  return [
    "Common cycle, each with its best offsets",
    ...table(["cycle", "PI", "delay s", "stops", "DS", ""], rows),
  ].join("\n");
}

const solutionSheet =
  ({ network }: Design) =>
  ({ name, how, plans }: Solution): string => {
    const rows = network.junctions.map((junction) => {
      const plan = plans.get(junction.id)!;
      const splits = plan.splits.map(({ phase, split }) => `${phase}: ${split / planResolution}`).join(", ");
      const own = JSON.stringify(plan.sequence) === JSON.stringify(junction.rings);
      const lost = junction.phases.every((phase) => splitOf(plan, phase.number) >= changeTime(phase));
      return [
        junction.id,
        plan.cycle / 1000,
        plan.offset / 1000,
        lost ? splits : "-",
        own ? "" : plan.sequence.map((ring) => ring.join("-")).join(" / "),
      ];
    });
    return [`${titles[name]}: ${how}`, ...table(["junction", "cycle", "offset", "splits s", "order"], rows)].join("\n");
  };

const titles: Readonly<Record<Solution["name"], string>> = {
  delay: "Offsets by delay",
  bandwidth: "Offsets by bandwidth",
  "in-use": "In use",
};

function comparison(design: Design): string {
  const base = design.inUse.solution.cost.index;
  const rows = solutions(design).map(({ name, cost, bands }) => [
    titles[name],
    cost.index.toFixed(2),
    name === "in-use" || base <= 0 ? "" : `${(100 * (cost.index / base - 1)).toFixed(1)} %`,
    cost.delayS.toFixed(1),
    cost.delayVehH.toFixed(1),
    cost.stops.toFixed(2),
    cost.saturation.toFixed(2),
    levelOfService(cost.delayS),
    bands
      .map(({ direction, band }) => `${direction.forward ? "forward" : "backward"} ${band.widthS.toFixed(0)}`)
      .join(", "),
  ]);
  return [
    "Predicted, on these counts (PI: people waiting, stops in it; delay s a vehicle, LOS by PM 96/2015; bands in s)",
    ...table(["", "PI", "vs in use", "delay s", "veh h/h", "stops", "DS max", "LOS", "bands s"], rows),
  ].join("\n");
}

/** Queues that reach back to the junction behind hold up others: no plan is judged by delay alone. */
function storageSheet(design: Design): string {
  const links = [...design.delay.storage.keys()];
  const rows = links.map((id) => [
    id,
    ...solutions(design).map(({ storage }) => {
      const { peakFill, blockedS } = storage.get(id) ?? { peakFill: 0, blockedS: 0 };
      return `${(100 * peakFill).toFixed(0)} %${blockedS > 0 ? `, blocked ${blockedS} s` : ""}`;
    }),
  ]);
  return [
    "Storage of links at its fullest, and time in a quarter hour in which it kept people at green from entering",
    ...table(["link", ...solutions(design).map(({ name }) => titles[name])], rows),
  ].join("\n");
}
