/**
 * TraCI's bytes and nothing else: big-endian numbers, counted strings, commands with a length in front
 * (https://sumo.dlr.de/docs/TraCI/Protocol.html).
 */

/** Data types in front of values. */
export const TYPE = {
  ubyte: 0x07,
  byte: 0x08,
  integer: 0x09,
  double: 0x0b,
  string: 0x0c,
  strings: 0x0e,
  compound: 0x0f,
  position2: 0x01,
  position3: 0x03,
  polygon: 0x06,
  doubles: 0x10,
  color: 0x11,
} as const;

/** Builds one message of any number of commands. */
export class MessageWriter {
  #buffer = Buffer.allocUnsafe(1024);
  /** The message's own length stands in the first four bytes. */
  #at = 4;

  /** One command; `body` writes what follows its id. */
  command(id: number, body: (writer: MessageWriter) => void = () => undefined): this {
    const start = this.#at;
    // The long form always fits, and SUMO reads both.
    this.#room(6);
    this.#buffer[start] = 0;
    this.#at = start + 5;
    this.byte(id);
    body(this);
    this.#buffer.writeInt32BE(this.#at - start, start + 1);
    return this;
  }

  byte(value: number): this {
    this.#room(1);
    this.#buffer[this.#at++] = value;
    return this;
  }

  integer(value: number): this {
    this.#room(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
    return this;
  }

  double(value: number): this {
    this.#room(8);
    this.#at = this.#buffer.writeDoubleBE(value, this.#at);
    return this;
  }

  string(value: string): this {
    const length = Buffer.byteLength(value);
    this.integer(length);
    this.#room(length);
    this.#at += this.#buffer.write(value, this.#at);
    return this;
  }

  /** The whole message with its length. The writer is not to be used afterwards. */
  bytes(): Buffer {
    this.#buffer.writeInt32BE(this.#at, 0);
    return this.#buffer.subarray(0, this.#at);
  }

  #room(more: number): void {
    if (this.#at + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + more));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

export type TraciValue = number | string | readonly string[] | readonly number[] | readonly TraciValue[];

/** What SUMO sent is not what the protocol says. */
export class TraciFormatError extends Error {
  override readonly name = "TraciFormatError";
}

/** Reads one message, its length already taken off. Reading past the end throws `TraciFormatError`. */
export class MessageReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length;
  }

  byte(): number {
    return this.#buffer[this.#take(1)]!;
  }

  integer(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  double(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  string(): string {
    const length = this.integer();
    const from = this.#take(length);
    return this.#buffer.toString("utf8", from, from + length);
  }

  /** The length and id of the next command or response. */
  commandHead(): { readonly id: number } {
    const length = this.byte() || this.integer();
    if (length < 2) throw new TraciFormatError(`a response of ${length} bytes`);
    return { id: this.byte() };
  }

  /** A value with its type in front. */
  value(): TraciValue {
    const type = this.byte();
    switch (type) {
      case TYPE.double:
        return this.double();
      case TYPE.string:
        return this.string();
      case TYPE.integer:
        return this.integer();
      case TYPE.ubyte:
      case TYPE.byte:
        return this.byte();
      case TYPE.strings:
        return this.#list(() => this.string());
      case TYPE.doubles:
        return this.#list(() => this.double());
      case TYPE.position2:
        return [this.double(), this.double()];
      case TYPE.position3:
        return [this.double(), this.double(), this.double()];
      case TYPE.polygon:
        return this.#polygon();
      case TYPE.color:
        return [this.byte(), this.byte(), this.byte(), this.byte()];
      case TYPE.compound:
        return this.#list(() => this.value());
      default:
        throw new TraciFormatError(`a value of type 0x${type.toString(16)}`);
    }
  }

  #list<T>(one: () => T): readonly T[] {
    const count = this.integer();
    // A count that no message could hold is not believed.
    if (count < 0 || count > this.#buffer.length) throw new TraciFormatError(`a list of ${count}`);
    return Array.from({ length: count }, one);
  }

  #polygon(): readonly number[] {
    const count = this.byte() || this.integer();
    if (count > this.#buffer.length) throw new TraciFormatError(`a polygon of ${count} points`);
    return Array.from({ length: 2 * count }, () => this.double());
  }

  #take(bytes: number): number {
    const from = this.#at;
    if (bytes < 0 || from + bytes > this.#buffer.length)
      throw new TraciFormatError(`a message of ${this.#buffer.length} bytes ends inside a value`);
    this.#at = from + bytes;
    return from;
  }
}
