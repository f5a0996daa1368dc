import { describe, expect, it } from "vitest";
import type { Junction } from "../../../config/model.ts";
import { instant, millis, seconds } from "../../../config/units.ts";
import { encodePlan } from "../../../controllers/modbus/codec.ts";
import { blockOf, limitsOf } from "../../../controllers/modbus/plan-block.ts";
import { profileA } from "../../../controllers/modbus/register-map.ts";
import { ModbusBank } from "../../../simulation/cabinet/modbus-server-bank.ts";
import { profileAVariant, readBlock } from "../../../simulation/cabinet/modbus-server-plan.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { testCity } from "../../support/city.ts";
import { rig } from "./rig.ts";

const redAmber = seconds(1.5);

/** Junction `a` as a place with red-amber would have it. */
function withRedAmber(): Junction {
  const junction = testCity().junctions.get("a")!;
  const vehicles = junction.groups.map((group) => (group.kind === "vehicle" ? { ...group, redAmber } : group));
  const phases = junction.phases.map((phase) => ({ ...phase, redAmber, minGreen: millis(phase.minGreen + redAmber) }));
  return { ...junction, groups: vehicles, phases };
}

describe("red-amber, where the file says so", () => {
  it("stands before each green for its time, after the whole intergreen, and the monitor is content", () => {
    const junction = withRedAmber();
    const site = rig({ junction });
    site.run(600_000);
    let greens = 0;
    for (const [index, group] of junction.groups.entries()) {
      if (group.kind !== "vehicle") continue;
      const film = site.shown.filter((part) => part.group === index);
      for (const [i, part] of film.entries()) {
        if (part.lamp !== Lamp.green || i === film.length - 1) continue;
        greens++;
        const before = film[i - 1]!;
        expect([group.id, before.lamp, before.to - before.from]).toEqual([group.id, Lamp.redAmber, redAmber]);
        expect(film[i - 2]!.lamp).toBe(Lamp.red);
        expect(part.to - part.from).toBeGreaterThanOrEqual(group.minGreen);
        for (const [other, foe] of site.shown
          .filter(({ lamp }) => lamp === Lamp.green)
          .map((p) => [p.group, p] as const)) {
          const pair = other * junction.groups.length + index;
          if (!junction.conflicts[pair] || foe.to > before.from) continue;
          expect(before.from - foe.to).toBeGreaterThanOrEqual(junction.intergreen[pair]!);
        }
      }
    }
    expect(greens).toBeGreaterThan(10);
    expect(site.unit.trips).toBe(0);
  });

  it("is in the plan block of Modbus, in its sum and in the status", () => {
    const junction = withRedAmber();
    const site = rig({ junction });
    site.run(60_000);
    const bank = new ModbusBank(site.unit, profileAVariant);
    const limits = limitsOf(bank.input(40, 32), profileA);
    const plan = {
      id: "x",
      junction: "a",
      cycle: seconds(80),
      offset: seconds(17),
      splits: [40, 15, 25].map((split, i) => ({ phase: i + 1, split: seconds(split) })),
      sequence: [[1, 2, 3]],
    };
    const at = instant(site.at());
    const registers = Uint16Array.from(
      encodePlan(blockOf({ plan, site: junction, limits, map: profileA, seq: 1, at }), profileA),
    );
    expect([registers[13], registers[18]]).toEqual([335, 15]);
    const reader = { junction, variant: profileAVariant, now: at };
    expect(readBlock(registers, reader)).toMatchObject({
      cycle: 80_000,
      splits: new Map([
        [1, 40_000],
        [2, 15_000],
        [3, 25_000],
      ]),
    });
    const without = registers.slice();
    without[18] = 0;
    expect(readBlock(without, reader)).toEqual({ result: 20, at: 18 });
    const intervals = new Set<number>();
    site.run(120_000, () => intervals.add(bank.input(12, 1)[0]!));
    expect(intervals).toContain(1);
  });
});
