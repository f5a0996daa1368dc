/**
 * Requests a master sends and the only replies that answer them (Modbus Application Protocol V1.1b3 §6). A reply is taken
 * when function, length and echoed range are exactly those of the request, and is an error otherwise.
 */
export interface Call<T> {
  readonly pdu: Uint8Array;
  /** Bytes of a good reply's PDU; an exception has 2. */
  readonly replyLength: number;
  /** Throws `ModbusException`, or `BadReply` when these bytes answer something else. */
  readonly read: (reply: Uint8Array) => T;
}

/** The device's own no, §7. */
export class ModbusException extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`Modbus exception ${code}`);
    this.code = code;
  }
}

export class BadReply extends Error {}

const exceptionBit = 0x80;

/** §6.3, §6.4 */
export function readRegisters(table: "input" | "holding", address: number, count: number): Call<readonly number[]> {
  const length = 2 * count;
  return call([table === "input" ? 4 : 3, ...word(address), ...word(count)], 2 + length, (reply) => {
    if (reply[1] !== length) throw new BadReply(`${reply[1]} bytes of ${count} registers came`);
    return Array.from({ length: count }, (_, i) => reply[2 + 2 * i]! * 256 + reply[3 + 2 * i]!);
  });
}

/** §6.1 */
export const readCoil = (address: number): Call<boolean> =>
  call([1, ...word(address), ...word(1)], 3, (reply) => {
    if (reply[1] !== 1) throw new BadReply(`${reply[1]} bytes of one coil came`);
    return (reply[2]! & 1) === 1;
  });

/** §6.5 */
export const writeCoil = (address: number, on: boolean): Call<void> =>
  echoed([5, ...word(address), ...word(on ? 0xff00 : 0)]);

/** §6.6 */
export const writeRegister = (address: number, value: number): Call<void> =>
  echoed([6, ...word(address), ...word(value)]);

/** §6.12 */
export function writeRegisters(address: number, values: readonly number[]): Call<void> {
  const head = [16, ...word(address), ...word(values.length)];
  const pdu = [...head, 2 * values.length, ...values.flatMap(word)];
  return call(pdu, head.length, (reply) => expectEcho(reply, head));
}

const echoed = (pdu: readonly number[]): Call<void> => call(pdu, pdu.length, (reply) => expectEcho(reply, pdu));

function expectEcho(reply: Uint8Array, sent: readonly number[]): void {
  const at = sent.findIndex((byte, i) => reply[i] !== byte);
  if (at >= 0) throw new BadReply(`byte ${at} of the reply is ${reply[at]}, the request had ${sent[at]}`);
}

function call<T>(bytes: readonly number[], replyLength: number, read: (reply: Uint8Array) => T): Call<T> {
  const pdu = Uint8Array.from(bytes);
  return {
    pdu,
    replyLength,
    read: (reply) => {
      if (reply[0] === (pdu[0]! | exceptionBit) && reply.length === 2 && reply[1]! > 0)
        throw new ModbusException(reply[1]!);
      if (reply[0] !== pdu[0]) throw new BadReply(`function ${reply[0]} answers function ${pdu[0]}`);
      if (reply.length !== replyLength)
        throw new BadReply(`${reply.length} bytes came, the answer to function ${pdu[0]} has ${replyLength}`);
      return read(reply);
    },
  };
}

function word(value: number): [number, number] {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new RangeError(`${value} is no 16-bit value`);
  return [value >> 8, value & 0xff];
}
