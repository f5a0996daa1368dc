import { type Fuzzed, fuzzDriver, fuzzServer } from "../test/support/modbus-fuzz.ts";

/** Mutated messages at both sides of our Modbus; what was found wrong. */
export async function fuzzModbus(count: number, seed: number): Promise<readonly string[]> {
  const tell = (side: string, { messages, accepted, faults }: Fuzzed, from: number) => {
    const took = ((performance.now() - from) / 1000).toFixed(1);
    process.stdout.write(
      `modbus ${side}: ${messages} messages, ${accepted} taken, ${faults.length} faults, ${took} s\n`,
    );
  };
  let from = performance.now();
  const server = fuzzServer(count, seed);
  tell("server", server, from);
  from = performance.now();
  const driver = await fuzzDriver(count, seed);
  tell("driver", driver, from);
  return [...server.faults, ...driver.faults];
}
