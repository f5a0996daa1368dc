import type { Incident } from "../../../config/incidents.ts";
import type { City, Junction } from "../../../config/model.ts";
import { after, type Instant, type Millis, toSeconds } from "../../../config/units.ts";
import type { Random } from "../../../engine/ports/random.ts";
import { exportIncidents } from "./blockages.ts";
import { carsOnly } from "./cars-only.ts";
import type { Note } from "./note.ts";
import { plainNetwork } from "./plain-network.ts";
import { planPeriods, safeChange } from "./plan-periods.ts";
import { planOfSet, tlLogic } from "./programs.ts";
import { exportDemand } from "./routes.ts";
import { signalLinks } from "./signals.ts";
import { element, xmlFile } from "./xml-text.ts";

export interface ExportOptions {
  readonly city: City;
  /** The run's; the street's share of it draws the vehicles. */
  readonly random: Random;
  readonly start: Instant;
  readonly duration: Millis;
  readonly demandScale: number;
  /** Every vehicle a car, as many as there were passenger-car units; no sublane model. */
  readonly carsOnly: boolean;
  /** A plan set for the whole time instead of the scheduled ones. */
  readonly planSet: string | undefined;
  readonly incidents?: readonly Incident[] | undefined;
  readonly seed: number;
}

/** Texts of files by name. `netconvert` makes the network of the plain ones. */
export interface SumoExport {
  readonly plain: Readonly<Record<"nodes" | "edges" | "connections" | "programs", string>>;
  readonly routes: string;
  readonly additional: string | undefined;
  readonly configuration: string;
  readonly vehicles: number;
  /** Vehicles that want to drive each link. */
  readonly byLink: ReadonlyMap<string, number>;
  readonly notes: readonly Note[];
}

export const fileNames = {
  network: "network.net.xml",
  routes: "demand.rou.xml",
  additional: "plans.add.xml",
  configuration: "run.sumocfg",
  report: "report.txt",
} as const;

/** SUMO's own default; saturation flow and start-up loss of its cars are right at this step and not at finer ones. */
const STEP_S = 1;
/** Of the sublane model, m: about one motorcycle and the room beside it. */
const LATERAL_RESOLUTION_M = 0.8;

/** A city, its demand and its plans as SUMO's files, and what they could not say. */
export function exportSumo(options: ExportOptions): SumoExport {
  const { random, start, duration, demandScale, seed } = options;
  const city = options.carsOnly ? carsOnly(options.city) : options.city;
  const { notes: networkNotes, signalled, ...plain } = plainNetwork(city);
  const { programs, additional: plans, notes: planNotes } = signalPlans(city, options);
  const happens = exportIncidents(city, options.incidents ?? [], start, duration);
  const additional = [...plans, ...happens.additional];
  const sublane = !options.carsOnly;
  const demand = exportDemand({ city, random: random.fork("street"), start, duration, scale: demandScale, sublane });
  const changing = additional.length > 0;
  return {
    plain: { ...plain, programs: xmlFile("tlLogics", [...programs, ...signalled]) },
    routes: demand.file,
    additional: changing ? xmlFile("additional", additional) : undefined,
    configuration: xmlFile("configuration", [
      element("input", {}, [
        element("net-file", { value: fileNames.network }),
        element("route-files", { value: fileNames.routes }),
        ...(changing ? [element("additional-files", { value: fileNames.additional })] : []),
      ]),
      element("time", {}, [
        element("begin", { value: 0 }),
        element("end", { value: toSeconds(duration) }),
        element("step-length", { value: STEP_S }),
      ]),
      element("processing", {}, [
        ...(sublane ? [element("lateral-resolution", { value: LATERAL_RESOLUTION_M })] : []),
        element("time-to-teleport", { value: -1 }),
      ]),
      element("random_number", {}, [element("seed", { value: seed })]),
    ]),
    vehicles: demand.vehicles,
    byLink: demand.byLink,
    notes: [
      ...networkNotes,
      ...planNotes,
      ...happens.notes,
      ...demandNotes(city),
      ...peopleNotes(city),
      ...turnOnRedNotes(city),
    ],
  };
}

interface SignalPlans {
  readonly programs: readonly string[];
  readonly additional: readonly string[];
  readonly notes: readonly Note[];
}

