import { describe, expect, it } from "vitest";
import type { PhaseControl } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { testCity } from "../../support/city.ts";
import { broken } from "./lamp-rules.ts";
import { bit, type Rig, rig } from "./rig.ts";

/** Under pattern 254 and settled. Test detectors: junction b, channels in the order of its streams. */
function free(junction: string): Rig {
  const cabinet = rig({ junction });
  cabinet.unit.commandPattern(254);
  cabinet.run(60_000);
  return cabinet;
}

const all = bit(1, 2, 3, 4, 5, 6, 7, 8);

/** What a driver sends to have exactly these phases green. */
const serving = (...phases: readonly number[]): Partial<PhaseControl> => ({
  vehicleCall: bit(...phases),
  hold: bit(...phases),
  forceOff: all & ~bit(...phases),
  omit: all & ~bit(...phases),
});

const greens = (cabinet: Rig): number => cabinet.unit.status().greens;

/** A channel of the cabinet that calls this phase. */
const channelOf = (cabinet: Rig, phase: number): number =>
  cabinet.junction.streams.findIndex((stream) => stream.phases[0] === phase) + 1;

describe("free operation", () => {
  it("rests in green where nobody calls", () => {
    const cabinet = free("c");
    const before = cabinet.shown.length;
    cabinet.run(600_000);
    expect(cabinet.shown.length).toBe(before);
    expect(greens(cabinet)).toBe(bit(1));
    expect(cabinet.unit.status()).toMatchObject({ mode: "central", pattern: 254, plan: undefined });
  });

  it("serves a waiting vehicle after the minimum and a gap, and keeps the call of one that has left its detector", () => {
    const cabinet = free("c");
    cabinet.unit.detect(channelOf(cabinet, 2), true, 1);
    cabinet.unit.detect(channelOf(cabinet, 2), false, 0);
    expect(cabinet.unit.status().vehicleCalls).toBe(bit(2));
    cabinet.run(100);
    expect(cabinet.lamp("main")).toBe(Lamp.amber);
    cabinet.run(5_000);
    expect(greens(cabinet)).toBe(bit(2));
    expect(cabinet.unit.status().vehicleCalls).toBe(0);
  });

  it("extends a green while vehicles keep coming, up to the maximum from the first conflicting call", () => {
    const cabinet = free("c");
    const main = channelOf(cabinet, 1);
    const called = cabinet.at();
    cabinet.unit.detect(channelOf(cabinet, 2), true, 1);
    let passing = true;
    cabinet.run(65_000, (at) => {
      if (at % 2000 === 0) cabinet.unit.detect(main, passing, passing ? 1 : 0);
      passing = !passing;
    });
    const amber = cabinet.shown.filter((part) => part.group === 0 && part.lamp === Lamp.amber).at(-1)!;
    expect(amber.from - called).toBeGreaterThanOrEqual(60_000);
    expect(amber.from - called).toBeLessThanOrEqual(60_100);
  });

  it("ends a green 3 s after the last vehicle", () => {
    const cabinet = free("c");
    const main = channelOf(cabinet, 1);
    cabinet.unit.detect(channelOf(cabinet, 2), true, 1);
    cabinet.unit.detect(main, true, 1);
    cabinet.run(10_000);
    expect(greens(cabinet)).toBe(bit(1));
    cabinet.unit.detect(main, false, 0);
    const left = cabinet.at();
    cabinet.until(() => cabinet.lamp("main") === Lamp.amber);
    expect(cabinet.at() - left).toBeGreaterThanOrEqual(3_000);
    expect(cabinet.at() - left).toBeLessThanOrEqual(3_100);
  });

  it("lets the maximum beat a hold and an omit once somebody waits", () => {
    const cabinet = free("c");
    cabinet.unit.setControl(serving(1));
    cabinet.run(300_000);
    expect(greens(cabinet)).toBe(bit(1));
    cabinet.unit.detect(channelOf(cabinet, 2), true, 1);
    const called = cabinet.at();
    cabinet.until(() => cabinet.lamp("main") === Lamp.amber);
    expect(cabinet.at() - called).toBeGreaterThanOrEqual(60_000);
    expect(cabinet.at() - called).toBeLessThanOrEqual(60_100);
    cabinet.until(() => greens(cabinet) === bit(2), 10_000);
    cabinet.unit.detect(channelOf(cabinet, 2), false, 0);
    cabinet.until(() => greens(cabinet) === bit(1), 20_000);
  });

  it.each([
    [
      [1, 5],
      [2, 6],
    ],
    [
      [2, 6],
      [4, 8],
    ],
    [
      [4, 8],
      [3, 7],
    ],
    [
      [3, 8],
      [2, 5],
    ],
    [
      [2, 6],
      [1, 6],
    ],
    [[1, 6], [4]],
    [[7], [2, 6]],
  ])("goes from phases %j to %j by its own clearances", (from, to) => {
    const cabinet = free("b");
    cabinet.unit.setControl(serving(...from));
    cabinet.until(() => greens(cabinet) === bit(...from), 60_000);
    cabinet.run(8_000);
    cabinet.unit.setControl(serving(...to));
    const asked = cabinet.at();
    cabinet.until(() => greens(cabinet) === bit(...to), 60_000);
    // Minimum greens are over: amber and all-red are all that stands between.
    expect(cabinet.at() - asked).toBe(5_100);
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("keeps a green that both stand for", () => {
    const cabinet = free("b");
    cabinet.unit.setControl(serving(2, 6));
    cabinet.until(() => greens(cabinet) === bit(2, 6), 60_000);
    cabinet.run(8_000);
    const before = cabinet.greens("p6").length;
    cabinet.unit.setControl(serving(1, 6));
    cabinet.until(() => greens(cabinet) === bit(1, 6), 30_000);
    expect(cabinet.greens("p6").length).toBe(before);
  });

  it("stands still in the red between two greens while its time is stopped, and a preempt does not wait for that", () => {
    const red = (cabinet: Rig) => {
      const { greens: green, ambers } = cabinet.unit.status();
      return (green | ambers) === 0;
    };
    for (const preempted of [false, true]) {
      const cabinet = free("a");
      cabinet.unit.setControl(serving(1));
      cabinet.until(() => greens(cabinet) === bit(1), 60_000);
      cabinet.run(30_000);
      cabinet.unit.setControl(serving(2));
      cabinet.until(() => red(cabinet), 60_000);
      cabinet.unit.setControl({ stopTime: 1 });
      cabinet.run(20_000);
      expect(red(cabinet)).toBe(true);
      if (preempted) cabinet.unit.inject({ kind: "preempt", number: 2, on: true });
      else cabinet.unit.setControl({ stopTime: 0 });
      cabinet.until(() => greens(cabinet) !== 0, 5_000);
      expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
    }
  });

  it("does not cut the minimum green when forced off at once", () => {
    const cabinet = free("b");
    cabinet.unit.setControl(serving(4, 8));
    cabinet.until(() => greens(cabinet) === bit(4, 8), 60_000);
    cabinet.unit.setControl(serving(2, 6));
    const asked = cabinet.at();
    cabinet.until(() => greens(cabinet) === bit(2, 6), 60_000);
    expect(cabinet.at() - asked).toBe(12_000);
  });

  it("ends a green at its maximum even where the other ring is not ready to cross", () => {
    const cabinet = free("b");
    cabinet.unit.setControl(serving(2, 6));
    cabinet.until(() => greens(cabinet) === bit(2, 6), 60_000);
    cabinet.run(10_000);
    const called = cabinet.at();
    cabinet.unit.detect(channelOf(cabinet, 4), true, 1);
    cabinet.run(50_000);
    cabinet.unit.setControl(serving(2, 5));
    cabinet.until(() => cabinet.lamp("p2") === Lamp.amber, 60_000);
    expect(cabinet.at() - called).toBeLessThanOrEqual(60_100);
    expect(greens(cabinet)).toBe(bit(5));
    cabinet.until(() => (greens(cabinet) & bit(4)) !== 0, 80_000);
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("counts the green a plan has already given towards the maximum", () => {
    const cabinet = rig({ junction: "c" });
    cabinet.until(() => cabinet.unit.status().cyclePosition === 0 && cabinet.lamp("main") === Lamp.green);
    const start = cabinet.at();
    cabinet.run(50_000);
    cabinet.unit.detect(channelOf(cabinet, 2), true, 1);
    cabinet.unit.commandPattern(254);
    cabinet.unit.setControl(serving(1));
    cabinet.until(() => cabinet.lamp("main") === Lamp.amber, 60_000);
    expect(cabinet.at() - start).toBeLessThanOrEqual(60_100);
  });

  it("counts the maximum anew when the waiting call has gone away", () => {
    const cabinet = free("c");
    cabinet.unit.setControl({ hold: bit(1), vehicleCall: bit(2) });
    cabinet.run(40_000);
    cabinet.unit.setControl({ vehicleCall: 0 });
    cabinet.run(1_000);
    cabinet.unit.setControl({ vehicleCall: bit(2) });
    const called = cabinet.at();
    cabinet.until(() => cabinet.lamp("main") === Lamp.amber, 70_000);
    expect(cabinet.at() - called).toBeGreaterThanOrEqual(60_000);
  });

  it("serves the same phase again after all red, when it alone is called", () => {
    const cabinet = free("c");
    cabinet.unit.setControl(serving(1));
    cabinet.run(10_000);
    cabinet.unit.commandPattern(0);
    cabinet.until(() => cabinet.lamp("main") === Lamp.red, 20_000);
    cabinet.unit.commandPattern(254);
    cabinet.until(() => cabinet.lamp("main") === Lamp.green, 10_000);
    expect(cabinet.greens("side")).toEqual([]);
  });

  it("serves everybody in turn where every detector is occupied", () => {
    const cabinet = free("b");
    for (let channel = 1; channel <= 8; channel++) cabinet.unit.detect(channel, true, 1);
    const served = new Set<number>();
    cabinet.run(8 * 65_000, () => {
      for (let phase = 1; phase <= 8; phase++) if (greens(cabinet) & bit(phase)) served.add(phase);
    });
    expect([...served].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { lamp, from, to } of cabinet.shown)
      if (lamp === Lamp.green && from > cabinet.at() - 8 * 65_000) expect(to - from).toBeLessThanOrEqual(60_100);
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("brings a dual-entry phase along, so that a ring does not idle", () => {
    const cabinet = free("b");
    cabinet.until(() => greens(cabinet) === bit(2, 6) || greens(cabinet) === bit(2), 60_000);
    cabinet.unit.detect(channelOf(cabinet, 4), true, 1);
    cabinet.until(() => (greens(cabinet) & bit(4)) !== 0, 60_000);
    cabinet.run(100);
    expect(greens(cabinet)).toBe(bit(4, 8));
  });

  it("gives a pressed walk even to a green that rests, whole, and before the phase can leave", () => {
    const cabinet = free("a");
    cabinet.unit.setControl(serving(3));
    cabinet.until(() => greens(cabinet) === bit(3), 60_000);
    cabinet.run(30_000);
    expect(cabinet.lamp("walk")).toBe(Lamp.red);
    cabinet.unit.setControl({ hold: 0, forceOff: 0, omit: 0, vehicleCall: 0 });
    cabinet.unit.pressButton(0);
    cabinet.run(100);
    expect(cabinet.lamp("walk")).toBe(Lamp.green);
    cabinet.unit.setControl(serving(1));
    const asked = cabinet.at();
    cabinet.until(() => greens(cabinet) === bit(1), 60_000);
    // Walk 5 s, clearance 9 s, then amber and all-red.
    expect(cabinet.at() - asked).toBe(19_000);
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("rests in walk where people have no button, and ends it whole before the phase leaves", () => {
    const withButton = testCity().junctions.get("a")!;
    const crossings = withButton.crossings.map((crossing) => ({ ...crossing, button: false }));
    const cabinet = rig({ junction: { ...withButton, crossings } });
    cabinet.unit.commandPattern(254);
    cabinet.unit.setControl(serving(3));
    cabinet.until(() => cabinet.lamp("walk") === Lamp.green, 120_000);
    cabinet.run(60_000, () => {
      expect(cabinet.lamp("walk")).toBe(Lamp.green);
    });
    cabinet.unit.setControl(serving(1));
    const asked = cabinet.at();
    cabinet.until(() => greens(cabinet) === bit(1), 60_000);
    // The walk has been long enough: clearance 9 s, then amber and all-red; a step to hear of it.
    expect(cabinet.at() - asked).toBeGreaterThanOrEqual(14_000);
    expect(cabinet.at() - asked).toBeLessThanOrEqual(14_200);
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("calls the phase of a pressed button", () => {
    const cabinet = free("a");
    expect(greens(cabinet)).toBe(bit(1));
    cabinet.unit.pressButton(0);
    cabinet.until(() => cabinet.lamp("walk") === Lamp.green, 30_000);
    expect(cabinet.lamp("side")).toBe(Lamp.green);
  });

  it("takes a pedestrian call from the centre, and leaves the walk out under a pedestrian omit", () => {
    const cabinet = free("a");
    cabinet.unit.setControl({ pedestrianCall: bit(3), pedestrianOmit: bit(3) });
    cabinet.run(60_000);
    expect(cabinet.greens("side")).not.toEqual([]);
    expect(cabinet.greens("walk")).toEqual([]);
    cabinet.unit.setControl({ pedestrianOmit: 0 });
    cabinet.until(() => cabinet.lamp("walk") === Lamp.green, 60_000);
  });

  it("calls phases that nobody can see for ever, and gives them the green of the scheduled plan", () => {
    const cabinet = rig({ junction: "c", cabinet: { detectors: [] } });
    cabinet.unit.commandPattern(254);
    cabinet.run(900_000);
    const lengths = (group: number) =>
      new Set(
        cabinet.shown
          .filter((part) => part.group === group && part.lamp === Lamp.green)
          .slice(1, -1)
          .map(({ from, to }) => to - from),
      );
    expect(lengths(0)).toEqual(new Set([57_000]));
    expect(lengths(1)).toEqual(new Set([23_000]));
    cabinet.until(() => cabinet.lamp("main") === Lamp.green);
    cabinet.run(8_000);
    cabinet.unit.setControl({ forceOff: bit(1) });
    cabinet.run(100);
    expect(cabinet.lamp("main")).toBe(Lamp.amber);
  });

  it("lets an unseen main road have its scheduled green while the side street waits", () => {
    // Only the side street has a loop, as is common.
    const detectors = [{ channel: 1, approach: "north", lanes: ["north-1"], phase: 2 }];
    const cabinet = rig({ junction: "c", cabinet: { detectors } });
    cabinet.unit.commandPattern(254);
    cabinet.run(200_000);
    expect(greens(cabinet)).toBe(bit(1));
    cabinet.until(() => {
      cabinet.unit.detect(1, true, 1);
      return cabinet.lamp("side") === Lamp.green;
    }, 10_000);
    cabinet.unit.detect(1, false, 0);
    cabinet.until(() => cabinet.lamp("main") === Lamp.green, 20_000);
    const start = cabinet.at();
    cabinet.unit.detect(1, true, 1);
    cabinet.until(() => cabinet.lamp("main") === Lamp.amber, 70_000);
    expect(cabinet.at() - start).toBeGreaterThanOrEqual(57_000);
    expect(cabinet.at() - start).toBeLessThanOrEqual(57_200);
  });
});
