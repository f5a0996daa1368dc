import { type AddressInfo, createServer, type Socket } from "node:net";
import { ModbusBank } from "./modbus-server-bank.ts";
import { answer } from "./modbus-server-pdu.ts";
import { type ModbusVariant, profileAVariant } from "./modbus-server-plan.ts";
import type { Carry } from "./reply-faults.ts";
import type { VirtualCabinet } from "./virtual-cabinet.ts";

export interface ModbusServerOptions {
  readonly unit: VirtualCabinet;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Loopback unless said otherwise: Modbus knows no password. */
  readonly host?: string;
  /** Requests for other units are not answered. */
  readonly unitId?: number | undefined;
  /** Where this controller is not quite profile ATCS-MB-A. */
  readonly variant?: Partial<ModbusVariant>;
  /** What becomes of replies on their way; each is sent at once where nothing is said. */
  readonly carry?: Carry;
}

export interface ModbusServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A controller has few connections to give; the oldest silent one does not starve the next master for ever. */
const connections = 16;
const idleLimit = 120_000;

/** MBAP header (Messaging on TCP/IP V1.0b §3.1.3). */
const header = 7;
/** A unit number and a PDU take 254 bytes; a master that writes too many registers is still told so, up to what a byte can count. */
const longest = 1 + 6 + 255;

/**
 * Serves a virtual cabinet over Modbus TCP by profile ATCS-MB-A, until `close`, which also ends open connections. Rejects when
 * the port cannot be had or the junction is not stage-based.
 */
export async function serveModbus(options: ModbusServerOptions): Promise<ModbusServer> {
  const { unit, port = 0, host = "127.0.0.1", unitId = 1, variant, carry = atOnce } = options;
  const bank = new ModbusBank(unit, { ...profileAVariant, ...variant });
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.setTimeout(idleLimit, () => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, { bank, unitId, carry });
  });
  server.maxConnections = connections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new Error(`Modbus server on ${host}:${port}: ${error.message}`)));
    server.listen(port, host, resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  return {
    url: `tcp://${host}:${taken}`,
    port: taken,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const atOnce: Carry = (reply, send) => send(reply);

/** Requests of one connection in order; bytes that cannot be a frame end it, since nobody knows where the next one starts. */
function serve(
  socket: Socket,
  { bank, unitId, carry }: { readonly bank: ModbusBank; readonly unitId: number; readonly carry: Carry },
): void {
  let received: Buffer = Buffer.alloc(0);
  const send = (bytes: Uint8Array) => {
    if (!socket.destroyed) socket.write(bytes);
  };
  socket.on("data", (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    while (received.length >= header) {
      const length = received.readUInt16BE(4);
      if (received.readUInt16BE(2) !== 0 || length < 2 || length > longest) {
        socket.destroy();
        return;
      }
      if (received.length < header - 1 + length) return;
      const frame = received.subarray(0, header - 1 + length);
      received = received.subarray(header - 1 + length);
      if (frame[6] !== unitId) continue;
      const pdu = answer(bank, frame.subarray(header));
      const head = Buffer.from(frame.subarray(0, header));
      head.writeUInt16BE(pdu.length + 1, 4);
      carry(Buffer.concat([head, pdu]), send);
    }
  });
}
