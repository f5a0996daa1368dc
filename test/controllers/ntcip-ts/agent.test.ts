import dgram from "node:dgram";
import { isRequest, ref, type Value } from "ntcip-ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tool } from "./snmp-tools.ts";
import { openTestUnit, otherWriter, type TestUnit, writeCommunity } from "./test-agent.ts";

const asc = ".1.3.6.1.4.1.1206.4.2.1";
const global = ".1.3.6.1.4.1.1206.4.2.6";
const cycle = `${asc}.4.7.1.2.1`;
const split = (phase: number) => `${asc}.4.9.1.3.1.${phase}`;
const pattern = `${asc}.4.14.0`;
const transaction = `${global}.2.1.0`;
const verifyStatus = `${global}.2.6.0`;

let unit: TestUnit;
let port: number;
beforeEach(async () => {
  unit = await openTestUnit();
  port = unit.agent.address().port;
});
afterEach(() => unit.agent.close());

const write = (...rest: readonly string[]) => tool("snmpset", { port, community: writeCommunity }, ...rest);
const number = (answer: { readonly out: string }) => Number(answer.out.split(": ")[1]);

describe("bytes, assembled by hand after X.690 and RFC 1157", () => {
  const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");
  // systemPatternControl.0; 1206 is 89 36 in base 128.
  const oid = "060d 2b0601040189360402 01040e00";
  const request = (pdu: string, value: string, community = "0406 7075626c6963") => {
    const tlv = (tag: string, content: string) =>
      `${tag}${(content.length / 2).toString(16).padStart(2, "0")}${content}`;
    const strip = (text: string) => text.replaceAll(/\s/g, "");
    const list = tlv("30", tlv("30", strip(oid) + value));
    return hex(tlv("30", `020100${strip(community)}${tlv(pdu, `020101020100020100${list}`)}`));
  };

  const exchange = async (bytes: Buffer): Promise<Buffer> => {
    const socket = dgram.createSocket("udp4");
    try {
      return await new Promise((resolve) => {
        socket.on("message", resolve);
        socket.send(bytes, port, "127.0.0.1");
      });
    } finally {
      socket.close();
    }
  };

  it("answers a GET", async () => {
    expect((await exchange(request("a0", "0500"))).toString("hex")).toBe(request("a2", "020100").toString("hex"));
  });

  it("answers a SET with its echo", async () => {
    const community = "0408 6f70657261746f72";
    const reply = await exchange(request("a3", "020109", community));
    expect(reply.toString("hex")).toBe(request("a2", "020109", community).toString("hex"));
    expect(unit.value(ref("systemPatternControl"))).toBe(9);
  });

  it("takes a whole request and nothing less or more", () => {
    const good = request("a0", "0500");
    expect(isRequest(good)).toBe(true);
    for (let length = 0; length < good.length; length++) expect(isRequest(good.subarray(0, length))).toBe(false);
    expect(isRequest(Buffer.concat([good, Buffer.of(0)]))).toBe(false);
    expect(isRequest(request("a2", "0500"))).toBe(false); // A response is no request.
    expect(isRequest(request("a5", "0500"))).toBe(false); // SNMPv1 has no GETBULK.
    expect(isRequest(request("a0", "0501"))).toBe(false);
    expect(isRequest(request("a3", "02050000000001"))).toBe(false); // INTEGER of five octets.
  });
});

