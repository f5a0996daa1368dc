import { choice, database, global, int, octets, status } from "../object.ts";

const config = `${global}.4.2.1`;
const log = `${global}.4.4.1`;
const classes = `${global}.4.6.1`;

/** Event log: NTCIP 1201 (global.4). */
export const eventLogObjects = [
  // rows of eventLogConfigTable
  status("maxEventLogConfigs", `${global}.4.1`, int(1, 65535)),
  // row index
  status("eventConfigID", `${config}.1`, int(1, 65535), ["eventConfigID"]),
  // class the entry is logged under
  database("eventConfigClass", `${config}.2`, int(1, 255), ["eventConfigID"]),
  // when the condition holds
  database(
    "eventConfigMode",
    `${config}.3`,
    choice({ other: 1, onChange: 2, greaterThanValue: 3, smallerThanValue: 4, hysteresisBound: 5, periodic: 6 }),
    ["eventConfigID"],
  ),
  database("eventConfigCompareValue", `${config}.4`, int(-2147483648, 2147483647), ["eventConfigID"]),
  // second bound, or how long the condition must hold
  database("eventConfigCompareValue2", `${config}.5`, int(-2147483648, 2147483647), ["eventConfigID"]),
  // OID with instance that is watched
  database("eventConfigCompareOID", `${config}.6`, { kind: "oid" }, ["eventConfigID"]),
  // OID with instance whose value is logged
  database("eventConfigLogOID", `${config}.7`, { kind: "oid" }, ["eventConfigID"]),
  database("eventConfigAction", `${config}.8`, choice({ other: 1, disabled: 2, log: 3 }), ["eventConfigID"]),
  // entries the log can hold, all classes together
  status("maxEventLogSize", `${global}.4.3`, int(0, 65535)),
  // first index
  status("eventLogClass", `${log}.1`, int(0, 255), ["eventLogClass", "eventLogNumber"]),
  // second index: 1 is the oldest entry of its class
  status("eventLogNumber", `${log}.2`, int(1, 255), ["eventLogClass", "eventLogNumber"]),
  // row of eventLogConfigTable that caused the entry
  status("eventLogID", `${log}.3`, int(0, 65535), ["eventLogClass", "eventLogNumber"]),
  // globalTime of the event
  status("eventLogTime", `${log}.4`, { kind: "counter", unit: "s" }, ["eventLogClass", "eventLogNumber"]),
  // BER of the value logged
  status("eventLogValue", `${log}.5`, { kind: "opaque" }, ["eventLogClass", "eventLogNumber"]),
  // rows of eventClassTable
  status("maxEventClasses", `${global}.4.5`, int(0, 255)),
  // row index
  status("eventClassNumber", `${classes}.1`, int(1, 255), ["eventClassNumber"]),
  // entries the class may keep; the oldest goes first
  database("eventClassLimit", `${classes}.2`, int(0, 255), ["eventClassNumber"]),
  // entries of the class up to this globalTime are cleared
  database("eventClassClearTime", `${classes}.3`, { kind: "counter", unit: "s" }, ["eventClassNumber"]),
  database("eventClassDescription", `${classes}.4`, octets(0, 255), ["eventClassNumber"]),
  // entries of the class in the log now
  status("eventClassNumRowsInLog", `${classes}.5`, int(0, 255), ["eventClassNumber"]),
] as const;
