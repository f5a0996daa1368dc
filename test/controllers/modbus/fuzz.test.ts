import { describe, expect, it } from "vitest";
import { fuzzDriver, fuzzServer } from "../../support/modbus-fuzz.ts";

/** `npm run fuzz modbus` does the same a million times a side. */
describe("mutated Modbus messages", () => {
  it.each([1, 2])("SEED=%i: 10 000 requests: the cabinet answers each by the book and takes no nonsense", (seed) => {
    const { accepted, faults } = fuzzServer(10_000, seed);
    expect(faults).toEqual([]);
    // Some come through as they were: a fuzzer whose messages all fail early tests nothing.
    expect(accepted).toBeGreaterThan(1000);
  });

  it.each([1, 2])(
    "SEED=%i: 10 000 replies: the driver takes what answers its request and nothing else",
    async (seed) => {
      const { accepted, faults } = await fuzzDriver(10_000, seed);
      expect(faults).toEqual([]);
      expect(accepted).toBeGreaterThan(1000);
    },
  );
});
