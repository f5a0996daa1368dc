import { connect } from "node:net";
import modbus from "modbus-serial";
import { afterEach, describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import { instant, seconds } from "../../../config/units.ts";
import { serveModbus } from "../../../simulation/cabinet/modbus-server.ts";
import { createVirtualCabinet } from "../../../simulation/cabinet/unit.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { rig } from "../../controllers/modbus/rig.ts";
import { testCity } from "../../support/city.ts";
import { Address, block, Key, sealed } from "./modbus-block.ts";

const slot = 253;
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function make(options?: Parameters<typeof rig>[0]) {
  const site = await rig(options);
  const client = new modbus.default();
  client.setTimeout(1000);
  client.setID(1);
  await client.connectTCP("127.0.0.1", { port: site.server.port });
  open.push(() => new Promise<void>((done) => client.close(() => done())), site.close);
  let counter = 0;
  const beat = () => client.writeRegisters(Address.heartbeat, [++counter, 600]);
  const status = async () => {
    const { data } = await client.readInputRegisters(Address.status, 40);
    return {
      mode: data[6],
      planId: data[8],
      planSeq: data[9],
      result: data[23],
      seq: data[24],
      detail: data[25],
      data,
    };
  };
  const commit = async (registers: number[], changed: { key?: number; seq?: number; crc?: number } = {}) => {
    await client.writeRegisters(Address.shadow, registers);
    const { key = Key.commit, seq = registers[2]!, crc = registers[76]! } = changed;
    await client.writeRegisters(Address.commit, [key, seq, crc]);
    return status();
  };
  const runAlive = async (time: number) => {
    for (let t = 0; t < time; t += 10) {
      await site.run(seconds(10));
      await beat();
    }
  };
  return { ...site, client, beat, status, commit, runAlive };
}

const exceptionOf = async (request: Promise<unknown>): Promise<number | undefined> => {
  try {
    await request;
  } catch (error) {
    return (error as { modbusCode?: number }).modbusCode ?? -1;
  }
  return undefined;
};

describe("a commit", () => {
  it("is pending until the cycle turns, then applied and read back", async () => {
    const { client, beat, status, commit, runAlive, unit } = await make();
    await beat();
    expect(await commit(block(7))).toMatchObject({ mode: 5, planId: 1, planSeq: 0, result: 2, seq: 7, detail: 0xffff });
    await runAlive(180);
    expect(await status()).toMatchObject({ mode: 5, planId: 300, planSeq: 7, result: 3, seq: 7 });
    expect((await client.readInputRegisters(Address.active, 77)).data).toEqual(block(7));
    expect(unit.status().plan).toMatchObject({ planId: 300, cycle: 80_000, offset: 17_000 });
    expect((await client.readHoldingRegisters(Address.commit, 3)).data).toEqual([0, 7, block(7)[76]]);
  });

  it("is the only thing that makes the shadow seen", async () => {
    const { client, beat, runAlive, status, unit } = await make();
    await beat();
    await client.writeRegisters(Address.shadow, block());
    await runAlive(200);
    expect(await status()).toMatchObject({ mode: 4, planId: 1, result: 0 });
    expect((await client.readInputRegisters(Address.active, 77)).data).toEqual(new Array(77).fill(0));
    expect(unit.storedPlan(slot)).toBeUndefined();
  });

  const set = (at: number, value: number) => (registers: number[]) => {
    registers[at] = value;
  };
  const both =
    (...changes: readonly ((registers: number[]) => void)[]) =>
    (registers: number[]) => {
      for (const change of changes) change(registers);
    };
  const unixNow = Date.UTC(2026, 10, 21, 1, 0, 20) / 1000;
  const double = (at: number, value: number) => both(set(at, Math.floor(value / 65_536)), set(at + 1, value % 65_536));

  it.each<[string, number, number, (registers: number[]) => void]>([
    [
      "no coordinated stage",
      20,
      0xffff,
      (registers) => {
        registers.splice(12, 24, ...registers.slice(20, 36), ...new Array<number>(8).fill(0));
        registers.splice(3, 4, 600, 170, 0, 2);
        registers[13] = 300;
      },
    ],
    ["another layout", 19, 0, set(0, 2)],
    ["plan number 0", 19, 1, set(1, 0)],
    ["another offset reference", 19, 5, set(5, 1)],
    ["unknown flags", 19, 7, set(7, 2)],
    ["something in an unused stage", 19, 40, set(40, 1)],
    ["something in the last unused register", 19, 75, set(75, 9)],
    ["one stage", 20, 6, set(6, 1)],
    ["nine stages", 20, 6, set(6, 9)],
    ["a stage it does not have", 20, 20, set(20, 4)],
    ["a stage twice", 20, 20, set(20, 1)],
    ["red-amber, which it does not show", 20, 18, both(set(18, 10), set(13, 340))],
    ["stages that may be skipped", 20, 27, set(27, 1)],
    ["amber longer than its own", 20, 14, both(set(14, 40), set(13, 340))],
    ["a cycle that does not add up", 21, 3, set(3, 801)],
    ["a cycle below its range", 22, 3, both(set(3, 499), set(13, 150), set(21, 70), set(29, 129))],
    ["a cycle above its range", 22, 3, both(set(3, 1401), set(13, 600), set(21, 251), set(29, 400))],
    ["a green below its floor", 23, 21, both(set(21, 69), set(13, 381))],
    ["a green below the plan's own minimum", 23, 13, set(16, 351)],
    ["a minimum below its floor", 23, 16, set(16, 69)],
    ["amber below its floor", 24, 14, both(set(14, 29), set(13, 351))],
    ["all-red below its floor", 24, 15, both(set(15, 19), set(13, 351))],
    ["a green above its ceiling", 25, 13, both(set(13, 601), set(17, 601), set(3, 1051))],
    ["a green above the plan's own maximum", 25, 13, set(17, 349)],
    ["a maximum above its ceiling", 25, 17, set(17, 601)],
    ["an offset of a whole cycle", 26, 4, set(4, 800)],
    ["a plan of tomorrow", 27, 8, double(8, unixNow + 86_400)],
    ["a plan that has lapsed", 27, 10, double(10, unixNow)],
  ])("with %s is refused with %i at register %i", async (_, result, detail, change) => {
    const { beat, commit, runAlive, unit, client } = await make();
    await beat();
    expect(await commit(block(3, change))).toMatchObject({ mode: 4, result, seq: 3, detail });
    expect((await client.readInputRegisters(Address.status, 40)).data[7]! & 0x40).toBe(0x40);
    await runAlive(100);
    expect(unit.storedPlan(slot)).toBeUndefined();
    expect(unit.status().mode).toBe("local");
  });

  it("with a wrong key, checksum or sequence is refused by number", async () => {
    const { beat, commit } = await make();
    await beat();
    const good = block(5);
    expect(await commit(good, { key: 0xc0dd })).toMatchObject({ result: 16, seq: 5 });
    expect(await commit(good, { crc: good[76]! ^ 1 })).toMatchObject({ result: 17, detail: 76 });
    expect(await commit([...good.slice(0, 76), good[76]! ^ 1])).toMatchObject({ result: 17, detail: 76 });
    expect(await commit(good, { seq: 6 })).toMatchObject({ result: 18, seq: 6, detail: 2 });
    expect(await commit(good)).toMatchObject({ result: 2, seq: 5 });
    expect(await commit(good)).toMatchObject({ result: 18, seq: 5 });
    expect(await commit(block(4))).toMatchObject({ result: 18, seq: 4 });
    expect(await commit(block((5 + 0x8000) & 0xffff))).toMatchObject({ result: 18 });
    expect(await commit(block((5 + 0x7fff) & 0xffff))).toMatchObject({ result: 2 });
  });

  it("is refused without a heartbeat, under manual control and while released", async () => {
    const { beat, commit, client, unit, run, status } = await make();
    expect(await commit(block(1))).toMatchObject({ result: 28, mode: 4 });
    await beat();
    unit.inject({ kind: "manual", on: true });
    await run(seconds(1));
    expect(await commit(block(2))).toMatchObject({ result: 28, mode: 6 });
    unit.inject({ kind: "manual", on: false });
    await client.writeCoil(2, true);
    expect(await commit(block(3))).toMatchObject({ result: 28, mode: 4 });
    await client.writeCoil(2, false);
    expect(await commit(block(4))).toMatchObject({ result: 2, mode: 5 });
    // A release before the cycle turns takes the pending plan with it.
    await client.writeCoil(2, true);
    expect(await status()).toMatchObject({ result: 28, seq: 4, mode: 4 });
  });

  it("counts the offset from the first listed stage", async () => {
    const { beat, commit, unit } = await make();
    await beat();
    const turned = block(1, (registers) => {
      const stages = registers.slice(12, 36);
      registers.splice(12, 24, ...stages.slice(16), ...stages.slice(0, 16));
    });
    expect(await commit(turned)).toMatchObject({ result: 2 });
    // Stage 3, 25 s, opens the list, so the coordinated stage 1 starts 25 s after the block's offset.
    expect(unit.storedPlan(slot)).toMatchObject({ offset: 42_000, sequence: [[3, 1, 2]] });
  });

  it("lapses when its validity ends", async () => {
    const { beat, commit, runAlive, status } = await make();
    await beat();
    expect(await commit(block(1, double(10, unixNow + 150)))).toMatchObject({ result: 2 });
    await runAlive(140);
    expect(await status()).toMatchObject({ mode: 5, planId: 300 });
    await runAlive(110);
    expect(await status()).toMatchObject({ mode: 4, planId: 1 });
  });
});

describe("the heartbeat", () => {
  it("hands back to the local plan when it stops, and clears the coils", async () => {
    const { client, beat, commit, runAlive, run, status } = await make();
    await beat();
    await commit(block());
    await runAlive(150);
    expect(await status()).toMatchObject({ mode: 5, planId: 300 });
    await client.writeCoil(2, true);
    await client.writeCoil(2, false);
    await commit(block(2));
    await run(seconds(61));
    const lapsed = await status();
    expect(lapsed).toMatchObject({ mode: 4 });
    expect(lapsed.data[7]! & 4).toBe(4);
    expect(lapsed.data[18]).toBeGreaterThanOrEqual(600);
    expect((await client.readCoils(0, 4)).data.slice(0, 4)).toEqual([false, false, false, false]);
    await run(seconds(120));
    expect(await status()).toMatchObject({ mode: 4, planId: 1 });
  });

  it("does not count when it repeats itself", async () => {
    const { client, beat, commit, run, status } = await make();
    await beat();
    await commit(block());
    for (let i = 0; i < 7; i++) {
      await run(seconds(10));
      await client.writeRegisters(Address.heartbeat, [1, 600]);
    }
    expect(await status()).toMatchObject({ mode: 4 });
  });

  it("takes a timeout of 5..600 s and a counter from 1", async () => {
    const { client, unit } = await make();
    expect(await exceptionOf(client.writeRegisters(0, [1, 50]))).toBeUndefined();
    expect(unit.backupTime).toBe(seconds(5));
    for (const values of [
      [2, 49],
      [2, 6001],
      [0, 300],
    ])
      expect(await exceptionOf(client.writeRegisters(0, values))).toBe(3);
    expect(unit.backupTime).toBe(seconds(5));
    expect(await exceptionOf(client.writeRegister(0, 9))).toBeUndefined();
    expect((await client.readHoldingRegisters(0, 2)).data).toEqual([9, 50]);
  });
});

describe("writing", () => {
  it.each([
    ["part of the shadow", 100, 76, 3],
    ["one register of the shadow", 110, 1, 3],
    ["part of the commit", 180, 2, 3],
    ["the commit and more", 180, 4, 3],
    ["shadow and commit together", 100, 83, 3],
    ["part of the clock", 4, 2, 3],
    ["the timeout alone", 1, 1, 3],
    ["heartbeat and clock", 0, 8, 3],
    ["where nothing is", 8, 2, 2],
    ["past the commit", 183, 1, 2],
  ])("%s is refused", async (_, address, length, code) => {
    const { client, unit } = await make();
    const before = (await client.readHoldingRegisters(100, 77)).data;
    expect(await exceptionOf(client.writeRegisters(address, new Array(length).fill(1)))).toBe(code);
    expect((await client.readHoldingRegisters(100, 77)).data).toEqual(before);
    expect(unit.storedPlan(slot)).toBeUndefined();
  });

  it("sets the clock by its key", async () => {
    const { client, unit } = await make();
    const utc = 1_800_000_000;
    const words = [Math.floor(utc / 65_536), utc % 65_536];
    expect(await exceptionOf(client.writeRegisters(4, [...words, 250, 0]))).toBe(3);
    expect(await exceptionOf(client.writeRegisters(4, [...words, 1000, Key.clock]))).toBe(3);
    expect(unit.now()).toBeLessThan(utc * 1000);
    await client.writeRegisters(4, [...words, 250, Key.clock]);
    expect(unit.now()).toBe(utc * 1000 + 250);
  });

  it("honours coils only while the heartbeat lives, and never in part", async () => {
    const { client, beat, unit, run } = await make();
    await client.writeCoil(0, true);
    expect((await client.readCoils(0, 1)).data[0]).toBe(false);
    expect(unit.commandedPattern).toBe(0);
    await beat();
    expect(await exceptionOf(client.writeCoils(0, [true, true, false, false]))).toBe(3);
    expect(await exceptionOf(client.writeCoils(0, [true, false, false, false, true]))).toBe(2);
    expect(unit.commandedPattern).toBe(0);
    await client.writeCoils(0, [true, false, false, false]);
    expect(unit.commandedPattern).toBe(255);
    await run(seconds(80));
    expect(unit.status().mode).toBe("local");
    await beat();
    await client.writeCoil(0, true);
    await run(seconds(40));
    expect(unit.status().mode).toBe("flash");
    await client.writeCoil(0, false);
    await run(seconds(30));
    expect(unit.status().mode).toBe("local");
  });
});

describe("reading", () => {
  it("knows its limits, its detectors and its lamps", async () => {
    const { client, unit, junction, run } = await make();
    expect((await client.readInputRegisters(40, 16)).data).toEqual([
      70, 30, 20, 600, 70, 30, 20, 600, 140, 30, 20, 600, 0, 0, 0, 0,
    ]);
    unit.detect(1, true, 3);
    await run(seconds(1));
    expect((await client.readInputRegisters(100, 1)).data).toEqual([3]);
    expect((await client.readDiscreteInputs(32, 2)).data.slice(0, 2)).toEqual([true, false]);
    for (let i = 0; i < 20; i++) {
      await run(seconds(5));
      const lamps = (await client.readDiscreteInputs(64, 48)).data;
      for (const [group] of junction.groups.entries()) {
        const lamp = unit.lamps[group];
        expect(lamps[group * 3]).toBe(lamp === Lamp.red);
        expect(lamps[group * 3 + 1]).toBe(lamp === Lamp.amber);
        expect(lamps[group * 3 + 2]).toBe(lamp === Lamp.green || lamp === Lamp.clearance);
      }
    }
  });

  it("answers for what is there and for nothing else", async () => {
    const { client } = await make();
    expect((await client.readInputRegisters(0, 72)).data).toHaveLength(72);
    for (const [address, length] of [
      [72, 1],
      [60, 20],
      [196, 1],
      [199, 3],
      [277, 1],
      [65_535, 1],
    ] as const)
      expect(await exceptionOf(client.readInputRegisters(address, length))).toBe(2);
    expect(await exceptionOf(client.readInputRegisters(100, 126))).toBe(3);
    expect(await exceptionOf(client.readHoldingRegisters(2, 2))).toBe(2);
    expect(await exceptionOf(client.readCoils(4, 1))).toBe(2);
    expect(await exceptionOf(client.readDiscreteInputs(8, 1))).toBe(2);
  });
});

describe("serving", () => {
  const cabinetFor = (id: string) => {
    const city = testCity();
    const [junction, cabinet] = [city.junctions.get(id)!, city.cabinets.get(`cab-${id}`)!];
    const { schedule, utcOffset } = city;
    return createVirtualCabinet({ cabinet, junction, schedule, utcOffset, start: instant(0) });
  };

  it("names a port it cannot have", async () => {
    const { server } = await make();
    await expect(serveModbus({ unit: cabinetFor("a"), port: server.port })).rejects.toThrow(
      new RegExp(`127\\.0\\.0\\.1:${server.port}.*EADDRINUSE`),
    );
  });

  it("does not pretend to hold rings", async () => {
    await expect(serveModbus({ unit: cabinetFor("b") })).rejects.toThrow(/junction b.*no rings/);
  });

  it("ends open connections when it closes", async () => {
    const server = await serveModbus({ unit: cabinetFor("a") });
    const socket = connect({ port: server.port, host: "127.0.0.1" });
    const ended = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
    await new Promise<void>((resolve) => setImmediate(resolve));
    socket.on("error", () => undefined);
    await server.close();
    await ended;
  });
});

describe("functions and limits", () => {
  const word = (value: number) => [value >> 8, value & 0xff];
  /** One request over a socket of its own, as bytes; undefined: no answer before the connection ended. */
  const raw = (port: number, pdu: readonly number[], { unit = 1, protocol = 0 } = {}) =>
    new Promise<readonly number[] | undefined>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", () => undefined);
      socket.on("data", (reply) => {
        resolve([...reply.subarray(7)]);
        socket.destroy();
      });
      socket.on("close", () => resolve(undefined));
      socket.end(Buffer.from([0, 9, ...word(protocol), ...word(pdu.length + 1), unit, ...pdu]));
    });

  it.each<[string, readonly number[], readonly number[]]>([
    ["125 registers are read", [3, ...word(100), ...word(126)], [0x83, 3]],
    ["none are not", [4, ...word(0), ...word(0)], [0x84, 3]],
    ["2001 coils", [1, ...word(0), ...word(2001)], [0x81, 3]],
    ["past the last address", [3, ...word(65_535), ...word(2)], [0x83, 2]],
    ["124 registers written", [16, ...word(100), ...word(124), 248, ...new Array<number>(248).fill(0)], [0x90, 3]],
    ["a count of bytes that lies", [16, ...word(0), ...word(2), 5, 0, 1, 2, 88], [0x90, 3]],
    ["a coil that is neither on nor off", [5, ...word(2), 1, 0], [0x85, 3]],
    ["a request cut short", [3, 0], [0x83, 3]],
    ["function 7", [7], [0x87, 1]],
    ["function 43", [43, 14, 1, 0], [0xab, 1]],
    ["a mask over the shadow", [22, ...word(101), ...word(0), ...word(5)], [0x96, 3]],
    ["a mask over nothing", [22, ...word(99), ...word(0), ...word(5)], [0x96, 2]],
    ["read and write, read too long", [23, ...word(0), ...word(126), ...word(0), ...word(1), 2, 0, 9], [0x97, 3]],
    ["read and write, nothing to read", [23, ...word(90), ...word(1), ...word(0), ...word(1), 2, 0, 9], [0x97, 2]],
  ])("%s: exception", async (_, request, reply) => {
    const { server, client } = await make();
    expect(await raw(server.port, request)).toEqual(reply);
    expect((await client.readHoldingRegisters(0, 1)).data).toEqual([0]);
  });

  it("beats by mask and by read-and-write", async () => {
    const { server, client } = await make();
    expect(await raw(server.port, [22, ...word(0), ...word(0), ...word(0x0107)])).toEqual([22, 0, 0, 0, 0, 1, 7]);
    expect((await client.readInputRegisters(17, 1)).data).toEqual([0x0107]);
    const both = [23, ...word(0), ...word(2), ...word(0), ...word(2), 4, ...word(300), ...word(450)];
    expect(await raw(server.port, both)).toEqual([23, 4, ...word(300), ...word(450)]);
  });

  it("is silent for another unit, and ends what is no Modbus", async () => {
    const { server } = await make();
    expect(await raw(server.port, [4, 0, 0, 0, 1], { unit: 2 })).toBeUndefined();
    expect(await raw(server.port, [4, 0, 0, 0, 1], { protocol: 5 })).toBeUndefined();
  });
});

