import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import { instant, millis, seconds, sum } from "../../../config/units.ts";
import {
  CodecError,
  crc16,
  crcOfRegisters,
  encodePlan,
  isNewer,
  type PlanBlock,
  PointReader,
} from "../../../controllers/modbus/codec.ts";
import { nextSeq } from "../../../controllers/modbus/download.ts";
import { parseRegisterMap, profileA } from "../../../controllers/modbus/register-map.ts";
import type { Random } from "../../../engine/ports/random.ts";
import { blockCrc, profileAVariant, readBlock } from "../../../simulation/cabinet/modbus-server-plan.ts";
import { testCity } from "../../support/city.ts";
import { mapFile } from "./map-file.ts";

const seeds = [1, 2, 3, 4, 5];
const junction = testCity().junctions.get("a")!;
const now = instant(Date.UTC(2026, 10, 21));

/** A plan junction `a` can run, drawn at random, in counts of `count`. */
function draw(random: Random, count: number): PlanBlock {
  const pick = (least: number, most: number) =>
    millis(Math.round((least + random.next() * (most - least)) / count) * count);
  for (;;) {
    const stages = junction.phases.map((phase) => ({
      stageNo: phase.number,
      green: pick(phase.minGreen, phase.maxGreen),
      amber: phase.amber,
      allRed: phase.allRed,
      redAmber: millis(0),
      minGreen: phase.minGreen,
      maxGreen: phase.maxGreen,
      coordinated: phase.number === 1,
    }));
    const cycle = sum(stages.flatMap(({ green, amber, allRed }) => [green, amber, allRed]));
    if (cycle < junction.cycleMin || cycle > junction.cycleMax) continue;
    const offset = pick(0, cycle - count);
    const planSeq = Math.floor(random.next() * 65_536);
    return {
      planId: 1 + Math.floor(random.next() * 65_535),
      planSeq,
      cycle,
      offset,
      validFrom: 0,
      validUntil: 0xffffffff,
      stages,
    };
  }
}

describe("CRC-16/MODBUS", () => {
  it("gives the check value of the specification", () => {
    expect(crc16(new TextEncoder().encode("123456789"))).toBe(0x4b37);
    expect(crcOfRegisters([0x3132, 0x3334])).toBe(crc16([0x31, 0x32, 0x33, 0x34]));
  });

  it.each(seeds)("SEED=%i agrees with the controller's own", (seed) => {
    const random = seededRandom(seed);
    const block = Uint16Array.from({ length: 77 }, () => Math.floor(random.next() * 65_536));
    expect(crcOfRegisters([...block.subarray(0, 76)])).toBe(blockCrc(block));
  });
});

