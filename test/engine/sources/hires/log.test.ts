import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seconds } from "../../../../config/units.ts";
import { parseHiresLog, readHiresLog } from "../../../../engine/sources/hires/log.ts";

const header = "timestamp,device,code,param\n";
const wita = seconds(8 * 3600);
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "hires-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("a high-resolution log", () => {
  it("is sorted by time and code, without exact duplicates, in UTC", () => {
    const rows = [
      "2026-02-03 07:00:00.200,1,82,4",
      "2026-02-03 07:00:00.100,1,82,4",
      "2026-02-03 07:00:00.100,1,1,2",
      "2026-02-03 07:00:00.200,1,82,4",
    ];
    const t = Date.parse("2026-02-02T23:00:00.100Z");
    expect(parseHiresLog("x", header + rows.join("\n"), wita)).toEqual({
      device: "1",
      duplicates: 1,
      events: [
        { at: t, code: 1, param: 2 },
        { at: t, code: 82, param: 4 },
        { at: t + 100, code: 82, param: 4 },
      ],
    });
  });

  it("is read plain and gzipped alike", () => {
    const text = `${header}2026-02-03 07:00:00.200,1,82,4\n`;
    writeFileSync(join(dir, "a.csv"), text);
    writeFileSync(join(dir, "a.csv.gz"), gzipSync(text));
    expect(readHiresLog(join(dir, "a.csv.gz"), wita)).toEqual(readHiresLog(join(dir, "a.csv"), wita));
  });

  it.each([
    ["", "line 1 is"],
    [header, "holds no event"],
    [`${header}2026-02-30 07:00:00,1,82,4`, 'line 2: timestamp "2026-02-30 07:00:00"'],
    [`${header}2026-02-03 07:00:00,1,82,-4`, "whole numbers from 0 to 65535"],
    [`${header}2026-02-03 07:00:00,1,82`, "whole numbers from 0 to 65535"],
    [`${header}2026-02-03 07:00:00,1,82,1\n2026-02-03 07:00:00,2,82,1`, "one file, one device"],
  ])("with a fault is refused with its line: %j", (text, message) => {
    expect(() => parseHiresLog("x", text, wita)).toThrow(message);
  });

  it.each([
    ["missing", undefined],
    ["cut gzip", Buffer.from([0x1f, 0x8b, 8, 0, 1])],
  ])("that is %s is refused by name", (name, bytes) => {
    const path = join(dir, name);
    if (bytes) writeFileSync(path, bytes);
    expect(() => readHiresLog(path, wita)).toThrow(`${path}: cannot be read`);
  });
});
