import { EventEmitter } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { seededRandom } from "../../app/seeded-random.ts";
import { instant, millis } from "../../config/units.ts";
import { DeviceError, lost, refused } from "../../controllers/modbus/device-error.ts";
import type { Line } from "../../controllers/modbus/line.ts";
import {
  BadReply,
  type Call,
  ModbusException,
  readCoil,
  readRegisters,
  writeCoil,
  writeRegister,
  writeRegisters,
} from "../../controllers/modbus/pdu.ts";
import { profileA } from "../../controllers/modbus/register-map.ts";
import { type Port, RtuWire } from "../../controllers/modbus/rtu-wire.ts";
import { Session } from "../../controllers/modbus/session.ts";
import { readStatus } from "../../controllers/modbus/status-block.ts";
import { connectTcp } from "../../controllers/modbus/tcp-wire.ts";
import { Silence, type Wire } from "../../controllers/modbus/wire.ts";
import { ModbusBank } from "../../simulation/cabinet/modbus-server-bank.ts";
import { answer } from "../../simulation/cabinet/modbus-server-pdu.ts";
import { profileAVariant } from "../../simulation/cabinet/modbus-server-plan.ts";
import { RtuFrames } from "../../simulation/cabinet/modbus-server-rtu.ts";
import { createVirtualCabinet } from "../../simulation/cabinet/unit.ts";
import { block, Key } from "../simulation/cabinet/modbus-block.ts";
import { testCity } from "./city.ts";

export interface Fuzzed {
  readonly messages: number;
  /** Messages the other side took for what they said. */
  readonly accepted: number;
  /** What was taken and should not have been, or thrown and should not have been; each with what shows it. */
  readonly faults: readonly string[];
}

type Bytes = number[];
const word = (value: number): [number, number] => [(value >> 8) & 0xff, value & 0xff];
const hex = (bytes: Iterable<number>): string => Buffer.from([...bytes]).toString("hex");

function crc(bytes: Iterable<number>): number {
  let sum = 0xffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let i = 0; i < 8; i++) sum = sum & 1 ? (sum >>> 1) ^ 0xa001 : sum >>> 1;
  }
  return sum;
}

/** Draws, and bends messages: bits, bytes, lengths, limits, other messages' parts. */
function tools(seed: number, name: string) {
  const random = seededRandom(seed, name);
  const pick = (n: number): number => Math.floor(random.next() * n);
  const one = <T>(items: readonly T[]): T => items[pick(items.length)]!;
  const mutate = (message: readonly number[], others: readonly (readonly number[])[]): Bytes => {
    const bytes = [...message];
    for (let changes = 1 + pick(3); changes > 0; changes--) {
      const at = pick(Math.max(1, bytes.length));
      switch (pick(7)) {
        case 0:
          bytes[at] = pick(256);
          break;
        case 1:
          bytes[at] = ((bytes[at] ?? 0) ^ (1 << pick(8))) & 0xff;
          break;
        case 2:
          bytes.splice(at, 1 + pick(3));
          break;
        case 3:
          bytes.splice(at, 0, ...Array.from({ length: 1 + pick(4) }, () => pick(256)));
          break;
        case 4:
          bytes.splice(
            at,
            2,
            ...word(one([0, 1, 76, 77, 78, 123, 124, 125, 126, 127, 2000, 2001, 0x7fff, 0x8000, 0xffff])),
          );
          break;
        case 5:
          bytes.splice(at, bytes.length, ...one(others).slice(pick(4)));
          break;
        default:
          break; // as it is
      }
    }
    return bytes.slice(0, 260);
  };
  return { pick, one, mutate };
}

/** Would a controller of profile A be right to take this shadow? Written from the profile, not from the cabinet. */
function runnable(shadow: readonly number[], limits: readonly (readonly number[])[]): boolean {
  if (crc(shadow.slice(0, 76).flatMap(word)) !== shadow[76]) return false;
  const stages = shadow[6]!;
  if (shadow[0] !== 1 || shadow[5] !== 0 || stages < 2 || stages > 8) return false;
  let total = 0;
  for (let i = 0; i < stages; i++) {
    const [number, green, amber, allRed, , , redAmber] = shadow.slice(12 + 8 * i) as number[];
    const own = limits[number! - 1];
    if (!own || green! < own[0]! || amber! < own[1]! || allRed! < own[2]! || green! > own[3]!) return false;
    total += green! + amber! + allRed! + redAmber!;
  }
  return total === shadow[3] && shadow[4]! < shadow[3]!;
}

