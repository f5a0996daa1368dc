import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import type { Event, Json } from "../../../engine/ports/event-store.ts";
import type { Random } from "../../../engine/ports/random.ts";
import { canonicalJson, InvalidEventError } from "../../../engine/store/canonical.ts";
import { JsonlError, jsonlLog, readJsonl } from "../../../engine/store/jsonl-log.ts";
import type { Line } from "../../../engine/store/lines.ts";
import { killWhen, start } from "./child.ts";
import { event, tempFolder } from "./support.ts";

function written(events: readonly Event[], path = join(tempFolder(), "events.jsonl")): string {
  const log = jsonlLog(path);
  for (const each of events) log.append(each);
  log.close();
  return path;
}

async function read(path: string): Promise<{ events: readonly Event[]; torn: readonly Line[] }> {
  const events: Event[] = [];
  const torn: Line[] = [];
  for await (const each of readJsonl(path, (line) => torn.push(line))) events.push(each);
  return { events, torn };
}

describe("canonical JSON", () => {
  it.each<[unknown, string]>([
    [{ b: 1, a: { d: [], c: null } }, '{"a":{"c":null,"d":[]},"b":1}'],
    [{ 10: "x", 9: "y", a: 1, B: 2 }, '{"10":"x","9":"y","B":2,"a":1}'],
    [[3, 1, { z: 0, y: -0 }], '[3,1,{"y":0,"z":0}]'],
    [{ gone: undefined, kept: 0 }, '{"kept":0}'],
    [[undefined, Number.NaN, Number.POSITIVE_INFINITY], "[null,null,null]"],
    ['a "quoted"\nline', '"a \\"quoted\\"\\nline"'],
    ["\ud800", '"\\ud800"'],
    [1e21, "1e+21"],
  ])("of %j", (value, expected) => {
    expect(canonicalJson(value)).toBe(expected);
  });
});

