/**
 * The ports of npm's modbus-serial 8.0.25, which carries no types for them. Both take and give RTU frames: unit, PDU, CRC.
 * Names with an underscore are private there: the version is pinned, and the driver's tests fail if they change.
 */
interface ModbusSerialPort {
  readonly isOpen: boolean;
  open(done: (error?: unknown) => void): void;
  write(frame: Buffer): void;
  on(event: "data", listener: (frame: Buffer) => void): unknown;
  on(event: "error" | "close", listener: (error?: Error | null) => void): unknown;
  close(done?: () => void): void;
}

declare module "modbus-serial/ports/tcpport.js" {
  export default class TcpPort implements ModbusSerialPort {
    constructor(host: string, options: { readonly port: number });
    readonly isOpen: boolean;
    /** Number of the next request. */
    readonly _transactionIdWrite: number;
    /** While "data" is emitted: number of that reply, and all bytes received from its header on. */
    readonly _transactionIdRead: number;
    readonly _clientRcvData: Buffer;
    open(done: (error?: unknown) => void): void;
    write(frame: Buffer): void;
    on(event: "data", listener: (frame: Buffer) => void): unknown;
    on(event: "error" | "close", listener: (error?: Error | null) => void): unknown;
    close(done?: () => void): void;
    destroy(done?: () => void): void;
  }
}

declare module "modbus-serial/ports/rtubufferedport.js" {
  export default class RTUBufferedPort implements ModbusSerialPort {
    constructor(
      path: string,
      options: {
        readonly baudRate: number;
        readonly dataBits: 7 | 8;
        readonly stopBits: 1 | 2;
        readonly parity: "none" | "even" | "odd";
      },
    );
    readonly isOpen: boolean;
    open(done: (error?: unknown) => void): void;
    write(frame: Buffer): void;
    on(event: "data", listener: (frame: Buffer) => void): unknown;
    on(event: "error" | "close", listener: (error?: Error | null) => void): unknown;
    close(done?: () => void): void;
  }
}
