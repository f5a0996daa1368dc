import type * as fs from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { instant } from "../../../config/units.ts";
import { openAudit } from "../../../engine/store/audit.ts";
import { tempFolder } from "./support.ts";

const calls = vi.hoisted((): string[] => []);

vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    writeSync: (...args: Parameters<typeof real.writeSync>) => {
      calls.push("write");
      return real.writeSync(...args);
    },
    fsyncSync: (file: number) => {
      calls.push("sync");
      real.fsyncSync(file);
    },
  };
});

it("is on disk, entry by entry, before append returns", () => {
  const trail = openAudit(join(tempFolder(), "audit.jsonl"));
  calls.push("opened");
  for (const at of [1, 2]) {
    trail.append({ at: instant(at), action: "command:plan", subject: "a", data: null });
    calls.push("returned");
  }
  trail.close();
  // A new file's folder is synced first, so that its name is not lost.
  expect(calls).toEqual(["sync", "opened", "write", "sync", "returned", "write", "sync", "returned"]);
});
