import type { Demand } from "./demand.ts";
import type { TimingPlan } from "./plan.ts";
import type { Instant, Millis } from "./units.ts";

/**
 * The city as the engine and the simulator see it: parsed, checked, cross-referenced, never changed in a run.
 * `config/schema` holds the form of the files; `config/load.ts` builds this from them.
 */
export interface City {
  readonly id: string;
  readonly name: string;
  /** Local time is UTC plus this, no daylight saving (WITA: 8 h). */
  readonly utcOffset: Millis;
  readonly drivesOn: "left" | "right";
  /** City-size factor of the capacity manual (FCS / FUK). */
  readonly citySizeFactor: number;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly links: ReadonlyMap<string, Link>;
  readonly junctions: ReadonlyMap<string, Junction>;
  readonly corridors: ReadonlyMap<string, Corridor>;
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly detectors: ReadonlyMap<string, Detector>;
  readonly cabinets: ReadonlyMap<string, Cabinet>;
  readonly schedule: Schedule;
  readonly control: Control;
  /** What the simulator loads onto the street; absent in a set made for the street alone. */
  readonly demand: Demand | undefined;
  /** SHA-256 over the parsed files: which configuration a decision was made with. */
  readonly hash: string;
}

export interface Node {
  readonly id: string;
  readonly kind: "junction" | "edge";
  readonly xM: number;
  readonly yM: number;
}

/** One direction of a road, from node to node. Its downstream end at a junction is an approach. */
export interface Link {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly lengthM: number;
  readonly speedMps: number;
  /** Kerb to median; lanes are equal parts unless the approach says otherwise. */
  readonly widthM: number;
  readonly lanes: number;
  /** Positive uphill in the direction of travel. */
  readonly gradePercent: number;
}

export type Turn = "left" | "through" | "right" | "u-turn";

export interface Junction {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly form: "stages" | "rings";
  readonly approaches: readonly Approach[];
  readonly movements: readonly Movement[];
  readonly groups: readonly SignalGroup[];
  readonly crossings: readonly Crossing[];
  readonly phases: readonly Phase[];
  /** Phase numbers of each ring in default order; a stage-based junction has one ring. */
  readonly rings: readonly (readonly number[])[];
  /** Second by second too, stages follow each other in the order of the ring; one at a time may be passed over. */
  readonly fixedOrder?: true;
  /** `conflicts[a * groups.length + b]` by index in `groups`: 1 when the two may never be green together. Symmetric. */
  readonly conflicts: Uint8Array;
  /** Same indexing: end of green of a to start of green of b, ms; 0 where there is no conflict. */
  readonly intergreen: Int32Array;
  readonly cycleMin: Millis;
  readonly cycleMax: Millis;
  /** No served demand waits longer at red. */
  readonly maxRed: Millis;
  /** Start of green of this phase is the offset's reference. */
  readonly coordinatedPhase: number;
  readonly streams: readonly Stream[];
}

export interface Approach {
  readonly id: string;
  /** The link whose downstream end this is. */
  readonly link: string;
  /** Kerb side first. */
  readonly lanes: readonly Lane[];
  /** Left turn on red: only where a sign permits it (UU 22/2009 art. 112(3)). */
  readonly leftTurnOnRed: boolean;
  readonly widthM: number;
  readonly gradePercent: number;
  /** True for the approaches a corridor runs through; the others are side streets. */
  readonly main: boolean;
}

export interface Lane {
  readonly id: string;
  readonly widthM: number;
  readonly movements: readonly string[];
  /** A turning bay of this length, m; absent: the lane runs along the whole link. */
  readonly bayM?: number;
}

export interface Movement {
  readonly id: string;
  readonly approach: string;
  readonly turn: Turn;
  /** The link it leaves by. */
  readonly exit: string;
  readonly group: string;
  /** Movements it gives way to while both are green (a permitted right turn against oncoming traffic). */
  readonly yieldsTo: readonly string[];
}

