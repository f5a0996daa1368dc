import { Attributes } from "../attributes.ts";
import type { FaultPlace } from "../input-fault.ts";
import { type NetEdge, permits, type SumoNet } from "../net-model.ts";
import { readXml, type XmlElement, type XmlLimits } from "../xml.ts";

/** A day of a large city's vehicles fits; each is looked at once and forgotten. */
export const ROUTE_LIMITS: XmlLimits = { bytes: 2 * 1024 * 1024 * 1024, depth: 16 };
/** So many faults are named; more are counted. */
const NAMED = 50;

export interface RouteCheck {
  readonly routes: number;
  readonly vehicles: number;
  /** `file:line: what: mend.`, the first so many. */
  readonly faults: readonly string[];
  readonly unnamed: number;
}

/** Can every route, trip and flow of these files be driven on the network? */
export async function checkRoutes(
  net: SumoNet,
  files: readonly string[],
  limits: XmlLimits = ROUTE_LIMITS,
): Promise<RouteCheck> {
  const checker = new RouteChecker(net);
  // Types and routes may stand in a file read before or after those who use them.
  for (const file of files) await readXml(file, { open: (element) => checker.define(file, element) }, limits);
  for (const file of files) await readXml(file, { open: (element) => checker.open(file, element) }, limits);
  return checker.result();
}

const DEFAULT_CLASS = "passenger";
/** Types that SUMO knows without being told. */
const builtIn: Readonly<Record<string, string>> = {
  DEFAULT_VEHTYPE: "passenger",
  DEFAULT_BIKETYPE: "bicycle",
  DEFAULT_TAXITYPE: "taxi",
  DEFAULT_RAILTYPE: "rail",
};

class RouteChecker {
  readonly #net: SumoNet;
  readonly #exits = new Map<string, Set<string>>();
  readonly #classes = new Map<string, string>(Object.entries(builtIn));
  readonly #routes = new Map<string, { readonly edges: readonly string[]; readonly place: FaultPlace }>();
  readonly #sound = new Map<string, string | undefined>();
  readonly #reached = new Map<string, ReadonlySet<string>>();
  readonly #faults: string[] = [];
  #unnamed = 0;
  #vehicles = 0;
  #inVehicle = DEFAULT_CLASS;

  constructor(net: SumoNet) {
    this.#net = net;
    for (const { from, to } of net.connections) {
      const known = this.#exits.get(from);
      if (known) known.add(to);
      else this.#exits.set(from, new Set([to]));
    }
  }

  define(file: string, element: XmlElement): void {
    const read = new Attributes(file, element);
    const id = read.optional("id");
    if (element.name === "vType" && id !== undefined) this.#classes.set(id, read.optional("vClass") ?? DEFAULT_CLASS);
    if (element.name === "vTypeDistribution" && id !== undefined) this.#classes.set(id, DEFAULT_CLASS);
    if (element.name === "routeDistribution" && id !== undefined)
      this.#routes.set(id, { edges: [], place: read.place });
    if (element.name === "route" && id !== undefined)
      this.#routes.set(id, { edges: read.words("edges"), place: read.place });
  }

  open(file: string, element: XmlElement): void {
    const read = new Attributes(file, element);
    const { name, path } = element;
    if (name === "route") this.#route(read, path);
    if (name !== "vehicle" && name !== "trip" && name !== "flow") return;
    this.#vehicles++;
    const who = `${name} ${read.optional("id") ?? "without id"}`;
    this.#inVehicle = this.#classOf(read, who);
    const route = read.optional("route");
    if (route !== undefined) {
      const known = this.#routes.get(route);
      if (!known)
        this.#fault(read.place, `${who} drives route ${route}, which is not there`, "define it or name another");
      else this.#drivable(known.edges, read.place, `${who} on route ${route}`);
    }
    const [from, to] = [read.optional("from"), read.optional("to")];
    if (from !== undefined && to !== undefined) this.#trip([from, ...read.words("via"), to], read.place, who);
  }