describe("the event log", () => {
  it("writes one event a line, in order, with keys in one order", () => {
    const path = written([event(2, { b: 1, a: 2 }, "decision", "a"), event(1, "x", "human", "b\n")]);
    expect(readFileSync(path, "utf8")).toBe(
      '{"at":2,"kind":"decision","subject":"a","data":{"a":2,"b":1}}\n{"at":1,"kind":"human","subject":"b\\n","data":"x"}\n',
    );
  });

  it("gives the same bytes for the same events, however their keys came about", () => {
    const one = written([{ at: event(1).at, kind: "run", subject: "r", data: { x: 1, y: { p: 1, q: 2 } } }]);
    const other = written([{ data: { y: { q: 2, p: 1 }, x: 1 }, subject: "r", kind: "run", at: event(1).at }]);
    expect(readFileSync(one)).toEqual(readFileSync(other));
  });

  it("holds each event on disk when append returns", () => {
    const path = join(tempFolder(), "events.jsonl");
    const log = jsonlLog(path);
    log.append(event(1));
    expect(readFileSync(path, "utf8")).toBe('{"at":1,"kind":"decision","subject":"a","data":null}\n');
    log.close();
  });

  it("goes on where an earlier writer ended", async () => {
    const path = written([event(1)]);
    written([event(2)], path);
    expect((await read(path)).events).toEqual([event(1), event(2)]);
  });

  it("refuses an event that could not be read again, and writes nothing of it", () => {
    const path = join(tempFolder(), "events.jsonl");
    const log = jsonlLog(path);
    expect(() => log.append({ ...event(1), at: 0.5 } as Event)).toThrow(InvalidEventError);
    log.close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  it.each(seeds)("SEED=%i: what is read and written again is the same, byte by byte", async (seed) => {
    const random = seededRandom(seed, "jsonl");
    const path = written(Array.from({ length: 200 }, (_, i) => event(i, randomJson(random, 3))));
    const { events, torn } = await read(path);
    expect(torn).toEqual([]);
    expect(readFileSync(written(events))).toEqual(readFileSync(path));
  });
});

function randomJson(random: Random, depth: number): Json {
  const kind = Math.floor(random.next() * (depth > 0 ? 7 : 5));
  const text = () => String.fromCodePoint(...Array.from({ length: 4 }, () => Math.floor(random.next() * 0xd000)));
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random.next() < 0.5;
    case 2:
      return Math.round((random.next() - 0.5) * 1e6);
    case 3:
      return random.next() * 10 ** Math.floor(random.next() * 40 - 20);
    case 4:
      return text();
    case 5:
      return Array.from({ length: 3 }, () => randomJson(random, depth - 1));
    default:
      return Object.fromEntries(Array.from({ length: 4 }, () => [text(), randomJson(random, depth - 1)]));
  }
}

describe("a damaged log", () => {
  const good = '{"at":1,"kind":"run","subject":"r","data":null}\n';

  it.each([
    ["{oops", "not JSON"],
    ["", "not JSON"],
    ["[]", "not an event"],
    ["{}", '"at" is undefined; it must be whole milliseconds'],
    ["null", "not an event"],
    ['{"at":1.5,"kind":"run","subject":"r","data":1}', '"at" is 1.5; it must be whole milliseconds'],
    ['{"at":1,"kind":"gossip","subject":"r","data":1}', '"kind" is gossip, which is unknown'],
    ['{"at":1,"kind":"toString","subject":"r","data":1}', '"kind" is toString, which is unknown'],
    ['{"at":1,"kind":"run","subject":7,"data":1}', '"subject" is 7; it must be text'],
    ['{"at":1,"kind":"run","subject":"r"}', '"data" is missing'],
  ])("names file and line of %j", async (line, reason) => {
    const path = join(tempFolder(), "events.jsonl");
    writeFileSync(path, `${good}${good}${line}\n${good}`);
    const seen: Event[] = [];
    const reading = (async () => {
      for await (const each of readJsonl(path)) seen.push(each);
    })();
    await expect(reading).rejects.toThrow(new JsonlError(path, 3, reason));
    await expect(reading).rejects.toMatchObject({ path, line: 3 });
    expect(seen).toHaveLength(2);
  });

  it("tells a last line that was cut off, and gives all before it", async () => {
    const path = join(tempFolder(), "events.jsonl");
    writeFileSync(path, `${good}${good}${good.slice(0, 20)}`);
    const { events, torn } = await read(path);
    expect(events).toHaveLength(2);
    expect(torn).toEqual([{ number: 3, text: good.slice(0, 20), bytes: 20, whole: false }]);
  });

  it("cuts a torn line off, tells it, and goes on after the last whole one", async () => {
    const path = join(tempFolder(), "events.jsonl");
    writeFileSync(path, `${good}{"at":2,"kind":"run","subject":"Ranté`);
    const log = jsonlLog(path);
    expect(log.torn).toBe('{"at":2,"kind":"run","subject":"Ranté');
    log.append(event(3));
    log.close();
    expect(readFileSync(path, "utf8")).toBe(`${good}{"at":3,"kind":"decision","subject":"a","data":null}\n`);
  });

  it("keeps a last line that lacks nothing but its end", async () => {
    const path = join(tempFolder(), "events.jsonl");
    writeFileSync(path, good.trimEnd());
    expect((await read(path)).events).toHaveLength(1);
    const log = jsonlLog(path);
    expect(log.torn).toBeUndefined();
    log.append(event(3));
    log.close();
    expect((await read(path)).events).toHaveLength(2);
  });

  it("reads lines longer than one piece of the file, and characters cut by its edge", async () => {
    const text = "é".repeat(100_001);
    const path = written([event(1, text), event(2, "x"), event(3, `y${text}`)]);
    expect((await read(path)).events.map(({ data }) => data)).toEqual([text, "x", `y${text}`]);
  });

  it("is empty when the file is, and closes a file that is left early", async () => {
    const path = written([]);
    expect(await read(path)).toEqual({ events: [], torn: [] });
    appendFileSync(path, good.repeat(3));
    for await (const each of readJsonl(path)) {
      expect(each.subject).toBe("r");
      break;
    }
  });

  it("says that a missing file is missing", async () => {
    await expect(read(join(tempFolder(), "none.jsonl"))).rejects.toThrow(/ENOENT.*none\.jsonl/);
  });
});

describe("kill -9", () => {
  it("leaves every line that was appended, and at most one torn", async () => {
    const path = join(tempFolder(), "events.jsonl");
    const said = await killWhen(start("log-writer.ts", "events", path), (line) => line === "500");
    const { events, torn } = await read(path);
    expect(events.length).toBeGreaterThanOrEqual(said.length);
    expect(torn.length).toBeLessThanOrEqual(1);
    events.forEach((each, i) => {
      expect(each.at).toBe(i);
    });
  });
});
