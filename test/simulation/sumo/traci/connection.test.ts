import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Traci } from "../../../../simulation/sumo/traci/client.ts";
import { MessageWriter } from "../../../../simulation/sumo/traci/codec.ts";
import { TraciConnection } from "../../../../simulation/sumo/traci/connection.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Something on a free port that treats each client so. */
function peer(treat: (socket: Socket) => void): Promise<{ readonly host: string; readonly port: number }> {
  const server = createServer(treat);
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({ host: "127.0.0.1", port: (server.address() as { port: number }).port });
    });
  });
}

const times = { connectMs: 300, exchangeMs: 200 };
const ask = () => new MessageWriter().command(0x00);
/** "Command 0x00 done", as SUMO says it. */
const done = Buffer.from("0000000b070000000000 00".replaceAll(" ", ""), "hex");

describe("a connection to SUMO", () => {
  it("gives up on a port where nobody listens, in words", async () => {
    const { port, host } = await peer(() => undefined);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    await expect(TraciConnection.open({ host, port }, times)).rejects.toThrow(
      new RegExp(`no SUMO answers at 127.0.0.1:${port} .*--remote-port ${port}`),
    );
  });

  it("stops calling a SUMO that has died meanwhile, and says why", async () => {
    const { port, host } = await peer(() => undefined);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    await expect(TraciConnection.open({ host, port }, times, () => "SUMO ended with code 1")).rejects.toThrow(
      "SUMO ended with code 1",
    );
  });

  it("bounds every exchange in time", async () => {
    const connection = await TraciConnection.open(await peer(() => undefined), times);
    await expect(connection.exchange(ask())[0]).rejects.toThrow(/has not answered for 0.2 s/);
    // Whatever comes after is refused at once.
    await expect(connection.exchange(ask())[0]).rejects.toThrow(/has not answered/);
  });

  it("says when the other side goes", async () => {
    const connection = await TraciConnection.open(
      await peer((socket) => socket.once("data", () => socket.destroy())),
      times,
    );
    await expect(connection.exchange(ask())[0]).rejects.toThrow(/closed the connection/);
  });

  it("says when the other side speaks something else", async () => {
    const address = await peer((socket) => socket.once("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")));
    const connection = await TraciConnection.open(address, times);
    await expect(connection.exchange(ask())[0]).rejects.toThrow(/does not speak TraCI/);
  });

  it("puts answers together from any pieces and keeps their order", async () => {
    const address = await peer((socket) =>
      socket.once("data", () => {
        // Two answers, cut at odd places.
        const both = Buffer.concat([done, done]);
        socket.setNoDelay(true);
        for (const [from, to] of [
          [0, 3],
          [3, 13],
          [13, 22],
        ] as const)
          socket.write(both.subarray(from, to));
      }),
    );
    const connection = await TraciConnection.open(address, times);
    const [first, second] = await Promise.all(connection.exchange(ask(), ask()));
    for (const reader of [first!, second!]) {
      expect(reader.commandHead().id).toBe(0);
      expect(reader.byte()).toBe(0);
      expect(reader.string()).toBe("");
      expect(reader.done).toBe(true);
    }
    connection.end();
  });

  it("tells what SUMO refused and why", async () => {
    const refusal = Buffer.from("0000000e0a0300ff00000003 6e6f21".replaceAll(" ", ""), "hex");
    const answer = Buffer.concat([
      Buffer.from([0, 0, 0, 14]),
      Buffer.from([10, 3, 0xff, 0, 0, 0, 3]),
      Buffer.from("no!"),
    ]);
    expect(refusal.length).toBe(15);
    const address = await peer((socket) => socket.once("data", () => socket.write(answer)));
    await expect(Traci.join({ address, order: 1, times })).rejects.toThrow("SUMO would not take its turn: no!");
  });
});
