import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { seededRandom } from "../../app/seeded-random.ts";
import { mapFile } from "../controllers/modbus/map-file.ts";
import { type DeviceOptions, mapDevice } from "../support/map-device.ts";
import { randomMap } from "../support/random-map.ts";
import { scratch, simpang } from "./simpang.ts";

const stages = {
  1: { min: 7, amber: 3, allRed: 2, max: 60 },
  2: { min: 5, amber: 3, allRed: 1, max: 40 },
  3: { min: 6, amber: 4, allRed: 2, max: 50 },
  4: { min: 6, amber: 3, allRed: 2, max: 50 },
};
/** A plan of whole seconds, so that every map can say it. */
const plan = { cycle_s: 90, offset_s: 11, splits_s: { 1: 35, 2: 20, 3: 35 } };
const clearances = { amber_s: { 1: 3, 2: 3, 3: 4 }, all_red_s: { 1: 2, 2: 1, 3: 2 } };
const pushed = [
  { stageNo: 1, green: 30, amber: 3, allRed: 2 },
  { stageNo: 2, green: 16, amber: 3, allRed: 1 },
  { stageNo: 3, green: 29, amber: 4, allRed: 2 },
];

/** `given` is the map the push is told of, where that is not the device's own. */
async function site(
  options: Partial<DeviceOptions> & Pick<DeviceOptions, "map"> & { given?: object },
  file: object = plan,
) {
  const folder = scratch();
  const [planPath, mapPath] = [join(folder, "plan.yaml"), join(folder, "map.json")];
  writeFileSync(planPath, stringify(file));
  writeFileSync(mapPath, JSON.stringify(options.given ?? options.map));
  const made = await mapDevice({ stages, now: () => Date.now(), ...options });
  onTestFinished(() => made.close());
  const push = (...flags: readonly string[]) =>
    simpang("push", planPath, "--cabinet", made.url, "--map", mapPath, "--verify", "--timeout", "0.2s", ...flags);
  return { ...made, push };
}

function expectRuns(device: Awaited<ReturnType<typeof site>>["device"]) {
  const running = device.applied.at(-1)!;
  expect(running.cycle).toBe(90);
  expect(running.stages.map(({ redAmber, ...stage }) => stage)).toEqual(pushed);
}

