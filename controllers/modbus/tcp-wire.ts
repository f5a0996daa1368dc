import { connect, type Socket } from "node:net";
import type { Millis } from "../../config/units.ts";
import { type Carried, Silence, Waiting, type Wire } from "./wire.ts";

/** MBAP header: transaction, protocol 0, length, unit (Messaging on TCP/IP V1.0b §3.1.3). */
const header = 7;
/** Unit and PDU of at most 253 bytes. */
const longest = 254;

/** Connects; rejects with `Silence`. `abandon` ends the attempt. */
export function connectTcp(
  { host, port }: { readonly host: string; readonly port: number },
  within: Millis,
): { readonly wire: Promise<Wire>; abandon(): void } {
  const socket = connect({ host, port, noDelay: true });
  socket.on("error", () => undefined); // "close" follows; an error nobody listens to would end the process
  const wire = new Promise<Wire>((resolve, reject) => {
    const fail = (message: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Silence("no-connection", message));
    };
    const closed = () => fail("the connection closed");
    const timer = setTimeout(() => fail(`no connection in ${within} ms`), within);
    socket.once("error", (error) => fail(error.message));
    socket.once("close", closed);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("close", closed);
      resolve(new TcpWire(socket));
    });
  });
  return { wire, abandon: () => socket.destroy() };
}

class TcpWire implements Wire {
  readonly numbered = true;
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #transaction = 0;
  #waiting: { readonly id: number; readonly unit: number; readonly turn: Waiting } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("close", () => this.#waiting?.turn.end(new Silence("disconnected", "the connection closed")));
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  exchange(unit: number, { pdu }: Carried, within: Millis): Promise<Uint8Array> {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    const turn = new Waiting(within);
    this.#waiting = { id: this.#transaction, unit, turn };
    const head = Buffer.alloc(header);
    head.writeUInt16BE(this.#transaction, 0);
    head.writeUInt16BE(pdu.length + 1, 4);
    head[6] = unit;
    if (this.open) this.#socket.write(Buffer.concat([head, pdu]));
    else turn.end(new Silence("disconnected", "the connection closed"));
    return turn.reply;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Replies under another number are late or doubled and are dropped; bytes that are no frame end the connection. */
  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= header) {
      const frame = this.#received;
      const length = frame.readUInt16BE(4);
      if (frame.readUInt16BE(2) !== 0 || length < 3 || length > longest) {
        this.#broken("no Modbus frame");
        return;
      }
      if (frame.length < header - 1 + length) return;
      this.#received = frame.subarray(header - 1 + length);
      const waiting = this.#waiting;
      if (frame.readUInt16BE(0) !== waiting?.id) continue;
      this.#waiting = undefined;
      if (frame[6] !== waiting.unit)
        waiting.turn.end(new Silence("bad-reply", `unit ${frame[6]} answers for unit ${waiting.unit}`));
      else waiting.turn.end(Uint8Array.from(frame.subarray(header, header - 1 + length)));
    }
  }

  #broken(why: string): void {
    this.#waiting?.turn.end(new Silence("bad-reply", why));
    this.#waiting = undefined;
    this.#received = Buffer.alloc(0);
    this.#socket.destroy();
  }
}
