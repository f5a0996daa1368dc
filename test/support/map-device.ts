import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";

/**
 * A Modbus TCP controller made from a register map file and nothing else: it shares no line with the driver or with the virtual
 * cabinet. It keeps its registers by the file's own numbers, checks a commit by the file, and switches after a while.
 */

// biome-ignore lint/suspicious/noExplicitAny: a map file as its author wrote it
type MapFile = any;

export interface DeviceOptions {
  readonly map: MapFile;
  /** What the cabinet holds to, by stage number, seconds. */
  readonly stages: Readonly<Record<number, { min: number; amber: number; allRed: number; max: number }>>;
  /** Clock of the device, ms. */
  readonly now: () => number;
  /** From commit to switch, ms. */
  readonly switchAfter?: number;
  /** 0..1: what becomes of a reply. */
  readonly random?: () => number;
  readonly drop?: number;
  readonly delay?: number;
  readonly duplicate?: number;
  readonly delayMs?: number;
  /** Replies to these requests are never sent; called with the request's PDU. */
  readonly mute?: (pdu: Uint8Array) => boolean;
  /** Refuses every commit with this result. */
  readonly refuse?: number;
}

export async function mapDevice(options: DeviceOptions) {
  const device = new Device(options);
  const sockets = new Set<Socket>();
  const { random = Math.random, drop = 0, delay = 0, duplicate = 0, delayMs = 300 } = options;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    let pending = Buffer.alloc(0);
    const send = (bytes: Buffer) => {
      if (!socket.destroyed) socket.write(bytes);
    };
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 7 && pending.length >= 6 + pending.readUInt16BE(4)) {
        const length = pending.readUInt16BE(4);
        const frame = pending.subarray(0, 6 + length);
        pending = pending.subarray(6 + length);
        if (frame[6] !== options.map.unitId) continue;
        const pdu = device.answer(frame.subarray(7));
        const head = Buffer.from(frame.subarray(0, 7));
        head.writeUInt16BE(pdu.length + 1, 4);
        const reply = Buffer.concat([head, pdu]);
        if (options.mute?.(frame.subarray(7))) continue;
        const dice = random();
        if (dice < drop) continue;
        if (dice < drop + delay) setTimeout(send, delayMs, reply);
        else send(reply);
        if (dice > 1 - duplicate) send(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    device,
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

class Refusal extends Error {
  readonly code: number;
  constructor(code: number) {
    super(String(code));
    this.code = code;
  }
}

export class Device {
  readonly #map: MapFile;
  readonly #options: DeviceOptions;
  readonly #registers: Record<string, Uint16Array> = { input: new Uint16Array(65536), holding: new Uint16Array(65536) };
  readonly #coils = new Uint8Array(65536);
  #waiting: { at: number; block: number[] } | undefined;
  /** Blocks that have been committed, in order, as decoded. */
  readonly applied: Plan[] = [];
  commits = 0;
  beats = 0;

  constructor(options: DeviceOptions) {
    this.#map = options.map;
    this.#options = options;
    const { points } = this.#map.blocks.status;
    for (const [name, point] of Object.entries<MapFile>(points))
      if (point.expect !== undefined) this.status(name, point.expect);
    this.status("mode", this.#codeOf("mode", "local"));
    if (points.commitResult) this.status("commitResult", this.#codeOf("commitResult", "none"));
    for (const [name, value] of [
      ["capStages", this.#map.layouts.plan.stages.max],
      ["interval", 2],
      ["activeStage", 1],
    ] as const)
      if (points[name]) this.status(name, value);
    this.#fillLimits();
  }

  #codeOf(kind: string, name: string): number {
    return Number(Object.entries(this.#map.enums[kind]).find(([, word]) => word === name)![0]);
  }

  /** Zero-based place of a file's number. */
  #place(table: string, number: number): number {
    const said: string = this.#map.addressing;
    if (/zero/.test(said)) return number;
    if (/xxxx/.test(said)) {
      const digit = { coil: 0, input: 3, holding: 4 }[table as "input"];
      return number > 100_000 ? number - digit * 100_000 - 1 : number - digit * 10_000 - 1;
    }
    return number - 1;
  }

  #words(value: number, type: string): number[] {
    if (type !== "u32") return [value];
    const words = [Math.floor(value / 65536), value % 65536];
    return /lsw|low/.test(this.#map.wordOrder) ? words.reverse() : words;
  }

  #value(registers: ArrayLike<number>, at: number, type: string): number {
    if (type !== "u32") return registers[at]!;
    const [a, b] = [registers[at]!, registers[at + 1]!];
    return /lsw|low/.test(this.#map.wordOrder) ? b * 65536 + a : a * 65536 + b;
  }

  status(name: string, value: number): void {
    const block = this.#map.blocks.status;
    const point = block.points[name];
    if (point)
      this.#registers[block.table]!.set(
        this.#words(value, point.type),
        this.#place(block.table, block.address) + point.at,
      );
  }

  #fillLimits(): void {
    const block = this.#map.blocks.limits;
    if (!block) return;
    const { first, stride, count, points } = block.repeat;
    const names = { minGreen: "min", amber: "amber", allRed: "allRed", maxGreen: "max" } as const;
    for (let stage = 1; stage <= count; stage++) {
      const own = this.#options.stages[stage];
      if (!own) continue;
      for (const [name, key] of Object.entries(names)) {
        const point = points[name];
        if (!point) continue;
        const at = this.#place(block.table, block.address) + first + (stage - 1) * stride + point.at;
        this.#registers[block.table]![at] = Math.round(own[key as "min"] / (point.scale ?? 1));
      }
    }
  }

  // --- requests

  answer(pdu: Uint8Array): Buffer {
    this.#follow();
    try {
      return Buffer.from(this.#perform(Buffer.from(pdu)));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return Buffer.from([pdu[0]! | 0x80, error.code]);
    }
  }

  #perform(pdu: Buffer): number[] {
    const [code, address] = [pdu[0]!, pdu.readUInt16BE(1)];
    switch (code) {
      case 1:
        return [1, 1, this.#coils[address]!];
      case 3:
      case 4: {
        const count = pdu.readUInt16BE(3);
        if (count > this.#map.maxReadRegisters) throw new Refusal(3);
        const table = code === 3 ? "holding" : "input";
        if (!this.#known(table, address, count)) throw new Refusal(2);
        const values = [...this.#registers[table]!.subarray(address, address + count)];
        return [code, 2 * count, ...values.flatMap((value) => [value >> 8, value & 255])];
      }
      case 5:
        this.#coils[address] = pdu.readUInt16BE(3) === 0xff00 ? 1 : 0;
        return [...pdu];
      case 6:
        this.#write(address, [pdu.readUInt16BE(3)]);
        return [...pdu];
      case 16: {
        const count = pdu.readUInt16BE(3);
        if (count > this.#map.maxWriteRegisters || pdu[5] !== 2 * count) throw new Refusal(3);
        this.#write(
          address,
          Array.from({ length: count }, (_, i) => pdu.readUInt16BE(6 + 2 * i)),
        );
        return [...pdu.subarray(0, 5)];
      }
      default:
        throw new Refusal(1);
    }
  }

  #blocks(): { name: string; table: string; at: number; count: number; points: MapFile }[] {
    return Object.entries<MapFile>(this.#map.blocks).map(([name, block]) => ({
      name,
      table: block.table,
      at: this.#place(block.table, block.address),
      count: block.count,
      points: block.points,
    }));
  }

  #known(table: string, address: number, count: number): boolean {
    return this.#blocks().some((b) => b.table === table && address >= b.at && address + count <= b.at + b.count);
  }

  #write(address: number, values: number[]): void {
    const block = this.#blocks().find(
      (b) => b.table === "holding" && address >= b.at && address + values.length <= b.at + b.count,
    );
    if (!block) throw new Refusal(2);
    if (block.name === "commit") {
      if (values.length !== block.count) throw new Refusal(3);
      this.#commit(values, block.points);
      return;
    }
    if (!["shadow", "heartbeat", "clock"].includes(block.name)) throw new Refusal(2);
    this.#registers["holding"]!.set(values, address);
    if (block.name === "heartbeat") {
      this.beats++;
      this.status("heartbeatEcho", this.#registers["holding"]![block.at + block.points.counter.at]!);
    }
  }

  // --- plans

  #shadow(): number[] {
    const { table, address, count } = this.#map.blocks.shadow;
    const at = this.#place(table, address);
    return [...this.#registers[table]!.subarray(at, at + count)];
  }

  #commit(values: number[], points: MapFile): void {
    this.commits++;
    const seq = values[points.seq.at]!;
    const block = this.#shadow();
    const result = this.#options.refuse ?? this.#fault(values, points, block);
    this.status("commitResultSeq", seq);
    if (result !== undefined) {
      this.status("commitResult", result);
      return;
    }
    this.status("commitResult", this.#codeOf("commitResult", "pendingSwitch"));
    this.#waiting = { at: this.#options.now() + (this.#options.switchAfter ?? 0), block };
  }

  #fault(values: number[], points: MapFile, block: number[]): number | undefined {
    const code = (name: string) => this.#codeOf("commitResult", name);
    if (points.key && values[points.key.at] !== points.key.write) return code("badKey");
    const { crc } = this.#map.layouts.plan;
    if (crc) {
      const sum = checksum(block.slice(crc.over[0], crc.over[1] + 1));
      if (block[crc.at] !== sum || (points.crc && values[points.crc.at] !== sum)) return code("badCrc");
    }
    const seq = values[points.seq.at]!;
    const last = this.applied.at(-1)?.seq ?? this.#waitingSeq();
    if (last !== undefined && seq === last) return code("staleSequence");
    const plan = this.decode(block);
    const total = plan.stages.reduce((sum, s) => sum + s.redAmber + s.green + (s.amber ?? 0) + (s.allRed ?? 0), 0);
    if (this.#map.layouts.plan.stages.points.amber && Math.abs(total - plan.cycle) > 1e-6) return code("cycleSum");
    for (const stage of plan.stages) {
      const own = this.#options.stages[stage.stageNo];
      if (!own) return code("badStageList");
      if (stage.green < own.min) return code("greenTooShort");
      if (stage.green > own.max) return code("greenTooLong");
      if ((stage.amber ?? own.amber) < own.amber || (stage.allRed ?? own.allRed) < own.allRed)
        return code("clearanceTooShort");
    }
    return undefined;
  }

  #waitingSeq(): number | undefined {
    return this.#waiting && this.decode(this.#waiting.block).seq;
  }

  #follow(): void {
    if (!this.#waiting || this.#options.now() < this.#waiting.at) return;
    const { block } = this.#waiting;
    this.#waiting = undefined;
    const plan = this.decode(block);
    this.applied.push(plan);
    const { active } = this.#map.blocks;
    if (active) this.#registers[active.table]!.set(block, this.#place(active.table, active.address));
    this.status("mode", this.#codeOf("mode", "central"));
    this.status("commitResult", this.#codeOf("commitResult", "applied"));
    this.status("activePlanId", plan.planId ?? 0);
    this.status("activePlanSeq", plan.seq ?? 0);
    const { crc } = this.#map.layouts.plan;
    if (crc) this.status("activePlanCrc", block[crc.at]!);
  }

  /** Times in seconds. */
  decode(block: number[]): Plan {
    const { points, stages } = this.#map.layouts.plan;
    const get = (name: string) => {
      const point = points[name];
      return point && this.#value(block, point.at, point.type) * (point.scale ?? 1);
    };
    const list = Array.from({ length: get("stageCount") ?? stages.max }, (_, i) => {
      const stage = (name: string) => {
        const point = stages.points[name];
        return (
          point && this.#value(block, stages.first + i * stages.stride + point.at, point.type) * (point.scale ?? 1)
        );
      };
      return {
        stageNo: stage("stageNo") ?? i + 1,
        green: stage("green"),
        amber: stage("amber"),
        allRed: stage("allRed"),
        redAmber: stage("redAmber") ?? 0,
      };
    }).filter(({ green }) => green > 0);
    return { planId: get("planId"), seq: get("planSeq"), cycle: get("cycle"), offset: get("offset"), stages: list };
  }
}

export interface Plan {
  readonly planId: number | undefined;
  readonly seq: number | undefined;
  readonly cycle: number;
  readonly offset: number;
  readonly stages: readonly {
    stageNo: number;
    green: number;
    amber: number | undefined;
    allRed: number | undefined;
    redAmber: number;
  }[];
}

/** CRC-16/MODBUS, big-endian bytes. */
function checksum(registers: number[]): number {
  let crc = 0xffff;
  for (const byte of registers.flatMap((register) => [register >> 8, register & 255])) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
