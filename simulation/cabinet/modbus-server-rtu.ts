import { ModbusBank } from "./modbus-server-bank.ts";
import { answer } from "./modbus-server-pdu.ts";
import { type ModbusVariant, profileAVariant } from "./modbus-server-plan.ts";
import type { Carry } from "./reply-faults.ts";
import type { VirtualCabinet } from "./virtual-cabinet.ts";

export interface RtuServerOptions {
  readonly unit: VirtualCabinet;
  /** Device of the serial line. */
  readonly path: string;
  readonly baudRate?: number;
  readonly parity?: "none" | "even" | "odd";
  readonly unitId?: number;
  readonly variant?: Partial<ModbusVariant>;
  readonly carry?: Carry;
}

/** Longest frame: address, PDU of 253 bytes, CRC (Modbus over Serial Line V1.02 §2.5.1). */
const longest = 256;
/** Bytes that have made no frame by then are noise, ms; well above 3.5 characters even at 1200 Bd. */
const silence = 50;
/** To all, answered by none. */
const broadcast = 0;

/** Serves a virtual cabinet on a serial line, RTU framing. Rejects when the line cannot be opened. */
export async function serveModbusRtu(options: RtuServerOptions): Promise<{ close(): Promise<void> }> {
  const { unit, path, baudRate = 19_200, parity = "even", unitId = 1, variant } = options;
  const carry: Carry = options.carry ?? ((reply, send) => send(reply));
  const bank = new ModbusBank(unit, { ...profileAVariant, ...variant });
  const { SerialPort } = await import("serialport");
  const port = new SerialPort({ path, baudRate, parity, dataBits: 8, stopBits: 1, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(new Error(`Modbus server on ${path}: ${error.message}`)) : resolve()));
  });
  port.on("error", () => undefined);
  const frames = new RtuFrames((address, pdu) => {
    if (address !== unitId && address !== broadcast) return;
    const reply = answer(bank, pdu);
    if (address !== broadcast) carry(sealed(address, reply), (bytes) => port.isOpen && port.write(Buffer.from(bytes)));
  });
  let timer: NodeJS.Timeout | undefined;
  port.on("data", (chunk: Buffer) => {
    clearTimeout(timer);
    frames.take(chunk);
    timer = setTimeout(() => frames.silence(), silence);
  });
  return {
    close: () => {
      clearTimeout(timer);
      return new Promise((resolve) => port.close(() => resolve()));
    },
  };
}

/** Finds request frames in what a line brings: by the length their function has, and a right CRC. */
export class RtuFrames {
  readonly #found: (address: number, pdu: Uint8Array) => void;
  #received: Uint8Array = new Uint8Array(0);

  constructor(found: (address: number, pdu: Uint8Array) => void) {
    this.#found = found;
  }

  take(chunk: Uint8Array): void {
    this.#received = Uint8Array.from([...this.#received, ...chunk]);
    for (;;) {
      const length = lengthOf(this.#received);
      if (length === undefined || this.#received.length < length) break;
      const frame = this.#received.subarray(0, length);
      if (!intact(frame)) {
        // Out of step: the silence that follows puts it right.
        if (this.#received.length > longest) this.#received = new Uint8Array(0);
        break;
      }
      this.#received = this.#received.subarray(length);
      this.#found(frame[0]!, frame.subarray(1, -2));
    }
  }

  /** The line was quiet for more than 3.5 characters: whatever came is a frame of another length, or noise. */
  silence(): void {
    const rest = this.#received;
    this.#received = new Uint8Array(0);
    if (rest.length >= 4 && rest.length <= longest && intact(rest)) this.#found(rest[0]!, rest.subarray(1, -2));
  }
}

/** Of the request at the start, CRC included; undefined: not known yet, or not of this function. */
function lengthOf(bytes: Uint8Array): number | undefined {
  const code = bytes[1];
  if (code === undefined) return undefined;
  if (code >= 1 && code <= 6) return 8;
  if (code === 15 || code === 16) return bytes[6] === undefined ? undefined : 9 + bytes[6];
  if (code === 22) return 10;
  if (code === 23) return bytes[10] === undefined ? undefined : 13 + bytes[10];
  return undefined;
}

const intact = (frame: Uint8Array): boolean => {
  const crc = crcOf(frame.subarray(0, -2));
  return frame.at(-2) === (crc & 0xff) && frame.at(-1) === crc >> 8;
};

function sealed(address: number, pdu: Uint8Array): Uint8Array {
  const body = Uint8Array.from([address, ...pdu]);
  const crc = crcOf(body);
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
}

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
