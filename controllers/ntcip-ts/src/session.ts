import { type Pdu, PduType, type Varbind } from "./message.ts";
import type { Security } from "./security.ts";
import type { Line, SharedUdp } from "./shared-udp.ts";
import { firstId } from "./usm-client.ts";

export interface SessionOptions {
  readonly address: string;
  readonly port: number;
  readonly security: Security;
  readonly timeoutMs: number;
  readonly socket: SharedUdp;
}

/** How a request ended. `asked`: whether the unit may have had it, rather than only the questions that go before. */
export type Ended =
  | { readonly kind: "answer"; readonly pdu: Pdu }
  | { readonly kind: "silence"; readonly asked: boolean }
  | { readonly kind: "refused" | "not-sent"; readonly why: string };

interface Exchange {
  readonly pdu: Pdu;
  /** Times it may still be sent after silence. */
  left: number;
  /** Times the unit may still say "not like this" before it counts as refusing. */
  again: number;
  asked: boolean;
  readonly done: (ended: Ended) => void;
}

/** A unit may be asked who it is, then what time it has. */
const againLimit = 3;

/** One request at a time to one unit, sent again after silence where that may be. */
export class Session {
  readonly #security: Security;
  readonly #timeoutMs: number;
  readonly #line: Line;
  #id = firstId();
  #exchange: Exchange | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ address, port, security, timeoutMs, socket }: SessionOptions) {
    this.#security = security;
    this.#timeoutMs = timeoutMs;
    this.#line = socket.open(address, port, (bytes) => this.#receive(bytes));
  }

  /** `tries`: of the request itself; questions before it are asked as often as `patience`. */
  request(
    type: number,
    varbinds: readonly Varbind[],
    { tries, done }: { readonly tries: number; readonly done: (ended: Ended) => void },
  ): void {
    this.#id = (this.#id % 0x7fff_fffe) + 1;
    const pdu: Pdu = { type, id: this.#id, status: 0, index: 0, varbinds };
    this.#exchange = { pdu, left: tries, again: againLimit, asked: false, done };
    this.#send(this.#exchange);
  }

  close(): void {
    this.#exchange = undefined;
    clearTimeout(this.#timer);
    this.#line.close();
  }

  #send(exchange: Exchange): void {
    clearTimeout(this.#timer);
    exchange.left--;
    const { bytes, asks } = this.#security.write(exchange.pdu);
    exchange.asked ||= asks;
    this.#timer = setTimeout(() => this.#silence(exchange), this.#timeoutMs);
    this.#line.send(bytes, (error) => this.#end(exchange, { kind: "not-sent", why: error.message }));
  }

  #silence(exchange: Exchange): void {
    if (exchange !== this.#exchange) return;
    if (exchange.left > 0) this.#send(exchange);
    else this.#end(exchange, { kind: "silence", asked: exchange.asked });
  }

  #receive(bytes: Uint8Array): void {
    const exchange = this.#exchange;
    const read = exchange && this.#security.read(bytes, exchange.pdu.id);
    if (!read) return;
    if (read.kind !== "again") this.#end(exchange, read);
    else if (--exchange.again < 0)
      this.#end(exchange, { kind: "refused", why: "the unit asks for it again and again" });
    else {
      exchange.left++; // The unit has not done it: this is no repetition.
      this.#send(exchange);
    }
  }

  #end(exchange: Exchange, ended: Ended): void {
    if (exchange !== this.#exchange) return;
    this.#exchange = undefined;
    clearTimeout(this.#timer);
    exchange.done(ended);
  }
}

export const requestType = { get: PduType.get, set: PduType.set } as const;
