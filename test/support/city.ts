/**
 * A small city for tests, built straight on the model: three junctions west to east on one corridor.
 * `a`: four arms, stages (main through+left, main right, side); `b`: four arms, dual ring, eight phases; `c`: three arms,
 * two stages, permitted right turn. Traffic keeps left. Pedestrian crossings over the main road at `a` and `b`.
 */
import { createHash } from "node:crypto";
import { type ConflictFact, deriveJunction, type JunctionFacts } from "../../config/derive.ts";
import type {
  Approach,
  Cabinet,
  Camera,
  City,
  Detector,
  Junction,
  Link,
  Movement,
  Node,
  PlanSet,
  SignalGroup,
  Turn,
} from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { kmh, millis, seconds } from "../../config/units.ts";

const opposite: Readonly<Record<string, string>> = { west: "east", east: "west", north: "south", south: "north" };
/** Exit arm for each turn when driving in from an arm, heading away from it. */
const exitArm: Readonly<Record<string, Readonly<Record<"left" | "through" | "right", string>>>> = {
  west: { left: "north", through: "east", right: "south" },
  east: { left: "south", through: "west", right: "north" },
  north: { left: "east", through: "south", right: "west" },
  south: { left: "west", through: "north", right: "east" },
};

const spacing: readonly number[] = [0, 450, 1050];
const names = ["a", "b", "c"] as const;

const armsOf = (name: string): readonly string[] =>
  name === "c" ? ["west", "east", "north"] : ["west", "east", "north", "south"];

function neighbour(name: string, arm: string): string {
  const i = names.indexOf(name as "a");
  if (arm === "west" && i > 0) return names[i - 1]!;
  if (arm === "east" && i < names.length - 1) return names[i + 1]!;
  return `${name}-${arm}`;
}

const linkId = (from: string, to: string): string => `${from}>${to}`;

const vehicleGroup = (id: string): SignalGroup => ({
  id,
  kind: "vehicle",
  minGreen: seconds(7),
  maxGreen: seconds(60),
  amber: seconds(3),
  clearance: millis(0),
});
const pedestrianGroup = (id: string): SignalGroup => ({
  id,
  kind: "pedestrian",
  minGreen: seconds(5),
  maxGreen: seconds(60),
  amber: millis(0),
  clearance: seconds(9),
});

function approachAndMovements(name: string, arm: string, group: (turn: Turn) => string, permittedRight: boolean) {
  const arms = armsOf(name);
  const turns = (["left", "through", "right"] as const).filter((turn) => arms.includes(exitArm[arm]![turn]));
  const movement = (turn: (typeof turns)[number]): Movement => ({
    id: `${arm}-${turn}`,
    approach: arm,
    turn,
    exit: linkId(name, neighbour(name, exitArm[arm]![turn])),
    group: group(turn),
    yieldsTo:
      turn === "right" && permittedRight && arms.includes(opposite[arm]!)
        ? [`${opposite[arm]}-through`, `${opposite[arm]}-left`]
        : [],
  });
  const main = arm === "west" || arm === "east";
  const ids = (wanted: readonly string[]) =>
    turns.filter((turn) => wanted.includes(turn)).map((turn) => `${arm}-${turn}`);
  const lanes = main
    ? [
        { id: `${arm}-1`, widthM: 3.5, movements: ids(["left", "through"]) },
        { id: `${arm}-2`, widthM: 3.5, movements: ids(turns.includes("through") ? ["through"] : ["right"]) },
        ...(turns.includes("right") && turns.includes("through")
          ? [{ id: `${arm}-3`, widthM: 3, movements: ids(["right"]) }]
          : []),
      ]
    : [{ id: `${arm}-1`, widthM: 3.5, movements: ids(["left", "through", "right"]) }];
  const approach: Approach = {
    id: arm,
    link: linkId(neighbour(name, arm), name),
    lanes: lanes.filter((lane) => lane.movements.length > 0),
    leftTurnOnRed: false,
    widthM: lanes.reduce((total, lane) => total + lane.widthM, 0),
    gradePercent: 0,
    main,
  };
  return { approach, movements: turns.map(movement) };
}

/** Every pair of groups that do not share a phase (or compatible phases of two rings) conflicts, 5 s either way. */
function conflictsFor(
  groups: readonly SignalGroup[],
  together: readonly (readonly string[])[],
): readonly ConflictFact[] {
  const facts: ConflictFact[] = [];
  for (const [i, a] of groups.entries()) {
    for (const b of groups.slice(i + 1)) {
      if (!together.some((set) => set.includes(a.id) && set.includes(b.id))) {
        facts.push({ between: [a.id, b.id], intergreen: [seconds(5), seconds(5)] });
      }
    }
  }
  return facts;
}

