import { seededRandom } from "../app/seeded-random.ts";
import { type Fuzzed, fuzzAgent, fuzzManager } from "../test/support/snmp-fuzz.ts";

/** Mutated messages at both ends of our SNMP, all versions; what was found wrong. */
export async function fuzzSnmp(count: number, seed: number): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const found: string[] = [];
  for (const [side, fuzz] of [["agent", fuzzAgent] as const, ["manager", fuzzManager] as const]) {
    const from = performance.now();
    const { messages, accepted, faults }: Fuzzed = fuzz(count, random.fork(side));
    const took = ((performance.now() - from) / 1000).toFixed(1);
    process.stdout.write(`snmp ${side}: ${messages} messages, ${accepted} taken, ${faults.length} faults, ${took} s\n`);
    found.push(...faults);
  }
  return found;
}
