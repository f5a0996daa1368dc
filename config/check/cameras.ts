import { type Path, show } from "../fault.ts";
import type { CameraEntry, SceneEntry, ZoneEntry } from "../schema/cameras.ts";
import { type Context, idsAt, refers, unique } from "./context.ts";

const file = "cameras.yaml";

/** Every counting zone lies on lanes that exist, and its counts have a way to arrive. */
export function checkCameras(context: Context): void {
  const { findings, files } = context;
  if (!files.cameras) return;
  const { sites } = files.cameras;
  unique(findings, file, idsAt(["sites"], sites), "site id");
  const cameras = sites.flatMap((site, i) =>
    site.cameras.map((camera, k) => ({ camera, path: ["sites", i, "cameras", k] as Path })),
  );
  unique(
    findings,
    file,
    cameras.map(({ camera, path }) => ({ value: camera.id, path: [...path, "id"] })),
    "camera id",
  );
  unique(
    findings,
    file,
    cameras.flatMap(({ camera, path }) => idsAt([...path, "zones"], camera.zones)),
    "zone id",
  );
  for (const { camera, path } of cameras) checkCamera(context, camera, path);
}

function checkCamera(context: Context, camera: CameraEntry, path: Path): void {
  const { findings } = context;
  const { feed, zones } = camera;
  if (zones.length > 0 && !feed)
    findings.fault(
      file,
      [...path, "zones"],
      `camera ${show(camera.id)} has zones but no feed, so its counts cannot arrive; add a feed or remove them`,
    );
  if (feed && zones.length === 0)
    findings.fault(
      file,
      [...path, "feed"],
      `camera ${show(camera.id)} has a feed but no zone to count in; add a zone or remove the feed`,
    );
  for (const [key, sent] of Object.entries({ feed, scene: camera.scene }))
    if (sent?.transport === "mqtt" && sent.topic === undefined)
      findings.fault(file, [...path, key], "mqtt without a topic; write the camera's topic prefix");
  if (camera.scene) checkScene(context, camera.scene, [...path, "scene"]);
  for (const [i, zone] of zones.entries()) {
    checkZone(context, zone, [...path, "zones", i]);
    if (feed?.format === "onvif-counter" && zone.classes.length > 1)
      findings.fault(
        file,
        [...path, "zones", i, "classes"],
        `a running total has one class, not ${zone.classes.length} (${zone.classes.join(", ")}); write one, or [unknown]`,
      );
  }
}

/** A scene shows approaches and arms that exist, and something at all. */
function checkScene({ findings, links, junctions, junctionIds }: Context, scene: SceneEntry, path: Path): void {
  const at = (...key: Path) => ({ file, path: [...path, ...key] });
  if (!refers(findings, at("junction"), { id: scene.junction, what: "junction", known: junctionIds })) return;
  const junction = junctions.get(scene.junction);
  if (!junction) return;
  if (scene.approaches.length + scene.exits.length === 0 && !scene.box)
    findings.fault(file, path, "the scene shows nothing; list approaches or exits, or set box: true");
  const known = junction.approaches.map(({ id }) => id);
  for (const key of ["approaches", "exits"] as const) {
    for (const [i, id] of scene[key].entries()) {
      if (!refers(findings, at(key, i), { id, what: `approach of ${scene.junction}`, known })) continue;
      if (scene[key].indexOf(id) < i) findings.fault(file, at(key, i).path, `${show(id)} is listed twice; remove one`);
      const incoming = links?.get(junction.approaches.find((approach) => approach.id === id)!.link);
      const leaving = [...(links?.values() ?? [])].find(
        (link) => incoming && link.from === incoming.to && link.to === incoming.from,
      );
      if (key === "exits" && incoming && !leaving)
        findings.fault(file, at(key, i).path, `arm ${show(id)} has no leaving link to look at; remove it`);
    }
  }
}

function checkZone({ findings, nodes, links, junctions, junctionIds }: Context, zone: ZoneEntry, path: Path): void {
  const at = (key: string) => ({ file, path: [...path, key] });
  if (!refers(findings, at("junction"), { id: zone.junction, what: "junction", known: junctionIds })) return;
  const junction = junctions.get(zone.junction);
  if (!junction) return;
  const known = junction.approaches.map((candidate) => candidate.id);
  if (!refers(findings, at("approach"), { id: zone.approach, what: `approach of ${zone.junction}`, known })) return;
  const approach = junction.approaches.find((candidate) => candidate.id === zone.approach)!;
  const lanes = approach.lanes.map((lane) => lane.id);
  if (zone.kind === "exit") {
    if (zone.lanes.length > 0)
      findings.fault(
        file,
        at("lanes").path,
        `an exit zone covers the whole leaving carriageway, not ${zone.lanes.join(", ")}; remove the lanes`,
      );
  } else if (zone.lanes.length === 0)
    findings.fault(
      file,
      path,
      `zone ${show(zone.id)} covers no lane; list lanes of approach ${show(zone.approach)}: ${lanes.join(", ")}`,
    );
  for (const [i, lane] of zone.lanes.entries())
    refers(
      findings,
      { file, path: [...path, "lanes", i] },
      { id: lane, what: `lane of approach ${zone.approach}`, known: lanes },
    );
  const incoming = links?.get(approach.link);
  const leaving = [...(links?.values() ?? [])].find(
    (link) => incoming && link.from === incoming.to && link.to === incoming.from,
  );
  const link = zone.kind === "exit" ? leaving : incoming;
  if (zone.kind === "exit" && incoming && !leaving && nodes?.has(incoming.from))
    findings.fault(
      file,
      at("kind").path,
      `arm ${show(zone.approach)} has no leaving link to count on; mend the approach or the network`,
    );
  if (link && zone.distance_m + zone.zone_m > link.length_m)
    findings.fault(
      file,
      at(zone.zone_m > 0 ? "zone_m" : "distance_m").path,
      `the zone ends ${zone.distance_m + zone.zone_m} m from the junction, past the ${link.length_m} m of link ${show(link.id)}; shorten it`,
    );
}
