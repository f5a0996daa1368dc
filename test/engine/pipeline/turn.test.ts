import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import { type Instant, after as later, seconds } from "../../../config/units.ts";
import type { ReachableStatus } from "../../../engine/core/cabinet.ts";
import { concerns, type Input, inOrder } from "../../../engine/pipeline/inputs.ts";
import type { CorridorState } from "../../../engine/pipeline/state.ts";
import { startCorridor, turn } from "../../../engine/pipeline/turn.ts";
import type { Random } from "../../../engine/ports/random.ts";
import { testCity } from "../../support/city.ts";
import { planFor, readingsAt, START, wanting } from "./rig.ts";

const city = testCity();
const corridor = city.corridors.get("main")!;
const strategy = wanting((known) => known.corridor.junctions.map((id) => planFor(id, known.scheduled.get(id)!)), 5);
const setting = { city, corridor, strategy, dispatch: true };

const statusOf = (junction: string, at: Instant): ReachableStatus => ({
  kind: "reachable",
  junction,
  at,
  mode: "local",
  capabilities: {
    planDownload: true,
    secondBySecond: true,
    maxPhases: 16,
    cycleMin: seconds(40),
    cycleMax: seconds(140),
    resolution: seconds(1),
  },
  pattern: 1,
  inTransition: false,
  phases: { 1: at % 2000 === 0 ? "green" : "red" },
  cyclePosition: undefined,
  elapsed: undefined,
  clockError: undefined,
  faults: [],
});

function inputsAt(now: Instant): readonly Input[] {
  return [
    ...corridor.junctions.map((id): Input => ({ kind: "status", status: statusOf(id, now) })),
    ...readingsAt(city, now).map((reading): Input => ({ kind: "reading", reading })),
  ];
}

/** Any order of subjects; several of one subject keep theirs, as a connection does. */
const shuffled = (inputs: readonly Input[], random: Random): readonly Input[] =>
  inputs
    .map((input) => ({ input, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ input }) => input);

/** Everything in it, Maps and Sets too, as text. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Map || inner instanceof Set ? [...inner] : inner instanceof Uint8Array ? [...inner] : inner,
  );

function play(order: (inputs: readonly Input[], now: Instant) => readonly Input[], ticks: number) {
  let state: CorridorState = startCorridor(setting, START);
  const told: string[] = [];
  for (let i = 1; i <= ticks; i++) {
    const now = later(START, seconds(i));
    const result = turn(setting, state, order(inputsAt(now), now), now);
    told.push(text(result.events), text(result.proposals));
    state = result.state;
  }
  return { told, state: text(state) };
}

describe("turn", () => {
  const plain = play((inputs) => inputs, 60);

  it("decides something in this play", () => {
    expect(plain.told.join()).toContain('"kind":"plan"');
  });

  it.each([1, 2, 3, 4, 5])("SEED=%i gives the same whatever the network's order", (seed) => {
    const random = seededRandom(seed);
    expect(play((inputs) => shuffled(inputs, random), 60)).toEqual(plain);
  });

  it("changes nothing that it was given", () => {
    const now = later(START, seconds(5));
    const before = startCorridor(setting, START);
    const inputs = Object.freeze(inputsAt(now).map((input) => deepFrozen(input)));
    const was = text(before);
    const first = turn(setting, before, inputs, now);
    const second = turn(setting, before, inputs, now);
    expect(text(before)).toBe(was);
    expect(text(second)).toBe(text(first));
  });

  it("numbers commands on, and names the run in them", () => {
    const now = later(START, seconds(5));
    const { proposals, state } = turn(setting, startCorridor(setting, START), inputsAt(now), now);
    const prefix = `main-${(START / 1000).toString(36)}`;
    expect(proposals.map(({ command }) => command.id)).toEqual([`${prefix}-1`, `${prefix}-2`, `${prefix}-3`]);
    expect(state.commandCount).toBe(3);
  });

  it("says nothing of detectors that belong to another corridor", () => {
    const other = { ...corridor, id: "other", junctions: ["c"] };
    const alone = { ...setting, corridor: other };
    const now = later(START, seconds(120));
    const { events } = turn(alone, startCorridor(alone, START), [], now);
    const silent = events.filter(({ kind }) => kind === "health").map(({ subject }) => subject);
    expect(silent.length).toBeGreaterThan(0);
    expect(silent.every((id) => city.detectors.get(id)?.junction === "c")).toBe(true);
  });
});

describe("inputs", () => {
  it("go outcomes first, then statuses, then readings", () => {
    const now = later(START, seconds(5));
    const outcome: Input = {
      kind: "outcome",
      outcome: { command: "x", junction: "a", at: now, result: "accepted", detail: "" },
    };
    const kinds = inOrder([...inputsAt(now), outcome]).map(({ kind }) => kind);
    expect(kinds.slice(0, 5)).toEqual(["outcome", "status", "status", "status", "reading"]);
  });

  it("belong to the corridor of their junction, and what has none to the first", () => {
    const two = {
      ...city,
      corridors: new Map([...city.corridors, ["second", { ...corridor, id: "second", junctions: [] }]]),
    };
    const strange: Input = {
      kind: "reading",
      reading: { kind: "fault", source: "?", detector: "?", receivedAt: START, code: "invalid", message: "" },
    };
    expect(concerns({ city: two, corridor }, strange)).toBe(true);
    expect(concerns({ city: two, corridor: two.corridors.get("second")! }, strange)).toBe(false);
    const status: Input = { kind: "status", status: statusOf("a", START) };
    expect(concerns({ city: two, corridor: two.corridors.get("second")! }, status)).toBe(false);
  });
});

function deepFrozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    for (const inner of Object.values(value)) deepFrozen(inner);
    Object.freeze(value);
  }
  return value;
}
