import type { Numbering } from "./register-map-file.ts";

export type Table = "coil" | "discrete" | "input" | "holding";

/** First digit of a reference number (4xxxx is a holding register). */
const digit: Readonly<Record<Table, number>> = { coil: 0, discrete: 1, input: 3, holding: 4 };

/**
 * The zero-based PDU address of a place as a file numbers it, or what is wrong with it. Manuals write reference numbers with
 * five digits (40001 is address 0) or six (400001), which reach past register 10000.
 */
export function addressOf(value: number, table: Table, numbering: Numbering): number | { readonly limit: string } {
  if (numbering === "zero-based") return value <= 0xffff ? value : { limit: "a PDU address is 0..65535" };
  if (numbering === "one-based")
    return value >= 1 && value <= 0x10000 ? value - 1 : { limit: "one-based numbering starts at 1 and ends at 65536" };
  for (const base of [digit[table] * 100_000, digit[table] * 10_000]) {
    const address = value - base - 1;
    if (address >= 0 && address <= (base % 100_000 === 0 ? 0xffff : 9998)) return address;
  }
  const d = digit[table];
  return { limit: `${table} numbers are ${d}0001..${d}9999 or ${d}00001..${d}65536 in this form` };
}
