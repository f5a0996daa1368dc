import dgram from "node:dgram";
import { type Column, Columns, Layout, type Source, type View } from "./columns.ts";
import { type Instance, Instances, Joined } from "./instances.ts";
import { readCommunityMessage, versionOf, writeCommunityMessage } from "./message.ts";
import { type Device, type Principal, Responder } from "./responder.ts";
import { latin1 } from "./security.ts";
import { UsmAgent, type UsmAgentOptions } from "./usm-agent.ts";

export interface AgentOptions {
  readonly device: Device;
  /** Besides dbCreateTransaction, dbVerifyStatus and dbVerifyError, which the agent answers itself. */
  readonly instances?: Iterable<Instance>;
  /** Whole tables; for units whose rows are many. */
  readonly columns?: Iterable<Column>;
  /** The same for many units of a kind, which share the layout; it holds no database management objects. */
  readonly tables?: { readonly layout: Layout; readonly source: Source };
  readonly communities: Communities;
  /** Whether the unit knows transactions (dbCreateTransaction and what belongs to it). Default true. */
  readonly transactions?: boolean;
  /** SNMPv3; default: not spoken. */
  readonly v3?: UsmAgentOptions;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Octets of the largest answer; a unit must take 484. Default 1472, one Ethernet datagram. */
  readonly maxMessage?: number;
}

/** A datagram with any other community is not answered. The same name twice means that it may write. */
export interface Communities {
  readonly read: string;
  readonly write: readonly string[];
  /** May write, drive anybody's transaction, and see the communities. Default: nobody may. */
  readonly administrator?: string;
}

export interface Agent {
  address(): { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

/** An agent without its socket: the answer to a datagram, or nothing. */
export type Answering = (datagram: Uint8Array) => Uint8Array | undefined;

const oneDatagram = 1472;
/** Header, request id and error fields around the varbinds; generous. */
const envelope = 40;
/** The same of a signed and encrypted message. */
const envelopeV3 = 240;

/** Answers SNMPv1, v2c and, with users, v3. */
export function answering(options: Omit<AgentOptions, "host" | "port">): Answering {
  const responder = new Responder(
    viewOf(options, (name) => responder.readDatabase(name)),
    options.device,
    options.transactions,
  );
  const limit = options.maxMessage ?? oneDatagram;
  const access = accessOf(options.communities);
  const usm = options.v3 && new UsmAgent(options.v3);
  const byCommunity: Answering = (datagram) => {
    const message = readCommunityMessage(datagram);
    const known = message && access.get(message.community);
    if (!known) return undefined;
    const principal: Principal = { ...known, version: message.version, name: message.community };
    const pdu = responder.answer(principal, message.pdu, limit - envelope - message.community.length);
    return pdu && writeCommunityMessage({ ...message, pdu });
  };
  const byUser: Answering = (datagram) => {
    const request = usm?.receive(datagram);
    if (!request || "report" in request) return request?.report;
    const { user, mayWrite, maxSize } = request;
    const principal: Principal = { version: "v3", name: `v3:${user}`, mayWrite, administers: false };
    const pdu = responder.answer(principal, request.pdu, Math.min(limit, maxSize) - envelopeV3);
    return pdu && request.answer(pdu);
  };
  return (datagram) => (versionOf(datagram) === "v3" ? byUser(datagram) : byCommunity(datagram));
}

function viewOf(
  {
    instances,
    columns,
    tables,
    transactions = true,
  }: Pick<AgentOptions, "instances" | "columns" | "tables" | "transactions">,
  read: Responder["readDatabase"],
): View {
  const views: View[] = [];
  if (transactions) views.push(new Columns(ownLayout, { read: (name) => read(name as OwnName), rows: () => 0 }));
  if (columns) views.push(Columns.of(columns));
  if (tables) views.push(new Columns(tables.layout, tables.source));
  if (instances) views.push(new Instances(instances));
  return views.length === 1 ? views[0]! : new Joined(views);
}

type OwnName = Parameters<Responder["readDatabase"]>[0];
const ownNames: readonly OwnName[] = ["dbCreateTransaction", "dbVerifyStatus", "dbVerifyError"];
const ownLayout = new Layout(ownNames.map((name) => ({ name, rows: [] })));

type Access = Pick<Principal, "mayWrite" | "administers">;

function accessOf({ read, write, administrator }: Communities): ReadonlyMap<string, Access> {
  const access = new Map<string, Access>([[latin1(read), { mayWrite: false, administers: false }]]);
  for (const name of write) access.set(latin1(name), { mayWrite: true, administers: false });
  if (administrator !== undefined) access.set(latin1(administrator), { mayWrite: true, administers: true });
  return access;
}

/** Serves on UDP. Rejects when the port cannot be had. */
export async function openAgent(options: AgentOptions): Promise<Agent> {
  const answer = answering(options);
  const socket = dgram.createSocket("udp4");
  socket.on("message", (bytes, from) => {
    if (from.port === 0) return; // Nothing can be sent there.
    const reply = answer(bytes);
    if (reply) socket.send(reply, from.port, from.address, () => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(options.port ?? 0, options.host ?? "127.0.0.1", () => {
      socket.off("error", reject);
      socket.on("error", () => undefined); // An ICMP answer to an answer is no reason to stop.
      resolve();
    });
  });
  const { address: host, port } = socket.address();
  return {
    address: () => ({ host, port }),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
