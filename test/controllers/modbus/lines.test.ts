import { type AddressInfo, createServer, type Socket } from "node:net";
import { firstValueFrom } from "rxjs";
import { describe, expect, it, onTestFinished } from "vitest";
import { SteppedClock } from "../../../app/stepped-clock.ts";
import { instant, seconds } from "../../../config/units.ts";
import { openModbus } from "../../../controllers/modbus/driver.ts";
import { Lines } from "../../../controllers/modbus/line.ts";
import { profileA } from "../../../controllers/modbus/register-map.ts";
import { untracked } from "../../../engine/ports/in-flight.ts";
import { ModbusBank } from "../../../simulation/cabinet/modbus-server-bank.ts";
import { answer } from "../../../simulation/cabinet/modbus-server-pdu.ts";
import { profileAVariant } from "../../../simulation/cabinet/modbus-server-plan.ts";
import { createVirtualCabinet } from "../../../simulation/cabinet/unit.ts";
import { testCity } from "../../support/city.ts";

const start = instant(Date.UTC(2026, 10, 21, 1));

/** A gateway that has one connection to give and two cabinets behind it, units 1 and 2. It never has two requests at a time. */
async function gateway() {
  const city = testCity();
  const [junction, cabinet] = [city.junctions.get("a")!, city.cabinets.get("cab-a")!];
  const { schedule, utcOffset } = city;
  const units = [1, 2].map(() => createVirtualCabinet({ cabinet, junction, schedule, utcOffset, start }));
  const banks = units.map((unit) => new ModbusBank(unit, profileAVariant));
  const seen = { connections: 0, together: 0, most: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    seen.connections++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (frame) => {
      seen.most = Math.max(seen.most, ++seen.together);
      setTimeout(() => {
        seen.together--;
        const bank = banks[frame[6]! - 1];
        if (!bank) return;
        const pdu = answer(bank, frame.subarray(7));
        const head = Buffer.from(frame.subarray(0, 7));
        head.writeUInt16BE(pdu.length + 1, 4);
        socket.write(Buffer.concat([head, pdu]));
      }, 5);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = new SteppedClock(start);
  const lines = new Lines();
  const open = (unitId: number, id: string) =>
    openModbus({
      spec: { ...cabinet, id, unitId },
      junction,
      url,
      map: profileA,
      clock,
      inFlight: untracked,
      deadline: seconds(0.3),
      lines,
    });
  return { units, open, seen, sockets, clock };
}

describe("cabinets behind one gateway", () => {
  it("share one connection and one request at a time, each hears its own unit", async () => {
    const { units, open, seen, clock } = await gateway();
    const drivers = [open(1, "one"), open(2, "two")];
    const keep = { junction: "a", at: clock.now(), action: { kind: "keep-alive" } } as const;
    const outcomes = await Promise.all(
      [0, 1, 0, 1, 0].map((i, n) => firstValueFrom(drivers[i]!.send({ ...keep, id: `c${n}` }))),
    );
    expect(outcomes.map(({ detail }) => detail)).toEqual([1, 1, 2, 2, 3].map((n) => `heartbeat ${n}`));
    expect(units.map((unit) => unit.backupTime)).toEqual([60_000, 60_000]);
    expect(seen).toMatchObject({ connections: 1, most: 1 });
    drivers[0]!.close();
    expect(await firstValueFrom(drivers[1]!.send({ ...keep, id: "after" }))).toMatchObject({ detail: "heartbeat 3" });
    expect(await firstValueFrom(drivers[0]!.send({ ...keep, id: "closed" }))).toMatchObject({
      result: "lost",
      code: "closed",
    });
    drivers[1]!.close();
  });

  it("one that is not there does not take the other's connection away for good", async () => {
    const { open, clock } = await gateway();
    const [there, gone] = [open(1, "one"), open(9, "nine")];
    const keep = { junction: "a", at: clock.now(), action: { kind: "keep-alive" } } as const;
    const [lost, kept] = await Promise.all([
      firstValueFrom(gone.send({ ...keep, id: "x" })),
      firstValueFrom(there.send({ ...keep, id: "y" })),
    ]);
    expect(lost).toMatchObject({ result: "lost" });
    expect(kept).toMatchObject({ result: "accepted" });
    there.close();
    gone.close();
  });
});