describe("simpang push through a map nobody has seen", () => {
  it("needs the plan, the map and the cabinet, and nothing else", async () => {
    const { push, device } = await site({ map: mapFile() });
    const said = await push();
    expect(said).toMatchObject({ code: 0, error: "" });
    expect(said.out).toMatch(/^accepted: running: sequence 1, read back/);
    expectRuns(device);
    // The offset counts from midnight UTC in the plan and from the epoch in the register.
    expect(device.applied[0]!.offset).toBe((11 + Math.floor(Date.now() / 86_400_000) * 86_400) % 90);
  });

  it.each([
    ["numbers from one", mapFile({ oneBased: true })],
    ["low word first", mapFile({ wordOrder: "lsw-first" })],
    ["whole seconds", mapFile({ scale: 1 })],
    ["writes of 32 registers", mapFile({ maxWrite: 32, maxRead: 40 })],
    ["another unit", { ...mapFile(), unitId: 77 }],
    ["no checksum", mapFile({ crc: false })],
    ["only what is needed", mapFile({ bare: true })],
    [
      "all at once",
      { ...mapFile({ oneBased: true, wordOrder: "lsw-first", scale: 1, maxWrite: 32, crc: false }), unitId: 9 },
    ],
  ])("%s", async (_, map) => {
    const { push, device } = await site({ map });
    expect(await push()).toMatchObject({ code: 0, error: "" });
    expectRuns(device);
  });

  it.each(Array.from({ length: 40 }, (_, i) => i + 1))("SEED=%i: a maker's own map", async (seed) => {
    const map = randomMap(fork(seed));
    const { push, device } = await site({ map }, { ...plan, ...(map.blocks.limits ? {} : clearances) });
    const said = await push();
    expect(said).toMatchObject({ code: 0, error: "" });
    expectRuns(device);
    expect(device.commits).toBe(1);
    if (map.blocks.heartbeat) expect(device.beats).toBeGreaterThan(0);
  });

  it("takes stages in the order served, with greens, and a coordinated stage that is not the first", async () => {
    const file = {
      cycle_s: 90,
      offset_s: 20,
      coordinated_phase: 3,
      stages: [
        { stage: 1, green_s: 30, amber_s: 3, all_red_s: 2 },
        { stage: 3, green_s: 29, amber_s: 4, all_red_s: 2 },
        { stage: 2, split_s: 20 },
      ],
    };
    const { push, device } = await site({ map: mapFile() }, file);
    expect(await push()).toMatchObject({ code: 0 });
    expect(device.applied[0]!.stages.map(({ stageNo }) => stageNo)).toEqual([3, 2, 1]);
  });

  it("says which clearance nobody knows", async () => {
    const map = mapFile();
    delete map.blocks.limits;
    const { push, device } = await site({ map });
    const said = await push();
    expect(said.code).toBe(3);
    expect(said.out).toMatch(/refused: stage 1: neither the plan nor the cabinet's limits say its amber; give amber_s/);
    expect(device.commits).toBe(0);
  });

  it.each<[string, (map: ReturnType<typeof mapFile>) => void, string]>([
    ["no commit", (map) => delete map.blocks.commit, "blocks.commit"],
    [
      "no way to see what runs",
      (map) => {
        delete map.blocks.active;
        delete map.blocks.status.points.activePlanSeq;
      },
      "blocks.active",
    ],
    ["an address form nobody knows", (map) => (map.addressing = "as in the manual"), "addressing"],
    ["an address outside its form", (map) => (map.addressing = "4xxxx"), "40001..49999"],
  ])("refuses a map with %s, naming the path and the mend", async (_, spoil, text) => {
    const map = mapFile();
    spoil(map);
    const said = await (await site({ map: mapFile(), given: map })).push();
    expect(said).toMatchObject({ code: 2, out: "" });
    expect(said.error).toContain(text);
    expect(said.error).toContain("map.json");
  });
});

describe("simpang push over a line that loses replies", () => {
  it.each(Array.from({ length: 8 }, (_, i) => i + 1))("SEED=%i: one in ten lost, delayed or doubled", async (seed) => {
    const random = fork(seed);
    const map = randomMap(random);
    const faults = { drop: 0.1, delay: 0.05, duplicate: 0.05, delayMs: 230, switchAfter: 300, random };
    const { push, device } = await site({ map, ...faults }, { ...plan, ...clearances });
    const said = await push();
    expect(said).toMatchObject({ code: 0, error: "" });
    expectRuns(device);
    expect(device.applied).toHaveLength(1);
  });

  it("finds a commit whose reply was lost by reading, and sends it once", async () => {
    let muted = 0;
    const commit = (pdu: Uint8Array) => pdu[0] === 16 && pdu[1]! * 256 + pdu[2]! === 180 && muted++ < 1;
    const { push, device } = await site({ map: mapFile(), mute: commit, switchAfter: 500 });
    const said = await push();
    expect(said.code).toBe(0);
    expect(device.commits).toBe(1);
    expectRuns(device);
  });

  it("says a refusal by its name, once, although its reply was lost", async () => {
    const commit = (pdu: Uint8Array) => pdu[0] === 16 && pdu[1]! * 256 + pdu[2]! === 180;
    const { push, device } = await site({ map: mapFile(), mute: commit, refuse: 28 });
    const said = await push();
    expect(said).toMatchObject({ code: 3 });
    expect(said.out).toMatch(/^refused: commit refused: modeRefuses.*\(mode-refuses\)/);
    expect(device.commits).toBe(1);
  });

  it("says that it does not know when the cabinet falls silent after the commit", async () => {
    let silent = false;
    const mute = (pdu: Uint8Array) => {
      silent ||= pdu[0] === 16 && pdu[1]! * 256 + pdu[2]! === 180;
      return silent;
    };
    const { push, device } = await site({ map: mapFile(), mute });
    const said = await push("--json");
    expect(said.code).toBe(3);
    expect(JSON.parse(said.out)).toMatchObject({ result: "lost", verified: false });
    expect(device.commits).toBe(1);
  });
});

function fork(seed: number): () => number {
  const random = seededRandom(seed);
  return () => random.next();
}
