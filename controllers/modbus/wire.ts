import type { Millis } from "../../config/units.ts";

/** What a wire needs of a call to carry it. */
export interface Carried {
  readonly pdu: Uint8Array;
  readonly replyLength: number;
}

/** One connection; the line above lets one request on it at a time. */
export interface Wire {
  /** The PDU that answers, from the unit asked. Rejects with `Silence`, whatever the peer does. */
  exchange(unit: number, call: Carried, within: Millis): Promise<Uint8Array>;
  /** After silence, a reply that comes late can be told from the next one. False: the line must be drained first. */
  readonly numbered: boolean;
  readonly open: boolean;
  close(): void;
}

/** The peer or the line went quiet, or sent what cannot be a reply. */
export class Silence extends Error {
  readonly code: "timeout" | "disconnected" | "bad-reply" | "no-connection";

  constructor(code: Silence["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** One request that waits for its reply under a deadline; settles once. */
export class Waiting {
  readonly reply: Promise<Uint8Array>;
  #settle: ((result: Uint8Array | Silence) => void) | undefined;

  constructor(within: Millis) {
    this.reply = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(new Silence("timeout", `no answer in ${within} ms`)), within);
      this.#settle = (result) => {
        clearTimeout(timer);
        if (result instanceof Silence) reject(result);
        else resolve(result);
      };
    });
  }

  end(result: Uint8Array | Silence): void {
    this.#settle?.(result);
    this.#settle = undefined;
  }
}
