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
});
