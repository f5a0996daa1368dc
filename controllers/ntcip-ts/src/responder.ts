import { type Oid, sizeOf, Tag } from "./ber.ts";
import { reservedBits } from "./bits.ts";
import type { Served, View } from "./columns.ts";
import { isRequestPdu, type Pdu, PduType, type Varbind } from "./message.ts";
import { objectAt, objectOf, type Ref, type Write } from "./objects.ts";
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
import { accept, ErrorStatus, errorStatusV1, toWire, type Value } from "./value.ts";

/** What stands behind an agent. The agent has judged access, type and range of every write before it asks. */
export interface Device {
  /** The error-status of a database SET that no transaction could make good, such as a row the unit cannot have; 0: none. */
  mayWrite?(write: Write): number;
  /** Is the database with these writes one the unit could run? A sentence when it is not. Must change nothing. */
  check(writes: readonly Write[]): string | undefined;
  /** Stores writes that `check` passed; all of them, at once. */
  store(writes: readonly Write[]): void;
  /**
   * May these database writes be stored outside a transaction? A unit stores such a SET at once, whatever it makes of
   * its plans. Default: what `check` says.
   */
  mayStore?(writes: readonly Write[]): boolean;
  /** May this system command or immediate write be taken now? */
  mayAct(write: Write): boolean;
  act(writes: readonly Write[]): void;
}

/** Who asks. */
export interface Principal {
  readonly version: "v1" | "v2c" | "v3";
  /** Community or user, by which a transaction knows its owner. */
  readonly name: string;
  readonly mayWrite: boolean;
  /** May drive the transaction of another, and sees the communities (NTCIP 1201 communityNameAdmin). */
  readonly administers: boolean;
}

/** Of the SNMPv2 set. */
interface Answer {
  readonly status: number;
  readonly index: number;
  readonly varbinds: readonly Varbind[];
}

/** Answers requests from a view; holds the database transaction. No socket, no BER. */
export class Responder {
  #transaction: Transaction<Write> = normal;
  readonly #view: View;
  readonly #device: Device;
  readonly #transactions: boolean;

  /** Without `transactions`, every database object is stored at once. */
  constructor(view: View, device: Device, transactions = true) {
    this.#view = view;
    this.#device = device;
    this.#transactions = transactions;
  }

