import { describe, expect, it } from "vitest";
import { Lamp } from "../../../simulation/lamps.ts";
import { rig, stages, stored } from "./rig.ts";

describe("high-resolution events", () => {
  it("logs the phases of one cycle in their order, at the tenth of a second they happened", () => {
    const cabinet = rig({ junction: "c" });
    cabinet.until(() => cabinet.unit.status().cyclePosition === 0 && cabinet.lamp("main") === Lamp.green);
    const zero = cabinet.at();
    cabinet.unit.drainEvents();
    cabinet.run(90_000);
    const phases = cabinet.unit
      .drainEvents()
      .filter(({ code }) => [1, 7, 8, 9, 10, 11].includes(code))
      .map(({ at, code, param }) => [(at - zero) / 1000, code, param]);
    expect(phases).toEqual([
      [57, 7, 1],
      [57, 8, 1],
      [60, 9, 1],
      [60, 10, 1],
      [62, 11, 1],
      [62, 1, 2],
      [85, 7, 2],
      [85, 8, 2],
      [88, 9, 2],
      [88, 10, 2],
      [90, 11, 2],
      [90, 1, 1],
    ]);
  });

  it("logs the new pattern with its cycle, offset and splits", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.unit.storePlans(
      new Map([[101, stored({ cycle: 60, offset: 5, splits: { 1: 25, 2: 15, 3: 20 }, sequence: stages })]]),
    );
    cabinet.run(30_000);
    cabinet.unit.drainEvents();
    cabinet.unit.commandPattern(101);
    cabinet.run(90_000);
    const events = cabinet.unit.drainEvents().filter(({ code }) => code >= 131 && code <= 149);
    expect(events.map(({ code, param }) => [code, param])).toEqual([
      [132, 60],
      [133, 5],
      [134, 25],
      [135, 15],
      [136, 20],
      [131, 101],
    ]);
  });

  it("keeps a bounded log when nobody drains it", () => {
    const cabinet = rig({ junction: "b" });
    for (let i = 0; i < 100_000; i++) cabinet.unit.detect(1, i % 2 === 0, 0);
    const events = cabinet.unit.drainEvents();
    expect(events.length).toBeLessThanOrEqual(20_000);
    expect(events.at(-1)).toMatchObject({ code: 81, param: 1 });
  });
});
