import { fuzzModbus } from "./fuzz-modbus.ts";
import { fuzzSnmp } from "./fuzz-snmp.ts";

/** Fuzzers by protocol: `npm run fuzz -- modbus 1000000 7` (messages a side, seed). Ends with 1 when anything was found. */
const fuzzers: Readonly<Record<string, (count: number, seed: number) => Promise<readonly string[]>>> = {
  modbus: fuzzModbus,
  snmp: fuzzSnmp,
};

const [name = "modbus", count = "1000000", seed = "1"] = process.argv.slice(2);
const fuzzer = fuzzers[name];
if (!fuzzer) {
  process.stderr.write(`There is no fuzzer ${name}; take one of ${Object.keys(fuzzers).join(", ")}.\n`);
  process.exit(2);
}
const faults = await fuzzer(Number(count), Number(seed));
for (const fault of faults) process.stdout.write(`FAULT ${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
