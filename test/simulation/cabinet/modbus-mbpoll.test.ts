import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seconds } from "../../../config/units.ts";
import { type Rig, rig } from "../../controllers/modbus/rig.ts";
import { block, Key } from "./modbus-block.ts";

const run = promisify(execFile);

/** Debian's `mbpoll` (libmodbus), which shares no line with us: `apt-get install mbpoll`. */
describe("mbpoll drives the virtual cabinet", () => {
  let site: Rig;
  beforeAll(async () => {
    site = await rig();
  });
  afterAll(() => site.close());

  async function mbpoll(
    table: "0" | "1" | "3" | "4",
    reference: number,
    rest: readonly (string | number)[],
  ): Promise<string> {
    const [count, values] = typeof rest[0] === "string" ? [["-c", rest[0]], rest.slice(1)] : [[], rest];
    const { stdout } = await run("mbpoll", [
      ...["-0", "-1", "-q", "-a", "1", "-p", String(site.server.port), "-t", table, "-r", String(reference)],
      ...count,
      "127.0.0.1",
      ...values.map(String),
    ]);
    return stdout;
  }
  /** Lines `[12]: 65535 (-1)`: the first number counts. */
  const read = async (table: "0" | "1" | "3" | "4", reference: number, count: number): Promise<readonly number[]> =>
    [...(await mbpoll(table, reference, [String(count)])).matchAll(/^\[\d+\]:\s*(\d+)/gm)].map((match) =>
      Number(match[1]),
    );
  let counter = 0;
  const beat = () => mbpoll("4", 0, [++counter, 600]);

  it("from status to shadow, commit, applied, read back, silence and local again", async () => {
    const status = await read("3", 0, 40);
    expect(status).toHaveLength(40);
    expect(status.slice(0, 2)).toEqual([0x4154, 0x0100]);
    expect(status[6]).toBe(4);
    expect(status[26]).toBe(status[39]);

    await beat();
    const plan = block(9);
    expect(plan).toHaveLength(77);
    await mbpoll("4", 100, plan);
    expect(await read("4", 100, 77)).toEqual(plan);
    expect((await read("3", 0, 40))[23]).toBe(0);
    await mbpoll("4", 180, [Key.commit, 9, plan[76]!]);
    expect(await read("3", 23, 2)).toEqual([2, 9]);

    for (let i = 0; i < 5; i++) {
      await site.run(seconds(40));
      await beat();
    }
    const applied = await read("3", 0, 40);
    expect([applied[6], applied[8], applied[9], applied[23], applied[24]]).toEqual([5, 300, 9, 3, 9]);
    expect(await read("3", 200, 77)).toEqual(plan);
    expect((await read("1", 0, 8))[0]).toBe(1);

    await site.run(seconds(61));
    expect(await read("3", 6, 1)).toEqual([4]);
    await site.run(seconds(120));
    const local = await read("3", 0, 40);
    expect([local[6], local[8]]).toEqual([4, 1]);
    expect(local[7]! & 4).toBe(4);
  });

  it("releases by coil, and is told what it may not do", async () => {
    await beat();
    await mbpoll("4", 100, block(10));
    await mbpoll("4", 180, [Key.commit, 10, block(10)[76]!]);
    expect(await read("3", 6, 1)).toEqual([5]);
    await mbpoll("0", 2, [1]);
    expect(await read("0", 0, 4)).toEqual([0, 0, 1, 0]);
    expect(await read("3", 6, 1)).toEqual([4]);
    await expect(mbpoll("4", 100, [1, 2, 3])).rejects.toMatchObject({
      stderr: expect.stringMatching(/[Ii]llegal data value/),
    });
    await expect(read("3", 72, 1)).rejects.toMatchObject({ stderr: expect.stringMatching(/[Ii]llegal data address/) });
  });

  const refusal = async (registers: number[], commit: readonly number[]) => {
    await mbpoll("4", 100, registers);
    await mbpoll("4", 180, commit);
    return (await read("3", 23, 3)).slice(0, 3);
  };
  const illegal = (what: "value" | "address" | "function") => ({
    stderr: expect.stringMatching(new RegExp(`illegal (data )?${what}`, "i")),
  });

  it("says by number what it does not like of a commit, and runs on", async () => {
    await beat();
    const running = await read("3", 8, 2);
    const good = block(20);
    expect(await refusal(good, [0xbeef, 20, good[76]!])).toEqual([16, 20, 0xffff]);
    expect(await refusal(good, [Key.commit, 20, good[76]! ^ 1])).toEqual([17, 20, 76]);
    expect(await refusal(good, [Key.commit, 19, good[76]!])).toEqual([18, 19, 2]);
    const late = block(21, (registers) => {
      registers[4] = 800;
    });
    expect(await refusal(late, [Key.commit, 21, late[76]!])).toEqual([26, 21, 4]);
    const short = block(22, (registers) => {
      registers[21] = 60;
      registers[13] = 390;
    });
    expect(await refusal(short, [Key.commit, 22, short[76]!])).toEqual([23, 22, 21]);
    expect((await read("3", 7, 1))[0]! & 0x40).toBe(0x40);
    expect(await read("3", 8, 2)).toEqual(running);
    // The refusal stands until it is cleared.
    await mbpoll("0", 3, [1]);
    expect(await read("3", 23, 1)).toEqual([0]);
  });

  it("takes nothing in part, and nothing where nothing is", async () => {
    await beat();
    const shadow = await read("4", 100, 77);
    await expect(mbpoll("4", 180, [Key.commit, 30])).rejects.toMatchObject(illegal("value"));
    await expect(mbpoll("4", 180, [Key.commit])).rejects.toMatchObject(illegal("value"));
    await expect(mbpoll("4", 101, block(30).slice(1))).rejects.toMatchObject(illegal("value"));
    await expect(mbpoll("4", 300, [1, 2])).rejects.toMatchObject(illegal("address"));
    await expect(mbpoll("4", 0, [0, 600])).rejects.toMatchObject(illegal("value"));
    await expect(mbpoll("4", 0, [77, 49])).rejects.toMatchObject(illegal("value"));
    await expect(mbpoll("4", 4, [0x6a00, 0, 0, 1])).rejects.toMatchObject(illegal("value"));
    await expect(mbpoll("0", 1, [1])).rejects.toMatchObject(illegal("value"));
    await expect(mbpoll("0", 9, [1])).rejects.toMatchObject(illegal("address"));
    await expect(read("1", 8, 1)).rejects.toMatchObject(illegal("address"));
    expect(await read("4", 100, 77)).toEqual(shadow);
    expect(await read("4", 180, 3)).toEqual([0, expect.any(Number), expect.any(Number)]);
  });

  it("shows limits, detectors, lamps, and a heartbeat by one register", async () => {
    expect(await read("3", 40, 12)).toEqual([70, 30, 20, 600, 70, 30, 20, 600, 140, 30, 20, 600]);
    site.unit.detect(2, true, 5);
    await site.run(seconds(1));
    expect((await read("3", 104, 4))[0]).toBeGreaterThanOrEqual(5);
    expect((await read("1", 32, 2))[1]).toBe(1);
    site.unit.detect(2, false, 0);
    const lamps = await read("1", 64, 3 * site.junction.groups.length);
    for (const [i] of site.junction.groups.entries())
      expect(lamps.slice(3 * i, 3 * i + 3).reduce((lit, lamp) => lit + lamp, 0)).toBe(1);
    await mbpoll("4", 0, [++counter]);
    expect((await read("3", 17, 2))[0]).toBe(counter);
  });
});
