import { Attributes } from "./attributes.ts";
import { fault, ImportReport } from "./input-fault.ts";
import { checkNet } from "./net-check.ts";
import type {
  EdgeFunction,
  NetConnection,
  NetEdge,
  NetJunction,
  NetLane,
  NetPhase,
  NetProgram,
  NetRequest,
  Permission,
  Point,
  SumoNet,
} from "./net-model.ts";
import { readXml, XML_LIMITS, type XmlElement, type XmlLimits } from "./xml.ts";

/** SUMO's default lane width. */
const LANE_WIDTH_M = 3.2;
const FUNCTIONS: readonly string[] = ["normal", "connector", "internal", "crossing", "walkingarea"];
/** What a program's state strings may hold: red, amber, minor and major green, red with amber, off, stop. */
const STATES = /^[rygGuosO]+$/;
/** Elements that carry nothing a network of roads needs. */
const SILENT: ReadonlySet<string> = new Set(["location", "type", "restriction", "param"]);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Open<T, Lists extends keyof T> = Omit<T, Lists> & {
  readonly [K in Lists]: T[K] extends readonly (infer E)[] ? E[] : never;
};

/**
 * Reads a `.net.xml` or `.net.xml.gz`. Throws `InputFault` for a file that is not a whole, connected network; what is
 * well-formed but outside this form is in `notes`.
 */
export async function readNet(file: string, limits: XmlLimits = XML_LIMITS): Promise<SumoNet> {
  const builder = new NetBuilder(file);
  await readXml(file, { open: (element) => builder.open(element) }, limits);
  return builder.finish();
}

class NetBuilder {
  readonly #file: string;
  readonly #report = new ImportReport();
  readonly #edges = new Map<string, Open<NetEdge, "lanes">>();
  readonly #lanes = new Map<string, NetLane>();
  readonly #junctions = new Map<string, Open<NetJunction, "requests">>();
  readonly #connections: NetConnection[] = [];
  readonly #signals = new Map<string, Open<NetProgram, "phases">[]>();
  readonly #roundabouts: SumoNet["roundabouts"][number][] = [];
  #leftHand = false;
  #edge: Open<NetEdge, "lanes"> | undefined;
  #junction: Open<NetJunction, "requests"> | undefined;
  #program: Open<NetProgram, "phases"> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  open(element: XmlElement): void {
    const read = new Attributes(this.#file, element);
    const parent = element.path.at(-1);
    if (parent === undefined) {
      if (element.name !== "net")
        throw fault(read.place, `the root is <${element.name}>, not <net>`, "give a network file (.net.xml)");
      this.#leftHand = read.flag("lefthand", false);
      return;
    }
    switch (`${parent}/${element.name}`) {
      case "net/edge":
        this.#addEdge(read, element.line);
        break;
      case "edge/lane":
        this.#addLane(read, element.line);
        break;
      case "net/junction":
        this.#addJunction(read, element.line);
        break;
      case "junction/request":
        this.#addRequest(read);
        break;
      case "net/connection":
        this.#addConnection(read, element.line);
        break;
      case "net/tlLogic":
        this.#addProgram(read, element.line);
        break;
      case "tlLogic/phase":
        this.#program?.phases.push(phase(read));
        break;
      case "net/roundabout":
        this.#roundabouts.push({ nodes: read.words("nodes"), edges: read.words("edges") });
        break;
      default:
        if (!SILENT.has(element.name))
          this.#report.note(`element <${element.name}> in <${parent}> is not represented`, `line ${element.line}`);
    }
  }

  finish(): SumoNet {
    const net = {
      file: this.#file,
      leftHand: this.#leftHand,
      edges: this.#edges,
      lanes: this.#lanes,
      junctions: this.#junctions,
      connections: this.#connections,
      signals: this.#signals,
      roundabouts: this.#roundabouts,
    };
    checkNet(net, this.#report);
    return { ...net, notes: this.#report.notes() };
  }

  #addEdge(read: Attributes, line: number): void {
    const id = read.text("id");
    if (this.#edges.has(id)) throw fault(read.place, `edge ${id} is in the file twice`, "give each edge its own id");
    const kind = read.optional("function") ?? "normal";
    if (!FUNCTIONS.includes(kind)) throw read.wrong("function", `one of ${FUNCTIONS.join(", ")}`);
    const inside = kind !== "normal" && kind !== "connector";
    this.#edge = {
      id,
      function: kind as EdgeFunction,
      from: inside ? "" : read.text("from"),
      to: inside ? "" : read.text("to"),
      priority: read.numberOr("priority", -1),
      type: read.optional("type") ?? "",
      crosses: read.words("crossingEdges"),
      lanes: [],
      line,
    };
    this.#edges.set(id, this.#edge);
  }

  #addLane(read: Attributes, line: number): void {
    const edge = this.#edge!;
    const id = read.text("id");
    const index = read.index("index");
    if (this.#lanes.has(id)) throw fault(read.place, `lane ${id} is in the file twice`, "give each lane its own id");
    if (index !== edge.lanes.length)
      throw fault(
        read.place,
        `lane ${id} has index ${index} but is number ${edge.lanes.length} of edge ${edge.id}`,
        "list lanes from 0 in order",
      );
    const lane: NetLane = {
      id,
      edge: edge.id,
      index,
      speedMps: read.number("speed", { min: 0.01, max: 1000 }),
      lengthM: read.number("length", { min: 0, max: 1e6 }),
      widthM: read.numberOr("width", LANE_WIDTH_M, { min: 0.1, max: 100 }),
      shape: points(read),
      permission: permission(read),
      line,
    };
    edge.lanes.push(lane);
    this.#lanes.set(id, lane);
  }

  #addJunction(read: Attributes, line: number): void {
    const id = read.text("id");
    if (this.#junctions.has(id))
      throw fault(read.place, `junction ${id} is in the file twice`, "give each junction its own id");
    this.#junction = {
      id,
      type: read.text("type"),
      x: read.number("x"),
      y: read.number("y"),
      incLanes: read.words("incLanes"),
      intLanes: read.words("intLanes"),
      shape: points(read),
      requests: [],
      line,
    };
    this.#junctions.set(id, this.#junction);
  }

