export { type Agent, type AgentOptions, type Answering, answering, type Communities, openAgent } from "./agent.ts";
export { type Oid, sizeOf, Tag } from "./ber.ts";
export { bitNames, bitsOf, maskOf, reservedBits } from "./bits.ts";
export * from "./codec.ts";
export { type Column, Layout, type Rows, type Shape, type Source } from "./columns.ts";
export { display } from "./display.ts";
export type { Instance } from "./instances.ts";
export {
  type GetReply,
  Manager,
  type ManagerOptions,
  type SetReply,
  type SnmpCode,
  type SnmpError,
} from "./manager.ts";
export { isRequest } from "./message.ts";
export { asc, enterprise, global, type NtcipObject, type Role, type Syntax, scp } from "./object.ts";
export {
  describe,
  encodeValue,
  type ObjectName,
  objectOf,
  objects,
  oidOf,
  type Ref,
  ref,
  type Write,
} from "./objects.ts";
export * from "./priority.ts";
export type { Device, Principal } from "./responder.ts";
export { type Line, SharedUdp } from "./shared-udp.ts";
export * from "./states.ts";
export * as transaction from "./transaction.ts";
export type { AgentUser, UsmAgentOptions } from "./usm-agent.ts";
export { type AuthProtocol, checkUser, type PrivProtocol, shortestPassword, type UsmUser } from "./usm-keys.ts";
export { ErrorStatus, sameValue, type Value } from "./value.ts";
