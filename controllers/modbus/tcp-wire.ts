/// <reference path="./modbus-serial-ports.d.ts" />
import TcpPort from "modbus-serial/ports/tcpport.js";
import type { Millis } from "../../config/units.ts";
import { rtuFrame } from "./rtu-wire.ts";
import { type Carried, Silence, Waiting, type Wire } from "./wire.ts";

/** Unit, function and one byte more: the shortest reply, an exception, without its CRC. */
const shortest = 3;
/** Unit and PDU of at most 253 bytes. */
const longest = 254;
/** The CRC that the port puts where TCP has none. */
const crcLength = 2;

/** Connects; rejects with `Silence`. `abandon` ends the attempt. */
export function connectTcp(
  { host, port }: { readonly host: string; readonly port: number },
  within: Millis,
): { readonly wire: Promise<Wire>; abandon(): void } {
  const tcp = new TcpPort(host, { port });
  let abandon = (): void => tcp.destroy();
  const wire = new Promise<Wire>((resolve, reject) => {
    const fail = (message: string) => {
      clearTimeout(timer);
      tcp.destroy();
      reject(new Silence("no-connection", message));
    };
    const timer = setTimeout(() => fail(`no connection in ${within} ms`), within);
    abandon = () => fail("the connection closed");
    tcp.open((error) => {
      if (error) fail(error instanceof Error ? error.message : "the connection closed");
      else {
        clearTimeout(timer);
        resolve(new TcpWire(tcp));
      }
    });
  });
  return { wire, abandon: () => abandon() };
}

/**
 * modbus-serial's TCP port with an account of its own: that library's client takes a reply by its length alone and leaves a
 * call that was cut off unsettled, so number, protocol, unit and deadline are checked here.
 */
class TcpWire implements Wire {
  readonly numbered = true;
  readonly #port: TcpPort;
  #waiting: { readonly id: number; readonly unit: number; readonly turn: Waiting } | undefined;

  constructor(port: TcpPort) {
    this.#port = port;
    port.on("data", (frame) => this.#take(frame));
    port.on("close", () => this.#waiting?.turn.end(new Silence("disconnected", "the connection closed")));
  }

  get open(): boolean {
    return this.#port.isOpen;
  }

  exchange(unit: number, { pdu }: Carried, within: Millis): Promise<Uint8Array> {
    const turn = new Waiting(within);
    this.#waiting = { id: this.#port._transactionIdWrite, unit, turn };
    if (this.open) this.#port.write(rtuFrame(unit, pdu));
    else turn.end(new Silence("disconnected", "the connection closed"));
    return turn.reply;
  }

  close(): void {
    this.#port.destroy();
  }

  /** Replies under another number are late or doubled and are dropped; bytes that are no frame end the connection. */
  #take(frame: Buffer): void {
    const length = frame.length - crcLength;
    const protocol = this.#port._clientRcvData.readUInt16BE(2);
    if (protocol !== 0 || length < shortest || length > longest) {
      this.#broken("no Modbus frame");
      return;
    }
    const waiting = this.#waiting;
    if (this.#port._transactionIdRead !== waiting?.id) return;
    this.#waiting = undefined;
    if (frame[0] !== waiting.unit)
      waiting.turn.end(new Silence("bad-reply", `unit ${frame[0]} answers for unit ${waiting.unit}`));
    else waiting.turn.end(Uint8Array.from(frame.subarray(1, length)));
  }

  #broken(why: string): void {
    this.#waiting?.turn.end(new Silence("bad-reply", why));
    this.#waiting = undefined;
    this.#port.destroy();
  }
}
