import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { netconvert } from "../../../../simulation/sumo/export/netconvert.ts";
import { checkOsm } from "../../../../simulation/sumo/import/osm.ts";
import { readNet } from "../../../../simulation/sumo/net.ts";
import { simpang } from "../../../app/simpang.ts";
import { elements, folder, sumo, write } from "../export/sumo-process.ts";

const SIDE = 4;
const nodeId = (row: number, column: number): number => 1 + row * 10 + column;
const steps = Array.from({ length: SIDE }, (_, i) => i);
const inner = steps.slice(1, -1);

/** Two streets each way, 200 m apart, with four signals where they cross; a path and a house beside them. */
function map(): string {
  const node = (row: number, column: number): string => {
    const signal = inner.includes(row) && inner.includes(column) ? '<tag k="highway" v="traffic_signals"/>' : "";
    const [lat, lon] = [-1.24 + row * 0.0018, 116.85 + column * 0.0018];
    return `<node id="${nodeId(row, column)}" version="1" lat="${lat.toFixed(6)}" lon="${lon.toFixed(6)}">${signal}</node>`;
  };
  const way = (id: number, nodes: readonly number[], tags: Readonly<Record<string, string>>): string =>
    `<way id="${id}" version="1">${nodes.map((ref) => `<nd ref="${ref}"/>`).join("")}${Object.entries(tags)
      .map(([k, v]) => `<tag k="${k}" v="${v}"/>`)
      .join("")}</way>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">',
    ...steps.flatMap((row) => steps.map((column) => node(row, column))),
    ...inner.map((row) =>
      way(
        100 + row,
        steps.map((column) => nodeId(row, column)),
        { highway: "primary", lanes: "4", name: `Jalan ${row}` },
      ),
    ),
    ...inner.map((column) =>
      way(
        200 + column,
        steps.map((row) => nodeId(row, column)),
        { highway: "secondary", lanes: "2" },
      ),
    ),
    way(300, [nodeId(0, 0), nodeId(0, 3)], { highway: "footway" }),
    way(301, [nodeId(0, 0), nodeId(3, 3)], { building: "yes" }),
    "</osm>\n",
  ].join("\n");
}

describe("simpang import osm", () => {
  it("makes a network that keeps left, with its signals, of a packed extract; SUMO and our engine run it", async () => {
    const at = folder();
    const extract = join(at, "area.osm.gz");
    writeFileSync(extract, gzipSync(map()));
    const out = join(at, "net");
    const said = await simpang(
      "import",
      "osm",
      extract,
      "--out",
      out,
      "--traffic",
      "900",
      "--for",
      "3m",
      "--seed",
      "2",
    );
    expect(said.error).toBe("");
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/24 edges, 4 signals, \d+ trips of 4 roads/);
    expect(said.out).toMatch(/netconvert's guess/);
    expect(readdirSync(out).sort()).toEqual(["demand.rou.xml", "network.net.xml", "report.txt", "run.sumocfg"]);
    const net = await readNet(join(out, "network.net.xml"));
    expect(net.leftHand).toBe(true);
    expect(net.signals.size).toBe(4);
    expect([...net.edges.keys()].some((id) => id.includes("300"))).toBe(false);
    expect(sumo(out, ["-c", "run.sumocfg"]).filter((line) => /error/i.test(line))).toEqual([]);
    expect((await simpang("sumo", "check", "--sumocfg", join(out, "run.sumocfg"))).code).toBe(0);
    const trips = join(at, "trips.xml");
    const flags = ["--sumocfg", join(out, "run.sumocfg"), "--tripinfo", trips, "--end", "60"];
    expect((await simpang("sumo", "run", ...flags, "--strategy", "max-pressure")).code).toBe(0);
    expect(elements(trips, "tripinfo").length).toBeGreaterThan(5);
  });

  it("keeps right when told", async () => {
    const at = folder();
    const extract = join(at, write(at, "area.osm", map()));
    const out = join(at, "net");
    expect((await simpang("import", "osm", extract, "--out", out, "--drives-on", "right")).code).toBe(0);
    expect((await readNet(join(out, "network.net.xml"))).leftHand).toBe(false);
  });

  it.each([
    ["area.osm", "", /breaks off/],
    ["area.osm", map().slice(0, 900), /area\.osm:\d+: the XML breaks off/],
    ["area.osm", "<net></net>", /the root is <net>, not <osm>/],
    ["area.osm", '<!DOCTYPE osm [<!ENTITY a "b">]><osm/>', /document type/],
    ["area.osm", '<osm><node id="1" lat="0" lon="0"/></osm>', /holds 1 nodes and no road/],
    ["area.osm.pbf", "OSMHeader", /packed form \(\.pbf\): convert it/],
    ["area.txt", map(), /does not end in \.osm or \.osm\.gz/],
    ["area.osm.gz", map(), /not whole gzip/],
    [
      "area.osm",
      map().replaceAll(/<nd ref="\d+"\/>/g, '<nd ref="999"/>'),
      /netconvert refused the network|made no network/,
    ],
  ] as const)("refuses %s %#, and writes nothing", async (name, text, message) => {
    const at = folder();
    const out = join(at, "net");
    const said = await simpang("import", "osm", join(at, write(at, name, text)), "--out", out);
    expect(said.error).toMatch(message);
    expect(said.code).toBe(2);
    expect(readdirSync(at)).toEqual([name]);
  });

  it("stops at its limits of size, time and memory", async () => {
    const at = folder();
    const extract = join(at, write(at, "area.osm", map()));
    await expect(checkOsm(extract, { bytes: 1000, depth: 8 })).rejects.toThrow(/more than 0 MB of XML/);
    const args = ["--osm-files", extract, "--output-file", join(at, "out.net.xml")];
    await expect(netconvert(args, { seconds: 0.001, megabytes: 8192 })).rejects.toThrow(/stopped after 0.001 s/);
    await expect(netconvert(args, { seconds: 60, megabytes: 20 })).rejects.toThrow();
  });
});