describe("Debian's tools read", () => {
  it("every type", async () => {
    const answer = await tool(
      "snmpget",
      { port },
      cycle,
      `${asc}.7.3.1.3.1.1`,
      `${global}.3.1.0`,
      `${global}.1.3.1.2.1`,
    );
    expect(answer).toMatchObject({
      code: 0,
      out: [
        `${cycle} = INTEGER: 60`,
        `${asc}.7.3.1.3.1.1 = Hex-STRING: 01 02 `,
        `${global}.3.1.0 = Counter32: 3000000000`,
        `${global}.1.3.1.2.1 = OID: ${asc}`,
        "",
      ].join("\n"),
    });
  });

  it("noSuchName in SNMPv1, naming the one", async () => {
    const answer = await tool("snmpget", { port }, cycle, `${asc}.4.7.1.2.2`);
    expect(answer.code).not.toBe(0);
    expect(answer.error).toMatch(/noSuchName/);
    expect(answer.error).toContain(`Failed object: ${asc}.4.7.1.2.2`);
  });

  it("exceptions in SNMPv2c, a missing instance apart from a missing object", async () => {
    const answer = await tool("snmpget", { port, version: "2c" }, cycle, `${asc}.4.7.1.2.2`, `${asc}.6.1.0`);
    expect(answer.code).toBe(0);
    expect(answer.out).toContain(`${cycle} = INTEGER: 60`);
    expect(answer.out).toContain("No Such Instance");
    expect(answer.out).toContain("No Such Object");
  });

  it.each(["1", "2c"] as const)("a walk of v%s in numeric order to its end", async (version) => {
    const answer = await tool("snmpwalk", { port, version }, ".1.3.6.1.4.1.1206");
    expect(answer.code).toBe(0);
    const oids = answer.out
      .split("\n")
      .filter((line) => line.startsWith(".1.3.6.1.4.1.1206") && !line.includes("No more variables"))
      .map((line) => line.split(" ")[0]!.slice(1).split(".").map(Number));
    expect(oids).toHaveLength(unit.values.size + 3);
    const sorted = [...oids].sort((a, b) => {
      const at = a.findIndex((part, i) => part !== b[i]);
      return (a[at] ?? -1) - (b[at] ?? -1);
    });
    expect(oids).toEqual(sorted);
  });

  it("a bulk of more than there is, within one datagram", async () => {
    const answer = await tool(
      "snmpbulkget",
      { port, version: "2c" },
      "-Cr1000000",
      "-Cn1",
      pattern,
      `${asc}.4.9`,
      `${asc}.1`,
    );
    expect(answer.code).toBe(0);
    const lines = answer.out.trim().split("\n");
    expect(lines[0]).toBe(`${asc}.7.3.1.3.1.1 = Hex-STRING: 01 02 `);
    expect(lines[1]).toBe(`${split(1)} = INTEGER: 40`);
    expect(lines[2]).toBe(`${asc}.1.1.0 = INTEGER: 2`);
    expect(lines.length).toBeLessThan(100);
  });

  it("nothing with a wrong community", async () => {
    const answer = await tool("snmpget", { port, community: "secret" }, cycle);
    expect(answer.code).not.toBe(0);
    expect(answer.error).toMatch(/Timeout|No Response/);
  });
});