  /** The agent's own objects: dbCreateTransaction, dbVerifyStatus, dbVerifyError. */
  readDatabase(name: "dbCreateTransaction" | "dbVerifyStatus" | "dbVerifyError"): Value {
    if (name === "dbCreateTransaction") return stateNumber(this.#transaction);
    return name === "dbVerifyStatus" ? verifyStatus(this.#transaction) : verifyError(this.#transaction);
  }

  /** The response; `room` is what its varbinds may take, in octets. Undefined for what is no request. */
  answer(principal: Principal, pdu: Pdu, room: number): Pdu | undefined {
    if (!isRequestPdu(principal.version, pdu)) return undefined;
    const { status, index, varbinds } = this.#judge(principal, pdu, room);
    const v1 = principal.version === "v1";
    return { type: PduType.response, id: pdu.id, status: v1 ? errorStatusV1(status) : status, index, varbinds };
  }

  #judge(principal: Principal, pdu: Pdu, room: number): Answer {
    switch (pdu.type) {
      case PduType.get:
        return fitting(
          principal,
          pdu,
          room,
          this.#each(pdu, (oid) => this.#get(principal, oid)),
        );
      case PduType.getNext:
        return fitting(
          principal,
          pdu,
          room,
          this.#each(pdu, (oid) => this.#next(principal, oid)),
        );
      case PduType.getBulk:
        return { status: 0, index: 0, varbinds: this.#bulk(principal, pdu, room) };
      default:
        if (!principal.mayWrite) return failed(pdu, ErrorStatus.noAccess, 1);
        return fitting(principal, pdu, room, this.#set(principal, pdu));
    }
  }

  /** SNMPv1 has no exception values: one missing name fails the whole request (RFC 1157 §4.1.2). */
  #each(pdu: Pdu, find: (oid: Oid) => Varbind | undefined): Answer {
    const varbinds: Varbind[] = [];
    for (const [i, { oid }] of pdu.varbinds.entries()) {
      const found = find(oid);
      if (!found) return failed(pdu, ErrorStatus.noSuchName, i + 1);
      varbinds.push(found);
    }
    return { status: 0, index: 0, varbinds };
  }

  #get(principal: Principal, oid: Oid): Varbind | undefined {
    const served = this.#view.get(oid);
    if (served && maySee(principal, served)) return read(served);
    if (principal.version === "v1") return undefined;
    return { oid, type: this.#view.hasObject(oid) ? Tag.noSuchInstance : Tag.noSuchObject, value: null };
  }

  #next(principal: Principal, oid: Oid): Varbind | undefined {
    let served = this.#view.after(oid);
    while (served && !maySee(principal, served)) served = this.#view.after(served.oid);
    if (served) return read(served);
    return principal.version === "v1" ? undefined : { oid, type: Tag.endOfMibView, value: null };
  }

  /** Whole repetitions, as many as were asked for and fit; stops when every column has ended (RFC 3416 §4.2.3). */
  #bulk(principal: Principal, { varbinds: asked, status, index }: Pdu, limit: number): readonly Varbind[] {
    let room = limit;
    const varbinds: Varbind[] = [];
    const add = (found: readonly Varbind[]): boolean => {
      const size = found.reduce((total, { oid, value }) => total + sizeOf(oid, value), 0);
      if (size > room) return false;
      room -= size;
      varbinds.push(...found);
      return true;
    };
    const single = Math.min(Math.max(0, status), asked.length);
    for (const { oid } of asked.slice(0, single)) if (!add([this.#next(principal, oid)!])) return varbinds;
    let row = asked.slice(single).map(({ oid }) => oid);
    for (let left = Math.max(0, index); left > 0 && row.length > 0; left--) {
      const found = row.map((oid) => this.#next(principal, oid)!);
      if (!add(found)) break;
      if (found.every(({ type }) => type === Tag.endOfMibView)) break;
      row = found.map(({ oid }) => oid);
    }
    return varbinds;
  }

  /** RFC 3416 §4.2.5 (2) and (6): a row that is not there of a column that takes writes, or nothing that ever takes any. */
  #whyMissing(oid: Oid): number {
    const writable = this.#view.hasObject(oid) && objectAt(oid)?.access !== "read-only";
    return writable ? ErrorStatus.noCreation : ErrorStatus.notWritable;
  }

  /** Everything is judged before anything is done. */
  #set(principal: Principal, pdu: Pdu): Answer {
    const database: Write[] = [];
    const actions: Write[] = [];
    let step: number | undefined;
    for (const [i, varbind] of pdu.varbinds.entries()) {
      const served = this.#view.get(varbind.oid);
      if (!served) return failed(pdu, this.#whyMissing(varbind.oid), i + 1);
      if (!maySee(principal, served)) return failed(pdu, ErrorStatus.noAccess, i + 1);
      if (served.object.access === "read-only") return failed(pdu, ErrorStatus.notWritable, i + 1);
      const judged = accept(served.object.syntax, varbind);
      if ("status" in judged) return failed(pdu, judged.status, i + 1);
      if (reservedBits(served.ref.name, judged.value) !== 0) return failed(pdu, ErrorStatus.wrongValue, i + 1);
      const write: Write = { ref: served.ref, value: judged.value };
      if (served.ref.name === "dbCreateTransaction") {
        if (step !== undefined) return failed(pdu, ErrorStatus.inconsistentValue, i + 1);
        step = judged.value as number;
        const next = command(this.#transaction, { ...ownerOf(principal), value: step });
        if ("refused" in next)
          return next.refused === "bad-value"
            ? failed(pdu, ErrorStatus.inconsistentValue, i + 1)
            : failed(pdu, ErrorStatus.genErr, 0);
      } else if (served.object.role === "database") {
        const status = this.#device.mayWrite?.(write) ?? ErrorStatus.noError;
        if (status !== ErrorStatus.noError) return failed(pdu, status, status === ErrorStatus.genErr ? 0 : i + 1);
        database.push(write);
      } else {
        if (!this.#device.mayAct(write)) return failed(pdu, ErrorStatus.wrongValue, i + 1);
        actions.push(write);
      }
    }
    // A command and rows in one PDU count as simultaneous; which comes first would be anyone's guess.
    if (step !== undefined && database.length > 0) return failed(pdu, ErrorStatus.genErr, 0);
    if (database.length > 0 && !this.#write(principal, database)) return failed(pdu, ErrorStatus.genErr, 0);
    if (actions.length > 0) this.#device.act(actions);
    if (step !== undefined) this.#step(principal, step);
    return { status: 0, index: 0, varbinds: pdu.varbinds };
  }

  #write(principal: Principal, writes: readonly Write[]): boolean {
    const outcome = write(this.#transaction, {
      ...ownerOf(principal),
      writes: new Map(writes.map((one) => [keyOf(one.ref), one])),
      strict: writes.some(({ ref }) => this.#isStrict(ref)),
    });
    if (outcome.kind === "refused") return false;
    if (outcome.kind === "buffered") {
      this.#transaction = outcome.state;
      return true;
    }
    const may = this.#device.mayStore?.(writes) ?? this.#device.check(writes) === undefined;
    if (may) this.#device.store(writes);
    return may;
  }

  #isStrict = ({ name }: Ref): boolean => this.#transactions && objectOf(name).transaction === "required";

  #step(principal: Principal, value: number): void {
    const next = command(this.#transaction, { ...ownerOf(principal), value });
    if ("refused" in next) return;
    this.#transaction = next.state;
    if (next.effect?.kind === "check")
      this.#transaction = verified(this.#transaction, this.#device.check(writesOf(next.effect.buffer)));
    if (next.effect?.kind === "store") this.#device.store(writesOf(next.effect.buffer));
  }
}

const keyOf = ({ name, index }: Ref): string => `${name}.${index.join(".")}`;

const ownerOf = ({ name, administers }: Principal) => ({ owner: name, administers });

const writesOf = (buffer: Buffered<Write>): readonly Write[] => [...buffer.values()];

/** The communities of a unit are its administrator's business (NTCIP 1201 security node). */
const maySee = ({ administers }: Principal, { object }: Served): boolean => administers || !object.secret;

const read = (served: Served): Varbind => ({ oid: served.oid, ...toWire(served.object.syntax, served.read()) });

const failed = ({ varbinds }: Pdu, status: number, index: number): Answer => ({ status, index, varbinds });

/** RFC 1157 echoes the request with tooBig, RFC 3416 §4.2.1 sends no varbinds at all. */
function fitting({ version }: Principal, pdu: Pdu, room: number, answer: Answer): Answer {
  let size = 0;
  for (const { oid, value } of answer.varbinds) size += sizeOf(oid, value);
  if (size <= room) return answer;
  return { status: ErrorStatus.tooBig, index: 0, varbinds: version === "v1" ? pdu.varbinds : [] };
}
