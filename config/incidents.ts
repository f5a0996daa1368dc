import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { z } from "zod";
import { sinceMidnight } from "./build.ts";
import { maxFileBytes, parseText, placed } from "./document.ts";
import { type Fault, Findings, type Path, show, suggest } from "./fault.ts";
import type { City } from "./model.ts";
import type { incidentsSchema } from "./schema/incidents.ts";
import type { Millis } from "./units.ts";
import { validate } from "./validate.ts";

/** Local times of day, on every day of a run. */
interface Span {
  readonly from: Millis;
  readonly to: Millis;
}

export interface Blockage extends Span {
  readonly kind: "blockage";
  readonly link: string;
  /** From the link's beginning, m. */
  readonly atM: number;
  readonly lengthM: number;
  /** From the kerb, m. */
  readonly widthM: number;
}

export interface Closure extends Span {
  readonly kind: "closure";
  readonly link: string;
  /** Drivers know beforehand and drive round it; otherwise they wait before it. */
  readonly reroute: boolean;
}

export interface Contraflow extends Span {
  readonly kind: "contraflow";
  readonly link: string;
  readonly lender: string;
  readonly lanes: number;
}

export interface Flood extends Span {
  readonly kind: "flood";
  readonly link: string;
  readonly depthMm: number;
  /** Share of the saturation flow that is left. */
  readonly capacity: number;
}

export interface EmergencyTrip {
  readonly kind: "emergency";
  readonly at: Millis;
  readonly from: string;
  readonly to: string;
}

/** What goes wrong on the street in a what-if. */
export type Incident = Blockage | Closure | Contraflow | Flood | EmergencyTrip;

export interface CheckedIncidents {
  /** Only when there is no fault. */
  readonly incidents: readonly Incident[] | undefined;
  readonly faults: readonly Fault[];
}

type Written = z.infer<typeof incidentsSchema>["incidents"][number];

/** Reads and checks a file of incidents against the city they happen in. Names every fault; never throws on what it reads. */
export function checkIncidents(path: string, city: City): CheckedIncidents {
  const file = basename(path);
  const whole = (message: string): CheckedIncidents => ({
    incidents: undefined,
    faults: [{ file, line: 1, column: 1, path: "", message }],
  });
  let source: string;
  try {
    const { size } = statSync(path);
    if (size > maxFileBytes) return whole(`is ${size} bytes, above the limit of ${maxFileBytes}; split or shorten it`);
    source = readFileSync(path, "utf8");
  } catch (error) {
    return whole(`cannot be read (${(error as { readonly code?: string }).code ?? "unknown"}); check the path`);
  }
  const { text, faults } = parseText(file, source);
  if (faults.length > 0) return { incidents: undefined, faults };
  const findings = new Findings();
  const parsed = validate("incidents", text, findings);
  for (const [i, incident] of (parsed?.incidents ?? []).entries())
    checkOne(incident, city, (key, message) => findings.fault(file, ["incidents", i, ...key], message));
  const found = findings.all.map((finding) => placed(finding, text));
  return { incidents: found.length === 0 ? parsed?.incidents.map(incidentOf) : undefined, faults: found };
}

function checkOne(incident: Written, city: City, fault: (key: Path, message: string) => void): void {
  const knows = (key: string, id: string): boolean => {
    if (city.links.has(id)) return true;
    fault([key], `no link ${show(id)}; ${suggest(id, city.links.keys())}`);
    return false;
  };
  if (incident.kind === "emergency") {
    const edges = [...city.nodes.values()].filter(({ kind }) => kind === "edge").map(({ id }) => id);
    for (const key of ["from", "to"] as const)
      if (!edges.includes(incident[key]))
        fault([key], `no edge node ${show(incident[key])}; ${suggest(incident[key], edges)}`);
    return;
  }
  if (sinceMidnight(incident.from) >= sinceMidnight(incident.to))
    fault(["to"], `${show(incident.to)} is not after ${show(incident.from)}; split what crosses midnight in two`);
  if (!knows("link", incident.link)) return;
  const link = city.links.get(incident.link)!;
  if (incident.kind === "blockage") {
    if (incident.at_m + incident.length_m > link.lengthM)
      fault(
        ["at_m"],
        `ends at ${incident.at_m + incident.length_m} m, beyond the link's ${link.lengthM} m; move or shorten it`,
      );
    if (incident.width_m > link.widthM)
      fault(["width_m"], `${incident.width_m} m is wider than the link's ${link.widthM} m; narrow it`);
  }
  if (incident.kind === "contraflow" && knows("lender", incident.lender)) {
    const lender = city.links.get(incident.lender)!;
    if (lender.from !== link.to || lender.to !== link.from)
      fault(["lender"], `is not the other direction of ${link.id}; name the link from ${link.to} to ${link.from}`);
    else if (incident.lanes >= lender.lanes)
      fault(["lanes"], `${lender.id} has ${lender.lanes} lane(s) and must keep one; lend fewer`);
  }
}

function incidentOf(incident: Written): Incident {
  if (incident.kind === "emergency") return { ...incident, at: sinceMidnight(incident.at) };
  const span = { from: sinceMidnight(incident.from), to: sinceMidnight(incident.to) };
  switch (incident.kind) {
    case "blockage": {
      const { kind, link, at_m, length_m, width_m } = incident;
      return { kind, link, atM: at_m, lengthM: length_m, widthM: width_m, ...span };
    }
    case "flood": {
      const { kind, link, depth_mm, capacity } = incident;
      return { kind, link, depthMm: depth_mm, capacity, ...span };
    }
    default:
      return { ...incident, ...span };
  }
}
