import { describe, expect, it } from "vitest";
import { ConflictMonitor } from "../../../simulation/cabinet/conflict-monitor.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { testCity } from "../../support/city.ts";
import { rig } from "./rig.ts";

const junction = testCity().junctions.get("a")!;
const letters: Readonly<Record<string, number>> = {
  r: Lamp.red,
  g: Lamp.green,
  y: Lamp.amber,
  c: Lamp.clearance,
  u: Lamp.redAmber,
  f: Lamp.flash,
  d: Lamp.dark,
};

/** Groups main, main-right, side, walk; each frame stands for so many seconds. Returns the first fault. */
function film(...frames: readonly (readonly [string, number])[]): string | undefined {
  const monitor = new ConflictMonitor(junction, 0);
  let at = 0;
  for (const [lamps, seconds] of frames) {
    for (const end = at + seconds * 1000; at < end; ) {
      at += 100;
      const fault = monitor.look(Uint8Array.from([...lamps].map((letter) => letters[letter]!)), at);
      if (fault) {
        expect(monitor.trips).toBe(1);
        return fault;
      }
    }
  }
  expect(monitor.trips).toBe(0);
  return undefined;
}

describe("the conflict monitor", () => {
  it.each<[string, readonly (readonly [string, number])[], RegExp | undefined]>([
    [
      "a clean stage change",
      [
        ["rrrr", 5],
        ["grrr", 7],
        ["yrrr", 3],
        ["rrrr", 2],
        ["rgrr", 7],
      ],
      undefined,
    ],
    [
      "a walk beside its green",
      [
        ["rrrr", 5],
        ["rrgg", 5],
        ["rrgc", 9],
        ["rrgr", 1],
        ["rryr", 3],
        ["rrrr", 1],
      ],
      undefined,
    ],
    [
      "flash in the middle of a green, and all red after",
      [
        ["rrrr", 5],
        ["grrr", 1],
        ["ffff", 3],
        ["rrrr", 5],
        ["rgrr", 1],
      ],
      undefined,
    ],
    [
      "two greens",
      [
        ["rrrr", 5],
        ["ggrr", 1],
      ],
      /main and main-right lit together/,
    ],
    [
      "a green against an amber",
      [
        ["rrrr", 5],
        ["grrr", 7],
        ["ygrr", 1],
      ],
      /lit together/,
    ],
    [
      "a green against a red-amber",
      [
        ["rrrr", 5],
        ["grrr", 7],
        ["gurr", 1],
      ],
      /lit together/,
    ],
    [
      "a walk against a green",
      [
        ["rrrr", 5],
        ["grrg", 1],
      ],
      /lit together/,
    ],
    [
      "a green against a pedestrian clearance",
      [
        ["rrrr", 5],
        ["rrrg", 5],
        ["grrc", 5],
      ],
      /main and walk lit together/,
    ],
    [
      "an intergreen a step short",
      [
        ["rrrr", 5],
        ["grrr", 7],
        ["yrrr", 3],
        ["rrrr", 1.9],
        ["rgrr", 1],
      ],
      /main-right green 4900 ms after main/,
    ],
    [
      "a green too soon after flash",
      [
        ["ffff", 5],
        ["rrrr", 4.9],
        ["grrr", 1],
      ],
      /4900 ms after/,
    ],
    [
      "a green too soon after a clearance",
      [
        ["rrrr", 5],
        ["rrgg", 5],
        ["rrgc", 9],
        ["rryr", 3],
        ["rrrr", 1.9],
        ["grrr", 1],
      ],
      /4900 ms after side/,
    ],
    [
      "a green a step short",
      [
        ["rrrr", 5],
        ["grrr", 6.9],
        ["yrrr", 3],
      ],
      /main: green for 6900 ms only/,
    ],
    [
      "a walk a step short",
      [
        ["rrrr", 5],
        ["rrgg", 4.9],
        ["rrgc", 9],
      ],
      /walk: green for 4900 ms only/,
    ],
    [
      "an amber a step short",
      [
        ["rrrr", 5],
        ["grrr", 7],
        ["yrrr", 2.9],
        ["rrrr", 1],
      ],
      /main: amber for 2900 ms only/,
    ],
    [
      "a clearance a step short",
      [
        ["rrrr", 5],
        ["rrgg", 5],
        ["rrgc", 8.9],
        ["rrgr", 1],
      ],
      /walk: clearance for 8900 ms only/,
    ],
    [
      "green straight to red",
      [
        ["rrrr", 5],
        ["grrr", 7],
        ["rrrr", 1],
      ],
      /main: no amber after green/,
    ],
    [
      "a walk without clearance",
      [
        ["rrrr", 5],
        ["rrgg", 5],
        ["rrgr", 1],
      ],
      /walk: no clearance after green/,
    ],
    [
      "a green too soon after a pedestrian clearance alone",
      [
        ["rrrr", 5],
        ["rrrg", 5],
        ["rrrc", 9],
        ["rrrr", 4.9],
        ["grrr", 1],
      ],
      /main green 4900 ms after walk/,
    ],
    [
      "a red-amber a step too soon",
      [
        ["rrrr", 5],
        ["grrr", 7],
        ["yrrr", 3],
        ["rrrr", 1.9],
        ["rurr", 1],
      ],
      /main-right green 4900 ms after main/,
    ],
    [
      "dark lamps after a green",
      [
        ["rrrr", 5],
        ["grrr", 2],
        ["dddd", 2],
        ["ffff", 3],
        ["rrrr", 5],
        ["grrr", 1],
      ],
      undefined,
    ],
  ])("judges %s", (_, frames, expected) => {
    const fault = film(...frames);
    if (expected) expect(fault).toMatch(expected);
    else expect(fault).toBeUndefined();
  });

  it("sees a welded relay, latches flash, and starts up again once it is mended", () => {
    const cabinet = rig({ junction: "b" });
    cabinet.until(() => cabinet.lamp("p2") === Lamp.green);
    cabinet.unit.inject({ kind: "stuck-green", group: 1 });
    cabinet.until(() => cabinet.unit.trips > 0, 90_000);
    // No conflicting group was ever green beside it: the monitor saw the first lit step and took the lamps over in it.
    expect(new Set(cabinet.unit.lamps)).toEqual(new Set([Lamp.flash]));
    expect(cabinet.unit.status()).toMatchObject({ mode: "fault-flash", faults: ["conflict"] });
    cabinet.run(120_000);
    expect(new Set(cabinet.unit.lamps)).toEqual(new Set([Lamp.flash]));
    cabinet.unit.commandPattern(254);
    cabinet.unit.inject({ kind: "reboot" });
    cabinet.run(120_000);
    expect(cabinet.unit.status().mode).toBe("fault-flash");
    cabinet.unit.inject({ kind: "clear" });
    cabinet.run(100);
    expect(cabinet.unit.status().mode).toBe("startup");
    cabinet.run(120_000);
    expect(cabinet.unit.status()).toMatchObject({ mode: "local", pattern: 1, faults: [] });
    expect(cabinet.unit.trips).toBe(1);
  });

  it("trips as well on a relay welded while red, at the next conflicting green at the latest", () => {
    for (let group = 0; group < 4; group++) {
      const cabinet = rig({ junction: "a" });
      cabinet.run(100_000);
      cabinet.unit.inject({ kind: "stuck-green", group });
      cabinet.run(100_000);
      expect(cabinet.unit.trips, `group ${group}`).toBe(1);
    }
  });
});
