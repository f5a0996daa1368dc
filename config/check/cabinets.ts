import { existsSync } from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import { type Path, show } from "../fault.ts";
import { type CabinetEntry, profileAStages } from "../schema/cabinets.ts";
import { phasesOf } from "../schema/junction.ts";
import { type Context, idsAt, refers, unique } from "./context.ts";

const file = "cabinets.yaml";
/** A heartbeat is due three times within the watchdog's time. */
const beatsPerBackup = 3;

/** One cabinet per junction, able to hold its phases and to be reached. */
export function checkCabinets(context: Context): void {
  const { findings, files, junctionIds } = context;
  if (!files.cabinets) return;
  const { cabinets } = files.cabinets;
  unique(findings, file, idsAt(["cabinets"], cabinets), "cabinet id");
  unique(
    findings,
    file,
    cabinets.map((cabinet, i) => ({ value: cabinet.junction, path: ["cabinets", i, "junction"] })),
    "junction",
  );
  for (const [i, cabinet] of cabinets.entries()) checkCabinet(context, cabinet, ["cabinets", i]);
  for (const id of junctionIds)
    if (!cabinets.some((cabinet) => cabinet.junction === id))
      findings.fault(file, ["cabinets"], `junction ${show(id)} has no cabinet; add one`);
}

function checkCabinet(context: Context, cabinet: CabinetEntry, path: Path): void {
  const { findings, directory, junctions, junctionIds } = context;
  const fault = (key: string, message: string): void => findings.fault(file, [...path, key], message);
  refers(
    findings,
    { file, path: [...path, "junction"] },
    { id: cabinet.junction, what: "junction", known: junctionIds },
  );
  const scheme = cabinet.protocol === "ntcip" ? "udp" : "tcp";
  if (cabinet.url !== undefined) {
    const port = Number(cabinet.url.slice(cabinet.url.lastIndexOf(":") + 1));
    const serial = cabinet.protocol === "modbus" && cabinet.url.startsWith("rtu://");
    if (!serial && !cabinet.url.startsWith(`${scheme}://`))
      fault("url", `${show(cabinet.url)}: ${cabinet.protocol} is spoken over ${scheme}; write ${scheme}://host:port`);
    if (!serial && (port < 1 || port > 65_535)) fault("url", `port ${port} is outside 1 to 65535; mend it`);
  }
  if (cabinet.snmp?.version === "v3" && (cabinet.snmp.user === undefined || cabinet.snmp.auth_env === undefined))
    fault("snmp", "SNMPv3 needs a user and the environment variable of its password; give user and auth_env");
  if (cabinet.snmp !== undefined && cabinet.protocol !== "ntcip")
    fault("snmp", `${cabinet.protocol} is not spoken over SNMP; leave the key out`);
  if (cabinet.poll_s * beatsPerBackup > cabinet.backup_time_s)
    fault(
      "poll_s",
      `${cabinet.poll_s} s is above a third of backup_time_s of ${cabinet.backup_time_s} s: the cabinet would fall back between polls; poll more often`,
    );
  if (cabinet.map !== undefined) {
    const inside = !isAbsolute(cabinet.map) && !normalize(cabinet.map).startsWith("..");
    if (!inside) fault("map", `${show(cabinet.map)} lies outside the set; give a path inside it`);
    else if (!existsSync(join(directory, cabinet.map)))
      fault("map", `${show(cabinet.map)} does not exist in the set; add the file or leave the key out for profile A`);
  }
  const junction = junctions.get(cabinet.junction);
  if (!junction) return;
  const phases = phasesOf(junction);
  const highest = Math.max(...phases.map((phase) => phase.number));
  if (cabinet.protocol === "modbus") {
    if (junction.form === "rings")
      fault(
        "protocol",
        `"modbus" is stage-based, but junction ${show(junction.id)} has rings; write "ntcip", or give the junction stages`,
      );
    else if (cabinet.map === undefined && highest > profileAStages)
      fault(
        "protocol",
        `profile A holds ${profileAStages} stages, junction ${show(junction.id)} has stage ${highest}; renumber its stages or use ntcip`,
      );
  }
  if (highest > cabinet.max_phases)
    fault(
      "max_phases",
      `${cabinet.max_phases} is below phase ${highest} of junction ${show(junction.id)}; raise it or renumber the phases`,
    );
  checkDetectors(context, cabinet, path);
}

function checkDetectors({ findings, junctions }: Context, cabinet: CabinetEntry, path: Path): void {
  const junction = junctions.get(cabinet.junction)!;
  const phases = phasesOf(junction);
  const approaches = junction.approaches.map((approach) => approach.id);
  unique(
    findings,
    file,
    cabinet.detectors.map((detector, i) => ({ value: detector.channel, path: [...path, "detectors", i, "channel"] })),
    "channel",
  );
  for (const [i, detector] of cabinet.detectors.entries()) {
    const at = (...rest: Path) => ({ file, path: [...path, "detectors", i, ...rest] });
    const phase = phases.find((candidate) => candidate.number === detector.phase);
    if (!phase)
      findings.fault(
        file,
        at("phase").path,
        `no phase ${detector.phase} at ${show(junction.id)}; name one of ${phases.map((candidate) => candidate.number).join(", ")}`,
      );
    if (
      !refers(findings, at("approach"), {
        id: detector.approach,
        what: `approach of ${junction.id}`,
        known: approaches,
      })
    )
      continue;
    const lanes = junction.approaches.find((approach) => approach.id === detector.approach)!.lanes;
    for (const [k, id] of detector.lanes.entries()) {
      const known = lanes.map((lane) => lane.id);
      if (!refers(findings, at("lanes", k), { id, what: `lane of approach ${detector.approach}`, known })) continue;
      const served = lanes.find((lane) => lane.id === id)!.movements;
      const groups = junction.movements
        .filter((movement) => served.includes(movement.id))
        .map((movement) => movement.group);
      if (phase && !groups.some((group) => phase.groups.includes(group)))
        findings.fault(
          file,
          at("phase").path,
          `phase ${phase.number} never serves lane ${show(id)} (groups ${groups.join(", ")}); name a phase that does`,
        );
    }
  }
}
