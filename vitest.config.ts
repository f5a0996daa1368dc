import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "ntcip-ts": new URL("./controllers/ntcip-ts/src/index.ts", import.meta.url).pathname } },
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/tally.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
