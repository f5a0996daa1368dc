import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Which area may import which (besides itself). Packages from outside are listed where only some areas may use them. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  config: [],
  "engine/core": ["config"],
  "engine/ports": ["config", "engine/core"],
  "engine/pipeline": ["config", "engine/core", "engine/ports"],
  "engine/sources": ["config", "engine/core", "engine/ports"],
  "engine/store": ["config", "engine/core", "engine/ports"],
  "controllers/ntcip-ts": [],
  "controllers/upkeep": ["config"],
  "controllers/ntcip": ["config", "engine/core", "engine/ports", "controllers/upkeep", "controllers/ntcip-ts"],
  "controllers/modbus": ["config", "engine/core", "engine/ports", "controllers/upkeep"],
  simulation: ["config", "engine/core", "engine/ports", "controllers/ntcip-ts"],
  app: [
    "config",
    "engine/core",
    "engine/ports",
    "engine/pipeline",
    "engine/sources",
    "engine/store",
    "controllers/ntcip-ts",
    "controllers/ntcip",
    "controllers/modbus",
    "simulation",
  ],
};

/** Where ports share the core's vocabulary, only its types may be taken. */
const typesOnly = new Set([
  "engine/ports>engine/core",
  "engine/store>engine/core",
  "controllers/ntcip>engine/core",
  "controllers/modbus>engine/core",
  "simulation>engine/core",
]);

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

const areas = Object.keys(allowed).sort((a, b) => b.length - a.length);
const areaOf = (path: string): string | undefined => areas.find((area) => path === area || path.startsWith(`${area}/`));

function files(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs|js)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|dist|web)\//.test(path));
}

function imports(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found: Import[] = [];
  for (const match of text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|^\s*import\s+["']([^"']+)["']/gm,
  )) {
    const specifier = match[2] ?? match[3] ?? match[4] ?? "";
    const target = specifier.startsWith(".")
      ? relative(root, resolve(root, dirname(file), specifier))
      : specifier === "ntcip-ts"
        ? "controllers/ntcip-ts"
        : specifier;
    found.push({ file, target, typeOnly: match[1] !== undefined });
  }
  return found;
}

const all = ["config", "engine", "controllers", "simulation", "app"].flatMap(files);
const edges = all.flatMap(imports);

describe("the house", () => {
  it("has files to check", () => {
    expect(all.length).toBeGreaterThan(10);
    expect(edges.length).toBeGreaterThan(10);
  });

  it("imports only in the allowed directions", () => {
    const wrong = edges.flatMap(({ file, target, typeOnly }) => {
      const from = areaOf(file);
      const to = areaOf(target);
      if (!from) return [`${file} stands in no area`];
      if (!to || to === from) return [];
      if (!allowed[from]!.includes(to)) return [`${file} imports ${target}`];
      return typesOnly.has(`${from}>${to}`) && !typeOnly ? [`${file} imports values from ${target}; types only`] : [];
    });
    expect(wrong).toEqual([]);
  });

  it("keeps the core free of clocks, dice, sockets, files and RxJS", () => {
    const wrong = edges
      .filter(({ file, target }) => areaOf(file) === "engine/core" && /^(node:|rxjs|mqtt|fastify)/.test(target))
      .map(({ file, target }) => `${file} imports ${target}`);
    const impure = all.filter(
      (file) =>
        areaOf(file) === "engine/core" &&
        /\bDate\.now\(|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|new Date\(\)/.test(
          readFileSync(join(root, file), "utf8"),
        ),
    );
    expect([...wrong, ...impure]).toEqual([]);
  });

  it("has no circle of value imports", () => {
    const graph = new Map<string, string[]>();
    for (const { file, target, typeOnly } of edges)
      if (!typeOnly && areaOf(target)) graph.set(file, [...(graph.get(file) ?? []), target]);
    const state = new Map<string, "open" | "done">();
    const circles: string[] = [];
    const visit = (node: string, trail: readonly string[]): void => {
      if (state.get(node) === "done") return;
      if (state.get(node) === "open") {
        circles.push([...trail.slice(trail.indexOf(node)), node].join(" > "));
        return;
      }
      state.set(node, "open");
      for (const next of graph.get(node) ?? []) visit(next, [...trail, node]);
      state.set(node, "done");
    };
    for (const file of graph.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });
});
