import { type AgentUser, type Communities, Layout, openAgent } from "ntcip-ts";
import type { Schedule } from "../../config/model.ts";
import { type Millis, millis } from "../../config/units.ts";
import { ServedUnit } from "./ntcip-server-unit.ts";
import type { VirtualCabinet } from "./virtual-cabinet.ts";

export interface NtcipServerOptions {
  readonly unit: VirtualCabinet;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default "public" for both, as cabinets come out of the box. The same name twice means that it may write. */
  readonly communities?: { readonly read: string; readonly write: string; readonly administrator?: string };
  /** SNMPv3 users; default: SNMPv3 is not spoken. */
  readonly users?: readonly AgentUser[];
  /** Times the unit was started, for SNMPv3; must rise with every start. Default 1. */
  readonly boots?: number;
  /** The unit's standard time less UTC: its patterns count from local midnight. Default 0. */
  readonly utcOffset?: Millis;
  /** The unit's own schedule, shown in the time base tables. */
  readonly schedule?: Schedule;
}

export interface NtcipServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves a virtual cabinet as an NTCIP 1202 unit over SNMPv1, v2c and, with users, v3. Rejects when the port cannot be had. */
export async function serveNtcip({
  unit,
  port,
  host,
  communities = { read: "public", write: "public" },
  users = [],
  boots = 1,
  utcOffset = millis(0),
  schedule,
}: NtcipServerOptions): Promise<NtcipServer> {
  const { read, write, administrator } = communities;
  const names: Communities = { read, write: [write], ...(administrator === undefined ? {} : { administrator }) };
  const served = new ServedUnit({ unit, utcOffset, schedule, communities: names });
  const agent = await openAgent({
    device: served,
    tables: { layout: layoutOf(served), source: served },
    communities: names,
    ...(users.length === 0 ? {} : { v3: { users, engineId: engineIdOf(unit.id), boots } }),
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
  });
  const at = agent.address();
  return { url: `udp://${at.host}:${at.port}`, port: at.port, close: () => agent.close() };
}

let layout: Layout | undefined;
/** Every virtual cabinet has the same objects: their order is made once. */
function layoutOf(served: ServedUnit): Layout {
  layout ??= new Layout(served.shapes());
  return layout;
}

/** RFC 3411 SnmpEngineID: enterprise 1206 with the first bit set, then text (4), the unit's name. */
const engineIdOf = (id: string): Uint8Array =>
  Buffer.concat([Buffer.from("800004b604", "hex"), Buffer.from(id).subarray(0, 27)]);
