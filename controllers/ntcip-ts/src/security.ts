import { isResponsePdu, type Pdu, readCommunityMessage, writeCommunityMessage } from "./message.ts";

/** What a datagram is to a request: its answer, a reason to send it again, a refusal, or (undefined) nothing. */
export type Read =
  | { readonly kind: "answer"; readonly pdu: Pdu }
  | { readonly kind: "again" }
  | { readonly kind: "refused"; readonly why: string };

/** How a manager wraps its requests and knows their answers. */
export interface Security {
  readonly version: "v1" | "v2c" | "v3";
  /** Octets around the varbind list. */
  readonly overhead: number;
  /** `asks`: whether this datagram carries the request itself, rather than a question that has to come first. */
  write(pdu: Pdu): { readonly bytes: Buffer; readonly asks: boolean };
  read(bytes: Uint8Array, id: number): Read | undefined;
}

/** Header, request id and error fields around the varbinds; generous. */
const envelope = 40;

/** SNMPv1 and v2c. */
export function communitySecurity(version: "v1" | "v2c", name: string): Security {
  const community = latin1(name);
  return {
    version,
    overhead: envelope + community.length,
    write: (pdu) => ({ bytes: writeCommunityMessage({ version, community, pdu }), asks: true }),
    read: (bytes, id) => {
      const message = readCommunityMessage(bytes);
      if (message?.version !== version || message.community !== community || message.pdu.id !== id) return undefined;
      return isResponsePdu(version, message.pdu) ? { kind: "answer", pdu: message.pdu } : undefined;
    },
  };
}

/** Community names as octets, one character each. */
export const latin1 = (name: string): string => Buffer.from(name, "utf8").toString("latin1");
