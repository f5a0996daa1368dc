import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCity, type Fault } from "../../config/load.ts";
import type { FaultCase } from "./fault-case.ts";
import { fieldFaults } from "./field-faults.ts";
import { junctionFaults } from "./junction-faults.ts";
import { planFaults } from "./plan-faults.ts";
import { checkEdited, lineOf, onCopy, town } from "./set.ts";
import { shapeFaults } from "./shape-faults.ts";

/** Text that stands at the fault: what the first edit wrote, without the part it kept. */
const marker = ({ edits, at }: FaultCase): string => at ?? edits[0]!.to.trim();

describe.each([
  ["shape and YAML", shapeFaults],
  ["network and junctions", junctionFaults],
  ["corridors, cameras, cabinets", fieldFaults],
  ["plans, schedule, demand", planFaults],
])("%s", (_, cases) => {
  it.each(cases.map((wrong) => [wrong.name, wrong] as const))("names %s", (_name, wrong) => {
    const { checked, text } = checkEdited(wrong.set ?? town, wrong.edits);
    const file = wrong.file ?? wrong.edits[0]!.file;
    const found = checked.faults.filter(
      (fault) =>
        fault.file === file && fault.path === wrong.path && wrong.says.every((word) => fault.message.includes(word)),
    );
    expect(checked.city).toBeUndefined();
    expect(found, `faults were:\n${checked.faults.map(shown).join("\n")}`).toHaveLength(1);
    if (wrong.file === undefined) expect(found[0]!.line).toBe(lineOf(text(file), marker(wrong)));
  });
});

const shown = (fault: Fault): string => `${fault.file}:${fault.line}:${fault.column} ${fault.path}: ${fault.message}`;

describe("the directory", () => {
  const faultsAfter = (change: (directory: string) => void) =>
    onCopy(town, (directory) => {
      change(directory);
      return checkCity(directory).faults;
    });

  it.each(["city", "network", "corridors", "cameras", "cabinets", "plans", "control"])("misses %s.yaml", (kind) => {
    const faults = faultsAfter((directory) => rmSync(join(directory, `${kind}.yaml`)));
    expect(faults.map(({ file, message }) => `${file} ${message}`)).toContain(
      `${kind}.yaml missing; every set needs ${kind}.yaml: write it`,
    );
  });

  it("does without demand.yaml", () => {
    expect(faultsAfter((directory) => rmSync(join(directory, "demand.yaml")))).toEqual([]);
  });

  it("misses a junction's file, and names what stands on it", () => {
    const faults = faultsAfter((directory) => rmSync(join(directory, "junctions/wika.yaml")));
    expect(faults.find((fault) => fault.path === "corridors[0].junctions[4]")?.message).toContain('no junction "wika"');
    expect(faults.find((fault) => fault.path === "nodes[4].kind")?.message).toContain("no file in junctions/");
  });

  it("does not blame others for a junction whose file cannot be read", () => {
    const faults = faultsAfter((directory) => writeFileSync(join(directory, "junctions/wika.yaml"), "id: [wika"));
    expect(new Set(faults.map((fault) => fault.file))).toEqual(new Set(["junctions/wika.yaml"]));
  });

  it("has no junctions at all", () => {
    const faults = faultsAfter((directory) => rmSync(join(directory, "junctions"), { recursive: true }));
    expect(faults.some(({ file, message }) => file === "junctions" && message.startsWith("missing"))).toBe(true);
  });

  it.each([
    ["demand.yml", 'did you mean "demand.yaml"?'],
    ["junctoins.yaml", "no file of a set has this name"],
  ])("holds a file nobody reads: %s", (name, says) => {
    const faults = faultsAfter((directory) => writeFileSync(join(directory, name), "a: 1"));
    expect(faults.find(({ file }) => file === name)?.message).toContain(says);
  });

  it("holds something else among the junctions", () => {
    const faults = faultsAfter((directory) => writeFileSync(join(directory, "junctions/notes.txt"), "hello"));
    expect(faults).toMatchObject([{ file: "junctions/notes.txt", message: expect.stringContaining("<id>.yaml") }]);
  });

  it.each([
    ["a link to itself", (path: string) => symlinkSync(path, path), "leads back to itself"],
    ["a link to nowhere", (path: string) => symlinkSync(`${path}.gone`, path), "leads nowhere"],
    ["a folder", (path: string) => mkdirSync(path), "not a plain file"],
    ["a megabyte too much", (path: string) => writeFileSync(path, `# ${"x".repeat(1_000_001)}`), "limit of 1000000"],
    ["bytes that are no text", (path: string) => writeFileSync(path, Buffer.from([0x61, 0x3a, 0xff, 0xfe])), "UTF-8"],
    ["nothing", (path: string) => writeFileSync(path, ""), "empty"],
    ["only a comment", (path: string) => writeFileSync(path, "# soon"), "empty"],
    ["two documents", (path: string) => writeFileSync(path, "a: 1\n---\nb: 2\n"), "more than one YAML document"],
    ["a tower of brackets", (path: string) => writeFileSync(path, "[".repeat(500_000)), "nested deeper"],
    ["a tower of maps", (path: string) => writeFileSync(path, "{a: ".repeat(100_000)), "nested deeper"],
    ["a tower of dashes", (path: string) => writeFileSync(path, "- ".repeat(400_000)), "nested deeper"],
    ["a tower of questions", (path: string) => writeFileSync(path, "? ".repeat(300_000)), "nested deeper"],
    [
      "a bomb of aliases",
      (path: string) =>
        writeFileSync(
          path,
          [
            "a: &a [x, x]",
            ...Array.from({ length: 25 }, (_, i) => `k${i}: &b${i} [*${i ? `b${i - 1}` : "a"}, *a]`),
          ].join("\n"),
        ),
      "aliases are not used",
    ],
    ["an alias of itself", (path: string) => writeFileSync(path, "a: &a [*a]"), "aliases are not used"],
    ["a list at the top", (path: string) => writeFileSync(path, "- 1"), "write a group of keys"],
    ["a list as a key", (path: string) => writeFileSync(path, "[a, b]: 1"), "plain word"],
    ["a forbidden key", (path: string) => writeFileSync(path, "__proto__: { strategy: fixed }"), '"__proto__"'],
    ["an unknown tag", (path: string) => writeFileSync(path, "strategy: !!js/function 'x'"), "not valid YAML"],
  ])("holds %s where control.yaml should be, and says so", (_, put, says) => {
    const faults = faultsAfter((directory) => {
      rmSync(join(directory, "control.yaml"));
      put(join(directory, "control.yaml"));
    });
    const own = faults.filter(({ file }) => file === "control.yaml");
    expect(
      own.some(({ message }) => message.includes(says)),
      own.map(shown).join("\n"),
    ).toBe(true);
  });

  it("is a file", () => {
    expect(checkCity(join(town, "city.yaml")).faults).toMatchObject([
      { message: expect.stringContaining("not a folder") },
    ]);
  });
});