describe("nonsense on the wire", () => {
  const frame = (pdu: readonly number[], id = 1): number[] => [0, id, 0, 0, 0, pdu.length + 1, 1, ...pdu];
  const words = (values: readonly number[]) => values.flatMap((value) => [value >> 8, value & 0xff]);

  it.each([1, 2, 3, 4])("SEED=%i: thousands of mutated frames change no plan and end no server", async (seed) => {
    const { server, client, unit, run } = await make();
    const random = seededRandom(seed);
    const pick = (n: number) => Math.floor(random.next() * n);
    // Never a heartbeat among them: without one nothing may be commanded, whatever else comes.
    const corpus = [
      frame([4, ...words([0, 40])]),
      frame([3, ...words([100, 77])]),
      frame([2, ...words([64, 48])]),
      frame([1, ...words([0, 4])]),
      frame([5, ...words([0, 0xff00])]),
      frame([5, ...words([2, 0xff00])]),
      frame([15, ...words([0, 4]), 1, 15]),
      frame([16, ...words([100, 77]), 154, ...words(block(1))]),
      frame([16, ...words([180, 3]), 6, ...words([Key.commit, 1, block(1)[76]!])]),
      frame([43, 14, 1, 0]),
    ];
    const send = (bytes: readonly number[]) =>
      new Promise<void>((resolve) => {
        const socket = connect({ port: server.port, host: "127.0.0.1" });
        socket.on("error", () => undefined);
        socket.on("data", () => undefined);
        socket.on("close", () => resolve());
        socket.end(Buffer.from(bytes));
      });
    for (let round = 0; round < 20; round++) {
      const stream: number[] = [];
      for (let i = 0; i < 50; i++) {
        const bytes = [...corpus[pick(corpus.length)]!];
        for (let changes = pick(4); changes >= 0; changes--) {
          const at = pick(bytes.length);
          if (pick(3) === 0) bytes[at] = pick(256);
          else if (pick(2) === 0) bytes[at] = (bytes[at]! ^ (1 << pick(8))) & 0xff;
          else if (pick(8) === 0) bytes.splice(at, 1 + pick(4));
          // Lengths stay true most of the time, so that the stream stays in step and the frames are looked at.
          if (pick(6) > 0) bytes.splice(4, 2, ...words([Math.max(0, bytes.length - 6)]));
        }
        const heartbeat = (bytes[7] === 6 || bytes[7] === 16) && bytes[8] === 0 && bytes[9]! < 4;
        if (!heartbeat) stream.push(...bytes);
      }
      await send(stream);
      await run(seconds(1));
    }
    expect(unit.storedPlan(slot)).toBeUndefined();
    expect(unit.commandedPattern).toBe(0);
    expect(unit.trips).toBe(0);
    const { data } = await client.readInputRegisters(0, 40);
    expect(data[0]).toBe(0x4154);
    // It still works for a master that speaks properly.
    await client.writeRegisters(0, [data[17]! + 1, 600]);
    await client.writeRegisters(100, sealed(block(40)));
    await client.writeRegisters(180, [Key.commit, 40, block(40)[76]!]);
    expect((await client.readInputRegisters(23, 2)).data).toEqual([2, 40]);
  });
});
