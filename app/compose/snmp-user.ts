import { type AgentUser, type AuthProtocol, checkUser } from "ntcip-ts";
import { UserError } from "../user-error.ts";

/** Passwords of the one SNMPv3 user of a virtual cabinet. */
export const authVariable = "SIMPANG_SNMP_AUTH";
export const privVariable = "SIMPANG_SNMP_PRIV";

export const authProtocols: readonly AuthProtocol[] = ["sha", "sha224", "sha256", "sha384", "sha512"];

/** The user whose passwords stand in the environment; without the second one, messages are signed and not encrypted. */
export function snmpUser(name: string, protocol: AuthProtocol): AgentUser {
  const auth = process.env[authVariable];
  const priv = process.env[privVariable];
  if (auth === undefined || auth === "")
    throw new UserError(`SNMPv3 user ${name} needs a password. Set ${authVariable} (and ${privVariable} to encrypt).`);
  const user: AgentUser = {
    name,
    auth: { protocol, password: auth },
    ...(priv === undefined || priv === "" ? {} : { priv: { protocol: "aes" as const, password: priv } }),
    access: "write",
  };
  try {
    checkUser(user);
  } catch (error) {
    throw new UserError(`SNMPv3 user ${name}: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return user;
}
