import { statSync } from "node:fs";
import { NETCONVERT_LIMITS, type NetconvertLimits, netconvert } from "../export/netconvert.ts";
import { fault } from "../input-fault.ts";
import { readXml, type XmlLimits } from "../xml.ts";

/** A district's extract is a few MB, a city's of a million people about 200 MB of text. */
export const OSM_LIMITS: XmlLimits = { bytes: 512 * 1024 * 1024, depth: 8 };

export interface OsmFacts {
  readonly nodes: number;
  readonly roads: number;
  readonly signals: number;
}

/** Roads that motor traffic may use; paths for people alone make no network. */
const footOnly: ReadonlySet<string> = new Set([
  "footway",
  "path",
  "pedestrian",
  "steps",
  "cycleway",
  "bridleway",
  "corridor",
  "construction",
  "proposed",
  "platform",
]);

/**
 * Looks through an extract before netconvert is let loose on it. Throws `InputFault` for a file that is not OpenStreetMap
 * XML, holds no road, or is too large; memory does not grow with the file.
 */
export async function checkOsm(file: string, limits: XmlLimits = OSM_LIMITS): Promise<OsmFacts> {
  if (/\.pbf$/i.test(file))
    throw fault({ file }, "this is OSM's packed form (.pbf)", "convert it: osmium cat area.osm.pbf -o area.osm.gz");
  if (!/\.osm(\.xml)?(\.gz)?$/i.test(file))
    throw fault({ file }, "its name does not end in .osm or .osm.gz", "give an OpenStreetMap extract as XML");
  let nodes = 0;
  let roads = 0;
  let signals = 0;
  await readXml(
    file,
    {
      open: ({ name, attributes, path, line }) => {
        if (path.length === 0 && name !== "osm")
          throw fault({ file, line }, `the root is <${name}>, not <osm>`, "give an OpenStreetMap extract");
        if (name === "node") nodes++;
        if (name !== "tag" || attributes["k"] !== "highway") return;
        const kind = attributes["v"] ?? "";
        if (path.at(-1) === "way" && !footOnly.has(kind)) roads++;
        if (path.at(-1) === "node" && kind === "traffic_signals") signals++;
      },
    },
    limits,
  );
  if (roads === 0)
    throw fault(
      { file },
      `it holds ${nodes} nodes and no road (no way with a highway tag)`,
      "export an area with roads",
    );
  return { nodes, roads, signals };
}

/** A SUMO network of an extract: one connected part, motor traffic only, signals where the map has them, near ones joined. */
export async function osmNetwork(options: {
  readonly file: string;
  readonly output: string;
  readonly drivesOn: "left" | "right";
  readonly limits?: NetconvertLimits;
}): Promise<readonly string[]> {
  const { file, output, drivesOn, limits = NETCONVERT_LIMITS } = options;
  const warnings = await netconvert(
    [
      ...["--osm-files", file, "--output-file", output],
      ...["--lefthand", String(drivesOn === "left")],
      ...["--geometry.remove", "true", "--roundabouts.guess", "true"],
      ...["--junctions.join", "true", "--tls.guess-signals", "true", "--tls.discard-simple", "true"],
      ...["--tls.join", "true", "--tls.default-type", "static"],
      ...["--keep-edges.by-vclass", "passenger,bus,truck,motorcycle", "--keep-edges.components", "1"],
      ...["--remove-edges.isolated", "true", "--output.street-names", "true"],
    ],
    limits,
  );
  if (!statSync(output, { throwIfNoEntry: false })?.isFile())
    throw fault({ file }, "netconvert made no network of it", "export an area with roads that meet");
  return warnings;
}
