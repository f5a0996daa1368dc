import { asc, choice, control, database, immediate, int, status } from "../object.ts";

/** Unit: NTCIP 1202 (asc.3). */
export const unitObjects = [
  // flash time after a power interruption
  database("unitStartUpFlash", `${asc}.3.1`, int(0, 255, "s")),
  // under manual control, time ped clearance automatically
  database("unitAutoPedestrianClear", `${asc}.3.2`, choice({ disable: 1, enable: 2 })),
  // watchdog: seconds without a SET of any system-control object until Backup Mode; 0 = watchdog off
  database("unitBackupTime", `${asc}.3.3`, int(0, 65535, "s")),
  // floor for every phase's red revert
  database("unitRedRevert", `${asc}.3.4`, int(0, 255, "0.1 s")),
  // who commands the pattern/flash/free now
  status(
    "unitControlStatus",
    `${asc}.3.5`,
    choice({
      other: 1,
      systemControl: 2,
      systemStandby: 3,
      backupMode: 4,
      manual: 5,
      timebase: 6,
      interconnect: 7,
      interconnectBackup: 8,
      remoteManualControl: 9,
      localManualControl: 10,
    }),
  ),
  // why (or that not) the unit flashes
  status(
    "unitFlashStatus",
    `${asc}.3.6`,
    choice({ other: 1, notFlash: 2, automatic: 3, localManual: 4, faultMonitor: 5, mmu: 6, startup: 7, preempt: 8 }),
  ),
  // alarm mask 2 (note: this one is unit.7, mask 1 is unit.8)
  status("unitAlarmStatus2", `${asc}.3.7`, int(0, 255)),
  // alarm mask 1
  status("unitAlarmStatus1", `${asc}.3.8`, int(0, 255)),
  // one-octet summary for fast polling
  status("shortAlarmStatus", `${asc}.3.9`, int(0, 255)),
  // system unit functions mask; reserved bits answer badValue; zeroed in backup
  control("unitControl", `${asc}.3.10`, int(0, 255)),
  // rows of alarmGroupTable (8 physical alarm inputs each)
  status("maxAlarmGroups", `${asc}.3.11`, int(1, 255)),
  // row index
  status("alarmGroupNumber", `${asc}.3.12.1.1`, int(1, 255), ["alarmGroupNumber"]),
  // physical alarm input bits
  status("alarmGroupState", `${asc}.3.12.1.2`, int(0, 255), ["alarmGroupNumber"]),
  // rows of specialFunctionOutputTable
  status("maxSpecialFunctionOutputs", `${asc}.3.13`, int(1, 255)),
  // row index
  status("specialFunctionOutputNumber", `${asc}.3.14.1.1`, int(1, 255), ["specialFunctionOutputNumber"]),
  // v01 write+read object of a special function; deprecated from v02 on but still what Econolite-oriented tools use
  control("specialFunctionOutputState", `${asc}.3.14.1.2`, int(0, 1), ["specialFunctionOutputNumber"], "v01 v03"),
  // command the special function on/off; zeroed in backup
  control("specialFunctionOutputControl", `${asc}.3.14.1.3`, int(0, 1), ["specialFunctionOutputNumber"], "v02 v03"),
  // actual special function state
  status("specialFunctionOutputStatus", `${asc}.3.14.1.4`, int(0, 1), ["specialFunctionOutputNumber"], "v02 v03"),
  // remote manual control: non-zero enables it and loads a countdown that central must keep refreshing
  immediate("unitMCETimeout", `${asc}.3.15`, int(0, 255), [], "v03"),
  // remote interval advance pulse; badValue when remote manual control is off
  immediate("unitMCEIntAdv", `${asc}.3.16`, int(0, 1), [], "v03"),
  // how startup flash looks
  database("unitStartUpFlashMode", `${asc}.3.18`, choice({ autoFlash: 1, allRedFlashOverride: 2 }), [], "v03"),
  // second watchdog with a user-chosen object list; non-zero disables unitBackupTime
  database("unitUserDefinedBackupTime", `${asc}.3.19`, int(0, 16777216, "s"), [], "v03"),
  // rows of unitUserDefinedBackupTimeContentTable
  status("maxUserDefinedBackupTimeContent", `${asc}.3.20`, int(2, 255), [], "v03"),
  // OID (with instance) whose SET feeds the user watchdog
  database(
    "unitUserDefinedBackupTimeContentOID",
    `${asc}.3.21.1.2`,
    { kind: "oid" },
    ["unitUserDefinedBackupTimeContentNumber"],
    "v03",
  ),
  // alarm mask 3 (links, power)
  status("unitAlarmStatus3", `${asc}.3.26`, int(0, 255), [], "v03"),
  // alarm mask 4 (clock, memory, schedule)
  status("unitAlarmStatus4", `${asc}.3.27`, int(0, 255), [], "v03"),
  // rows of globalSetIdTable
  status("maxGlobalSetIds", `${asc}.3.24`, int(0, 65535), [], "v03"),
  // object included in the computation of globalSetIDParameter
  database("globalSetIdOID", `${asc}.3.25.1.2`, { kind: "oid" }, ["globalSetIdNumber"], "v03"),
] as const;
