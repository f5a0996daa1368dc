import type { RoadInput } from "../traffic/lanes/road-network.ts";
import { shortestPath } from "../traffic/lanes/shortest-path.ts";
import type { DepartLane, TripInput } from "../traffic/lanes/trips.ts";
import {
  classBit,
  VEHICLE_CLASSES,
  type VehicleClass,
  type VehicleType,
  vehicleType,
} from "../traffic/lanes/vehicle-types.ts";
import { Attributes } from "./attributes.ts";
import { fault, type ImportNote, ImportReport } from "./input-fault.ts";
import { readXml, type XmlElement } from "./xml.ts";

export interface ImportedTrips {
  /** In order of departure. */
  readonly trips: readonly TripInput[];
  readonly notes: readonly ImportNote[];
}

/** Attributes of a type, and what they are called here. */
const TYPE_NUMBERS = {
  length: "lengthM",
  width: "widthM",
  minGap: "minGapM",
  accel: "accelMps2",
  decel: "decelMps2",
  emergencyDecel: "emergencyDecelMps2",
  maxSpeed: "maxSpeedMps",
  tau: "tauS",
  sigma: "sigma",
} as const;
const DEFAULT_TYPE = "DEFAULT_VEHTYPE";
const DEPART_LANES: readonly string[] = ["first", "random", "free", "best"];

/**
 * Reads vehicles, routes, trips, flows and types of a `.rou.xml`. Trips without a route take the quickest way at the speed
 * limits. Departures outside `beginS` to `endS` are left out, as SUMO does; what is not represented is in `notes`.
 */
export async function readTrips(
  file: string,
  road: RoadInput,
  { beginS, endS }: { readonly beginS: number; readonly endS: number },
): Promise<ImportedTrips> {
  const reader = new TripReader(file, road);
  await readXml(file, { open: (element) => reader.open(element), close: (name) => reader.close(name) });
  const trips = reader.trips
    .filter(({ departS }) => departS >= beginS && departS < endS)
    .sort((a, b) => a.departS - b.departS);
  return { trips, notes: reader.report.notes() };
}

class TripReader {
  readonly #file: string;
  readonly #path: ReturnType<typeof shortestPath>;
  readonly report = new ImportReport();
  readonly trips: TripInput[] = [];
  readonly #types = new Map<string, VehicleType>([[DEFAULT_TYPE, vehicleType(DEFAULT_TYPE, "passenger")]]);
  readonly #routes = new Map<string, readonly string[]>();
  #open: { readonly read: Attributes; readonly element: XmlElement; edges: readonly string[] | undefined } | undefined;

  constructor(file: string, road: RoadInput) {
    this.#file = file;
    this.#path = shortestPath(road);
  }

  open(element: XmlElement): void {
    const read = new Attributes(this.#file, element);
    switch (element.name) {
      case "vType":
        this.#addType(read);
        break;
      case "route": {
        const edges = read.words("edges");
        if (this.#open) this.#open.edges = edges;
        else this.#routes.set(read.text("id"), edges);
        break;
      }
      case "vehicle":
      case "trip":
      case "flow":
        this.#open = { read, element, edges: undefined };
        break;
      case "routes":
      case "param":
        break;
      default:
        this.report.note(`element <${element.name}> is not represented`, `line ${element.line}`);
    }
  }

  close(name: string): void {
    const open = this.#open;
    if (!open || name !== open.element.name) return;
    this.#open = undefined;
    const { read } = open;
    const id = read.text("id");
    const type = this.#typeOf(read);
    const edges = open.edges ?? this.#edgesOf(read, id, type);
    const common = { type, edges, ...departure(read) };
    if (name === "flow") this.#expand(read, id, common);
    else this.trips.push({ id, departS: read.number("depart"), ...common });
  }

  #expand(read: Attributes, id: string, common: Omit<TripInput, "id" | "departS">): void {
    const begin = read.numberOr("begin", 0);
    const end = read.numberOr("end", begin + 3600);
    const perHour = read.numberOr("vehsPerHour", Number.NaN);
    const number = read.numberOr("number", Number.NaN);
    const period = Number.isNaN(perHour) ? read.numberOr("period", (end - begin) / number) : 3600 / perHour;
    if (!(period > 0))
      throw fault(read.place, `flow ${id} says neither vehsPerHour, period nor number`, "give it one of them");
    const count = Number.isNaN(number) ? Math.ceil((end - begin) / period) : number;
    for (let i = 0; i < count; i++) this.trips.push({ id: `${id}.${i}`, departS: begin + i * period, ...common });
  }

  #edgesOf(read: Attributes, id: string, type: VehicleType): readonly string[] {
    const route = read.optional("route");
    if (route !== undefined) {
      const known = this.#routes.get(route);
      if (!known) throw fault(read.place, `there is no route ${route}`, "define it before the vehicle");
      return known;
    }
    const stops = [read.text("from"), ...read.words("via"), read.text("to")];
    const edges = [stops[0]!];
    for (let i = 1; i < stops.length; i++) {
      const leg = this.#path(stops[i - 1]!, stops[i]!, classBit(type.vehicleClass));
      if (!leg)
        throw fault(read.place, `trip ${id}: no way from ${stops[i - 1]} to ${stops[i]}`, "choose edges that connect");
      edges.push(...leg.slice(1));
    }
    return edges;
  }