function junctionA(): Junction {
  const parts = armsOf("a").map((arm) => {
    const main = arm === "west" || arm === "east";
    return approachAndMovements(
      "a",
      arm,
      (turn) => (main ? (turn === "right" ? "main-right" : "main") : "side"),
      !main,
    );
  });
  const groups = [vehicleGroup("main"), vehicleGroup("main-right"), vehicleGroup("side"), pedestrianGroup("walk")];
  const facts: JunctionFacts = {
    id: "a",
    name: "Simpang A",
    node: "a",
    form: "stages",
    approaches: parts.map((part) => part.approach),
    movements: parts.flatMap((part) => part.movements),
    groups,
    crossings: [
      { id: "cross-west", group: "walk", approach: "west", lengthM: 10, button: true, maxWait: seconds(120) },
    ],
    conflicts: conflictsFor(groups, [["side", "walk"]]),
    phases: [
      { number: 1, name: "A", ring: 1, barrier: 1, groups: ["main"] },
      { number: 2, name: "B", ring: 1, barrier: 1, groups: ["main-right"] },
      { number: 3, name: "C", ring: 1, barrier: 1, groups: ["side", "walk"] },
    ],
    rings: [[1, 2, 3]],
    cycleMin: seconds(50),
    cycleMax: seconds(140),
    maxRed: seconds(150),
    coordinatedPhase: 1,
  };
  return deriveJunction(facts);
}

/** NEMA: 2 and 6 the main throughs, 1 and 5 the right turns against them, 4 and 8 the side throughs, 3 and 7 their rights. */
function junctionB(): Junction {
  const through: Readonly<Record<string, number>> = { west: 2, east: 6, north: 4, south: 8 };
  const right: Readonly<Record<string, number>> = { west: 5, east: 1, north: 7, south: 3 };
  const parts = armsOf("b").map((arm) =>
    approachAndMovements("b", arm, (turn) => `p${turn === "right" ? right[arm] : through[arm]}`, false),
  );
  const groups = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => vehicleGroup(`p${n}`)).concat(pedestrianGroup("walk"));
  const rings = [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ] as const;
  const barrier = (phase: number) => (phase === 1 || phase === 2 || phase === 5 || phase === 6 ? 1 : 2);
  const together = rings[0].flatMap((p) =>
    rings[1].filter((q) => barrier(p) === barrier(q)).map((q) => [`p${p}`, `p${q}`]),
  );
  const facts: JunctionFacts = {
    id: "b",
    name: "Simpang B",
    node: "b",
    form: "rings",
    approaches: parts.map((part) => part.approach),
    movements: parts.flatMap((part) => part.movements),
    groups,
    crossings: [
      { id: "cross-west", group: "walk", approach: "west", lengthM: 10, button: true, maxWait: seconds(120) },
    ],
    conflicts: conflictsFor(groups, [...together, ["p4", "walk"], ["p8", "walk"], ["p3", "walk"], ["p7", "walk"]]),
    phases: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => ({
      number,
      name: `${number}`,
      ring: number <= 4 ? 1 : 2,
      barrier: barrier(number),
      groups: number === 4 ? ["p4", "walk"] : [`p${number}`],
    })),
    rings,
    cycleMin: seconds(60),
    cycleMax: seconds(140),
    maxRed: seconds(150),
    coordinatedPhase: 2,
  };
  return deriveJunction(facts);
}

function junctionC(): Junction {
  const parts = armsOf("c").map((arm) =>
    approachAndMovements("c", arm, () => (arm === "north" ? "side" : "main"), arm !== "north"),
  );
  const groups = [vehicleGroup("main"), vehicleGroup("side")];
  return deriveJunction({
    id: "c",
    name: "Simpang C",
    node: "c",
    form: "stages",
    approaches: parts.map((part) => part.approach),
    movements: parts.flatMap((part) => part.movements),
    groups,
    crossings: [],
    conflicts: conflictsFor(groups, []),
    phases: [
      { number: 1, name: "A", ring: 1, barrier: 1, groups: ["main"] },
      { number: 2, name: "B", ring: 1, barrier: 1, groups: ["side"] },
    ],
    rings: [[1, 2]],
    cycleMin: seconds(40),
    cycleMax: seconds(140),
    maxRed: seconds(150),
    coordinatedPhase: 1,
  });
}

const split = (phase: number, s: number) => ({ phase, split: seconds(s) });

