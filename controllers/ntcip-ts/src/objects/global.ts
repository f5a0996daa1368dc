import { choice, database, dynamic, global, immediate, int, octets, secret, secretStatus, status } from "../object.ts";

/** Global objects: NTCIP 1201, and the dynamic objects. */
export const globalObjects = [
  // fingerprint of the whole stored database; changes when any database object changes - poll it to detect local (front panel) edits
  status("globalSetIDParameter", `${global}.1.1`, int(0, 65535)),
  // rows of globalModuleTable
  status("globalMaxModules", `${global}.1.2`, int(1, 255)),
  // row index
  status("moduleNumber", `${global}.1.3.1.1`, int(1, 255), ["moduleNumber"]),
  // OID of the device MIB the module serves
  status("moduleDeviceNode", `${global}.1.3.1.2`, { kind: "oid" }, ["moduleNumber"]),
  // manufacturer text
  status("moduleMake", `${global}.1.3.1.3`, octets(0, 255), ["moduleNumber"]),
  // model text
  status("moduleModel", `${global}.1.3.1.4`, octets(0, 255), ["moduleNumber"]),
  // version text
  status("moduleVersion", `${global}.1.3.1.5`, octets(0, 255), ["moduleNumber"]),
  // hardware or software module
  status("moduleType", `${global}.1.3.1.6`, choice({ other: 1, hardware: 2, software: 3 }), ["moduleNumber"]),
  // standards the device claims, CR LF separated
  status("controllerBaseStandards", `${global}.1.4`, octets(0, 256), [], "v02 v03"),
  // download state machine, see behaviour section
  immediate("dbCreateTransaction", `${global}.2.1`, choice({ normal: 1, transaction: 2, verify: 3, done: 6 })),
  // v01 error class of a failed transaction; deprecated
  status(
    "dbErrorType",
    `${global}.2.2`,
    choice({ tooBig: 1, noSuchName: 2, badValue: 3, readOnly: 4, genError: 5, updateError: 6, noError: 7 }),
    [],
    "v01 v03",
  ),
  // v01 OID of the object that failed; deprecated
  status("dbErrorID", `${global}.2.3`, { kind: "oid" }, [], "v01 v03"),
  // v01 handle: first varbind of every SET in a transaction had to repeat it; deprecated
  immediate("dbTransactionID", `${global}.2.4`, int(0, 255), [], "v01 v03"),
  // v01 source of fresh transaction ids (increments per read); deprecated
  status("dbMakeID", `${global}.2.5`, int(0, 255), [], "v01 v03"),
  // result of the consistency check (valid in verify/done)
  status("dbVerifyStatus", `${global}.2.6`, choice({ notDone: 1, doneWithError: 2, doneWithNoError: 3 })),
  // text of what failed (valid in done with error)
  status("dbVerifyError", `${global}.2.7`, octets(0, 255)),
  // UTC seconds since 1970-01-01 (Counter type on the wire in v02 units, INTEGER in the v03 copy)
  immediate("globalTime", `${global}.3.1`, { kind: "counter", unit: "s" }),
  // DST rule selector (3 is the pre-2007 US rule; 20 = use dstTable)
  database(
    "globalDaylightSaving",
    `${global}.3.2`,
    choice({
      other: 1,
      disableDST: 2,
      enableUSDST: 3,
      enableEuropeDST: 4,
      enableAustraliaDST: 5,
      enableTasmaniaDST: 6,
      enableEgyptDST: 7,
      enableNamibiaDST: 8,
      enableIraqDST: 9,
      enableMangoliaDST: 10,
      enableIranDST: 11,
      enableFijiDST: 12,
      enableNewZealandDST: 13,
      enableTongaDST: 14,
      enableCubaDST: 15,
      enableBrazilDST: 16,
      enableChileDST: 17,
      enableFalklandsDST: 18,
      enableParaguayDST: 19,
      enableDaylightSavingNode: 20,
    }),
  ),
  // rows of timeBaseScheduleTable
  status("maxTimeBaseScheduleEntries", `${global}.3.3.1`, int(1, 65535)),
  // row index
  status("timeBaseScheduleNumber", `${global}.3.3.2.1.1`, int(1, 65535), ["timeBaseScheduleNumber"]),
  // month mask, bit 1 = January .. bit 12 = December; 0 disables the row
  database("timeBaseScheduleMonth", `${global}.3.3.2.1.2`, int(0, 65535), ["timeBaseScheduleNumber"]),
  // weekday mask, bit 1 = Sunday .. bit 7 = Saturday; 0 disables
  database("timeBaseScheduleDay", `${global}.3.3.2.1.3`, int(0, 255), ["timeBaseScheduleNumber"]),
  // day-of-month mask, bit 1 .. bit 31; 0 disables; needs 32 unsigned bits
  database("timeBaseScheduleDate", `${global}.3.3.2.1.4`, int(0, 4294967295), ["timeBaseScheduleNumber"]),
  // day plan to use; 0 disables the row
  database("timeBaseScheduleDayPlan", `${global}.3.3.2.1.5`, int(0, 255), ["timeBaseScheduleNumber"]),
  // schedule row selected now; 0 none (v02 label: timeBaseScheduleTable-status)
  status("timeBaseScheduleTableStatus", `${global}.3.3.7`, int(0, 65535), [], "v02 v03"),
  // number of day plans
  status("maxDayPlans", `${global}.3.3.3`, int(1, 255)),
  // events per day plan
  status("maxDayPlanEvents", `${global}.3.3.4`, int(1, 255)),
  // first index
  status("dayPlanNumber", `${global}.3.3.5.1.1`, int(1, 255), ["dayPlanNumber", "dayPlanEventNumber"]),
  // second index
  status("dayPlanEventNumber", `${global}.3.3.5.1.2`, int(1, 255), ["dayPlanNumber", "dayPlanEventNumber"]),
  // local hour of the event
  database("dayPlanHour", `${global}.3.3.5.1.3`, int(0, 23), ["dayPlanNumber", "dayPlanEventNumber"]),
  // minute of the event
  database("dayPlanMinute", `${global}.3.3.5.1.4`, int(0, 59), ["dayPlanNumber", "dayPlanEventNumber"]),
  // OID WITH instance of the action row, e.g. timebaseAscActionNumber.k; 0.0 = none; any other OID = genErr
  database("dayPlanActionNumberOID", `${global}.3.3.5.1.5`, { kind: "oid" }, ["dayPlanNumber", "dayPlanEventNumber"]),
  // day plan active now; 0 none
  status("dayPlanStatus", `${global}.3.3.6`, int(0, 255)),
  // v01 offset from UTC; deprecated, replaced by controllerStandardTimeZone
  database("globalLocalTimeDifferential", `${global}.3.4`, int(-43200, 43200), [], "v01 v03"),
  // offset of local standard time from UTC, east positive
  database("controllerStandardTimeZone", `${global}.3.5`, int(-43200, 43200, "s"), [], "v02 v03"),
  // local time incl. DST in seconds since 1970-01-01 local
  status("controllerLocalTime", `${global}.3.6`, { kind: "counter", unit: "s" }, [], "v02 v03"),
  // administrator community (may read/write the security node)
  secret("communityNameAdmin", `${global}.5.1`, octets(8, 16), [], "v01 v02"),
  // rows of communityNameTable
  secretStatus("communityNamesMax", `${global}.5.2`, int(1, 255), [], "v01 v02"),
  // a user community
  secret("communityNameUser", `${global}.5.3.1.2`, octets(6, 16), ["communityNameIndex"], "v01 v02"),
  // 0 = read-only, 0xFFFFFFFF = as each object's access allows
  secret("communityNameAccessMask", `${global}.5.3.1.3`, { kind: "gauge" }, ["communityNameIndex"], "v01 v02"),
  // first index: dynamic object 1..13
  status("dynObjNumber", `${dynamic}.1.1.1`, int(1, 13), ["dynObjNumber", "dynObjIndex"], "v02"),
  // second index: position inside the dynamic object
  status("dynObjIndex", `${dynamic}.1.1.2`, int(1, 255), ["dynObjNumber", "dynObjIndex"], "v02"),
  // OID (with instance) transmitted at that position; writable only while the row's status is underCreation
  database("dynObjVariable", `${dynamic}.1.1.3`, { kind: "oid" }, ["dynObjNumber", "dynObjIndex"], "v02"),
  // who defined it
  database("dynObjConfigOwner", `${dynamic}.3.1.1`, octets(0, 255), ["dynObjNumber"], "v02"),
  // state of the definition (valid/underCreation/invalid + commands)
  database(
    "dynObjConfigStatus",
    `${dynamic}.3.1.2`,
    choice({ valid: 1, underCreation: 2, invalid: 3 }),
    ["dynObjNumber"],
    "v02",
  ),
] as const;