describe("several faults at once", () => {
  it("are all named, in order of file and line", () => {
    const { checked } = checkEdited(town, [
      { file: "city.yaml", from: "drives_on: left", to: "drives_on: middle" },
      { file: "control.yaml", from: "cycle_step_s: 8", to: "cycle_step_s: 99" },
      { file: "control.yaml", from: "split_step_s: 6", to: "split_stp_s: 6" },
      { file: "junctions/beller.yaml", from: "max_red_s: 150", to: "max_red_s: 1500" },
    ]);
    expect(checked.faults.map(({ file, path }) => `${file} ${path}`)).toEqual([
      "city.yaml drives_on",
      "control.yaml split_step_s",
      "control.yaml cycle_step_s",
      "control.yaml split_stp_s",
      "junctions/beller.yaml max_red_s",
    ]);
  });
});

describe("warnings", () => {
  it("name an intergreen below the manual's planning value, and do not stop the set", () => {
    const { checked } = checkEdited(town, [
      { file: "junctions/beller.yaml", from: "[west-main, north, 5, 5]", to: "[west-main, north, 4, 5]" },
    ]);
    expect(checked.faults).toEqual([]);
    expect(checked.city).toBeDefined();
    expect(checked.warnings).toMatchObject([
      { file: "junctions/beller.yaml", path: "conflicts", message: expect.stringContaining("west-main to north 4 s") },
    ]);
  });

  it("name a cycle that does not divide a day", () => {
    const edits = [{ file: "plans.yaml", from: "cycle_s: 108", to: "cycle_s: 110" }];
    const { checked } = checkEdited(town, edits);
    expect(checked.warnings.find(({ path }) => path === "plan_sets[0].cycle_s")?.message).toContain("108 and 120");
  });
});