export interface SignalGroup {
  readonly id: string;
  readonly kind: "vehicle" | "pedestrian";
  /** Vehicle: minimum green. Pedestrian: walk. */
  readonly minGreen: Millis;
  readonly maxGreen: Millis;
  /** Vehicle: amber. Pedestrian: 0 (the clearance below takes its place). */
  readonly amber: Millis;
  /** Red and amber together before the green; absent: none. */
  readonly redAmber?: Millis;
  /** Pedestrian clearance (flashing green or flashing red man); 0 for vehicles. */
  readonly clearance: Millis;
}

export interface Crossing {
  readonly id: string;
  readonly group: string;
  /** The approach whose carriageway it crosses. */
  readonly approach: string;
  readonly lengthM: number;
  readonly button: boolean;
  readonly maxWait: Millis;
}

/** A stage, or a NEMA phase. */
export interface Phase {
  readonly number: number;
  readonly name: string;
  readonly ring: number;
  /** Phases of different rings run together only inside one barrier. */
  readonly barrier: number;
  readonly groups: readonly string[];
  /** Longest amber of its vehicle groups. */
  readonly amber: Millis;
  /** What the following phases need: longest intergreen minus amber, over every phase that may follow. */
  readonly allRed: Millis;
  /** Longest red-amber of its vehicle groups, with which its green begins; absent: none. */
  readonly redAmber?: Millis;
  /** The least its green may be: minimum greens after red-amber, walk + pedestrian clearance of its groups. */
  readonly minGreen: Millis;
  readonly maxGreen: Millis;
}

/** Lanes of one approach that one signal group serves: the unit of demand, queue and saturation. */
export interface Stream {
  /** `junction/approach/group`. */
  readonly id: string;
  readonly junction: string;
  readonly approach: string;
  readonly group: string;
  readonly movements: readonly string[];
  readonly lanes: readonly string[];
  /** Phases in which it is green. */
  readonly phases: readonly number[];
  readonly widthM: number;
  readonly main: boolean;
}

export interface Corridor {
  readonly id: string;
  readonly name: string;
  /** Junction ids in driving order of `forward`. */
  readonly junctions: readonly string[];
  /** Link from junction i to i + 1. */
  readonly forward: readonly string[];
  /** Link from junction i + 1 to i. */
  readonly backward: readonly string[];
  readonly progressionMps: number;
  /** What it is run for; absent: balanced at all times. */
  readonly objectives?: Objectives;
}

/**
 * balanced: least waiting, side streets and people on foot no worse than scheduled; smooth-flow: few stops on the
 * coordinated movements; access-equity: nobody waits much longer than others; throughput: the most served;
 * queue-limits: no queue reaches the junction behind.
 */
export type ObjectiveName = "balanced" | "smooth-flow" | "access-equity" | "throughput" | "queue-limits";

export interface Objectives {
  /** Where no entry holds. */
  readonly usual: ObjectiveName;
  readonly entries: readonly WeeklyObjective[];
}

export interface WeeklyObjective extends WeeklyHours {
  readonly objective: ObjectiveName;
}

/** Hours of some days of the week. */
export interface WeeklyHours {
  /** 0 Sunday … 6 Saturday, local. */
  readonly days: readonly number[];
  /** Since local midnight; half-open, may not cross midnight. */
  readonly from: Millis;
  readonly to: Millis;
}

export interface Camera {
  readonly id: string;
  readonly site: string;
  readonly make: string;
  readonly kind: "ptz" | "anpr" | "parking" | "fixed";
  /** How its counts arrive; undefined when it only watches. */
  readonly feed: CameraFeed | undefined;
  /** What it shows of objects second by second; absent when it only counts. */
  readonly scene?: SceneFeed;
  readonly origin: "sourced" | "synthetic";
}

/** `atcs-scene`: objects and where they stand around one junction. */
export interface SceneFeed {
  readonly transport: "webhook" | "mqtt";
  /** MQTT topic prefix. */
  readonly topic: string | undefined;
  /** Between two pictures. */
  readonly period: Millis;
  readonly junction: string;
  /** By `Approach.id`, seen this far upstream of the stop line. */
  readonly approaches: readonly string[];
  readonly rangeM: number;
  /** Leaving carriageways by `Link.id`, seen this far from the box. */
  readonly exits: readonly string[];
  readonly exitRangeM: number;
  readonly box: boolean;
}