describe("Debian's tools write", () => {
  it("a control object at once", async () => {
    expect(await write(pattern, "i", "7")).toMatchObject({ code: 0, out: `${pattern} = INTEGER: 7\n` });
    expect(unit.acted).toEqual([{ ref: ref("systemPatternControl"), value: 7 }]);
  });

  it.each([
    ["1", "noSuchName"],
    ["2c", "noAccess"],
  ] as const)("nothing with the reading community (v%s: %s)", async (version, error) => {
    const answer = await tool("snmpset", { port, version }, pattern, "i", "7");
    expect(answer.error).toContain(error);
    expect(unit.acted).toEqual([]);
  });

  const refusals: readonly (readonly ["1" | "2c", string, string, string, string, string])[] = [
    ["1", "out of range", pattern, "i", "256", "badValue"],
    ["2c", "out of range", pattern, "i", "256", "wrongValue"],
    ["1", "of another type", pattern, "s", "7", "badValue"],
    ["2c", "of another type", pattern, "s", "7", "wrongType"],
    ["1", "the unit reserves", pattern, "i", "99", "badValue"],
    ["1", "read-only", `${asc}.1.1.0`, "i", "4", "noSuchName"],
    ["2c", "read-only", `${asc}.1.1.0`, "i", "4", "notWritable"],
    ["1", "not there", `${asc}.4.7.1.2.9`, "i", "60", "noSuchName"],
    ["2c", "not there", `${asc}.4.7.1.2.9`, "i", "60", "noCreation"],
    ["2c", "not there and read-only if it were", `${asc}.1.1.1`, "i", "4", "notWritable"],
    ["2c", "of an unknown object", `${asc}.99.1.0`, "i", "4", "notWritable"],
    ["1", "of an unknown object", `${asc}.99.1.0`, "i", "4", "noSuchName"],
    ["1", "no command", transaction, "i", "5", "badValue"],
    ["1", "no command in this state", transaction, "i", "3", "badValue"],
    ["2c", "no command in this state", transaction, "i", "3", "inconsistentValue"],
    ["1", "a sequence without a transaction", `${asc}.7.3.1.3.1.1`, "x", "0201", "genError"],
    ["1", "inconsistent", cycle, "i", "90", "genError"],
  ];
  it.each(refusals)("v%s, nothing %s (%s %s %s): %s", async (version, _, oid, type, value, error) => {
    const before = new Map(unit.values);
    const answer = await tool("snmpset", { port, version, community: writeCommunity }, oid, type, value);
    expect(answer.error).toContain(error);
    expect(unit.values).toEqual(before);
  });

  it("all of a request or none of it", async () => {
    const answer = await write(pattern, "i", "7", `${asc}.1.5.1.5.1`, "i", "300");
    expect(answer.error).toContain("badValue");
    expect(answer.error).toContain(`${asc}.1.5.1.5.1`);
    expect(unit.acted).toEqual([]);
  });

  it("a consistent row outside a transaction at once", async () => {
    expect((await write(cycle, "i", "70", split(1), "i", "50")).code).toBe(0);
    expect(unit.value(ref("splitTime", 1, 1))).toBe(50);
  });
});

describe("a plan by hand", () => {
  const values = (): readonly (Value | undefined)[] =>
    [ref("patternCycleTime", 1), ref("splitTime", 1, 1), ref("splitTime", 1, 2)].map((one) => unit.value(one));
  const read = async (oid: string) => number(await tool("snmpget", { port }, oid));

  it("is buffered, verified and committed", async () => {
    expect((await write(transaction, "i", "2")).code).toBe(0);
    expect((await write(cycle, "i", "90")).code).toBe(0);
    expect((await write(split(1), "i", "60")).code).toBe(0);
    expect(await read(split(1))).toBe(40); // A GET shows what is stored, never the buffer.
    expect((await write(split(2), "i", "30")).code).toBe(0);
    expect((await write(transaction, "i", "3")).code).toBe(0);
    expect(await read(transaction)).toBe(6);
    expect(await read(verifyStatus)).toBe(3);
    expect((await write(split(2), "i", "31")).error).toContain("genError");
    expect(values()).toEqual([60, 40, 20]);
    expect((await write(transaction, "i", "1")).code).toBe(0);
    expect(values()).toEqual([90, 60, 30]);
    expect(unit.stored).toHaveLength(1);
  });

  it("that does not add up is told why and thrown away", async () => {
    await write(transaction, "i", "2");
    await write(cycle, "i", "90");
    await write(transaction, "i", "3");
    expect(await read(verifyStatus)).toBe(2);
    expect((await tool("snmpget", { port }, `${global}.2.7.0`)).out).toContain("splits are 60 s");
    await write(transaction, "i", "1");
    expect(await read(transaction)).toBe(1);
    expect(values()).toEqual([60, 40, 20]);
  });

  it("of one community is closed to another, whose commands still act", async () => {
    await write(transaction, "i", "2");
    await write(cycle, "i", "90");
    const other = (...rest: readonly string[]) => tool("snmpset", { port, community: otherWriter }, ...rest);
    expect((await other(split(1), "i", "60")).error).toContain("genError");
    expect((await other(transaction, "i", "1")).error).toContain("genError");
    expect((await other(pattern, "i", "5")).code).toBe(0);
    expect((await write(transaction, "i", "1")).code).toBe(0);
    expect(values()).toEqual([60, 40, 20]);
  });

  it("may not travel in one message with its own start", async () => {
    expect((await write(transaction, "i", "2", split(1), "i", "41")).error).toContain("genError");
    expect(await read(transaction)).toBe(1);
  });
});
