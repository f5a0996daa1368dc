import { type MessageReader, MessageWriter, TraciFormatError, type TraciValue, TYPE } from "./codec.ts";
import { type TraciAddress, TraciConnection, TraciError, type TraciTimes } from "./connection.ts";
import { COMMAND, GET_ANSWER, SUBSCRIPTION_ANSWER, VARIABLE } from "./objects.ts";

/** Status byte of an answer. */
const OK = 0x00;

/** What a step brought of one subscribed object. */
export type Heard = (domain: number, object: string, values: ReadonlyMap<number, TraciValue>) => void;

export interface Wanted {
  readonly command: number;
  readonly variable: number;
  readonly object: string;
}

export interface Subscription {
  readonly command: number;
  readonly objects: readonly string[];
  readonly variables: readonly number[];
}

export interface ContextSubscription {
  readonly command: number;
  readonly object: string;
  readonly domain: number;
  readonly rangeM: number;
  readonly variables: readonly number[];
}

/** The few TraCI exchanges that co-simulation needs, each checked and bounded in time. */
export class Traci {
  readonly #connection: TraciConnection;

  private constructor(connection: TraciConnection) {
    this.#connection = connection;
  }

  /**
   * Joins a SUMO that runs or is still loading. `order` is this client's turn among several, the lowest first; two
   * clients with the same are refused by SUMO.
   */
  static async join(options: {
    readonly address: TraciAddress;
    readonly order: number;
    readonly times?: TraciTimes;
    readonly alive?: () => string | undefined;
  }): Promise<Traci> {
    const traci = new Traci(await TraciConnection.open(options.address, options.times, options.alive));
    await traci.#simple(
      "take its turn",
      new MessageWriter().command(COMMAND.setOrder, (w) => w.integer(options.order)),
    );
    return traci;
  }

  async version(): Promise<{ readonly api: number; readonly software: string }> {
    const reader = await this.#one(new MessageWriter().command(COMMAND.version));
    status(reader, "say its version");
    expectAnswer(reader, COMMAND.version);
    return { api: reader.integer(), software: reader.string() };
  }

  /** One variable of one object. */
  async get(command: number, variable: number, object = ""): Promise<TraciValue> {
    const [value] = await this.getAll([{ command, variable, object }]);
    return value!;
  }

  /** Several values in one exchange. */
  async getAll(wanted: readonly Wanted[]): Promise<readonly TraciValue[]> {
    if (wanted.length === 0) return [];
    return gotten(await this.#one(asking(wanted)), wanted);
  }

  /** Subscribes objects to variables for the rest of the run, and tells their present values. */
  async subscribe(subscription: Subscription, heard: Heard): Promise<void> {
    await this.getAndSubscribe([], subscription, () => heard);
  }

  /** Both in one exchange: first the values, then the subscriptions' first answers. */
  async getAndSubscribe(
    wanted: readonly Wanted[],
    subscription: Subscription,
    got: (values: readonly TraciValue[]) => Heard,
  ): Promise<void> {
    const { objects } = subscription;
    if (objects.length === 0) return;
    const messages = [...(wanted.length > 0 ? [asking(wanted)] : []), subscribing(subscription)];
    const readers = await Promise.all(this.#connection.exchange(...messages));
    const heard = got(wanted.length > 0 ? gotten(readers[0]!, wanted) : []);
    const reader = readers.at(-1)!;
    for (const object of objects) {
      status(reader, `subscribe to "${object}"`);
      subscribed(reader, heard);
    }
  }

  /** Everything of `domain` within `rangeM` of an object, for the rest of the run. */
  async subscribeContext(context: ContextSubscription, heard: Heard): Promise<void> {
    const { command, object, domain, rangeM, variables } = context;
    const reader = await this.#one(
      new MessageWriter().command(command, (w) => {
        w.double(-1e9).double(1e9).string(object).byte(domain).double(rangeM).byte(variables.length);
        for (const variable of variables) w.byte(variable);
      }),
    );
    status(reader, `subscribe to what is around "${object}"`);
    subscribed(reader, heard);
  }

  /** Shows these states, then runs to `untilS` (one step when it is not later than now). */
  async step(states: ReadonlyMap<string, string>, untilS: number, heard: Heard): Promise<void> {
    const step = new MessageWriter().command(COMMAND.step, (w) => w.double(untilS));
    // Sent without waiting for the answer to the states: one round trip instead of two.
    const readers = await Promise.all(this.#connection.exchange(...(states.size > 0 ? [showing(states)] : []), step));
    if (states.size > 0) for (const [signal, state] of states) status(readers[0]!, `show ${state} at signal ${signal}`);
    const reader = readers.at(-1)!;
    status(reader, "make a step");
    for (let left = reader.integer(); left > 0; left--) subscribed(reader, heard);
  }

  /** Says good-bye; SUMO ends when its last client has. */
  async close(): Promise<void> {
    try {
      await this.#simple("close", new MessageWriter().command(COMMAND.close));
    } catch (error) {
      // It may be gone before it has answered.
      if (!(error instanceof TraciError)) throw error;
    } finally {
      this.#connection.end();
    }
  }

  /** Drops the connection without a word. */
  abandon(): void {
    this.#connection.end();
  }

  async #simple(what: string, message: MessageWriter): Promise<void> {
    status(await this.#one(message), what);
  }

  async #one(message: MessageWriter): Promise<MessageReader> {
    return (await this.#connection.exchange(message)[0]) as MessageReader;
  }
}

function asking(wanted: readonly Wanted[]): MessageWriter {
  const message = new MessageWriter();
  for (const { command, variable, object } of wanted) message.command(command, (w) => w.byte(variable).string(object));
  return message;
}

const gotten = (reader: MessageReader, wanted: readonly Wanted[]): readonly TraciValue[] =>
  wanted.map(({ command, variable, object }) => {
    status(reader, `give variable 0x${variable.toString(16)} of "${object}"`);
    expectAnswer(reader, command + GET_ANSWER);
    reader.byte();
    reader.string();
    return reader.value();
  });

function subscribing({ command, objects, variables }: Subscription): MessageWriter {
  const message = new MessageWriter();
  for (const object of objects)
    message.command(command, (w) => {
      // From now on, without end.
      w.double(-1e9).double(1e9).string(object).byte(variables.length);
      for (const variable of variables) w.byte(variable);
    });
  return message;
}

function showing(states: ReadonlyMap<string, string>): MessageWriter {
  const message = new MessageWriter();
  for (const [signal, state] of states)
    message.command(COMMAND.setSignal, (w) =>
      w.byte(VARIABLE.signalState).string(signal).byte(TYPE.string).string(state),
    );
  return message;
}

function status(reader: MessageReader, what: string): void {
  reader.commandHead();
  const result = reader.byte();
  const description = reader.string();
  if (result !== OK) throw new TraciError(`SUMO would not ${what}: ${description || "no reason given"}`);
}

function expectAnswer(reader: MessageReader, id: number): void {
  const head = reader.commandHead();
  if (head.id !== id)
    throw new TraciFormatError(`answer 0x${head.id.toString(16)} where 0x${id.toString(16)} was expected`);
}

/** Context answers bear ids from 0x90 on, those of single objects from 0xe0. */
const isContext = (id: number): boolean => id < 0xa0;

function subscribed(reader: MessageReader, heard: Heard): void {
  const { id } = reader.commandHead();
  const object = reader.string();
  if (isContext(id)) {
    reader.byte();
    const variables = reader.byte();
    for (let left = reader.integer(); left > 0; left--)
      heard(id - SUBSCRIPTION_ANSWER, reader.string(), values(reader, variables));
    return;
  }
  heard(id - SUBSCRIPTION_ANSWER, object, values(reader, reader.byte()));
}

function values(reader: MessageReader, count: number): ReadonlyMap<number, TraciValue> {
  const map = new Map<number, TraciValue>();
  for (let i = 0; i < count; i++) {
    const variable = reader.byte();
    const good = reader.byte() === OK;
    const value = reader.value();
    if (good) map.set(variable, value);
  }
  return map;
}
