/// <reference path="./net-snmp.d.ts" />
import dgram from "node:dgram";
import snmp from "net-snmp";
import type { UsmUser } from "ntcip-ts";

const userOf = ({ name, auth, priv }: UsmUser) => ({
  name,
  level: snmp.SecurityLevel.authPriv,
  authProtocol: snmp.AuthProtocols[auth.protocol]!,
  authKey: auth.password,
  privProtocol: snmp.PrivProtocols[priv!.protocol]!,
  privKey: priv!.password,
});

function session(port: number, user: UsmUser) {
  return snmp.createV3Session("127.0.0.1", userOf(user), { port, version: snmp.Version3 });
}

export function peerGet(port: number, user: UsmUser, oid: string): Promise<readonly number[]> {
  const open = session(port, user);
  return new Promise<readonly number[]>((resolve, reject) => {
    open.get([oid], (error, varbinds) => (error ? reject(error) : resolve(varbinds.map(({ value }) => value))));
  }).finally(() => open.close());
}

export function peerSet(port: number, user: UsmUser, oid: string, value: number): Promise<readonly number[]> {
  const open = session(port, user);
  return new Promise<readonly number[]>((resolve, reject) => {
    open.set([{ oid, type: snmp.ObjectType.Integer, value }], (error, varbinds) =>
      error ? reject(error) : resolve(varbinds.map((one) => one.value)),
    );
  }).finally(() => open.close());
}

/** An agent of npm's net-snmp with one writable INTEGER. */
export async function openPeerAgent(user: UsmUser, oid: string) {
  const port = await freePort();
  const agent = snmp.createAgent({ port, address: "127.0.0.1", engineID: "8000B98380ABCDEF0123" }, () => undefined);
  agent.getAuthorizer().addUser(userOf(user));
  const mib = agent.getMib();
  mib.registerProvider({
    name: "pattern",
    type: snmp.MibProviderType.Scalar,
    oid,
    scalarType: snmp.ObjectType.Integer,
    maxAccess: snmp.MaxAccess["read-write"],
  });
  mib.setScalarValue("pattern", 5);
  return { port, value: () => mib.getScalarValue("pattern"), close: () => agent.close() };
}

async function freePort(): Promise<number> {
  const socket = dgram.createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
