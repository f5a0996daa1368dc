import { Exception, type ModbusBank } from "./modbus-server-bank.ts";

/** Modbus Application Protocol V1.1b3 §6: items in one request. */
const Most = { readBits: 2000, readRegisters: 125, writeBits: 1968, writeRegisters: 123, readWrite: 121 } as const;

/** Answers one request PDU; whatever is wrong with it comes back as an exception and changes nothing. */
export function answer(bank: ModbusBank, pdu: Uint8Array): Uint8Array {
  const code = pdu[0] ?? 0;
  try {
    return Uint8Array.from([code, ...perform(bank, code, new Request(pdu))]);
  } catch (error) {
    if (!(error instanceof Exception)) throw error;
    return Uint8Array.of((code & 0x7f) | 0x80, error.modbusErrorCode);
  }
}

/** What follows the function code. */
function perform(bank: ModbusBank, code: number, request: Request): readonly number[] {
  switch (code) {
    case 1:
    case 2: {
      const [address, count] = request.range(Most.readBits);
      const bits = Array.from({ length: count }, (_, i) =>
        code === 1 ? bank.coil(address + i) : bank.discrete(address + i),
      );
      return counted(packed(bits));
    }
    case 3:
    case 4: {
      const [address, count] = request.range(Most.readRegisters);
      return counted(words(code === 3 ? bank.holding(address, count) : bank.input(address, count)));
    }
    case 5: {
      const { address, value } = request.single();
      if (value !== 0 && value !== 0xff00) throw new Exception(3, "a coil is 0x0000 or 0xFF00");
      bank.writeCoils([{ address, on: value !== 0 }]);
      return request.echo(4);
    }
    case 6: {
      const { address, value } = request.single();
      bank.write(address, [value]);
      return request.echo(4);
    }
    case 15: {
      const { address, count, bytes } = request.many(Most.writeBits, (bits) => Math.ceil(bits / 8));
      bank.writeCoils(
        Array.from({ length: count }, (_, i) => ({
          address: address + i,
          on: (bytes[i >> 3]! & (1 << (i & 7))) !== 0,
        })),
      );
      return request.echo(4);
    }
    case 16: {
      const { address, bytes } = request.many(Most.writeRegisters, (registers) => 2 * registers);
      bank.write(address, pairs(bytes));
      return request.echo(4);
    }
    case 22: {
      const { address, and, or } = request.mask();
      const [before] = bank.holding(address, 1);
      bank.write(address, [(before! & and) | (or & ~and & 0xffff)]);
      return request.echo(6);
    }
    case 23: {
      const { read, write } = request.both();
      // §6.17: the write comes first. Nothing is written for a read that would fail.
      bank.holding(...read);
      bank.write(write.address, pairs(write.bytes));
      return counted(words(bank.holding(...read)));
    }
    default:
      throw new Exception(1, `no function ${code}`);
  }
}

/** The bytes of one request; a length that does not fit the function is exception 3. */
class Request {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  range(most: number): [address: number, count: number] {
    this.#long(5);
    return this.#ranged(1, most);
  }

  single(): { readonly address: number; readonly value: number } {
    this.#long(5);
    return { address: this.#word(1), value: this.#word(3) };
  }

  many(
    most: number,
    bytesOf: (count: number) => number,
  ): { readonly address: number; readonly count: number; readonly bytes: Uint8Array } {
    if (this.#bytes.length < 6) throw new Exception(3, "too short");
    const [address, count] = this.#ranged(1, most);
    const length = bytesOf(count);
    if (this.#bytes[5] !== length) throw new Exception(3, `${count} items are ${length} bytes`);
    this.#long(6 + length);
    return { address, count, bytes: this.#bytes.subarray(6) };
  }

  mask(): { readonly address: number; readonly and: number; readonly or: number } {
    this.#long(7);
    return { address: this.#word(1), and: this.#word(3), or: this.#word(5) };
  }

  both(): {
    readonly read: [address: number, count: number];
    readonly write: { readonly address: number; readonly bytes: Uint8Array };
  } {
    if (this.#bytes.length < 10) throw new Exception(3, "too short");
    const read = this.#ranged(1, Most.readRegisters);
    const [address, count] = this.#ranged(5, Most.readWrite);
    if (this.#bytes[9] !== 2 * count) throw new Exception(3, `${count} registers are ${2 * count} bytes`);
    this.#long(10 + 2 * count);
    return { read, write: { address, bytes: this.#bytes.subarray(10) } };
  }

  echo(length: number): readonly number[] {
    return [...this.#bytes.subarray(1, 1 + length)];
  }

  #ranged(at: number, most: number): [address: number, count: number] {
    const [address, count] = [this.#word(at), this.#word(at + 2)];
    if (count < 1 || count > most) throw new Exception(3, `1..${most} items a request`);
    if (address + count > 0x10000) throw new Exception(2, "ends past 65535");
    return [address, count];
  }

  #word(at: number): number {
    return this.#view.getUint16(at);
  }

  #long(length: number): void {
    if (this.#bytes.length !== length) throw new Exception(3, `${this.#bytes.length} bytes instead of ${length}`);
  }
}

const counted = (bytes: readonly number[]): readonly number[] => [bytes.length, ...bytes];

const words = (registers: readonly number[]): readonly number[] =>
  registers.flatMap((register) => [register >> 8, register & 0xff]);

const pairs = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i]! * 256 + bytes[2 * i + 1]!);

function packed(bits: readonly boolean[]): readonly number[] {
  const bytes = new Array<number>(Math.ceil(bits.length / 8)).fill(0);
  for (const [i, bit] of bits.entries()) if (bit) bytes[i >> 3]! |= 1 << (i & 7);
  return bytes;
}