describe("a plan in registers", () => {
  it("stands where profile A says", () => {
    const block: PlanBlock = {
      planId: 300,
      planSeq: 0xfffe,
      cycle: seconds(80),
      offset: seconds(17.3),
      validFrom: 0,
      validUntil: 0x12345678,
      stages: [
        {
          stageNo: 1,
          green: seconds(50),
          amber: seconds(3),
          allRed: seconds(2),
          redAmber: millis(0),
          minGreen: seconds(7),
          maxGreen: seconds(60),
          coordinated: true,
        },
        {
          stageNo: 3,
          green: seconds(20),
          amber: seconds(3),
          allRed: seconds(2),
          redAmber: millis(0),
          minGreen: seconds(14),
          maxGreen: seconds(60),
          coordinated: false,
        },
      ],
    };
    const registers = encodePlan(block, profileA);
    expect(registers).toHaveLength(77);
    expect(registers.slice(0, 12)).toEqual([1, 300, 0xfffe, 800, 173, 0, 2, 1, 0, 0, 0x1234, 0x5678]);
    expect(registers.slice(12, 28)).toEqual([1, 500, 30, 20, 70, 600, 0, 2, 3, 200, 30, 20, 140, 600, 0, 0]);
    expect(registers.slice(28, 76)).toEqual(new Array(48).fill(0));
    expect(registers[76]).toBe(crcOfRegisters(registers.slice(0, 76)));
  });

  it.each(
    seeds.flatMap((seed) =>
      [
        { wordOrder: "msw-first", scale: 0.1, lowWordFirst: false, count: 100 },
        { wordOrder: "lsw-first", scale: 1, lowWordFirst: true, count: 1000 },
      ].map((form) => ({ seed, ...form })),
    ),
  )(
    "SEED=$seed is read by the controller as it was meant, $wordOrder, $scale s",
    ({ seed, wordOrder, scale, lowWordFirst, count }) => {
      const random = seededRandom(seed);
      const map = parseRegisterMap(mapFile({ wordOrder, scale }));
      const variant = { ...profileAVariant, lowWordFirst, count: millis(count) };
      for (let i = 0; i < 100; i++) {
        const block = draw(random, count);
        const read = readBlock(Uint16Array.from(encodePlan(block, map)), { junction, variant, now });
        expect(read).toEqual({
          planId: block.planId,
          cycle: block.cycle,
          offset: block.offset,
          splits: new Map(block.stages.map(({ stageNo, green, amber, allRed }) => [stageNo, green + amber + allRed])),
          sequence: [[1, 2, 3]],
        });
      }
    },
  );

  it("never rounds a time it cannot say", () => {
    const block = draw(seededRandom(1), 100);
    expect(() => encodePlan({ ...block, offset: millis(10_050) }, profileA)).toThrow(
      /offset: 10050 ms is no whole number/,
    );
    expect(() => encodePlan({ ...block, cycle: seconds(6553.6) }, profileA)).toThrow(
      /cycle: 65536 lies outside 0\.\.65535/,
    );
    const [first, ...rest] = block.stages;
    expect(() => encodePlan({ ...block, stages: [{ ...first!, green: millis(-100) }, ...rest] }, profileA)).toThrow(
      /green: -1 lies outside/,
    );
  });

  it("never writes a value outside what the map allows", () => {
    const block = draw(seededRandom(1), 100);
    for (const [change, text] of [
      [{ planId: 0 }, /planId: 0 lies outside 1/],
      [{ planSeq: 65_536 }, /planSeq: 65536/],
      [{ planSeq: 1.5 }, /no whole number/],
      [{ validUntil: 2 ** 32 }, /validUntil/],
      [{ stages: [...block.stages, ...block.stages, ...block.stages] }, /9 stages, the layout has 8/],
      [{ stages: block.stages.slice(0, 1) }, /stageCount: 1 lies outside 2\.\.8/],
    ] as const)
      expect(() => encodePlan({ ...block, ...change }, profileA)).toThrow(text);
  });
});

describe("reading points", () => {
  const points = profileA.status.points;

  it("knows what the cabinet does not know", () => {
    const registers = new Array<number>(40).fill(0xffff);
    const read = new PointReader(points, registers, "msw-first");
    expect(read.raw("commitResultDetail")).toBeUndefined();
    expect(read.time("stageMinRemaining")).toBeUndefined();
    expect(read.raw("no such point")).toBeUndefined();
    expect(read.raw("activePlanSeq")).toBe(0xffff);
  });

  it("names the bits, and those without a name by number", () => {
    const registers = new Array<number>(40).fill(0);
    registers[7] = 0b1000_0000_1000_0001;
    expect(new PointReader(points, registers, "msw-first").bits("faults")).toEqual(["conflict", "doorOpen", "bit-15"]);
  });

  it("fails on registers that did not come", () => {
    expect(() => new PointReader(points, [1, 2], "msw-first").raw("utc")).toThrow(CodecError);
  });
});

describe("sequence numbers", () => {
  it.each([
    [1, 0, true],
    [0, 0, false],
    [0, 1, false],
    [0, 0xffff, true],
    [0x7fff, 0, true],
    [0x8000, 0, false],
    [0xffff, 0, false],
    [5, 0xfff0, true],
  ])("%i newer than %i: %s", (a, b, newer) => expect(isNewer(a, b)).toBe(newer));

  it("follow the newest across the wrap, without 0", () => {
    expect(nextSeq([0, 0])).toBe(1);
    expect(nextSeq([4, 9])).toBe(10);
    expect(nextSeq([9, 4])).toBe(10);
    expect(nextSeq([0xffff, 0xfffe])).toBe(1);
    expect(nextSeq([0xfffe, 3])).toBe(4);
  });
});