  #addRequest(read: Attributes): void {
    const junction = this.#junction!;
    const index = read.index("index");
    if (index !== junction.requests.length)
      throw fault(
        read.place,
        `request ${index} of junction ${junction.id} is number ${junction.requests.length}`,
        "list requests from 0 in order",
      );
    const request: NetRequest = {
      response: bits(read, "response"),
      foes: bits(read, "foes"),
      cont: read.flag("cont", false),
    };
    junction.requests.push(request);
  }

  #addConnection(read: Attributes, line: number): void {
    const signal = read.optional("tl") || undefined;
    this.#connections.push({
      from: read.text("from"),
      to: read.text("to"),
      fromLane: read.index("fromLane"),
      toLane: read.index("toLane"),
      via: read.optional("via") || undefined,
      dir: direction(read),
      state: read.optional("state") ?? "",
      signal,
      linkIndex: signal === undefined ? -1 : read.index("linkIndex"),
      linkIndex2: read.numberOr("linkIndex2", -1),
      pass: read.flag("pass", false),
      keepClear: read.flag("keepClear", true),
      line,
    });
  }

  #addProgram(read: Attributes, line: number): void {
    const signal = read.text("id");
    const programs = this.#signals.get(signal) ?? [];
    this.#program = {
      signal,
      program: read.text("programID"),
      type: read.optional("type") ?? "static",
      offsetS: read.optional("offset") === "begin" ? 0 : read.numberOr("offset", 0),
      phases: [],
      line,
    };
    if (programs.some(({ program }) => program === this.#program!.program))
      throw fault(
        read.place,
        `program ${this.#program.program} of signal ${signal} is in the file twice`,
        "give each its own programID",
      );
    programs.push(this.#program);
    this.#signals.set(signal, programs);
  }
}

function phase(read: Attributes): NetPhase {
  const state = read.text("state");
  if (!STATES.test(state)) throw read.wrong("state", "letters of rygGuosO, one for each link");
  const bound = (name: string): number | undefined =>
    read.optional(name) === undefined ? undefined : read.number(name, { min: 0 });
  const next = read.words("next").map(Number);
  if (next.some((index) => !Number.isInteger(index))) throw read.wrong("next", "phase indexes between blanks");
  const parsed: Mutable<NetPhase> = {
    durationS: read.number("duration", { min: 0, max: 1e6 }),
    minDurS: bound("minDur"),
    maxDurS: bound("maxDur"),
    state,
    next: next.filter((index) => index >= 0),
    name: read.optional("name") ?? "",
  };
  return parsed;
}

function direction(read: Attributes): NetConnection["dir"] {
  const dir = read.optional("dir") ?? "s";
  if (dir === "invalid" || /^[stTlrLR]$/.test(dir)) return dir as NetConnection["dir"];
  throw read.wrong("dir", "one of s, t, T, l, r, L, R");
}

/** `0100` as SUMO writes it: link 0 is the last letter. */
function bits(read: Attributes, name: string): Uint8Array {
  const text = read.optional(name) ?? "";
  if (!/^[01]*$/.test(text)) throw read.wrong(name, "a row of 0 and 1");
  return Uint8Array.from(text, Number).reverse();
}

function points(read: Attributes): readonly Point[] {
  return read.words("shape").map((word) => {
    const [x, y, z = 0] = word.split(",").map(Number);
    if (Number.isFinite(x) && Number.isFinite(y) && Number.isFinite(z)) return { x: x!, y: y!, z };
    throw read.wrong("shape", "points x,y or x,y,z between blanks");
  });
}

function permission(read: Attributes): Permission {
  const allow = read.words("allow");
  const disallow = read.words("disallow");
  if (allow.length > 0 && !allow.includes("all")) return { kind: "only", classes: new Set(allow) };
  if (disallow.includes("all")) return { kind: "only", classes: new Set() };
  if (disallow.length > 0) return { kind: "except", classes: new Set(disallow) };
  return { kind: "all" };
}
