import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { netconvert } from "../../../../simulation/sumo/export/netconvert.ts";
import { checkRoutes } from "../../../../simulation/sumo/import/route-check.ts";
import { readNet } from "../../../../simulation/sumo/net.ts";
import type { SumoNet } from "../../../../simulation/sumo/net-model.ts";
import { simpang } from "../../../app/simpang.ts";
import { folder, write } from "../export/sumo-process.ts";

/** a -> b -> c and a one-way bus street b -> d; nothing leads back. */
const plain = {
  nodes: `<nodes><node id="1" x="0" y="0"/><node id="2" x="200" y="0"/><node id="3" x="400" y="0"/><node id="4" x="600" y="0"/><node id="5" x="400" y="200"/></nodes>`,
  edges: `<edges><edge id="a" from="1" to="2"/><edge id="b" from="2" to="3"/><edge id="c" from="3" to="4"/><edge id="d" from="3" to="5" allow="bus"/></edges>`,
};

describe("routes on a network", () => {
  const at = folder();
  let net: SumoNet;
  beforeAll(async () => {
    const files = [
      "-n",
      join(at, write(at, "n.nod.xml", plain.nodes)),
      "-e",
      join(at, write(at, "e.edg.xml", plain.edges)),
    ];
    await netconvert([...files, "-o", join(at, "net.net.xml")]);
    net = await readNet(join(at, "net.net.xml"));
  });
  const check = (inner: string) =>
    checkRoutes(net, [join(at, write(at, "r.rou.xml", `<routes>\n${inner}\n</routes>`))]);

  it.each([
    '<vehicle id="v" depart="0"><route edges="a b c"/></vehicle>',
    '<route id="r" edges="a b c"/>\n<vehicle id="v" depart="0" route="r"/>',
    '<vehicle id="v" depart="0" route="later"/>\n<route id="later" edges="b c"/>',
    '<trip id="t" depart="0" from="a" to="c"/>\n<flow id="f" begin="0" end="9" number="2" from="a" via="b" to="c"/>',
    '<vType id="coach" vClass="bus"/>\n<vehicle id="v" type="coach" depart="0"><route edges="b d"/></vehicle>',
    '<route id="r" edges="b d"/>',
  ])("lets %s pass", async (inner) => {
    expect(await check(inner)).toMatchObject({ faults: [], unnamed: 0 });
  });

  it.each([
    [
      '<vehicle id="v" depart="0"><route edges="a c"/></vehicle>',
      /r\.rou\.xml:2: the route of a vehicle cannot be driven: no connection leads from edge a to edge c/,
    ],
    ['<route id="r" edges="a x"/>', /route r cannot be driven: edge x is not in the network/],
    ['<route id="r" edges=""/>', /route r has no edges/],
    ['<vehicle id="v" depart="0" route="none"/>', /vehicle v drives route none, which is not there/],
    [
      '<vehicle id="v" type="tank" depart="0"><route edges="a"/></vehicle>',
      /vehicle v is of type tank, which is not there/,
    ],
    [
      '<route id="r" edges="b d"/>\n<vehicle id="v" depart="0" route="r"/>',
      /:3: vehicle v on route r cannot be driven: no lane of edge d is open to class passenger/,
    ],
    [
      '<trip id="t" depart="0" from="c" to="a"/>',
      /trip t cannot be driven: no way leads from edge c to edge a for class passenger/,
    ],
    [
      '<flow id="f" begin="0" end="9" number="2" from="a" to="d"/>',
      /flow f cannot be driven: no lane of edge d is open/,
    ],
  ] as const)("names what is wrong with %s", async (inner, message) => {
    const { faults } = await check(inner);
    expect(faults.join("\n")).toMatch(message);
  });

  it("names fifty faults and counts the rest", async () => {
    const many = Array.from({ length: 80 }, (_, i) => `<trip id="t${i}" depart="0" from="c" to="a"/>`).join("\n");
    const { faults, unnamed } = await check(many);
    expect([faults.length, unnamed]).toEqual([50, 30]);
  });

  it("are checked by simpang sumo check", async () => {
    await check('<route id="r" edges="a x"/>');
    const files = ["--net", join(at, "net.net.xml"), "--routes", join(at, "r.rou.xml")];
    const said = await simpang("sumo", "check", ...files);
    expect(said.code).toBe(2);
    expect(said.out).toMatch(/edge x is not in the network(.|\n)*1 fault\./);
    await check('<route id="r" edges="a b"/>');
    expect((await simpang("sumo", "check", ...files)).code).toBe(0);
    expect((await simpang("sumo", "check")).error).toMatch(/Give either --sumocfg/);
    expect((await simpang("sumo", "check", "--net", "/nowhere.net.xml")).error).toMatch(/no such file/);
  });
});
