import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "ntcip-ts-user-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Somebody's program: a unit, and a central that reads and writes it over UDP. */
const program = `
import { Manager, objects, openAgent, ref, type Device, type GetReply } from "ntcip-ts";

const device: Device = {
  check: () => undefined,
  store: () => undefined,
  mayAct: () => true,
  act: (writes) => { asked = Number(writes[0]?.value); },
};
let asked = 0;
const instances = [
  { ref: ref("coordPatternStatus"), read: () => 3 },
  { ref: ref("systemPatternControl"), read: () => asked },
];
const agent = await openAgent({ device, instances, communities: { read: "public", write: ["private"] } });
const unit = new Manager({ ...at(agent.address()), community: "private" });
const before: GetReply = await unit.get(ref("coordPatternStatus"));
const done = await unit.set({ ref: ref("systemPatternControl"), value: 9 });
const after = await unit.get(ref("systemPatternControl"));
console.log(JSON.stringify({ objects: objects.length, before, done, after }));
unit.close();
await agent.close();

function at({ host, port }: { readonly host: string; readonly port: number }) {
  return { address: host, port };
}
`;

describe("ntcip-ts packed for npm", () => {
  beforeAll(async () => {
    const how = ["--ignore-scripts=false", "--pack-destination", folder];
    await run("npm", ["pack", "--workspace", "ntcip-ts", ...how], { cwd: root });
    const [tarball] = readdirSync(folder);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`], { cwd: folder });
  }, 60_000);

  it("brings what it is, who may use it, what changed, and no dependency", () => {
    const own = join(folder, "node_modules/ntcip-ts");
    expect(readdirSync(own)).toEqual(expect.arrayContaining(["CHANGELOG.md", "LICENSE", "README.md", "dist"]));
    expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["ntcip-ts"]);
    const { version } = JSON.parse(readFileSync(join(own, "package.json"), "utf8"));
    expect(readFileSync(join(own, "CHANGELOG.md"), "utf8")).toContain(`## ${version}`);
  });

  it("type-checks and runs in a program outside this repository", async () => {
    writeFileSync(join(folder, "main.ts"), program);
    const types = join(root, "node_modules/@types");
    const flags = ["--module", "nodenext", "--target", "es2022", "--strict", "--types", "node", "--typeRoots", types];
    await run(join(root, "node_modules/.bin/tsc"), [...flags, "main.ts"], { cwd: folder });
    const { stdout } = await run(process.execPath, ["main.js"], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({
      objects: expect.any(Number),
      before: { ok: true, values: [3] },
      done: { ok: true },
      after: { ok: true, values: [9] },
    });
  }, 60_000);
});