/** The plan of the start goes into the network; later ones, and when each junction changes to them, beside it. */
function signalPlans(city: City, { start, duration, planSet }: ExportOptions): SignalPlans {
  const periods = planSet === undefined ? planPeriods(city, start, duration) : [{ from: start, planSet }];
  const programs: string[] = [];
  const additional: string[] = [];
  const notes: Note[] = [];
  for (const junction of city.junctions.values()) {
    const logic = (id: string) =>
      tlLogic({
        junction,
        plan: planOfSet(city, id, junction.id),
        program: id,
        links: signalLinks(city, junction),
        start,
      });
    programs.push(logic(periods[0]!.planSet));
    const changes = changesOf(city, junction, periods, notes).filter(({ at }) => at < after(start, duration));
    if (changes.length > 0) {
      const others = new Set(changes.map((change) => change.planSet).filter((id) => id !== periods[0]!.planSet));
      additional.push(
        ...[...others].map(logic),
        element(
          "WAUT",
          { id: `schedule-${junction.id}`, refTime: 0, startProg: periods[0]!.planSet },
          changes.map((change) => element("wautSwitch", { time: (change.at - start) / 1000, to: change.planSet })),
        ),
        element("wautJunction", { wautID: `schedule-${junction.id}`, junctionID: junction.id }),
      );
    }
  }
  return { programs, additional, notes: [...notes, ...midnightNotes(city, periods[0]!.planSet, start, duration)] };
}

function changesOf(
  city: City,
  junction: Junction,
  periods: ReturnType<typeof planPeriods>,
  notes: Note[],
): readonly { readonly at: Instant; readonly planSet: string }[] {
  let running = periods[0]!.planSet;
  return periods.slice(1).flatMap(({ from, planSet }) => {
    const plans = {
      before: planOfSet(city, running, junction.id),
      next: planOfSet(city, planSet, junction.id),
    };
    const at = safeChange(junction, plans, from);
    if (at === undefined) {
      notes.push({
        subject: `junction ${junction.id}`,
        message: `stays in plan ${running}: SUMO changes programs at once, and within 30 min of the scheduled change to ${planSet} no second cuts neither a green nor an intergreen`,
      });
      return [];
    }
    notes.push({
      subject: `junction ${junction.id}`,
      message: `changes from plan ${running} to ${planSet} at once, ${Math.round((at - from) / 1000)} s after the scheduled time, the first second that cuts no green or intergreen; a cabinet moves its offset over some cycles`,
    });
    running = planSet;
    return [{ at, planSet }];
  });
}

const DAY = 86_400_000;

/** A cycle that does not divide a day jumps at UTC midnight in a cabinet; a SUMO program runs on. */
function midnightNotes(city: City, planSet: string, start: Instant, duration: Millis): readonly Note[] {
  if (Math.floor(start / DAY) === Math.floor((start + duration - 1) / DAY)) return [];
  return [...city.junctions.keys()].flatMap((junction) => {
    const { cycle } = planOfSet(city, planSet, junction);
    if (DAY % cycle === 0) return [];
    return [
      {
        subject: `junction ${junction}`,
        message: `has a cycle of ${toSeconds(cycle)} s, which does not divide a day: its offset jumps at UTC midnight, and the program's does not`,
      },
    ];
  });
}

const demandNotes = (city: City): readonly Note[] =>
  city.demand ? [] : [{ subject: "demand", message: "the configuration has none; the file of routes is empty" }];

const peopleNotes = (city: City): readonly Note[] =>
  [...city.junctions.values()].flatMap(({ id, crossings }) =>
    crossings.length === 0
      ? []
      : [
          {
            subject: `junction ${id}`,
            message: `pedestrian crossing${crossings.length > 1 ? "s" : ""} ${crossings.map((crossing) => crossing.id).join(", ")}: left out with the people on ${crossings.length > 1 ? "them" : "it"}; turns that give way to people do so to nobody. The time of walks is in the programs`,
          },
        ],
  );

function turnOnRedNotes(city: City): readonly Note[] {
  const turning = [...city.junctions.values()].flatMap(({ id, approaches }) =>
    approaches.filter((approach) => approach.leftTurnOnRed).map((approach) => `${id}/${approach.id}`),
  );
  if (turning.length === 0) return [];
  return [
    {
      subject: "turn on red",
      message: `${turning.join(", ")}: written as SUMO's state s, which stops every vehicle at the line before it turns`,
    },
  ];
}
