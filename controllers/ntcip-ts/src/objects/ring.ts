import { asc, control, int, octets, status, strict } from "../object.ts";

/** Rings and sequences: NTCIP 1202 (asc.7). */
export const ringObjects = [
  // rings supported
  status("maxRings", `${asc}.7.1`, int(1, 255)),
  // sequence plans supported
  status("maxSequences", `${asc}.7.2`, int(1, 255)),
  // first index: sequence plan
  status("sequenceNumber", `${asc}.7.3.1.1`, int(1, 255), ["sequenceNumber", "sequenceRingNumber"]),
  // second index: ring (also index of ringStatusTable)
  status("sequenceRingNumber", `${asc}.7.3.1.2`, int(1, 255), ["sequenceNumber", "sequenceRingNumber"]),
  // phases of the ring in service order, one binary octet per phase number
  strict("sequenceData", `${asc}.7.3.1.3`, octets(0, 255), ["sequenceNumber", "sequenceRingNumber"]),
  // ceil(maxRings/8)
  status("maxRingControlGroups", `${asc}.7.4`, int(1, 255)),
  // row index; group g covers rings 8g-7..8g
  status("ringControlGroupNumber", `${asc}.7.5.1.1`, int(1, 255), ["ringControlGroupNumber"]),
  // stop timing per ring
  control("ringControlGroupStopTime", `${asc}.7.5.1.2`, int(0, 255), ["ringControlGroupNumber"]),
  // force off the active phase of a ring (not self-clearing, unlike the per-phase one)
  control("ringControlGroupForceOff", `${asc}.7.5.1.3`, int(0, 255), ["ringControlGroupNumber"]),
  // use max 2 per ring
  control("ringControlGroupMax2", `${asc}.7.5.1.4`, int(0, 255), ["ringControlGroupNumber"]),
  // inhibit max termination per ring
  control("ringControlGroupMaxInhibit", `${asc}.7.5.1.5`, int(0, 255), ["ringControlGroupNumber"]),
  // ped recycle per ring
  control("ringControlGroupPedRecycle", `${asc}.7.5.1.6`, int(0, 255), ["ringControlGroupNumber"]),
  // rest in red per ring
  control("ringControlGroupRedRest", `${asc}.7.5.1.7`, int(0, 255), ["ringControlGroupNumber"]),
  // omit red clearance per ring
  control("ringControlGroupOmitRedClear", `${asc}.7.5.1.8`, int(0, 255), ["ringControlGroupNumber"]),
  // use max 3 per ring
  control("ringControlGroupMax3", `${asc}.7.5.1.9`, int(0, 255), ["ringControlGroupNumber"], "v03"),
  // interval code in bits 0-2 and how the last phase ended in bits 3-5
  status("ringStatus", `${asc}.7.6.1.1`, int(0, 255), ["sequenceRingNumber"], "v02 v03"),
] as const;
