import { crcOfRegisters } from "../../../controllers/modbus/codec.ts";

/** Profile A's numbers, written down again from its table. */
export const Key = { commit: 0xc0de, clock: 0x7c10 } as const;
export const Address = {
  status: 0,
  limits: 40,
  detectors: 100,
  active: 200,
  heartbeat: 0,
  clock: 4,
  shadow: 100,
  commit: 180,
} as const;

/** 77 registers of a plan junction `a` of the test city can run: 80 s, three stages of 40, 15 and 25 s, offset 17 s. */
export function block(seq = 1, change: (registers: number[]) => void = () => undefined): number[] {
  const registers = new Array<number>(77).fill(0);
  registers.splice(0, 12, 1, 300, seq, 800, 170, 0, 3, 1, 0, 0, 0xffff, 0xffff);
  registers.splice(12, 8, 1, 350, 30, 20, 70, 600, 0, 2);
  registers.splice(20, 8, 2, 100, 30, 20, 70, 600, 0, 0);
  registers.splice(28, 8, 3, 200, 30, 20, 140, 600, 0, 4);
  change(registers);
  return sealed(registers);
}

export function sealed(registers: readonly number[]): number[] {
  return [...registers.slice(0, 76), crcOfRegisters(registers.slice(0, 76))];
}
