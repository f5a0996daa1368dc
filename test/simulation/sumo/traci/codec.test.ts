import { describe, expect, it } from "vitest";
import { MessageReader, MessageWriter, TYPE } from "../../../../simulation/sumo/traci/codec.ts";

const hex = (buffer: Buffer): string => buffer.toString("hex").replace(/(..)/g, "$1 ").trim();
const reader = (text: string): MessageReader => new MessageReader(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("TraCI's bytes", () => {
  it("puts the message's length first, itself included, then each command with its own", () => {
    const message = new MessageWriter().command(0x03, (w) => w.integer(2)).command(0x7f);
    expect(hex(message.bytes())).toBe("00 00 00 14 00 00 00 00 0a 03 00 00 00 02 00 00 00 00 06 7f");
  });

  it("writes big-endian doubles and counted UTF-8 strings, however long", () => {
    const message = new MessageWriter().command(0x02, (w) => w.double(1.5).string("é").byte(7)).bytes();
    expect(hex(message.subarray(10))).toBe("3f f8 00 00 00 00 00 00 00 00 00 02 c3 a9 07");
    const long = "x".repeat(5000);
    const large = new MessageWriter().command(0xc2, (w) => w.string(long)).bytes();
    expect(large.length).toBe(4 + 6 + 4 + 5000);
    expect(large.readInt32BE(0)).toBe(large.length);
    expect(large.toString("utf8", 14)).toBe(long);
  });

  it.each([
    ["double", "0b 40 09 21 fb 54 44 2d 18", Math.PI],
    ["integer", "09 ff ff ff fe", -2],
    ["unsigned byte", "07 ff", 255],
    ["string", "0c 00 00 00 03 61 62 63", "abc"],
    ["strings", "0e 00 00 00 02 00 00 00 01 61 00 00 00 00", ["a", ""]],
    ["doubles", "10 00 00 00 01 3f f0 00 00 00 00 00 00", [1]],
    ["position", "01 3f f0 00 00 00 00 00 00 40 00 00 00 00 00 00 00", [1, 2]],
    ["colour", "11 01 02 03 04", [1, 2, 3, 4]],
    ["compound", "0f 00 00 00 02 09 00 00 00 05 0c 00 00 00 01 7a", [5, "z"]],
    ["short polygon", "06 01 3f f0 00 00 00 00 00 00 40 00 00 00 00 00 00 00", [1, 2]],
  ])("reads a %s", (_, bytes, value) => {
    expect(reader(bytes).value()).toEqual(value);
  });

  it("reads short and long command heads", () => {
    expect(reader("07 e4").commandHead().id).toBe(0xe4);
    expect(reader("00 00 00 01 00 e4").commandHead().id).toBe(0xe4);
  });

  it.each([
    ["a string longer than the message", "0c 00 00 00 09 61"],
    ["a list no message could hold", "0e 7f ff ff ff"],
    ["a negative list", "10 ff ff ff ff"],
    ["half a double", "0b 40 09"],
    ["a type that is none", "55"],
    ["nothing", ""],
  ])("refuses %s", (_, bytes) => {
    expect(() => reader(bytes).value()).toThrow(/value|list|message/);
  });

  it("names types as the protocol numbers them", () => {
    expect(TYPE).toMatchObject({ double: 0x0b, string: 0x0c, strings: 0x0e, integer: 0x09, compound: 0x0f });
  });
});
