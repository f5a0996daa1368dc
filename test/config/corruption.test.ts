import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { isMap, isScalar, parseDocument, type Scalar, visit, type YAMLMap } from "yaml";
import { seededRandom } from "../../app/seeded-random.ts";
import { conflict } from "../../config/derive.ts";
import { checkCity } from "../../config/load.ts";
import type { City } from "../../config/model.ts";
import { checkPlan } from "../../engine/core/guard/plan.ts";
import type { Random } from "../../engine/ports/random.ts";
import { balikpapan, onCopy } from "./set.ts";

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[Math.floor(random.next() * items.length)]!;

/** Values at and past the edges of what any key takes. */
const strange = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  3,
  255,
  256,
  1e9,
  -1e9,
  Number.NaN,
  "",
  "x",
  "beller",
  "1",
  [],
  [1],
  {},
] as const;

/** One key of one file removed, renamed, emptied, doubled or given a strange value; says what it did. */
function corrupt(directory: string, random: Random): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
  const file = pick(random, files);
  const document = parseDocument(readFileSync(join(directory, file), "utf8"));
  const places: { readonly map: YAMLMap; readonly index: number }[] = [];
  visit(document, {
    Map: (_, map) => {
      map.items.forEach((_item, index) => {
        places.push({ map, index });
      });
    },
  });
  const { map, index } = pick(random, places);
  const pair = map.items[index]!;
  const key = (pair.key as Scalar).value;
  const before = isScalar(pair.value) ? String(pair.value.value) : isMap(pair.value) ? "keys" : "a list";
  const kind = pick(random, ["remove", "rename", "value", "value", "value", "near"] as const);
  if (kind === "remove") map.items.splice(index, 1);
  else if (kind === "rename") (pair.key as Scalar).value = `${String(key)}x`;
  else if (kind === "near" && isScalar(pair.value) && typeof pair.value.value === "number")
    pair.value.value = pair.value.value + pick(random, [-1, 1, -10, 10]);
  else pair.value = document.createNode(pick(random, strange));
  writeFileSync(join(directory, file), document.toString());
  return `${file}: ${kind} ${String(key)} (was ${before})`;
}

/** What must hold of any city that was let through, said again in other code. */
function unsafe(city: City): readonly string[] {
  const found: string[] = [];
  for (const set of city.schedule.planSets.values())
    for (const junction of city.junctions.values()) {
      const plan = set.plans.get(junction.id);
      if (!plan) found.push(`${set.id} lacks ${junction.id}`);
      else found.push(...checkPlan(plan, junction).map((denial) => `${plan.id}: ${denial.message}`));
    }
  for (const junction of city.junctions.values())
    for (const phase of junction.phases)
      for (const a of phase.groups)
        for (const b of phase.groups) if (conflict(junction, a, b)) found.push(`${junction.id}: ${a} with ${b}`);
  for (const detector of city.detectors.values()) {
    const approach = city.junctions.get(detector.junction)?.approaches.find(({ id }) => id === detector.approach);
    if (!approach || detector.lanes.some((lane) => !approach.lanes.some(({ id }) => id === lane)))
      found.push(`${detector.id} dangles`);
  }
  return found;
}

describe("one corrupted key", () => {
  it.each(Array.from({ length: 30 }, (_, i) => i + 1))("SEED=%i is named or harmless, never a crash", (seed) => {
    const random = seededRandom(seed).fork("corruption");
    for (let round = 0; round < 4; round++) {
      onCopy(balikpapan, (directory) => {
        const done = corrupt(directory, random);
        const { city, faults } = checkCity(directory);
        if (city) expect(unsafe(city), done).toEqual([]);
        else expect(faults.length, done).toBeGreaterThan(0);
        for (const fault of faults) {
          expect(fault.line, done).toBeGreaterThan(0);
          expect(fault.message, done).not.toMatch(/undefined|\[object|NaN s|-Infinity/);
          expect(fault.message.length, done).toBeGreaterThan(10);
        }
      });
    }
  });
});
