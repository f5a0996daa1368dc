import { asc, immediate, int, octets, status, strict } from "../object.ts";

/** Block objects: NTCIP 1202 (asc.11). The ids of block data are not public. */
export const blockObjects = [
  // request header for an upload: data type, data id, then index/quantity pairs (one octet each)
  immediate("ascBlockGetControl", `${asc}.11.1`, octets(4, 12), [], "v02 v03"),
  // the block itself (GET answers the header stored in ascBlockGetControl; SET needs a database transaction); v02 limits it to 484 octets
  strict("ascBlockData", `${asc}.11.2`, octets(6, 65535), [], "v02 v03"),
  // which check failed (1..14), or 100*row + element number; 0 after success
  status("ascBlockErrorStatus", `${asc}.11.3`, int(0, 65535), [], "v02 v03"),
] as const;