export interface CameraFeed {
  readonly transport: "webhook" | "mqtt";
  readonly format: "atcs-count" | "onvif-counter";
  /** MQTT topic prefix. */
  readonly topic: string | undefined;
  /** Of period formats; running totals are reported each such period. */
  readonly period: Millis;
}

export type VehicleClass = "car" | "hv" | "mc" | "um" | "unknown";

/** One counting line or presence zone of a camera. */
export interface Detector {
  readonly id: string;
  readonly camera: string;
  readonly junction: string;
  /** For `exit` the arm on whose leaving carriageway the line lies. */
  readonly approach: string;
  /** Of the approach; empty for `exit`, which covers the whole leaving carriageway. */
  readonly lanes: readonly string[];
  readonly kind: "stop-line" | "advance" | "exit";
  /** Of the line, upstream of the stop line (downstream of the node for `exit`), m. */
  readonly distanceM: number;
  /** Length of the presence zone upstream of the line, m; 0: counts only. */
  readonly zoneM: number;
  readonly classes: readonly VehicleClass[];
  readonly period: Millis;
}

export interface Cabinet {
  readonly id: string;
  readonly junction: string;
  readonly protocol: "ntcip" | "modbus";
  /** `udp://host:port` or `tcp://host:port`; undefined: the run serves a virtual one on a free loopback port. */
  readonly url: string | undefined;
  /** SNMP community comes from this environment variable (default "public" for virtual ones). */
  readonly communityEnv: string | undefined;
  /** How its make of NTCIP unit is spoken to; undefined: as most are. */
  readonly snmp?: CabinetSnmp;
  /** Modbus register map file, path inside the set; undefined: profile A. */
  readonly map: string | undefined;
  /** Modbus unit; undefined: the register map's. */
  readonly unitId: number | undefined;
  /** Silence of the engine for this long returns the cabinet to local control. */
  readonly backupTime: Millis;
  /** Between status polls. */
  readonly poll: Millis;
  readonly maxPhases: number;
  readonly detectors: readonly CabinetDetector[];
}

export interface CabinetSnmp {
  readonly version: "v1" | "v2c" | "v3";
  readonly user: string | undefined;
  readonly auth: "sha" | "sha224" | "sha256" | "sha384" | "sha512";
  /** Names of environment variables. */
  readonly authEnv: string | undefined;
  readonly privEnv: string | undefined;
  readonly maxMessage: number | undefined;
  readonly varbinds: number | undefined;
  readonly transactionIds: boolean;
  readonly keepsOwnTime: boolean;
}

export interface CabinetDetector {
  readonly channel: number;
  readonly approach: string;
  readonly lanes: readonly string[];
  readonly phase: number;
}

/** Scheduled plans, the baseline and the fallback. */
export interface Schedule {
  readonly planSets: ReadonlyMap<string, PlanSet>;
  /** First match wins within a day type. */
  readonly entries: readonly ScheduleEntry[];
  readonly events: readonly CalendarEvent[];
}

export interface PlanSet {
  readonly id: string;
  /** 1-based slot in every cabinet that holds it as a local pattern. */
  readonly slot: number;
  /** Runs as written: no strategy changes it while it is in force. */
  readonly special?: boolean;
  readonly plans: ReadonlyMap<string, TimingPlan>;
}

export interface ScheduleEntry extends WeeklyHours {
  readonly planSet: string;
}

export interface CalendarEvent {
  readonly name: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly planSet: string;
}

export interface Control {
  readonly strategy: string;
  /** Engine may write to cabinets that have a `url`; virtual cabinets need no switch. */
  readonly writeEnabled: boolean;
  /** Readings older than this decide nothing. */
  readonly maxReadingAge: Millis;
  /** Largest change of the cycle in one plan change, and of the offset in one plan change. */
  readonly cycleStep: Millis;
  readonly offsetStep: Millis;
  /** Largest change of one split in one plan change. */
  readonly splitStep: Millis;
  /** A transition ends within this many cycles. */
  readonly transitionCycles: number;
  readonly targetSaturation: number;
  readonly pcu: { readonly car: number; readonly hv: number; readonly mc: number; readonly um: number };
  /** `nq1` etc. follow MKJI 1997 or PKJI 2023. */
  readonly manual: "mkji-1997" | "pkji-2023";
}