  #typeOf(read: Attributes): VehicleType {
    const id = read.optional("type") ?? DEFAULT_TYPE;
    const type = this.#types.get(id);
    if (type) return type;
    if ((VEHICLE_CLASSES as readonly string[]).includes(id)) return vehicleType(id, id as VehicleClass);
    throw fault(read.place, `there is no vehicle type ${id}`, "define it with <vType> before");
  }

  #addType(read: Attributes): void {
    const id = read.text("id");
    const name = read.optional("vClass") ?? "passenger";
    if (!(VEHICLE_CLASSES as readonly string[]).includes(name)) {
      this.report.note(`vehicle class ${name} drives as passenger`, `type ${id}`);
    }
    const vehicleClass = (VEHICLE_CLASSES as readonly string[]).includes(name) ? (name as VehicleClass) : "passenger";
    const own: Record<string, number> = {};
    for (const [attribute, key] of Object.entries(TYPE_NUMBERS))
      if (read.optional(attribute) !== undefined) own[key] = read.number(attribute, { min: 0 });
    const model = read.optional("carFollowModel");
    if (model !== undefined && model !== "Krauss")
      this.report.note(`car-following ${model} drives as Krauss`, `type ${id}`);
    const base = vehicleType(id, vehicleClass, own);
    this.#types.set(id, { ...base, speedFactor: speedFactor(read, base) });
  }
}

/** `speedFactor` is a number or `normc(mean, deviation, min, max)`; `speedDev` alone changes the deviation. */
function speedFactor(read: Attributes, base: VehicleType): VehicleType["speedFactor"] {
  const text = read.optional("speedFactor");
  const deviation = read.numberOr(
    "speedDev",
    text !== undefined && !text.includes("(") ? 0 : base.speedFactor.deviation,
    { min: 0 },
  );
  if (text === undefined) return { ...base.speedFactor, deviation };
  const numbers = /^normc?\(([^)]*)\)$/.exec(text)?.[1]?.split(",").map(Number) ?? [Number(text)];
  if (numbers.some(Number.isNaN)) throw read.wrong("speedFactor", "a number or normc(mean, deviation, min, max)");
  const [mean, spread = deviation, min = 0.2, max = 2] = numbers;
  return { mean: mean!, deviation: spread, min, max };
}

function departure(read: Attributes): Pick<TripInput, "departLane" | "departSpeed" | "departPosM"> {
  const lane = read.optional("departLane");
  const speed = read.optional("departSpeed");
  const pos = read.optional("departPos");
  const fast = speed === "max" || speed === "desired" || speed === "speedLimit" || speed === "avg" || speed === "last";
  return {
    ...(lane === undefined
      ? {}
      : { departLane: DEPART_LANES.includes(lane) ? (lane as DepartLane) : read.index("departLane") }),
    ...(speed === undefined ? {} : { departSpeed: fast ? "max" : read.number("departSpeed", { min: 0 }) }),
    ...(pos === undefined || pos === "base" ? {} : { departPosM: read.numberOr("departPos", 0, { min: 0 }) }),
  };
}
