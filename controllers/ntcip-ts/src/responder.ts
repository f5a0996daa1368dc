import type { WireVarbind } from "net-snmp";
import type { Instances, Served } from "./instances.ts";
import type { Ref } from "./objects.ts";
import {
  type Buffered,
  command,
  normal,
  stateNumber,
  type Transaction,
  verified,
  verifyError,
  verifyStatus,
  write,
} from "./transaction.ts";
import { accept, ErrorStatus, sizeOf, Tag, toWire, type Value } from "./value.ts";

export interface Write {
  readonly ref: Ref;
  readonly value: Value;
}

/** What stands behind an agent. The agent has judged access, type and range of every write before it asks. */
export interface Device {
  /** Is the database with these writes one the unit could run? A sentence when it is not. Must change nothing. */
  check(writes: readonly Write[]): string | undefined;
  /** Stores writes that `check` passed; all of them, at once. */
  store(writes: readonly Write[]): void;
  /** May this system command or immediate write be taken now? */
  mayAct(write: Write): boolean;
  act(writes: readonly Write[]): void;
}

export interface Request {
  readonly version: "v1" | "v2c";
  readonly kind: "get" | "get-next" | "get-bulk" | "set";
  readonly community: string;
  /** Whether this community may do this kind of request. */
  readonly allowed: boolean;
  readonly varbinds: readonly WireVarbind[];
  readonly nonRepeaters: number;
  readonly maxRepetitions: number;
}

/** `status` is of the SNMPv2 set; the agent translates it for SNMPv1 (RFC 2089 §2.1). */
export interface Response {
  readonly status: number;
  readonly index: number;
  readonly varbinds: readonly WireVarbind[];
}

/** Octets of the message around the varbind list: headers, request id, error fields. Generous. */
const envelope = 40;

/** Answers requests from fixed instances; holds the database transaction. No socket, no BER. */
export class Responder {
  #transaction: Transaction = normal;
  readonly #instances: Instances;
  readonly #device: Device;
  readonly #limit: number;

  /** `limit`: octets of the largest answer. */
  constructor(instances: Instances, device: Device, limit: number) {
    this.#instances = instances;
    this.#device = device;
    this.#limit = limit;
  }

  /** The agent's own objects: dbCreateTransaction, dbVerifyStatus, dbVerifyError. */
  readDatabase(name: "dbCreateTransaction" | "dbVerifyStatus" | "dbVerifyError"): Value {
    if (name === "dbCreateTransaction") return stateNumber(this.#transaction);
    return name === "dbVerifyStatus" ? verifyStatus(this.#transaction) : verifyError(this.#transaction);
  }

  answer(request: Request): Response {
    if (!request.allowed) return failed(request, ErrorStatus.noAccess, 1);
    switch (request.kind) {
      case "get":
        return this.#fitting(
          request,
          this.#each(request, (oid) => this.#get(request, oid)),
        );
      case "get-next":
        return this.#fitting(
          request,
          this.#each(request, (oid) => this.#next(request, oid)),
        );
      case "get-bulk":
        return { status: 0, index: 0, varbinds: this.#bulk(request) };
      case "set":
        return this.#set(request);
    }
  }

  /** SNMPv1 has no exception values: one missing name fails the whole request (RFC 1157 §4.1.2). */
  #each(request: Request, find: (oid: string) => WireVarbind | undefined): Response {
    const varbinds: WireVarbind[] = [];
    for (const [i, { oid }] of request.varbinds.entries()) {
      const found = find(oid);
      if (!found) return failed(request, ErrorStatus.noSuchName, i + 1);
      varbinds.push(found);
    }
    return { status: 0, index: 0, varbinds };
  }

