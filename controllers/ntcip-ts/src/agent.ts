import dgram from "node:dgram";
import snmp, { type RequestMessage, type SocketLike } from "net-snmp";
import { isRequest } from "./frame.ts";
import { type Instance, Instances } from "./instances.ts";
import { ref } from "./objects.ts";
import { type Device, type Request, Responder } from "./responder.ts";

export interface AgentOptions {
  readonly device: Device;
  /** Besides dbCreateTransaction, dbVerifyStatus and dbVerifyError, which the agent answers itself. */
  readonly instances: Iterable<Instance>;
  readonly communities: Communities;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Octets of the largest answer; a unit must take 484. Default 1472, one Ethernet datagram. */
  readonly maxMessage?: number;
}

/** A datagram with any other community is not answered. The same name twice means that it may write. */
export interface Communities {
  readonly read: string;
  readonly write: readonly string[];
}

export interface Agent {
  address(): { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

const oneDatagram = 1472;

type OnMessage = (bytes: Buffer, from: dgram.RemoteInfo) => void;

/** Serves over SNMPv1 and v2c on UDP. Rejects when the port cannot be had. */
export async function openAgent(options: AgentOptions): Promise<Agent> {
  const socket = dgram.createSocket("udp4");
  const holder: { responder?: Responder } = {};
  const own = (name: "dbCreateTransaction" | "dbVerifyStatus" | "dbVerifyError"): Instance => ({
    ref: ref(name),
    read: () => holder.responder!.readDatabase(name),
  });
  const instances = new Instances([
    own("dbCreateTransaction"),
    own("dbVerifyStatus"),
    own("dbVerifyError"),
    ...options.instances,
  ]);
  const responder = new Responder(instances, options.device, options.maxMessage ?? oneDatagram);
  holder.responder = responder;
  serve(socket, responder, options.communities);
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(options.port ?? 0, options.host ?? "127.0.0.1", () => {
      socket.off("error", reject);
      socket.on("error", () => undefined); // An ICMP answer to an answer is no reason to stop.
      resolve();
    });
  });
  const { address: host, port } = socket.address();
  return {
    address: () => ({ host, port }),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** The library decodes, knows the communities and encodes; the answers are the responder's. */
function serve(socket: dgram.Socket, responder: Responder, communities: Communities): void {
  const library = snmp.createAgent(
    {
      accessControlModelType: snmp.AccessControlModelType.Simple,
      dgramModule: { createSocket: () => facade(socket) },
    },
    () => undefined, // An unknown community earns silence.
  );
  const authorizer = library.getAuthorizer();
  const access = authorizer.getAccessControlModel();
  authorizer.addCommunity(communities.read);
  access.setCommunityAccess(communities.read, snmp.AccessLevel.ReadOnly);
  for (const name of communities.write) {
    authorizer.addCommunity(name);
    access.setCommunityAccess(name, snmp.AccessLevel.ReadWrite);
  }
  const responding = (kind: Request["kind"]) => (via: SocketLike, message: RequestMessage, from: dgram.RemoteInfo) => {
    const { version, community, pdu } = message;
    const answer = responder.answer({
      kind,
      version: version === 0 ? "v1" : "v2c",
      community,
      allowed: access.isAccessAllowed(version, community, pdu.type),
      varbinds: pdu.varbinds,
      nonRepeaters: pdu.nonRepeaters,
      maxRepetitions: pdu.maxRepetitions,
    });
    const response = pdu.getResponsePduForRequest();
    response.errorStatus = answer.status;
    response.errorIndex = answer.index;
    response.varbinds = answer.varbinds;
    library.sendResponse(via, from, message, response);
  };
  library.getRequest = responding("get");
  library.getNextRequest = responding("get-next");
  library.getBulkRequest = responding("get-bulk");
  library.setRequest = responding("set");
}

/** Lets the library listen on a socket whose port, life and input are ours. */
function facade(socket: dgram.Socket): SocketLike & { bind(): void } {
  return {
    on(event: string, listener: (...args: never[]) => void) {
      if (event !== "message") return;
      const receive = listener as unknown as OnMessage;
      socket.on("message", (bytes, from) => {
        if (from.port > 0 && isRequest(bytes)) receive(bytes, from); // Nothing can be sent to port 0.
      });
    },
    bind: () => undefined,
    send(buffer, offset, length, port, address, sent) {
      socket.send(buffer, offset, length, port, address, () => sent(null, length));
    },
    close: () => undefined,
  };
}
