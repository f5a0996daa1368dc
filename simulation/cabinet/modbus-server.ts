import type { AddressInfo, Server } from "node:net";
import { type IServiceVector, ServerTCP } from "modbus-serial";
import { Exception, ModbusBank } from "./modbus-server-bank.ts";
import { type ModbusVariant, profileAVariant } from "./modbus-server-plan.ts";
import type { VirtualCabinet } from "./virtual-cabinet.ts";

export interface ModbusServerOptions {
  readonly unit: VirtualCabinet;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Loopback unless said otherwise: Modbus knows no password. */
  readonly host?: string;
  /** Requests for other units are not answered. */
  readonly unitId?: number | undefined;
  /** Where this controller is not quite profile ATCS-MB-A. */
  readonly variant?: Partial<ModbusVariant>;
}

/** Modbus Application Protocol V1.1b3: registers in one read. */
const MAX_READ = 125;

/**
 * Serves a virtual cabinet over Modbus TCP by profile ATCS-MB-A, until `close`, which also ends open connections. Rejects when
 * the port cannot be had or the junction is not stage-based.
 */
export async function serveModbus(
  options: ModbusServerOptions,
): Promise<{ readonly url: string; readonly port: number; close(): Promise<void> }> {
  const { unit, port = 0, host = "127.0.0.1", unitId = 1, variant } = options;
  const bank = new ModbusBank(unit, { ...profileAVariant, ...variant });
  // The library takes port 0 for "not given" and opens 502; the same number as text passes.
  const server = new ServerTCP(vector(bank), { host, port: String(port) as unknown as number, unitID: unitId });
  await new Promise<void>((resolve, reject) => {
    server.on("initialized", () => resolve());
    server.on("serverError", (error) => reject(new Error(`Modbus server on ${host}:${port}: ${error?.message}`)));
  });
  const taken = ((server as unknown as { readonly _server: Server })._server.address() as AddressInfo).port;
  return {
    url: `tcp://${host}:${taken}`,
    port: taken,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Function codes 1 to 6, 15 and 16; the library answers the others with exception 1. */
function vector(bank: ModbusBank): IServiceVector {
  const coils = gather(bank);
  return {
    getCoil: (address: number) => bank.coil(address),
    getDiscreteInput: (address: number) => bank.discrete(address),
    getInputRegister: (address: number) => bank.input(address, 1)[0]!,
    getHoldingRegister: (address: number) => bank.holding(address, 1)[0]!,
    getMultipleInputRegisters: (address: number, length: number) => bank.input(address, readable(length)),
    getMultipleHoldingRegisters: (address: number, length: number) => bank.holding(address, readable(length)),
    setCoil: (address: number, on: boolean, _unit: number, answer: Answer) => coils(address, on, answer),
    setRegister: (address: number, value: number) => bank.write(address, [value]),
    // Without the array form the library writes register by register and reports a torn write as done.
    setRegisterArray: (address: number, values: number[], _unit: number, answer: Answer) => {
      // The library has already refused an empty write and would send a second reply.
      if (values.length === 0) return;
      bank.write(address, values);
      answer(null);
    },
  };
}

type Answer = (error: Error | null) => void;

const readable = (length: number): number => {
  if (length > MAX_READ) throw new Exception(3, `at most ${MAX_READ} registers a read`);
  return length;
};

/** The library hands over the coils of one request one by one, in one turn: they are gathered and written together or not at all. */
function gather(bank: ModbusBank): (address: number, on: boolean, answer: Answer) => void {
  let coils: { readonly address: number; readonly on: boolean; readonly answer: Answer }[] = [];
  return (address, on, answer) => {
    if (coils.length === 0) {
      queueMicrotask(() => {
        const request = coils;
        coils = [];
        let fault: Error | null = null;
        try {
          bank.writeCoils(request);
        } catch (error) {
          fault = error as Error;
        }
        for (const coil of request) coil.answer(fault);
      });
    }
    coils.push({ address, on, answer });
  };
}