  #fitting(request: Request, response: Response): Response {
    const size = response.varbinds.reduce(
      (total, { oid, value }) => total + sizeOf(oid, value),
      this.#overhead(request),
    );
    return size <= this.#limit ? response : { status: ErrorStatus.tooBig, index: 0, varbinds: request.varbinds };
  }

  #overhead = (request: Request): number => envelope + Buffer.byteLength(request.community);

  #get({ version }: Request, oid: string): WireVarbind | undefined {
    const served = this.#instances.get(oid);
    if (served) return toWire(oid, served.object.syntax, served.read());
    if (version === "v1") return undefined;
    return { oid, type: this.#instances.hasObject(oid) ? Tag.noSuchInstance : Tag.noSuchObject, value: null };
  }

  #next({ version }: Request, oid: string): WireVarbind | undefined {
    const served = this.#instances.after(oid);
    if (served) return toWire(served.oid, served.object.syntax, served.read());
    return version === "v1" ? undefined : { oid, type: Tag.endOfMibView, value: null };
  }

  /** Whole repetitions, as many as were asked for and fit; stops when every column has ended (RFC 3416 §4.2.3). */
  #bulk(request: Request): readonly WireVarbind[] {
    let room = this.#limit - this.#overhead(request);
    const varbinds: WireVarbind[] = [];
    const add = (found: readonly WireVarbind[]): boolean => {
      const size = found.reduce((total, { oid, value }) => total + sizeOf(oid, value), 0);
      if (size > room) return false;
      room -= size;
      varbinds.push(...found);
      return true;
    };
    const single = Math.min(Math.max(0, request.nonRepeaters), request.varbinds.length);
    for (const { oid } of request.varbinds.slice(0, single)) if (!add([this.#next(request, oid)!])) return varbinds;
    let row = request.varbinds.slice(single).map(({ oid }) => oid);
    for (let left = Math.max(0, request.maxRepetitions); left > 0 && row.length > 0; left--) {
      const found = row.map((oid) => this.#next(request, oid)!);
      if (!add(found) || found.every(({ type }) => type === Tag.endOfMibView)) break;
      row = found.map(({ oid }) => oid);
    }
    return varbinds;
  }

  /** Everything is judged before anything is done. */
  #set(request: Request): Response {
    const database: { served: Served; value: Value }[] = [];
    const actions: Write[] = [];
    let step: number | undefined;
    for (const [i, varbind] of request.varbinds.entries()) {
      const served = this.#instances.get(varbind.oid);
      if (!served) return failed(request, ErrorStatus.noCreation, i + 1);
      if (served.object.access === "read-only") return failed(request, ErrorStatus.notWritable, i + 1);
      const judged = accept(served.object.syntax, varbind);
      if ("status" in judged) return failed(request, judged.status, i + 1);
      const write: Write = { ref: served.ref, value: judged.value };
      if (served.ref.name === "dbCreateTransaction") {
        if (step !== undefined) return failed(request, ErrorStatus.inconsistentValue, i + 1);
        step = judged.value as number;
        const next = command(this.#transaction, { owner: request.community, value: step });
        if ("refused" in next)
          return next.refused === "bad-value"
            ? failed(request, ErrorStatus.inconsistentValue, i + 1)
            : failed(request, ErrorStatus.genErr, 0);
      } else if (served.object.role === "database") {
        database.push({ served, value: judged.value });
      } else {
        if (!this.#device.mayAct(write)) return failed(request, ErrorStatus.wrongValue, i + 1);
        actions.push(write);
      }
    }
    // A command and rows in one PDU count as simultaneous; which comes first would be anyone's guess.
    if (step !== undefined && database.length > 0) return failed(request, ErrorStatus.genErr, 0);
    if (database.length > 0 && !this.#write(request.community, database)) return failed(request, ErrorStatus.genErr, 0);
    if (actions.length > 0) this.#device.act(actions);
    if (step !== undefined) this.#step(request.community, step);
    return { status: 0, index: 0, varbinds: request.varbinds };
  }

  #write(owner: string, database: readonly { readonly served: Served; readonly value: Value }[]): boolean {
    const outcome = write(this.#transaction, {
      owner,
      writes: new Map(database.map(({ served, value }) => [served.oid, value])),
      strict: database.some(({ served }) => served.object.transaction === "required"),
    });
    if (outcome.kind === "refused") return false;
    if (outcome.kind === "buffered") {
      this.#transaction = outcome.state;
      return true;
    }
    const writes = database.map(({ served, value }) => ({ ref: served.ref, value }));
    if (this.#device.check(writes) !== undefined) return false;
    this.#device.store(writes);
    return true;
  }

  #step(owner: string, value: number): void {
    const next = command(this.#transaction, { owner, value });
    if ("refused" in next) return;
    this.#transaction = next.state;
    if (next.effect?.kind === "check")
      this.#transaction = verified(this.#transaction, this.#device.check(this.#writes(next.effect.buffer)));
    if (next.effect?.kind === "store") this.#device.store(this.#writes(next.effect.buffer));
  }

  #writes = (buffer: Buffered): readonly Write[] =>
    [...buffer].map(([oid, value]) => ({ ref: this.#instances.get(oid)!.ref, value }));
}

const failed = (request: Request, status: number, index: number): Response => ({
  status,
  index,
  varbinds: request.varbinds,
});
