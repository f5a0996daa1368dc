import { execFile } from "node:child_process";

export interface ToolAnswer {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Debian's net-snmp tools, which know nothing of us: numeric names and values, no MIB files, one try. */
export function tool(
  name: "snmpget" | "snmpset" | "snmpwalk" | "snmpgetnext" | "snmpbulkget" | "snmpbulkwalk" | "snmptable",
  {
    version = "1",
    community = "public",
    port,
    user,
  }: {
    readonly version?: "1" | "2c";
    readonly community?: string;
    readonly port: number;
    /** Speaks SNMPv3; what the tool is told of the user. */
    readonly user?: readonly string[];
  },
  ...rest: readonly string[]
): Promise<ToolAnswer> {
  const who = user ? ["-v3", ...user] : [`-v${version}`, "-c", community];
  const options = [...who, "-On", "-Oe", "-OU", "-m", "", "-r", "0", "-t", "2"];
  return new Promise((resolve) => {
    execFile(name, [...options, `udp:127.0.0.1:${port}`, ...rest], (failure, out, error) => {
      resolve({ code: failure ? Number(failure.code ?? 1) : 0, out, error });
    });
  });
}