/** Mutated requests at the virtual cabinet, by TCP's PDUs and RTU's frames. */
export function fuzzServer(count: number, seed: number): Fuzzed {
  const { pick, one, mutate } = tools(seed, "server");
  const city = testCity();
  const [junction, cabinet] = [city.junctions.get("a")!, city.cabinets.get("cab-a")!];
  let now = Date.UTC(2026, 10, 21, 1);
  const { schedule, utcOffset } = city;
  const unit = createVirtualCabinet({ cabinet, junction, schedule, utcOffset, start: instant(now) });
  const bank = new ModbusBank(unit, profileAVariant);
  const limits = Array.from({ length: 8 }, (_, i) => bank.input(40 + 4 * i, 4)).filter((own) => own.some((v) => v > 0));
  let seq = 0;
  const corpus = (): readonly Bytes[] => {
    const plan = block((seq % 60_000) + 1);
    return [
      [1, ...word(0), ...word(4)],
      [2, ...word(64), ...word(48)],
      [3, ...word(100), ...word(77)],
      [4, ...word(0), ...word(40)],
      [5, ...word(pick(4)), 0xff, 0],
      [6, ...word(0), ...word(1 + pick(0xffff))],
      [15, ...word(0), ...word(4), 1, pick(16)],
      [16, ...word(0), ...word(2), 4, ...word(1 + pick(0xffff)), ...word(600)],
      [16, ...word(4), ...word(4), 8, ...word(0x6a00), ...word(0), ...word(pick(1000)), ...word(Key.clock)],
      [16, ...word(100), ...word(77), 154, ...plan.flatMap(word)],
      [16, ...word(180), ...word(3), 6, ...word(Key.commit), ...word(plan[2]!), ...word(plan[76]!)],
      [22, ...word(0), ...word(0xff00), ...word(0x00f3)],
      [23, ...word(100), ...word(77), ...word(0), ...word(1), 2, ...word(1 + pick(0xffff))],
      [43, 14, 1, 0],
      [8, 0, 0, 0x12, 0x34],
    ];
  };
  const faults: string[] = [];
  let accepted = 0;
  let found: Uint8Array | undefined;
  const frames = new RtuFrames((_, pdu) => {
    found = pdu;
  });
  let pool = corpus();
  for (let i = 0; i < count; i++) {
    if (pick(30) === 0) {
      seq++;
      pool = corpus();
    }
    const pdu = mutate(one(pool), pool);
    const request = Uint8Array.from(pdu);
    if (i % 4 === 0) {
      // The same as an RTU frame, whole or bent again: only a frame with its own CRC is one.
      const body = [1, ...pdu];
      const sum = crc(body);
      const frame = [...body, sum & 0xff, sum >> 8];
      const bent = pick(2) ? frame : mutate(frame, pool);
      found = undefined;
      try {
        frames.take(Uint8Array.from(bent));
        frames.silence();
      } catch (error) {
        faults.push(`RTU ${hex(bent)}: ${String(error)}`);
      }
      const taken = found as Uint8Array | undefined;
      if (taken && bent.length > 3 && !hex(bent).includes(hex(taken)))
        faults.push(`RTU ${hex(bent)} read as ${hex(taken)}`);
    }
    const shadow = pdu[0] === 16 && pdu[2] === 180 ? bank.holding(100, 77) : [];
    try {
      const reply = answer(bank, request);
      const fault = oddReply(pdu, reply);
      if (fault) faults.push(`${hex(pdu)} -> ${hex(reply)}: ${fault}`);
      if (reply[0]! < 0x80) accepted++;
      const commit = reply[0] === 16 && pdu[1] === 0 && pdu[2] === 180;
      if (commit && bank.input(23, 1)[0] === 2 && !runnable(shadow, limits))
        faults.push(`${hex(pdu)}: commit taken of ${hex(shadow.flatMap(word))}`);
    } catch (error) {
      faults.push(`${hex(pdu)}: ${error instanceof Error ? error.stack : String(error)}`);
    }
    if (i % 200 === 0) {
      now += 1000;
      unit.step(instant(now));
    }
    if (faults.length > 20) break;
  }
  if (unit.trips > 0) faults.push(`the conflict monitor tripped ${unit.trips} times`);
  return { messages: count, accepted, faults };
}

