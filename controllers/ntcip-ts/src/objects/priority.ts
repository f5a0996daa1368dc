import { database, immediate, int, octets, scp, status } from "../object.ts";

/** Signal priority: what is public of NTCIP 1211 (scp). See `encodePriorityRequest` for the octets. */
export const priorityObjects = [
  // state of a request, see PriorityStatus
  status("priorityRequestStatus", `${scp}.1.1.1.9`, int(0, 255), ["priorityRequestID"], "1211"),
  // a vehicle's generator asks for service
  immediate("prgPriorityRequest", `${scp}.2.1`, octets(25, 25), [], "1211"),
  // the same request with new times
  immediate("prgPriorityUpdate", `${scp}.2.2`, octets(25, 25), [], "1211"),
  // which request the status buffer is to speak of
  immediate("prgPriorityStatusControl", `${scp}.2.3`, octets(21, 21), [], "1211"),
  status("prgPriorityStatusBuffer", `${scp}.2.4`, octets(22, 23), [], "1211"),
  immediate("prgPriorityCancel", `${scp}.2.5`, octets(0, 255), [], "1211"),
  immediate("prgPriorityClear", `${scp}.2.6`, octets(0, 255), [], "1211"),
  // times of day instead of times to go
  immediate("prgPriorityRequestAbsolute", `${scp}.2.8`, octets(29, 29), [], "1211"),
  immediate("prgPriorityUpdateAbsolute", `${scp}.2.9`, octets(0, 255), [], "1211"),
  // how far a strategy may shorten a phase of a plan
  database("priorityStrategyMaxReduction", `${scp}.3.6.1.1`, int(0, 255), ["priorityPlan", "priorityPhase"], "1211"),
  // how far it may lengthen it
  database("priorityStrategyMaxExtension", `${scp}.3.6.1.2`, int(0, 255), ["priorityPlan", "priorityPhase"], "1211"),
  // the server's request to the coordinator
  immediate("prsServiceRequest", `${scp}.4.1`, octets(0, 255), [], "1211"),
] as const;
