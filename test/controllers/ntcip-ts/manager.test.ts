import dgram from "node:dgram";
import { Manager, type Ref, ref, SharedUdp } from "ntcip-ts";
import { afterEach, describe, expect, it } from "vitest";
import { openTestUnit, writeCommunity } from "./test-agent.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function setUp(options: { readonly maxMessage?: number; readonly version?: "v1" | "v2c" } = {}) {
  const unit = await openTestUnit(options);
  const manager = new Manager({
    address: "127.0.0.1",
    port: unit.agent.address().port,
    community: writeCommunity,
    version: options.version ?? "v1",
  });
  closers.push(
    () => unit.agent.close(),
    () => manager.close(),
  );
  return { unit, manager };
}

/** A unit that never answers, and counts. */
async function silence() {
  const socket = dgram.createSocket("udp4");
  let heard = 0;
  socket.on("message", () => heard++);
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  closers.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { port: socket.address().port, heard: () => heard };
}

const all: readonly Ref[] = [
  ref("patternCycleTime", 1),
  ref("sequenceData", 1, 1),
  ref("globalTime"),
  ref("moduleDeviceNode", 1),
  ref("splitTime", 1, 1),
];

describe("a manager", () => {
  it.each(["v1", "v2c"] as const)("reads values of every kind (%s)", async (version) => {
    const { manager } = await setUp({ version });
    expect(await manager.get(...all)).toEqual({
      ok: true,
      values: [60, Uint8Array.of(1, 2), 3_000_000_000, "1.3.6.1.4.1.1206.4.2.1", 40],
    });
  });

  it.each(["v1", "v2c"] as const)("names the object that is not there (%s)", async (version) => {
    const { manager } = await setUp({ version });
    const missing = ref("splitTime", 9, 9);
    expect(await manager.get(ref("maxPhases"), missing)).toMatchObject({
      ok: false,
      error: { code: "no-such-name", ref: missing },
    });
  });

  it("writes, and hears the unit's refusals", async () => {
    const { manager, unit } = await setUp();
    expect(await manager.set({ ref: ref("systemPatternControl"), value: 5 })).toEqual({ ok: true });
    expect(unit.value(ref("systemPatternControl"))).toBe(5);
    expect(await manager.set({ ref: ref("systemPatternControl"), value: 256 })).toMatchObject({
      error: { code: "bad-value", ref: ref("systemPatternControl") },
    });
    expect(await manager.set({ ref: ref("patternCycleTime", 1), value: 90 })).toMatchObject({
      error: { code: "refused", message: "genErr for patternCycleTime.1" },
    });
  });

  it("halves what a small unit calls too big", async () => {
    const { manager } = await setUp({ maxMessage: 90 });
    expect(await manager.get(...all)).toMatchObject({ ok: true, values: { length: 5 } });
  });

  it("says too-big when even one value is", async () => {
    const { manager } = await setUp({ maxMessage: 60 });
    expect(await manager.get(ref("maxPhases"))).toMatchObject({ error: { code: "too-big" } });
  });

  it("keeps every message within 484 octets and 18 writes", async () => {
    const socket = dgram.createSocket("udp4");
    const sizes: number[] = [];
    socket.on("message", (bytes) => sizes.push(bytes.length));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const manager = new Manager({
      address: "127.0.0.1",
      port: socket.address().port,
      community: writeCommunity,
      timeoutMs: 30,
      tries: 1,
    });
    closers.push(
      () => socket.close(),
      () => manager.close(),
    );
    const rows = Array.from({ length: 40 }, (_, i) => ({ ref: ref("splitTime", 250, i + 1), value: 255 }));
    expect(await manager.set(...rows)).toMatchObject({ error: { code: "unknown" } });
    expect(await manager.get(...rows.map((row) => row.ref))).toMatchObject({ error: { code: "timeout" } });
    expect(sizes).toHaveLength(2);
    expect(sizes[0]).toBeGreaterThan(300);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(484);
  });

  it("repeats a GET and never a SET, whose silence is unknown", async () => {
    const { port, heard } = await silence();
    const manager = new Manager({ address: "127.0.0.1", port, community: "public", timeoutMs: 30, tries: 3 });
    closers.push(() => manager.close());
    expect(await manager.get(ref("maxPhases"))).toMatchObject({ error: { code: "timeout" } });
    expect(heard()).toBe(3);
    expect(await manager.set({ ref: ref("systemPatternControl"), value: 1 })).toMatchObject({
      error: { code: "unknown" },
    });
    expect(heard()).toBe(4);
  });

  it("has one message in flight and keeps the order", async () => {
    const { manager, unit } = await setUp();
    const order: number[] = [];
    const replies = [1, 2, 3].map((value) =>
      manager.set({ ref: ref("systemPatternControl"), value }).then(() => order.push(value)),
    );
    await Promise.all(replies);
    expect(order).toEqual([1, 2, 3]);
    expect(unit.acted.map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it("ends what waits when it is closed, and does no more", async () => {
    const { port } = await silence();
    const manager = new Manager({ address: "127.0.0.1", port, community: "public" });
    const waiting = [manager.get(ref("maxPhases")), manager.get(ref("maxPhases"))];
    await new Promise((resolve) => setImmediate(resolve));
    manager.close();
    waiting.push(manager.get(ref("maxPhases")));
    for (const reply of await Promise.all(waiting)) expect(reply).toMatchObject({ error: { code: "closed" } });
  });

  it("refuses a name where an address belongs", () => {
    expect(() => new Manager({ address: "cabinet.example", community: "public" })).toThrow(/IPv4/);
  });
});

describe("one socket for many units", () => {
  it("brings each its own answers and drops a stranger's", async () => {
    const shared = new SharedUdp();
    closers.push(() => shared.close());
    const units = await Promise.all([openTestUnit(), openTestUnit()]);
    const managers = units.map(({ agent }) => {
      const manager = new Manager({
        address: "127.0.0.1",
        port: agent.address().port,
        community: writeCommunity,
        socket: shared,
      });
      closers.push(
        () => agent.close(),
        () => manager.close(),
      );
      return manager;
    });
    await managers[0]!.set({ ref: ref("systemPatternControl"), value: 11 });
    await managers[1]!.set({ ref: ref("systemPatternControl"), value: 22 });
    const values = await Promise.all(managers.map((manager) => manager.get(ref("systemPatternControl"))));
    expect(values).toEqual([
      { ok: true, values: [11] },
      { ok: true, values: [22] },
    ]);
  });
});
