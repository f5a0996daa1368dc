/** The part of net-snmp 3.29 that this package uses; the library itself carries no types. */
declare module "net-snmp" {
  import type { RemoteInfo } from "node:dgram";

  export interface WireVarbind {
    readonly oid: string;
    readonly type: number;
    readonly value: number | string | boolean | Buffer | null;
  }

  export interface SocketLike {
    ref?(): void;
    unref?(): void;
    on(event: string, listener: (...args: never[]) => void): unknown;
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      port: number,
      address: string,
      sent: (error: Error | null, bytes: number) => void,
    ): void;
    close(): void;
  }

  export interface DgramModule {
    createSocket(transport: string): SocketLike;
  }

  export interface Session {
    retries: number;
    get(oids: readonly string[], done: (error: Error | null, varbinds?: readonly WireVarbind[]) => void): void;
    set(varbinds: readonly WireVarbind[], done: (error: Error | null, varbinds?: readonly WireVarbind[]) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    close(): void;
  }

  export interface RequestPdu {
    readonly type: number;
    readonly varbinds: readonly WireVarbind[];
    readonly nonRepeaters: number;
    readonly maxRepetitions: number;
    getResponsePduForRequest(): ResponsePdu;
  }

  export interface ResponsePdu {
    errorStatus: number;
    errorIndex: number;
    varbinds: readonly WireVarbind[];
  }

  export interface RequestMessage {
    /** 0 is SNMPv1, 1 is SNMPv2c. */
    readonly version: number;
    readonly community: string;
    readonly pdu: RequestPdu;
  }

  type Responder = (socket: SocketLike, message: RequestMessage, from: RemoteInfo) => void;

  export interface Agent {
    getRequest: Responder;
    setRequest: Responder;
    getNextRequest: Responder;
    getBulkRequest: Responder;
    sendResponse(socket: SocketLike, from: RemoteInfo, message: RequestMessage, response: ResponsePdu): void;
    getAuthorizer(): {
      addCommunity(name: string): void;
      getAccessControlModel(): {
        setCommunityAccess(name: string, level: number): void;
        isAccessAllowed(version: number, community: string, pduType: number): boolean;
      };
    };
  }

  const snmp: {
    createSession(
      target: string,
      community: string,
      options: {
        readonly port: number;
        readonly version: number;
        readonly retries: number;
        readonly timeout: number;
        readonly reportOidMismatchErrors: boolean;
        readonly dgramModule: DgramModule;
      },
    ): Session;
    createAgent(
      options: { readonly accessControlModelType: number; readonly dgramModule: DgramModule },
      callback: (error: Error | null) => void,
    ): Agent;
    readonly AccessControlModelType: { readonly Simple: number };
    readonly AccessLevel: { readonly ReadOnly: number; readonly ReadWrite: number };
    readonly RequestFailedError: new (message: string, status: number) => Error & { readonly status: number };
  };
  export default snmp;
}
