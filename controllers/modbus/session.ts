import { DeviceError } from "./device-error.ts";
import type { Line } from "./line.ts";
import { type Call, readCoil, readRegisters, writeCoil, writeRegister, writeRegisters } from "./pdu.ts";
import type { Span } from "./register-map.ts";

export interface SessionOptions {
  readonly line: Line;
  readonly unitId: number;
  readonly maxReadRegisters: number;
  readonly maxWriteRegisters: number;
  /** How often what may be repeated is sent before it counts as lost. */
  readonly tries: number;
  /** Commands do not wait for the line's back-off. */
  readonly hurried: boolean;
}

/** A device that says "busy" is asked again after this, then after twice as long, wall ms (our choice). */
const busyPause = 50;

/**
 * One cabinet's requests on its line. What may be repeated is repeated after silence: a read changes nothing, and writing the
 * same registers again writes the same. Calls reject with `DeviceError` only.
 */
export class Session {
  readonly #options: SessionOptions;
  /** Devices that know single writes only by FC 6, or only by FC 16. */
  #single: "fc-6" | "fc-16" = "fc-6";

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  hurry(): void {
    this.#options.line.hurry();
  }

  /** All registers of a span, in as many requests as the device needs. */
  async read({ table, address, count }: Span): Promise<readonly number[]> {
    const { maxReadRegisters } = this.#options;
    const registers: number[] = [];
    for (let at = 0; at < count; at += maxReadRegisters) {
      const part = Math.min(maxReadRegisters, count - at);
      registers.push(...(await this.#repeat(() => readRegisters(table, address + at, part))));
    }
    return registers;
  }

  /** In as many requests as the device needs; sent again after silence. */
  async write(address: number, values: readonly number[]): Promise<void> {
    const { maxWriteRegisters } = this.#options;
    for (let at = 0; at < values.length; at += maxWriteRegisters) {
      const part = values.slice(at, at + maxWriteRegisters);
      await this.#writing(part, (values) => this.#repeat(() => this.#writeCall(address + at, values)));
    }
  }

  /** One request, once: after silence nobody knows whether it was carried out. */
  writeOnce(address: number, values: readonly number[]): Promise<void> {
    return this.#writing(values, (part) => this.#once(() => this.#writeCall(address, part)));
  }

  readCoil(address: number): Promise<boolean> {
    return this.#repeat(() => readCoil(address));
  }

  writeCoil(address: number, on: boolean): Promise<void> {
    return this.#repeat(() => writeCoil(address, on));
  }

  #writeCall(address: number, values: readonly number[]): Call<void> {
    return values.length === 1 && this.#single === "fc-6"
      ? writeRegister(address, values[0]!)
      : writeRegisters(address, values);
  }

  /** A device without FC 6 gets its single registers by FC 16 from then on. */
  async #writing(values: readonly number[], send: (values: readonly number[]) => Promise<void>): Promise<void> {
    try {
      await send(values);
    } catch (error) {
      const unknownFunction = error instanceof DeviceError && error.code === "exception-1";
      if (!unknownFunction || values.length !== 1 || this.#single === "fc-16") throw error;
      this.#single = "fc-16";
      await send(values);
    }
  }

  async #repeat<T>(call: () => Call<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(call);
      } catch (error) {
        if (!(error instanceof DeviceError) || error.result !== "lost" || tries >= this.#options.tries) throw error;
        const { hurried, line } = this.#options;
        const stillThere = error.code === "timeout" || error.code.startsWith("exception-");
        if (error.code === "closed" || (!hurried && !stillThere)) throw error;
        if (hurried) line.hurry();
        if (error.code.startsWith("exception-")) await pause(busyPause * 2 ** (tries - 1));
      }
    }
  }

  #once<T>(call: () => Call<T>): Promise<T> {
    const { line, unitId } = this.#options;
    return line.request(unitId, call());
  }
}

const pause = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));
