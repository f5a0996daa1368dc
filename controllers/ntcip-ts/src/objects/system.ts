import { enterprise, immediate, int, octets, status, system } from "../object.ts";

/** Who the unit is: system group of MIB-II (RFC 1213), and the message limit of NTCIP 1103. */
export const systemObjects = [
  // make, model and version in words
  status("sysDescr", `${system}.1`, octets(0, 255), [], "mib-2"),
  // the maker's own identification of the kind of unit
  status("sysObjectID", `${system}.2`, { kind: "oid" }, [], "mib-2"),
  // since the unit was last started
  status("sysUpTime", `${system}.3`, { kind: "ticks" }, [], "mib-2"),
  immediate("sysContact", `${system}.4`, octets(0, 255), [], "mib-2"),
  immediate("sysName", `${system}.5`, octets(0, 255), [], "mib-2"),
  immediate("sysLocation", `${system}.6`, octets(0, 255), [], "mib-2"),
  // layers served, as a sum of powers of two: 64 + 8
  status("sysServices", `${system}.7`, int(0, 127), [], "mib-2"),
  // largest message the unit takes; 484 is the floor every unit must manage
  status("snmpMaxPacketSize", `${enterprise}.4.1.1.7.1.1`, int(484, 65535, "octets"), [], "1103"),
] as const;
