import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import { seconds } from "../../../config/units.ts";
import { otherPlan, rig } from "./rig.ts";

/** A peer that answers every request with bytes near to a reply. */
async function babbler(seed: number) {
  const random = seededRandom(seed);
  const pick = (n: number) => Math.floor(random.next() * n);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (request) => {
      const count = request.length > 11 ? request.readUInt16BE(10) : 1;
      const length = [2 * count, pick(256), 0][pick(3)]!;
      const body = Array.from({ length: pick(2) ? length : pick(300) }, () => pick(256));
      const functionCode = [request[7]!, request[7]! | 0x80, pick(256)][pick(3)]!;
      const pdu = [functionCode, length & 0xff, ...body];
      const stated = pick(4) ? pdu.length + 1 : pick(65_536);
      const id = pick(5) ? [request[0]!, request[1]!] : [pick(256), pick(256)];
      socket.write(Buffer.from([...id, 0, 0, stated >> 8, stated & 0xff, pick(9) ? request[6]! : pick(256), ...pdu]));
      if (pick(10) === 0) socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

describe("a peer that talks nonsense", () => {
  it.each([1, 2, 3])("SEED=%i: is believed in nothing and ends nothing", async (seed) => {
    const site = await rig();
    const peer = await babbler(seed);
    const driver = site.open({ url: peer.url, deadline: seconds(0.05) });
    for (let i = 0; i < 15; i++) {
      expect(await site.poll(driver)).toMatchObject({
        kind: "unreachable",
        reason: expect.stringMatching(/^[\w-]+: /),
      });
      const outcome = await site.ask(driver, { kind: "plan", plan: otherPlan });
      expect(outcome.result).not.toBe("accepted");
      expect(outcome).not.toMatchObject({ code: "internal" });
    }
    await site.close();
    await peer.close();
  });
});
