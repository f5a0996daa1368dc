import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";

/** HMAC-SHA-96 of RFC 3414 and the SHA-2 family of RFC 7860. MD5 is not there: nobody should sign with it. */
export type AuthProtocol = "sha" | "sha224" | "sha256" | "sha384" | "sha512";
/** AES-128 in CFB mode (RFC 3826). */
export type PrivProtocol = "aes";

/** One user of the user-based security model. */
export interface UsmUser {
  readonly name: string;
  readonly auth: { readonly protocol: AuthProtocol; readonly password: string };
  /** Absent: messages are signed and not encrypted. */
  readonly priv?: { readonly protocol: PrivProtocol; readonly password: string };
}

/** A user's keys, made for one engine; making them costs tens of milliseconds, so it is done once. */
export interface LocalKeys {
  readonly protocol: AuthProtocol;
  readonly auth: Buffer;
  readonly priv: Buffer | undefined;
}

const digests: Readonly<Record<AuthProtocol, { readonly hash: string; readonly length: number }>> = {
  sha: { hash: "sha1", length: 12 },
  sha224: { hash: "sha224", length: 16 },
  sha256: { hash: "sha256", length: 24 },
  sha384: { hash: "sha384", length: 32 },
  sha512: { hash: "sha512", length: 48 },
};

/** Octets of msgAuthenticationParameters. */
export const digestLength = (protocol: AuthProtocol): number => digests[protocol].length;

/** RFC 3414 §11.2: passwords shorter than this are no secret. */
export const shortestPassword = 8;

/** Throws on a password nobody should use. */
export function checkUser({ name, auth, priv }: UsmUser): void {
  if (name === "" || Buffer.byteLength(name) > 32) throw new RangeError("an SNMPv3 user name has 1 to 32 octets");
  for (const password of [auth.password, ...(priv ? [priv.password] : [])])
    if (Buffer.byteLength(password) < shortestPassword)
      throw new RangeError(`the SNMPv3 passwords of ${name} need at least ${shortestPassword} octets (RFC 3414 §11.2)`);
}

const megabyte = 1 << 20;

/** Keys of a password before they are made for an engine, so that a thousand cabinets with one user cost one derivation. */
const masters = new Map<string, Buffer>();

/** RFC 3414 §2.6: a megabyte of the password, hashed. */
function masterKey(hash: string, password: string): Buffer {
  const known = createHash("sha256").update(`${hash}:${password}`).digest("base64");
  let master = masters.get(known);
  if (!master) {
    master = createHash(hash).update(Buffer.alloc(megabyte, password)).digest();
    masters.set(known, master);
  }
  return master;
}

function localKey(hash: string, password: string, engineId: Uint8Array): Buffer {
  const master = masterKey(hash, password);
  return createHash(hash).update(master).update(engineId).update(master).digest();
}

export function localKeys({ auth, priv }: UsmUser, engineId: Uint8Array): LocalKeys {
  const { hash } = digests[auth.protocol];
  return {
    protocol: auth.protocol,
    auth: localKey(hash, auth.password, engineId),
    priv: priv && localKey(hash, priv.password, engineId).subarray(0, 16),
  };
}

export function sign({ protocol, auth }: LocalKeys, message: Uint8Array): Buffer {
  const { hash, length } = digests[protocol];
  return createHmac(hash, auth).update(message).digest().subarray(0, length);
}

/** Whether `digest`, found at `at` in the message, signs the message with zeros in its place. */
export function isSigned(keys: LocalKeys, message: Uint8Array, digest: Uint8Array, at: number): boolean {
  if (digest.length !== digests[keys.protocol].length) return false;
  const blank = Buffer.from(message);
  blank.fill(0, at, at + digest.length);
  return timingSafeEqual(sign(keys, blank), digest);
}

interface Moment {
  readonly boots: number;
  readonly time: number;
  readonly salt: Uint8Array;
}

function vectorOf({ boots, time, salt }: Moment): Buffer {
  const vector = Buffer.alloc(16);
  vector.writeUInt32BE(boots, 0);
  vector.writeUInt32BE(time, 4);
  vector.set(salt, 8);
  return vector;
}

export const saltLength = 8;

export function encrypt(key: Buffer, moment: Moment, plain: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-128-cfb", key, vectorOf(moment));
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

export function decrypt(key: Buffer, moment: Moment, sealed: Uint8Array): Buffer {
  const cipher = createDecipheriv("aes-128-cfb", key, vectorOf(moment));
  return Buffer.concat([cipher.update(sealed), cipher.final()]);
}