/** Why this reply cannot be right for that request, if it cannot; from V1.1b3 and the profile's table of writes. */
function oddReply(pdu: readonly number[], reply: Uint8Array): string | undefined {
  const code = pdu[0] ?? 0;
  if (reply.length < 2 || reply.length > 253) return `${reply.length} bytes`;
  if (reply[0]! >= 0x80) {
    if (reply.length !== 2 || ![1, 2, 3].includes(reply[1]!)) return "no exception of ours";
    return undefined;
  }
  if (reply[0] !== code) return "another function";
  const at = pdu[1]! * 256 + pdu[2]!;
  const n = pdu[3]! * 256 + pdu[4]!;
  switch (code) {
    case 1:
    case 2:
      if (pdu.length !== 5 || n < 1 || n > 2000 || reply[1] !== Math.ceil(n / 8)) return "bits";
      return reply.length === 2 + reply[1] ? undefined : "length";
    case 3:
    case 4:
      if (pdu.length !== 5 || n < 1 || n > 125 || reply[1] !== 2 * n) return "registers";
      return reply.length === 2 + 2 * n ? undefined : "length";
    case 5:
      if (at > 3 || (n !== 0 && n !== 0xff00) || (at === 1 && n !== 0)) return "a coil that is not there";
      break;
    case 6:
      if (at !== 0 || n === 0) return "a register that is not written alone";
      break;
    case 15:
      if (at + n > 4 || pdu.length !== 6 + Math.ceil(n / 8) || pdu[5] !== Math.ceil(n / 8)) return "coils";
      return undefined;
    case 16: {
      const whole = [
        [0, 1],
        [0, 2],
        [4, 4],
        [100, 77],
        [180, 3],
      ].some(([a, c]) => a === at && c === n);
      if (!whole || pdu[5] !== 2 * n || pdu.length !== 6 + 2 * n) return "registers written in part";
      if (at === 0 && pdu[6] === 0 && pdu[7] === 0) return "heartbeat 0";
      if (at === 4 && pdu[12]! * 256 + pdu[13]! !== Key.clock) return "a clock without its key";
      return hex(reply) === hex(pdu.slice(0, 5)) ? undefined : "echo";
    }
    case 22:
      return at === 0 && pdu.length === 7 ? undefined : "a register that is not written alone";
    case 23:
      return pdu.length === 10 + pdu[9]! && reply[1] === 2 * n ? undefined : "lengths";
    default:
      return "a function it does not have";
  }
  return hex(reply) === hex(pdu) ? undefined : "echo";
}

/** Mutated replies at the driver: its PDUs, its TCP and RTU wires, its reading of the status. */
export async function fuzzDriver(count: number, seed: number): Promise<Fuzzed> {
  const { pick, one, mutate } = tools(seed, "driver");
  const faults: string[] = [];
  let accepted = 0;
  const judge = (call: Call<unknown>, reply: Uint8Array) => {
    try {
      call.read(reply);
      accepted++;
      const fault = oddAnswer(call.pdu, reply);
      if (fault) faults.push(`${hex(call.pdu)} <- ${hex(reply)} taken: ${fault}`);
    } catch (error) {
      if (!(error instanceof BadReply || error instanceof ModbusException))
        faults.push(`${hex(reply)}: ${String(error)}`);
    }
  };
  const status = [
    0x4154, 0x0100, 1, 8, 1, 4, 4, 0, 1, 0, 0, 1, 2, 5, 9, 9, 9, 0, 0, 600, 0x6a00, 0, 5, 0, 0, 0xffff, 7,
  ];
  status.push(...new Array<number>(12).fill(0), 7);
  const pairs = (): readonly (readonly [Call<unknown>, Bytes])[] => [
    [readRegisters("input", 0, 40), [4, 80, ...status.flatMap(word)]],
    [readRegisters("holding", 100, 77), [3, 154, ...block(3).flatMap(word)]],
    [readCoil(2), [1, 1, 1]],
    [writeCoil(2, true), [5, 0, 2, 0xff, 0]],
    [writeRegister(0, 7), [6, 0, 0, 0, 7]],
    [writeRegisters(100, block(3)), [16, 0, 100, 0, 77]],
    [writeRegisters(180, [Key.commit, 3, 4]), [16, 0, 180, 0, 3]],
  ];
  const tcp = await peer();
  const rtu = fakePort();
  const rtuWire = new RtuWire(rtu.port, 115_200);
  const pool = pairs();
  for (let i = 0; i < count; i++) {
    const [call, good] = one(pool);
    const reply = Uint8Array.from(
      mutate(
        good,
        pool.map(([, bytes]) => bytes),
      ),
    );
    judge(call, reply);
    if (i % 100 === 0) await overTcp(tcp, { call, reply, bent: pick(2) === 0, mutate, faults });
    if (i % 500 === 0) await overRtu(rtuWire, rtu, { call, reply, bent: pick(2) === 0, mutate, faults });
    if (i % 20 === 0) await readNonsense(status, { pick, faults });
    if (faults.length > 20) break;
  }
  await tcp.close();
  return { messages: count, accepted, faults };
}

/** Why these bytes do not answer that request; from V1.1b3. */
function oddAnswer(request: Uint8Array, reply: Uint8Array): string | undefined {
  if (reply[0] !== request[0]) return "another function";
  const n = request[3]! * 256 + request[4]!;
  if (request[0] === 3 || request[0] === 4)
    return reply[1] === 2 * n && reply.length === 2 + 2 * n ? undefined : "length";
  if (request[0] === 1) return reply[1] === 1 && reply.length === 3 ? undefined : "length";
  return hex(reply) === hex(request.slice(0, 5)) ? undefined : "echo";
}