export const plans: readonly TimingPlan[] = [
  {
    id: "day/a",
    junction: "a",
    cycle: seconds(90),
    offset: seconds(0),
    splits: [split(1, 45), split(2, 17), split(3, 28)],
    sequence: [[1, 2, 3]],
  },
  {
    id: "day/b",
    junction: "b",
    cycle: seconds(90),
    offset: seconds(32),
    splits: [
      split(1, 15),
      split(2, 35),
      split(3, 15),
      split(4, 25),
      split(5, 15),
      split(6, 35),
      split(7, 15),
      split(8, 25),
    ],
    sequence: [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
  },
  {
    id: "day/c",
    junction: "c",
    cycle: seconds(90),
    offset: seconds(75),
    splits: [split(1, 62), split(2, 28)],
    sequence: [[1, 2]],
  },
];

export function testCity(): City {
  const junctions = new Map([junctionA(), junctionB(), junctionC()].map((junction) => [junction.id, junction]));
  const nodes = new Map<string, Node>();
  const links = new Map<string, Link>();
  const x = (name: string) => spacing[names.indexOf(name as "a")]!;
  for (const name of names) {
    nodes.set(name, { id: name, kind: "junction", xM: x(name), yM: 0 });
    for (const arm of armsOf(name)) {
      const other = neighbour(name, arm);
      const main = arm === "west" || arm === "east";
      const between = names.includes(other as "a");
      const lengthM = between ? Math.abs(x(other) - x(name)) : main ? 400 : 250;
      if (!between) {
        const dx = arm === "west" ? -lengthM : arm === "east" ? lengthM : 0;
        const dy = arm === "north" ? lengthM : arm === "south" ? -lengthM : 0;
        nodes.set(other, { id: other, kind: "edge", xM: x(name) + dx, yM: dy });
      }
      for (const [from, to] of [
        [other, name],
        [name, other],
      ] as const) {
        links.set(linkId(from, to), {
          id: linkId(from, to),
          from,
          to,
          lengthM,
          speedMps: kmh(main ? 50 : 40),
          widthM: main ? 7 : 3.5,
          lanes: main ? 2 : 1,
          gradePercent: 0,
        });
      }
    }
  }
  const cameras = new Map<string, Camera>();
  const detectors = new Map<string, Detector>();
  for (const junction of junctions.values()) {
    for (const approach of junction.approaches) {
      const camera = `cam-${junction.id}-${approach.id}`;
      const period = seconds(5);
      cameras.set(camera, {
        id: camera,
        site: `site-${junction.id}`,
        make: "test",
        kind: "fixed",
        origin: "synthetic",
        feed: { transport: "webhook", format: "atcs-count", topic: undefined, period },
      });
      for (const lane of approach.lanes) {
        const id = `${camera}/${lane.id}`;
        detectors.set(id, {
          id,
          camera,
          junction: junction.id,
          approach: approach.id,
          lanes: [lane.id],
          kind: "stop-line",
          distanceM: 2,
          zoneM: 60,
          classes: ["car", "hv", "mc"],
          period,
        });
      }
    }
  }
  const cabinets = new Map<string, Cabinet>();
  for (const junction of junctions.values()) {
    const id = `cab-${junction.id}`;
    cabinets.set(id, {
      id,
      junction: junction.id,
      protocol: junction.id === "b" ? "ntcip" : "modbus",
      url: undefined,
      communityEnv: undefined,
      map: undefined,
      unitId: 1,
      backupTime: seconds(60),
      poll: seconds(1),
      maxPhases: junction.id === "b" ? 16 : 8,
      detectors: junction.streams.map((stream, i) => ({
        channel: i + 1,
        approach: stream.approach,
        lanes: stream.lanes,
        phase: stream.phases[0]!,
      })),
    });
  }
  const day: PlanSet = { id: "day", slot: 1, plans: new Map(plans.map((plan) => [plan.junction, plan])) };
  const edges = [...nodes.values()].filter((node) => node.kind === "edge").map((node) => node.id);
  return {
    id: "test",
    name: "Test",
    utcOffset: seconds(8 * 3600),
    drivesOn: "left",
    citySizeFactor: 0.94,
    nodes,
    links,
    junctions,
    corridors: new Map([
      [
        "main",
        {
          id: "main",
          name: "Main",
          junctions: ["a", "b", "c"],
          forward: ["a>b", "b>c"],
          backward: ["b>a", "c>b"],
          progressionMps: kmh(45),
        },
      ],
    ]),
    cameras,
    detectors,
    cabinets,
    schedule: {
      planSets: new Map([["day", day]]),
      entries: [{ days: [0, 1, 2, 3, 4, 5, 6], from: seconds(0), to: seconds(86_400), planSet: "day" }],
      events: [],
    },
    control: {
      strategy: "cycle-adaptive",
      writeEnabled: false,
      maxReadingAge: seconds(60),
      cycleStep: seconds(8),
      offsetStep: seconds(8),
      splitStep: seconds(6),
      transitionCycles: 3,
      targetSaturation: 0.85,
      pcu: { car: 1, hv: 1.3, mc: 0.2, um: 0 },
      manual: "mkji-1997",
    },
    demand: {
      origin: "synthetic",
      classShares: { car: 0.4, hv: 0.03, mc: 0.56, bus: 0.01 },
      truckBan: [],
      profiles: new Map([["flat", [{ at: seconds(0), factor: 1 }]]]),
      flows: edges.map((from) => {
        const main = from === "a-west" || from === "c-east";
        const others = edges.filter((to) => to !== from);
        const through = from === "a-west" ? "c-east" : "a-west";
        return {
          id: `from-${from}`,
          from,
          vehPerHour: main ? 1400 : 350,
          profile: "flat",
          to: others.map((node) => ({ node, share: node === through ? 0.6 : 0.4 / (others.length - 1) })),
        };
      }),
      dayVariation: 0.1,
      quarterVariation: 0.1,
      pedestrians: [
        { junction: "a", crossing: "cross-west", perHour: 60, profile: "flat" },
        { junction: "b", crossing: "cross-west", perHour: 60, profile: "flat" },
      ],
    },
    hash: createHash("sha256").update("test").digest("hex"),
  };
}
