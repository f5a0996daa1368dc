/// <reference path="./net-snmp.d.ts" preserve="true" />
export { type Agent, type AgentOptions, type Communities, openAgent } from "./agent.ts";
export * from "./codec.ts";
export { isRequest } from "./frame.ts";
export type { Instance } from "./instances.ts";
export {
  type GetReply,
  Manager,
  type ManagerOptions,
  type SetReply,
  type SnmpCode,
  type SnmpError,
} from "./manager.ts";
export { asc, enterprise, global, type NtcipObject, type Role, type Syntax } from "./object.ts";
export { describe, type ObjectName, objectOf, objects, oidOf, type Ref, ref } from "./objects.ts";
export type { Device, Write } from "./responder.ts";
export { SharedUdp } from "./shared-udp.ts";
export * from "./states.ts";
export * as transaction from "./transaction.ts";
export { ErrorStatus, sameValue, sizeOf, Tag, type Value } from "./value.ts";
