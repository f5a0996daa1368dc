import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readNet } from "../../../simulation/sumo/net.ts";
import { permits, requestLinks } from "../../../simulation/sumo/net-model.ts";
import { grid, scratch, tool, written } from "./tools.ts";

const folder = scratch();
const plain = grid(folder, "grid.net.xml", "--grid.number", "3", "--default.lanenumber", "2");
const left = grid(folder, "left.net.xml", "--grid.number", "3", "--lefthand", "--sidewalks.guess", "--crossings.guess");
const text = readFileSync(plain, "utf8");

describe("reading a network", () => {
  it("finds the roads, lanes, signals and ways that the file names", async () => {
    const net = await readNet(plain);
    expect(net.leftHand).toBe(false);
    expect(net.notes).toEqual([]);
    const roads = [...net.edges.values()].filter((edge) => edge.function === "normal");
    // Twelve streets between nine nodes, in both directions.
    expect(roads).toHaveLength(24);
    expect(net.lanes.size).toBe(text.match(/<lane /g)!.length);
    expect(net.connections).toHaveLength(text.match(/<connection /g)!.length);
    expect(net.signals.size).toBe(text.match(/<tlLogic /g)!.length);
    const signal = [...net.signals.values()][0]!;
    expect(signal[0]!.phases.map(({ state }) => state.length)).toEqual(
      signal[0]!.phases.map(() => signal[0]!.phases[0]!.state.length),
    );
  });

  it.each([
    ["plain", plain],
    ["left-hand with crossings", left],
  ])("puts requests in the order of SUMO's own internal lanes: %s", async (_, file) => {
    const net = await readNet(file);
    let checked = 0;
    for (const junction of net.junctions.values()) {
      if (junction.type === "internal" || junction.requests.length === 0) continue;
      const links = requestLinks(net, junction);
      expect(links).toHaveLength(junction.requests.length);
      for (const [index, { via }] of links.entries()) {
        if (via === undefined) continue;
        // SUMO names an internal edge after its first request.
        const [first, lane] = via.split("_").slice(-2).map(Number);
        expect(first! + lane!).toBe(index);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(20);
  });

  it("knows that foes are mutual and that a link gives way only to foes", async () => {
    const net = await readNet(plain);
    for (const { requests } of net.junctions.values())
      for (const [i, { foes, response }] of requests.entries())
        for (let j = 0; j < requests.length; j++) {
          expect(requests[j]!.foes[i]).toBe(foes[j]);
          if (response[j]) expect(foes[j]).toBe(1);
        }
  });

  it("knows left-hand traffic, crossings and who may use a lane", async () => {
    const net = await readNet(left);
    expect(net.leftHand).toBe(true);
    const crossing = [...net.edges.values()].find((edge) => edge.function === "crossing")!;
    expect(crossing.crosses.length).toBeGreaterThan(0);
    const walk = crossing.lanes[0]!;
    expect(permits(walk.permission, "pedestrian")).toBe(true);
    expect(permits(walk.permission, "passenger")).toBe(false);
  });

  it("reads packed files alike", async () => {
    const packed = join(folder, "grid.net.xml.gz");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(packed, gzipSync(text));
    const [a, b] = await Promise.all([readNet(plain), readNet(packed)]);
    expect({ ...b, file: a.file }).toEqual(a);
  });

  it("says what it does not represent, and which parts no road joins", async () => {
    const strange = text.replace("</net>", '    <railSignal id="x"/>\n</net>');
    const net = await readNet(written(folder, "strange.net.xml", strange));
    expect(net.notes.map(({ what }) => what)).toEqual(["element <railSignal> in <net> is not represented"]);
    written(
      folder,
      "two.nod.xml",
      '<nodes><node id="a" x="0" y="0"/><node id="b" x="99" y="0"/><node id="c" x="199" y="0"/><node id="d" x="0" y="500"/><node id="e" x="90" y="500"/></nodes>',
    );
    written(
      folder,
      "two.edg.xml",
      '<edges><edge id="ab" from="a" to="b"/><edge id="bc" from="b" to="c"/><edge id="de" from="d" to="e"/></edges>',
    );
    const apart = join(folder, "two.net.xml");
    tool("netconvert", "-n", join(folder, "two.nod.xml"), "-e", join(folder, "two.edg.xml"), "-o", apart);
    expect((await readNet(apart)).notes).toMatchObject([{ count: 2, examples: ["part of ab", "part of de"] }]);
  });
});

describe("refusing a network, with file, line and mend", () => {
  const lineOf = (piece: string): number => text.slice(0, text.indexOf(piece)).split("\n").length;
  const firstOf = (form: RegExp): string => text.match(form)![0];

  it("a missing file", async () => {
    await expect(readNet(join(folder, "none.net.xml"))).rejects.toThrow(/none\.net\.xml: there is no such file/);
  });

  it("a document type, whose entities could fill memory", async () => {
    const bomb = `<?xml version="1.0"?>\n<!DOCTYPE net [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<net>&b;</net>`;
    await expect(readNet(written(folder, "bomb.net.xml", bomb))).rejects.toThrow(/bomb\.net\.xml:2: .*DOCTYPE/);
  });

  it("an unknown entity", async () => {
    const strange = text.replace("<edge ", "&lol;<edge ");
    await expect(readNet(written(folder, "entity.net.xml", strange))).rejects.toThrow(
      /entity\.net\.xml:\d+: not well-formed/,
    );
  });

  it("a file cut short", async () => {
    const cut = written(folder, "cut.net.xml", text.slice(0, text.length / 2));
    await expect(readNet(cut)).rejects.toThrow(/cut\.net\.xml:\d+: the XML breaks off/);
  });

  it("a packed file cut short", async () => {
    const { writeFileSync } = await import("node:fs");
    const cut = join(folder, "cut.net.xml.gz");
    writeFileSync(cut, gzipSync(text).subarray(0, 2000));
    await expect(readNet(cut)).rejects.toThrow(/cut\.net\.xml\.gz: it cannot be unpacked/);
  });

  it("an empty file and another kind of file", async () => {
    await expect(readNet(written(folder, "empty.net.xml", ""))).rejects.toThrow(/empty\.net\.xml/);
    await expect(readNet(written(folder, "routes.xml", "<routes/>"))).rejects.toThrow(
      /the root is <routes>, not <net>/,
    );
    await expect(readNet(folder)).rejects.toThrow(/this is not a file/);
  });

  it("more text than the limit, packed or not, without reading it whole", async () => {
    const limits = { bytes: 100_000, depth: 16 };
    const large = `<net>${" ".repeat(5_000_000)}</net>`;
    await expect(readNet(written(folder, "large.net.xml", large), limits)).rejects.toThrow(/more than 0 MB of XML/);
    const { writeFileSync } = await import("node:fs");
    const packed = join(folder, "large.net.xml.gz");
    writeFileSync(packed, gzipSync(large));
    await expect(readNet(packed, limits)).rejects.toThrow(/more than 0 MB of XML/);
  });

  it("two hundred megabytes, at once and without taking them into memory", async () => {
    const { truncateSync, writeFileSync } = await import("node:fs");
    const plain200 = join(folder, "200mb.net.xml");
    writeFileSync(plain200, "<net>");
    truncateSync(plain200, 200 * 1024 * 1024);
    const packed = join(folder, "200mb.net.xml.gz");
    writeFileSync(
      packed,
      gzipSync(Buffer.concat([Buffer.from("<net>"), Buffer.alloc(200 * 1024 * 1024, " ")]), { level: 1 }),
    );
    for (const file of [plain200, packed]) {
      const before = process.memoryUsage().rss;
      await expect(readNet(file)).rejects.toThrow(/200mb\.net\.xml(\.gz)?: more than 128 MB of XML/);
      expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
    }
  });

  it("elements nested without end", async () => {
    const deep = `<net>${"<a>".repeat(100)}`;
    await expect(readNet(written(folder, "deep.net.xml", deep))).rejects.toThrow(/nested deeper than 16/);
  });

  it.each([
    [
      "an edge without its junction",
      /from="B1" to="C1"/,
      'from="B1" to="Nowhere"',
      /edge \S+ ends at junction Nowhere/,
    ],
    [
      "a way to a missing edge",
      /<connection from="B1C1" to="[^"]+"/,
      '<connection from="B1C1" to="X9"',
      /names edge X9/,
    ],
    [
      "a lane that the edge does not have",
      /<connection from="B1C1" to="\w+" fromLane="0"/,
      '<connection from="B1C1" to="C1B1" fromLane="7"',
      /names lane 7 of edge B1C1/,
    ],
    ["a signal that is not there", /tl="B1"/, 'tl="Z"', /obeys signal Z/],
    ["a link beyond the states", /tl="B1" linkIndex="\d+"/, 'tl="B1" linkIndex="99"', /is link 99 of signal B1/],
    ["states of unequal length", /state="GG/, 'state="G', /has states of/],
    ["a negative length", /length="[\d.]+"/, 'length="-5"', /has length="-5": it must be a number from 0/],
    ["a number that is none", /speed="[\d.]+"/, 'speed="fast"', /has speed="fast"/],
    ["letters no signal shows", /state="GG/, 'state="QQ', /letters of rygGuosO/],
  ])("%s", async (name, form, put, message) => {
    const found = firstOf(form);
    const file = written(folder, `${name.replaceAll(" ", "-")}.net.xml`, text.replace(found, put));
    const error = await readNet(file).catch((caught: unknown) => caught as Error);
    expect(String(error)).toMatch(message);
    expect(String(error)).toMatch(/\.net\.xml:\d+: /);
    if (name === "a negative length") expect(String(error)).toContain(`:${lineOf(found)}:`);
  });

  it("roads that nothing joins", async () => {
    const none = text
      .replace(/^ *<connection .*\n/gm, "")
      .replace(/<tlLogic[\s\S]*?<\/tlLogic>/g, "")
      .replace(/ *<request .*\n/g, "");
    await expect(readNet(written(folder, "none.net.xml", none))).rejects.toThrow(
      /no connection leads from any of its 24 edges/,
    );
  });
});
