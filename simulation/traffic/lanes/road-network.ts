/**
 * A network of lanes as indexes and typed arrays, whatever it was read from. Lane 0 of an edge is at the kerb, on either
 * side of driving. Paths through a junction are lanes too ("box lanes"), one or two to a link: two where a vehicle may
 * wait in the middle for a gap.
 */
export interface LaneInput {
  readonly id: string;
  readonly lengthM: number;
  readonly speedMps: number;
  readonly widthM: number;
  readonly gradePercent?: number;
  /** Bits of the classes that may use it. */
  readonly classes: number;
}

export interface EdgeInput {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly lanes: readonly LaneInput[];
}

/** Right of way over a link without a lamp, or under a dark one. */
export type Right = "major" | "minor" | "equal" | "stop" | "all-way-stop";

export interface LinkInput {
  readonly from: { readonly edge: string; readonly lane: number };
  readonly to: { readonly edge: string; readonly lane: number };
  readonly junction: string;
  readonly right: Right;
  readonly signal?: { readonly id: string; readonly index: number };
  readonly keepClear: boolean;
  /** Lanes through the box, in driving order; the second begins at the waiting place. */
  readonly box: readonly LaneInput[];
  /** Links of the junction (by index in the input) that have the right of way over this one. */
  readonly yieldsTo: readonly number[];
  /** Has links that cross or meet it. */
  readonly hasFoes: boolean;
}

/** Where the paths of two box lanes meet, seen from `lane`. Distances from the beginning of each lane, m. */
export interface ConflictInput {
  readonly lane: string;
  readonly foe: string;
  readonly fromM: number;
  readonly toM: number;
  readonly foeFromM: number;
  readonly foeToM: number;
  /** Both end in the same lane. */
  readonly merges: boolean;
  /** `lane` gives way to `foe` by the rules. */
  readonly yields: boolean;
}

export interface RoadInput {
  readonly leftHand: boolean;
  readonly edges: readonly EdgeInput[];
  readonly links: readonly LinkInput[];
  readonly conflicts: readonly ConflictInput[];
}

/** What a link shows now. */
export const Aspect = { red: 0, amber: 1, minor: 2, equal: 3, stop: 4, allWayStop: 5, major: 6 } as const;

/** Variable-length lists end to end: list i is `items[start[i]]` to `items[start[i + 1] - 1]`. */
export interface Lists {
  readonly start: Int32Array;
  readonly items: Int32Array;
}

export interface RoadNetwork {
  readonly leftHand: boolean;
  readonly laneId: readonly string[];
  readonly edgeId: readonly string[];
  readonly edgeIndex: ReadonlyMap<string, number>;
  readonly laneIndex: ReadonlyMap<string, number>;
  readonly junctionId: readonly string[];
  /** All have the same right there: right before left, or all must stop. */
  readonly junctionAmongEquals: Uint8Array;
  /** Edges: first lane (lanes of an edge are consecutive) and number of lanes. Box lanes have no edge. */
  readonly edgeFirst: Int32Array;
  readonly edgeLanes: Int32Array;
  readonly edgeEnd: readonly string[];
  readonly edgeStart: readonly string[];
  readonly laneLength: Float64Array;
  readonly laneSpeed: Float64Array;
  readonly laneWidth: Float64Array;
  /** Acceleration lost to the climb, m/s². */
  readonly laneClimb: Float64Array;
  readonly laneClasses: Int32Array;
  /** -1 for box lanes. */
  readonly laneEdge: Int32Array;
  /** Junction of a box lane; -1 otherwise. */
  readonly laneJunction: Int32Array;
  /** Links that leave a lane, and links that lead into it. */
  readonly linksFrom: Lists;
  readonly linksInto: Lists;
  readonly linkFrom: Int32Array;
  /** The lane a vehicle drives onto over the link, and the lane of an edge it ends on. */
  readonly linkNext: Int32Array;
  readonly linkTo: Int32Array;
  readonly linkJunction: Int32Array;
  /** The link is the way into a box; otherwise it leaves one or its waiting place. */
  readonly linkEnters: Uint8Array;
  /** The link leads to a waiting place in the box. */
  readonly linkWaits: Uint8Array;
  readonly linkKeepClear: Uint8Array;
  readonly linkRight: Uint8Array;
  /** Way to the end of the box, m. */
  readonly linkLength: Float64Array;
  /** Signal and place in it; -1 without. */
  readonly linkSignal: Int32Array;
  readonly linkSignalIndex: Int32Array;
  readonly signalId: readonly string[];
  readonly yieldsTo: Lists;
  /** Somebody gives way to this link. */
  readonly linkIsFoe: Uint8Array;
  /** By lane. */
  readonly conflicts: Conflicts;
  /** Index of a link of the input. */
  readonly inputLink: Int32Array;
}

export interface Conflicts {
  readonly start: Int32Array;
  readonly foe: Int32Array;
  readonly fromM: Float64Array;
  readonly toM: Float64Array;
  readonly foeFromM: Float64Array;
  readonly foeToM: Float64Array;
  readonly merges: Uint8Array;
  /** 1: `lane` gives way, 2: the foe does, 0: the rules make no difference. */
  readonly yields: Uint8Array;
}
