import { describe, expect, it } from "vitest";
import { parseCsv } from "../../../config/import/csv.ts";

const texts = (source: string) => parseCsv(source).rows.map((row) => row.map(({ text }) => text));

describe("a table", () => {
  it.each([
    [
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "\uFEFFa;b\r\n1,5;2\r\n",
      [
        ["a", "b"],
        ["1,5", "2"],
      ],
    ],
    [
      "a\tb\n1\t\n",
      [
        ["a", "b"],
        ["1", ""],
      ],
    ],
    [
      'a,b\n"x, ""y""\nz",2\n',
      [
        ["a", "b"],
        ['x, "y"\nz', "2"],
      ],
    ],
    [
      "a,b\n\n  ,\n1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    ["", []],
  ])("%j holds its fields", (source, rows) => {
    expect(texts(source)).toEqual(rows);
    expect(parseCsv(source).faults).toEqual([]);
  });

  it("says where each field stands, past quoted line ends too", () => {
    const [, second, third] = parseCsv('a,b\n"one\ntwo",x\n3,y\n').rows;
    expect(second!.map(({ line, column }) => [line, column])).toEqual([
      [2, 1],
      [3, 6],
    ]);
    expect(third!.map(({ line, column }) => [line, column])).toEqual([
      [4, 1],
      [4, 3],
    ]);
  });

  it.each([
    ['a,b\n"open,2\n', 2, 1, /no closing/],
    ['a,b\n"x"y,2\n', 2, 4, /after a closing/],
    [`a,b\n${"1,".repeat(2000)}\n`, 2, 2001, /more than 1000 fields/],
  ] as const)("%j is refused with its place", (source, line, column, message) => {
    expect(parseCsv(source).faults[0]).toMatchObject({ line, column, message: expect.stringMatching(message) });
  });
});
