import type { Blockage, Incident } from "../../../config/incidents.ts";
import type { City } from "../../../config/model.ts";
import type { Instant, Millis } from "../../../config/units.ts";
import { daysOf } from "./days.ts";
import type { Note } from "./note.ts";
import { laneWidthsOf } from "./plain-network.ts";
import { element } from "./xml-text.ts";

export interface ExportedIncidents {
  readonly additional: readonly string[];
  readonly notes: readonly Note[];
}

/** Blockages as vehicles that stand across the lanes they reach into, from the kerb; every other incident is named. */
export function exportIncidents(
  city: City,
  incidents: readonly Incident[],
  start: Instant,
  duration: Millis,
): ExportedIncidents {
  const additional: string[] = [];
  const notes: Note[] = [];
  for (const [i, incident] of incidents.entries()) {
    if (incident.kind === "blockage") {
      additional.push(...obstacles(city, incident, `blockage-${i + 1}`, start, duration));
      notes.push({
        subject: `incident ${i + 1}, blockage of ${incident.link}`,
        message:
          "written as vehicles that stand on whole lanes and drive off at its end; they come once there is room for them",
      });
    } else
      notes.push({
        subject: `incident ${i + 1}, ${incident.kind}${"link" in incident ? ` of ${incident.link}` : ""}`,
        message: "is not exported: in SUMO it does not happen",
      });
  }
  return { additional, notes };
}

function obstacles(city: City, blockage: Blockage, id: string, start: Instant, duration: Millis): readonly string[] {
  const { link, atM, lengthM, widthM } = blockage;
  let fromKerbM = 0;
  const lanes = laneWidthsOf(city, link).flatMap((width, lane) => {
    const begins = fromKerbM;
    fromKerbM += width;
    return begins < widthM ? [lane] : [];
  });
  const type = element("vType", { id, length: lengthM, minGap: 0, sigma: 0 });
  const spans = daysOf(blockage, start, duration, city.utcOffset);
  const vehicles = spans.flatMap(({ fromS, toS }, day) =>
    lanes.map((lane) =>
      element(
        "vehicle",
        {
          id: `${id}.${day}.${lane}`,
          type: id,
          depart: fromS,
          departLane: lane,
          departPos: atM + lengthM,
          departSpeed: 0,
        },
        [
          element("route", { edges: link }),
          element("stop", { lane: `${link}_${lane}`, endPos: atM + lengthM, until: toS }),
        ],
      ),
    ),
  );
  return vehicles.length === 0 ? [] : [type, ...vehicles];
}
