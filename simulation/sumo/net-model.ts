import type { ImportNote } from "./input-fault.ts";

/** A SUMO road network as its file says it: parsed and cross-referenced, nothing interpreted. */
export interface SumoNet {
  readonly file: string;
  readonly leftHand: boolean;
  /** In the order of the file. */
  readonly edges: ReadonlyMap<string, NetEdge>;
  readonly lanes: ReadonlyMap<string, NetLane>;
  readonly junctions: ReadonlyMap<string, NetJunction>;
  readonly connections: readonly NetConnection[];
  /** Programs of each signal, in the order of the file; SUMO runs the last one loaded, which is the last here. */
  readonly signals: ReadonlyMap<string, readonly NetProgram[]>;
  readonly roundabouts: readonly { readonly nodes: readonly string[]; readonly edges: readonly string[] }[];
  /** What the file holds that this form does not. */
  readonly notes: readonly ImportNote[];
}

export type EdgeFunction = "normal" | "connector" | "internal" | "crossing" | "walkingarea";

export interface NetEdge {
  readonly id: string;
  readonly function: EdgeFunction;
  /** Junction ids; empty for internal edges, crossings and walking areas. */
  readonly from: string;
  readonly to: string;
  readonly priority: number;
  readonly type: string;
  /** Of a crossing: the edges it crosses. */
  readonly crosses: readonly string[];
  /** By index, the kerb side first: the rightmost, in left-hand networks the leftmost. */
  readonly lanes: readonly NetLane[];
  readonly line: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface NetLane {
  readonly id: string;
  readonly edge: string;
  /** 0 at the kerb. */
  readonly index: number;
  readonly speedMps: number;
  readonly lengthM: number;
  readonly widthM: number;
  /** In driving order. */
  readonly shape: readonly Point[];
  readonly permission: Permission;
  readonly line: number;
}

/** Which of SUMO's vehicle classes may use a lane: those listed, all but those listed, or all. */
export type Permission =
  | { readonly kind: "all" }
  | { readonly kind: "only"; readonly classes: ReadonlySet<string> }
  | { readonly kind: "except"; readonly classes: ReadonlySet<string> };

export const permits = (permission: Permission, vClass: string): boolean =>
  permission.kind === "all" || permission.classes.has(vClass) === (permission.kind === "only");

export interface NetJunction {
  readonly id: string;
  /** priority, traffic_light, right_before_left, unregulated, dead_end, internal, … as in the file. */
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly incLanes: readonly string[];
  /** In the order of `requests`; where a link waits inside the junction, the lane after its waiting point. */
  readonly intLanes: readonly string[];
  readonly shape: readonly Point[];
  /** By link index of the junction. */
  readonly requests: readonly NetRequest[];
  readonly line: number;
}

export interface NetRequest {
  /** `response[j]` is 1 when this link gives way to link j. */
  readonly response: Uint8Array;
  /** `foes[j]` is 1 when this link's path meets link j's. */
  readonly foes: Uint8Array;
  /** May wait inside the junction. */
  readonly cont: boolean;
}

export interface NetConnection {
  /** Edge ids; of a second part inside a junction both may be internal. */
  readonly from: string;
  readonly to: string;
  readonly fromLane: number;
  readonly toLane: number;
  /** Internal lane it runs over; undefined in networks without internal links. */
  readonly via: string | undefined;
  /** Straight, U-turn (`T` in left-hand networks), left, right, partly left, partly right. */
  readonly dir: "s" | "t" | "T" | "l" | "r" | "L" | "R" | "invalid";
  /** `M` major, `m` minor, `=` equal, `s` stop, `w` all-way stop, `o` and `O` signal (uncontrolled, controlled), `-` dead end, … as in the file. */
  readonly state: string;
  readonly signal: string | undefined;
  /** Position in the signal's state strings; -1 without a signal. */
  readonly linkIndex: number;
  /** Of a crossing with a signal of its own for the other direction; -1 otherwise. */
  readonly linkIndex2: number;
  /** Never gives way, whatever the junction says. */
  readonly pass: boolean;
  readonly keepClear: boolean;
  readonly line: number;
}

export interface NetProgram {
  readonly signal: string;
  readonly program: string;
  /** static, actuated, delay_based, NEMA, off, … as in the file. */
  readonly type: string;
  readonly offsetS: number;
  readonly phases: readonly NetPhase[];
  readonly line: number;
}

export interface NetPhase {
  readonly durationS: number;
  readonly minDurS: number | undefined;
  readonly maxDurS: number | undefined;
  /** One letter of `rygGuosO` for each link. */
  readonly state: string;
  /** Phase indexes that may follow; empty: the next one. */
  readonly next: readonly number[];
  readonly name: string;
}

/**
 * The connections of a junction in the order of its requests: by incoming lane, then as the file lists them. Second
 * parts inside the junction have no request of their own.
 */
export function requestLinks(net: SumoNet, junction: NetJunction): readonly NetConnection[] {
  const byLane = connectionsByLane(net);
  return junction.incLanes.flatMap((lane) =>
    (byLane.get(lane) ?? []).filter(({ from, to }) => {
      const target = net.edges.get(to)!.function;
      // People step from a walking area onto a crossing by request, and off it without.
      return target === "crossing" || (target !== "walkingarea" && net.edges.get(from)!.function !== "walkingarea");
    }),
  );
}

const byLaneOf = new WeakMap<SumoNet, ReadonlyMap<string, readonly NetConnection[]>>();

/** Connections that leave each lane, by lane id, in the order of the file. */
export function connectionsByLane(net: SumoNet): ReadonlyMap<string, readonly NetConnection[]> {
  const known = byLaneOf.get(net);
  if (known) return known;
  const byLane = new Map<string, NetConnection[]>();
  for (const connection of net.connections) {
    const lane = net.edges.get(connection.from)!.lanes[connection.fromLane]!.id;
    const list = byLane.get(lane);
    if (list) list.push(connection);
    else byLane.set(lane, [connection]);
  }
  byLaneOf.set(net, byLane);
  return byLane;
}
