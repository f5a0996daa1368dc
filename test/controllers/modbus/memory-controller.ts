import type { AddressInfo, Server } from "node:net";
import { ServerTCP } from "modbus-serial";

/** Where profile A keeps what a lying controller lies about. */
export const at = {
  version: 1,
  mode: 6,
  planId: 8,
  planSeq: 9,
  planCrc: 10,
  heartbeatEcho: 17,
  result: 23,
  resultSeq: 24,
  resultDetail: 25,
  sampleA: 26,
  sampleB: 39,
  active: 200,
  shadow: 100,
  commit: 180,
} as const;

/** Thrown from a write hook: the controller does not answer this request. */
export class Hush extends Error {}

/** A controller with profile A's registers and no mind of its own: the test says what it does on a read or a write. */
export async function memoryController() {
  const input = new Uint16Array(300);
  const holding = new Uint16Array(300);
  const coils = new Uint8Array(4);
  input.set([0x4154, 0x0100, 1, 8, 1, 4, 4]);
  for (let stage = 0; stage < 3; stage++) input.set([70, 30, 20, 600], 40 + stage * 4);
  const hooks: { read?: (address: number) => void; write?: (address: number) => void; deafCoils?: boolean } = {};
  const server = new ServerTCP(
    {
      getCoil: (address: number) => coils[address] === 1,
      getMultipleInputRegisters: (address: number, length: number) => {
        hooks.read?.(address);
        return [...input.slice(address, address + length)];
      },
      getMultipleHoldingRegisters: (address: number, length: number) => [...holding.slice(address, address + length)],
      setCoil: (address: number, on: boolean) => {
        coils[address] = on && !hooks.deafCoils ? 1 : 0;
      },
      setRegisterArray: (address: number, values: number[]) => {
        holding.set(values, address);
        if (address === 0) input[at.heartbeatEcho] = values[0]!;
        try {
          hooks.write?.(address);
        } catch (error) {
          if (error instanceof Hush) return new Promise<void>(() => undefined);
          throw error;
        }
        return Promise.resolve();
      },
    },
    { host: "127.0.0.1", port: "0" as unknown as number, unitID: 1 },
  );
  await new Promise<void>((resolve) => server.on("initialized", () => resolve()));
  const { port } = (server as unknown as { readonly _server: Server })._server.address() as AddressInfo;
  /** Runs what is in the shadow, as an honest controller would after its cycle. */
  const apply = () => {
    input.set(holding.slice(at.shadow, at.shadow + 77), at.active);
    input[at.mode] = 5;
    input[at.planId] = holding[at.shadow + 1]!;
    input[at.planSeq] = holding[at.shadow + 2]!;
    input[at.planCrc] = holding[at.shadow + 76]!;
  };
  return {
    input,
    holding,
    coils,
    hooks,
    apply,
    url: `tcp://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