interface Bent {
  readonly call: Call<unknown>;
  readonly reply: Uint8Array;
  readonly bent: boolean;
  readonly mutate: (message: readonly number[], others: readonly (readonly number[])[]) => Bytes;
  readonly faults: string[];
}

/** A peer on loopback that answers each request with the bytes it is given. */
async function peer() {
  const next: { bytes: (id: number) => readonly number[] } = { bytes: () => [] };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (request) => socket.write(Buffer.from(next.bytes(request.readUInt16BE(0)))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  let wire: Wire | undefined;
  return {
    next,
    wire: async () => {
      if (!wire?.open) wire = await connectTcp({ host: "127.0.0.1", port }, millis(5000)).wire;
      return wire;
    },
    close: () => {
      wire?.close();
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function overTcp(line: Awaited<ReturnType<typeof peer>>, bent: Bent): Promise<void> {
  let sent: readonly number[] = [];
  let id = 0;
  line.next.bytes = (own) => {
    id = own;
    const frame = [...word(own), 0, 0, ...word(bent.reply.length + 1), 1, ...bent.reply];
    sent = bent.bent ? bent.mutate(frame, [frame]) : frame;
    return sent;
  };
  const wire = await line.wire();
  const result = await wire.exchange(1, bent.call, millis(40)).catch((error: unknown) => error);
  if (result instanceof Uint8Array) {
    if (!hex(sent).includes(hex([...word(id), 0, 0, ...word(result.length + 1), 1, ...result])))
      bent.faults.push(`TCP ${hex(sent)} read as ${hex(result)}`);
  } else if (!(result instanceof Silence)) bent.faults.push(`TCP ${hex(sent)}: ${String(result)}`);
  // What is left of a bent frame would be taken for the start of the next one: a line gives up such a connection.
  if (!(result instanceof Uint8Array)) wire.close();
}

function fakePort() {
  const emitter = new EventEmitter();
  const port = Object.assign(emitter, {
    isOpen: true,
    write: () => undefined,
    close: () => undefined,
  }) as unknown as Port;
  return { port, emitter };
}

async function overRtu(wire: RtuWire, { emitter }: ReturnType<typeof fakePort>, bent: Bent): Promise<void> {
  const body = [1, ...bent.reply];
  const sum = crc(body);
  const frame = [...body, sum & 0xff, sum >> 8];
  const bytes = bent.bent ? bent.mutate(frame, [frame]) : frame;
  const waiting = wire.exchange(1, bent.call, millis(5)).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 3));
  emitter.emit("data", Buffer.from(bytes));
  const result = await waiting;
  if (result instanceof Uint8Array) {
    const own = [1, ...result];
    const check = crc(own);
    if (!hex(bytes).includes(hex([...own, check & 0xff, check >> 8])))
      bent.faults.push(`RTU ${hex(bytes)} read as ${hex(result)}`);
  } else if (!(result instanceof Silence)) bent.faults.push(`RTU ${hex(bytes)}: ${String(result)}`);
}

/** Registers nobody would show: a status of the map's codes comes of them, or a device error, never anything else. */
async function readNonsense(
  status: readonly number[],
  { pick, faults }: { readonly pick: (n: number) => number; readonly faults: string[] },
): Promise<void> {
  const registers = [...status];
  for (let changes = pick(4); changes > 0; changes--)
    registers[pick(40)] = [0, 1, 4, 5, 99, 0xffff, pick(65_536)][pick(7)]!;
  const line = {
    hurry: () => undefined,
    request: async <T>(_: number, call: Call<T>): Promise<T> => {
      if (pick(10) === 0) throw pick(2) ? lost("timeout", "silence") : refused("exception-2", "no");
      return call.read(Uint8Array.from([4, 80, ...registers.flatMap(word)]));
    },
  } as unknown as Line;
  const session = new Session({
    line,
    unitId: 1,
    maxReadRegisters: 125,
    maxWriteRegisters: 123,
    tries: 2,
    hurried: true,
  });
  try {
    const read = await readStatus(session, profileA);
    if (registers[0] !== 0x4154 || registers[1] !== 0x0100 || registers[26] !== registers[39])
      faults.push(`status ${hex(registers.flatMap(word))} taken`);
    if (read.mode !== profileA.modes.get(registers[6]!)) faults.push(`mode ${registers[6]} read as ${read.mode}`);
  } catch (error) {
    if (!(error instanceof DeviceError)) faults.push(`status ${hex(registers.flatMap(word))}: ${String(error)}`);
  }
}
