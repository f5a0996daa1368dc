/// <reference path="./modbus-serial-ports.d.ts" />
import { type Millis, millis } from "../../config/units.ts";
import { crc16 } from "./codec.ts";
import { type Carried, Silence, Waiting, type Wire } from "./wire.ts";

/** How a serial line is set. Modbus over Serial Line V1.02 §2.5.1: 19200 8E1 unless said otherwise. */
export interface SerialSettings {
  readonly path: string;
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
  readonly parity: "none" | "even" | "odd";
}

/** The least of modbus-serial's RTU port. */
export interface Port {
  readonly isOpen: boolean;
  write(frame: Buffer): unknown;
  on(event: "data", listener: (chunk: Buffer) => void): unknown;
  on(event: "error" | "close", listener: (error?: Error | null) => void): unknown;
  close(): void;
}

/** Opens the port; rejects with `Silence`. The native part is loaded only by those who have a serial line. */
export async function openRtu({ path, ...settings }: SerialSettings): Promise<Wire> {
  const { default: RTUBufferedPort } = await import("modbus-serial/ports/rtubufferedport.js");
  const port = new RTUBufferedPort(path, settings);
  await new Promise<void>((resolve, reject) => {
    port.open((error) => {
      if (error) reject(new Silence("no-connection", error instanceof Error ? error.message : String(error)));
      else resolve();
    });
  });
  return new RtuWire(port, settings.baudRate);
}

/** Unit, PDU and CRC, low byte first (V1.02 §2.5.1). */
export function rtuFrame(unit: number, pdu: Uint8Array): Buffer {
  const body = Uint8Array.from([unit, ...pdu]);
  const crc = crc16(body);
  return Buffer.from([...body, crc & 0xff, crc >> 8]);
}

/** 3.5 characters of 11 bits; fixed above 19200 Bd (V1.02 §2.5.1.1). */
export const silenceBetween = (baudRate: number): number => (baudRate > 19_200 ? 1.75 : (3.5 * 11 * 1000) / baudRate);

/** RTU frames have no number: a reply is told by its unit, function and length, and its CRC must be right. */
export class RtuWire implements Wire {
  readonly numbered = false;
  readonly #port: Port;
  readonly #pause: number;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { readonly unit: number; readonly call: Carried; readonly turn: Waiting } | undefined;

  constructor(port: Port, baudRate: number) {
    this.#port = port;
    this.#pause = Math.ceil(silenceBetween(baudRate));
    port.on("data", (chunk) => this.#take(chunk));
    port.on("error", () => undefined); // "close" follows or the deadline does
    port.on("close", () => this.#waiting?.turn.end(new Silence("disconnected", "the serial port closed")));
  }

  get open(): boolean {
    return this.#port.isOpen;
  }

  async exchange(unit: number, call: Carried, within: Millis): Promise<Uint8Array> {
    await new Promise((resolve) => setTimeout(resolve, this.#pause));
    this.#received = Buffer.alloc(0);
    const turn = new Waiting(millis(within));
    this.#waiting = { unit, call, turn };
    if (this.open) this.#port.write(rtuFrame(unit, call.pdu));
    else turn.end(new Silence("disconnected", "the serial port closed"));
    return turn.reply.finally(() => {
      this.#waiting = undefined;
    });
  }

  close(): void {
    if (this.#port.isOpen) this.#port.close();
  }

  /** Noise before a frame is passed over; a frame of ours with a wrong CRC is no answer, and the deadline says so. */
  #take(chunk: Buffer): void {
    if (!this.#waiting) return;
    const { unit, call, turn } = this.#waiting;
    this.#received = Buffer.concat([this.#received, chunk]).subarray(-512);
    const bytes = this.#received;
    for (let at = 0; at + 2 <= bytes.length; at++) {
      if (bytes[at] !== unit) continue;
      const exception = bytes[at + 1] === (call.pdu[0]! | 0x80);
      if (!exception && bytes[at + 1] !== call.pdu[0]) continue;
      const end = at + 1 + (exception ? 2 : call.replyLength);
      if (end + 2 > bytes.length) continue;
      if (crc16(bytes.subarray(at, end)) !== bytes[end]! + 256 * bytes[end + 1]!) continue;
      turn.end(Uint8Array.from(bytes.subarray(at + 1, end)));
      return;
    }
  }
}