  result(): RouteCheck {
    return { routes: this.#routes.size, vehicles: this.#vehicles, faults: this.#faults, unnamed: this.#unnamed };
  }

  /** A named route is checked with each class that drives it; one inside a vehicle, with the vehicle's. */
  #route(read: Attributes, path: readonly string[]): void {
    const within = path.at(-1);
    const id = read.optional("id");
    if (within === "vehicle" || within === "flow")
      this.#drivable(read.words("edges"), read.place, `the route of a ${within}`);
    else if (id !== undefined && read.words("edges").length === 0)
      this.#fault(read.place, `route ${id} has no edges`, 'write edges="…"');
    else if (id !== undefined) this.#drivable(read.words("edges"), read.place, `route ${id}`, "");
  }

  #classOf(read: Attributes, who: string): string {
    const type = read.optional("type");
    if (type === undefined) return DEFAULT_CLASS;
    const known = this.#classes.get(type);
    if (known === undefined)
      this.#fault(read.place, `${who} is of type ${type}, which is not there`, "define a vType with that id");
    return known ?? DEFAULT_CLASS;
  }

  /** With an empty class only what leads where is looked at, not who may drive there. */
  #drivable(edges: readonly string[], place: FaultPlace, who: string, vClass = this.#inVehicle): void {
    const key = `${vClass} ${edges.join(" ")}`;
    let what = this.#sound.get(key);
    if (!this.#sound.has(key)) {
      what = this.#broken(edges, vClass);
      this.#sound.set(key, what);
    }
    if (what !== undefined) this.#fault(place, `${who} cannot be driven: ${what}`, "mend the route or the network");
  }

  #broken(edges: readonly string[], vClass: string): string | undefined {
    for (const [i, id] of edges.entries()) {
      const closed = this.#closed(id, vClass);
      if (closed !== undefined) return closed;
      const next = edges[i + 1];
      if (next !== undefined && this.#net.edges.has(next) && !this.#exits.get(id)?.has(next))
        return `no connection leads from edge ${id} to edge ${next}`;
    }
    return undefined;
  }

  #closed(id: string, vClass: string): string | undefined {
    const edge = this.#net.edges.get(id);
    if (!edge) return `edge ${id} is not in the network`;
    return vClass === "" || open(edge, vClass) ? undefined : `no lane of edge ${id} is open to class ${vClass}`;
  }

  #trip(stops: readonly string[], place: FaultPlace, who: string): void {
    const what = this.#noWay(stops, this.#inVehicle);
    if (what !== undefined)
      this.#fault(place, `${who} cannot be driven: ${what}`, "name another edge or mend the network");
  }

  #noWay(stops: readonly string[], vClass: string): string | undefined {
    for (const id of stops) {
      const closed = this.#closed(id, vClass);
      if (closed !== undefined) return closed;
    }
    for (const [i, id] of stops.entries()) {
      const next = stops[i + 1];
      if (next !== undefined && next !== id && !this.#reach(id, vClass).has(next))
        return `no way leads from edge ${id} to edge ${next} for class ${vClass}`;
    }
    return undefined;
  }

  #reach(from: string, vClass: string): ReadonlySet<string> {
    const key = `${vClass} ${from}`;
    const known = this.#reached.get(key);
    if (known) return known;
    const found = new Set<string>([from]);
    const open_ = [from];
    for (let id = open_.pop(); id !== undefined; id = open_.pop())
      for (const next of this.#exits.get(id) ?? []) {
        const edge = this.#net.edges.get(next);
        if (found.has(next) || !edge || !open(edge, vClass)) continue;
        found.add(next);
        open_.push(next);
      }
    // A large network asked from everywhere would fill memory: a few thousand starts are kept.
    if (this.#reached.size > 2000) this.#reached.clear();
    this.#reached.set(key, found);
    return found;
  }

  #fault({ file, line }: FaultPlace, what: string, mend: string): void {
    if (this.#faults.length < NAMED) this.#faults.push(`${file}:${line}: ${what}: ${mend}.`);
    else this.#unnamed++;
  }
}

const open = (edge: NetEdge, vClass: string): boolean =>
  edge.lanes.some(({ permission }) => permits(permission, vClass));
