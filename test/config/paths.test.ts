import { describe, expect, it } from "vitest";
import { seededRandom } from "../../app/seeded-random.ts";
import { meeting, sweep, type Way } from "../../config/check/paths.ts";

const sides = ["left", "right"] as const;
const bearings: Readonly<Record<string, number>> = { north: 0, east: 90, south: 180, west: 270 };
const way = (from: string, to: string, at = bearings): Way => ({
  approach: from,
  exit: to,
  from: at[from]!,
  to: at[to]!,
});

/** Every movement between different arms. */
const waysOf = (arms: readonly string[], at = bearings): readonly Way[] =>
  arms.flatMap((from) => arms.filter((to) => to !== from).map((to) => way(from, to, at)));

const pairs = (ways: readonly Way[]): readonly (readonly [Way, Way])[] =>
  ways.flatMap((a, i) => ways.slice(i + 1).map((b) => [a, b] as const));

describe("conflict points of the textbook", () => {
  it.each(sides)("four arms, keeping %s: 16 crossings", (side) => {
    const met = pairs(waysOf(["north", "east", "south", "west"])).map(([a, b]) => meeting(a, b, side));
    expect(met.filter((kind) => kind === "cross")).toHaveLength(16);
    // Three movements leave by each of four arms: every pair of them merges.
    expect(met.filter((kind) => kind === "merge")).toHaveLength(12);
  });

  it.each(sides)("three arms, keeping %s: 3 crossings and 3 merges", (side) => {
    const met = pairs(waysOf(["north", "east", "west"])).map(([a, b]) => meeting(a, b, side));
    expect(met.filter((kind) => kind === "cross")).toHaveLength(3);
    expect(met.filter((kind) => kind === "merge")).toHaveLength(3);
  });
});

describe("which movements meet", () => {
  const meets: readonly (readonly [string, Way, Way, "cross" | "merge" | "apart", "cross" | "merge" | "apart"])[] = [
    ["two throughs at right angles", way("west", "east"), way("north", "south"), "cross", "cross"],
    ["opposite throughs", way("west", "east"), way("east", "west"), "apart", "apart"],
    ["a turn to the south against oncoming traffic", way("west", "south"), way("east", "west"), "cross", "apart"],
    ["a turn to the north against oncoming traffic", way("west", "north"), way("east", "west"), "apart", "cross"],
    ["opposite turns, south and north", way("west", "south"), way("east", "north"), "apart", "apart"],
    ["a kerb-side turn and the through it joins", way("north", "east"), way("west", "east"), "merge", "merge"],
    ["two movements of one approach", way("west", "east"), way("west", "south"), "apart", "apart"],
    [
      "a side street's turn to the west and the through to the east",
      way("north", "west"),
      way("west", "east"),
      "cross",
      "apart",
    ],
    ["a u-turn and the oncoming through it joins", way("west", "west"), way("east", "west"), "merge", "merge"],
    ["a u-turn and the side street", way("west", "west"), way("north", "south"), "apart", "apart"],
  ];

  it.each(meets)("%s", (_, a, b, left, right) => {
    expect(meeting(a, b, "left")).toBe(left);
    expect(meeting(b, a, "left")).toBe(left);
    expect(meeting(a, b, "right")).toBe(right);
    expect(meeting(b, a, "right")).toBe(right);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "SEED=%i: seen in a mirror, left is right; turned round, nothing changes",
    (seed) => {
      const random = seededRandom(seed).fork("arms");
      const arms = ["a", "b", "c", "d", "e"].slice(0, 3 + (seed % 3));
      const turned = random.next() * 360;
      const at = Object.fromEntries(arms.map((arm, i) => [arm, (i * 360) / arms.length + random.next() * 40]));
      const mirrored = Object.fromEntries(arms.map((arm) => [arm, (720 - at[arm]!) % 360]));
      const rotated = Object.fromEntries(arms.map((arm) => [arm, (at[arm]! + turned) % 360]));
      for (const [a, b] of pairs(waysOf(arms, at))) {
        const here = meeting(a, b, "left");
        expect(meeting(way(a.approach, a.exit, mirrored), way(b.approach, b.exit, mirrored), "right")).toBe(here);
        expect(meeting(way(a.approach, a.exit, rotated), way(b.approach, b.exit, rotated), "left")).toBe(here);
        expect(meeting(b, a, "left")).toBe(here);
      }
    },
  );
});

describe("the sweep from the kerb", () => {
  it("orders exits from the kerb's side to the u-turn", () => {
    const order = (exits: readonly string[], side: "left" | "right") =>
      exits.map((exit) => sweep(way("west", exit), side));
    expect(order(["north", "east", "south", "west"], "left")).toEqual([90, 180, 270, 360]);
    expect(order(["south", "east", "north", "west"], "right")).toEqual([90, 180, 270, 360]);
  });
});
