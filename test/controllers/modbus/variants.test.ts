import { afterEach, describe, expect, it } from "vitest";
import { millis, seconds } from "../../../config/units.ts";
import { parseRegisterMap } from "../../../controllers/modbus/register-map.ts";
import { mapFile } from "./map-file.ts";
import { otherPlan, type Rig, rig } from "./rig.ts";

const open: Rig[] = [];
afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
});

/** Controllers that differ from profile A, and the map file that says so; the driver is the same. */
const makes: readonly {
  readonly name: string;
  readonly site: Parameters<typeof rig>[0];
  readonly file: Parameters<typeof mapFile>[0];
}[] = [
  { name: "numbers from one", site: {}, file: { oneBased: true } },
  { name: "low word first", site: { variant: { lowWordFirst: true } }, file: { wordOrder: "lsw-first" } },
  { name: "whole seconds", site: { variant: { count: seconds(1) } }, file: { scale: 1 } },
  { name: "32 registers a request", site: { variant: { maxWrite: 32 } }, file: { maxWrite: 32, maxRead: 32 } },
  { name: "unit 17", site: { unitId: 17 }, file: {} },
  { name: "no CRC", site: { variant: { crc: false } }, file: { crc: false } },
  { name: "only what is needed", site: {}, file: { bare: true } },
  {
    name: "all of it",
    site: { unitId: 99, variant: { lowWordFirst: true, count: millis(1000), maxWrite: 5, crc: false } },
    file: { oneBased: true, wordOrder: "lsw-first", scale: 1, maxWrite: 5, maxRead: 7, crc: false },
  },
];

describe("controllers that differ by configuration only", () => {
  it.each(makes)("$name: reads, downloads, runs, releases", async ({ site: options, file }) => {
    const site = await rig(options);
    open.push(site);
    const driver = site.open({ map: parseRegisterMap(mapFile(file)) });
    expect(await site.reached(driver)).toMatchObject({ mode: "local", pattern: 1 });
    expect(await site.ask(driver, { kind: "plan", plan: otherPlan })).toMatchObject({ result: "accepted" });
    for (let i = 0; i < 12; i++) {
      await site.run(seconds(15));
      expect(await site.ask(driver, { kind: "keep-alive" })).toMatchObject({ result: "accepted" });
    }
    expect(site.unit.backupTime).toBe(seconds(60));
    const { plan } = site.unit.status();
    expect(plan?.cycle).toBe(otherPlan.cycle);
    expect([...plan!.splits]).toEqual(otherPlan.splits.map(({ phase, split }) => [phase, split]));
    expect(await site.reached(driver)).toMatchObject({ mode: "central", faults: [] });
    expect(await site.ask(driver, { kind: "release" })).toMatchObject({ detail: "released" });
    expect(site.unit.status().mode).toBe("local");
  });

  it("refuses times a controller of whole seconds cannot say", async () => {
    const site = await rig({ variant: { count: seconds(1) } });
    open.push(site);
    const driver = site.open({ map: parseRegisterMap(mapFile({ scale: 1 })) });
    expect((await site.reached(driver)).capabilities.resolution).toBe(1000);
    const plan = { ...otherPlan, offset: millis(17_500) };
    expect(await site.ask(driver, { kind: "plan", plan })).toMatchObject({
      result: "refused",
      code: "not-representable",
    });
  });

  it("hears nothing from a unit that is not there", async () => {
    const site = await rig({ unitId: 5 });
    open.push(site);
    const driver = site.open();
    expect(await site.reached(driver)).toMatchObject({ kind: "reachable" });
    const other = await rig({ unitId: 6 });
    open.push(other);
    expect(await site.poll(site.open({ url: other.server.url }))).toMatchObject({
      kind: "unreachable",
      reason: expect.stringContaining("timeout"),
    });
  });
});
