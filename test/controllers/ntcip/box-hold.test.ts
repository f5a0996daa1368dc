import { ErrorStatus, oidOf, ref } from "ntcip-ts";
import { afterEach, describe, expect, it } from "vitest";
import { findOid, isSet, refusal } from "./proxy.ts";
import { openRig, type Rig } from "./rig.ts";

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const bit = (phase: number): number => 1 << (phase - 1);

/** Junction a rests in phase 1, second by second. */
async function start(options: Parameters<typeof openRig>[0] = {}): Promise<Rig> {
  const rig = await openRig({ junction: "a", ...options });
  rigs.push(rig);
  await rig.run(20_000);
  await rig.send({ kind: "serve", phases: [1] });
  for (let t = 0; t < 40; t++) await rig.run(1_000);
  expect(rig.unit.status().greens).toBe(bit(1));
  return rig;
}

/** From phase 1 to phase 2, with a word each second for as long as `words` has one; times since the first, ms. */
async function change(rig: Rig, words: (second: number) => "hold" | "go" | undefined) {
  const begun = rig.clock.now();
  let yellow = 0;
  for (let tick = 0; tick < 600; tick++) {
    const word = tick % 10 === 0 ? words(tick / 10) : undefined;
    if (word) {
      const hold = word === "hold" ? { hold: true as const } : {};
      expect(await rig.send({ kind: "serve", phases: [2], ...hold })).toMatchObject({ result: "accepted" });
    }
    await rig.run(100);
    const { greens, ambers } = rig.unit.status();
    if (ambers !== 0) yellow += 100;
    if (greens === bit(2)) return { yellow, green: rig.clock.now() - begun };
  }
  throw new Error("no green in a minute");
}

describe("a green that waits for who is in the box, over NTCIP", () => {
  it("waits while it is said each second, and no yellow is longer for it", async () => {
    const plain = await change(await start(), (second) => (second === 0 ? "go" : undefined));
    for (const wait of [3, 7]) {
      const rig = await start();
      const free = Math.floor(plain.green / 1000);
      const held = await change(rig, (second) => (second < free + wait ? "hold" : "go"));
      expect(held.yellow).toBe(plain.yellow);
      // The word comes in the course of the all-red: what is left of it then is still to run.
      expect(held.green).toBeGreaterThan(1000 * (free + wait));
      expect(held.green).toBeLessThanOrEqual(1000 * (free + wait) + plain.green - plain.yellow);
      expect(rig.unit.trips).toBe(0);
    }
  });

  it("goes by itself when nothing is said any more", async () => {
    const plain = await change(await start(), (second) => (second === 0 ? "go" : undefined));
    const last = Math.floor(plain.green / 1000);
    const silent = await change(await start(), (second) => (second <= last ? "hold" : undefined));
    expect(silent.green).toBeGreaterThan(1000 * (last + 2));
    expect(silent.green).toBeLessThanOrEqual(1000 * (last + 3) + plain.green - plain.yellow);
  });

  it("waits no longer than a quarter of a minute, whoever goes on asking", async () => {
    const { green } = await change(await start(), () => "hold");
    expect(green).toBeGreaterThan(14_000);
    expect(green).toBeLessThanOrEqual(18_000);
  });

  it("is no fault of the cabinet, and leaves nothing standing still when it is released", async () => {
    const rig = await start();
    const seen = rig.statuses();
    for (let t = 0; t < 8; t++) {
      await rig.send({ kind: "serve", phases: [2], hold: true });
      await rig.run(1_000);
    }
    expect(rig.unit.control.stopTime).not.toBe(0);
    expect(seen.at(-1)).toMatchObject({ mode: "central", faults: [] });
    await rig.send({ kind: "release" });
    expect(rig.unit.control.stopTime).toBe(0);
    await rig.run(10_000);
    expect(rig.unit.control.stopTime).toBe(0);
    expect(rig.unit.commandedPattern).toBe(0);
  });

  it("is given back by the watchdog when the engine is gone", async () => {
    const rig = await start();
    for (let t = 0; t < 8; t++) {
      await rig.send({ kind: "serve", phases: [2], hold: true });
      await rig.run(1_000);
    }
    rig.driver().close();
    await rig.run(rig.spec.backupTime);
    expect(rig.unit.control.stopTime).toBe(0);
    expect(rig.unit.status().mode).toBe("local");
  });

  it.each<[string, Parameters<typeof openRig>[0], boolean]>([
    ["has no stop time", { without: /^ringControlGroupStopTime$/ }, false],
    ["takes no command for it", {}, true],
  ])("is left out where a unit %s", async (_, options, refuses) => {
    const rig = await start(options);
    const oid = oidOf(ref("ringControlGroupStopTime", 1));
    const asked = (bytes: Buffer) => isSet(bytes) && findOid(bytes, oid) >= 0;
    const no = (bytes: Buffer) => ({ reply: refusal(bytes, ErrorStatus.noSuchName, 2) });
    if (refuses) rig.spoil({ request: (bytes) => (asked(bytes) ? no(bytes) : "pass") });
    const plain = await change(await start(), (second) => (second === 0 ? "go" : undefined));
    const { green } = await change(rig, () => "hold");
    expect(green).toBe(plain.green);
  });
});
