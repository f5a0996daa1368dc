import { execFile } from "node:child_process";

export interface ToolAnswer {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Debian's net-snmp tools, which know nothing of us: numeric names and values, no MIB files, one try. */
export function tool(
  name: "snmpget" | "snmpset" | "snmpwalk" | "snmpgetnext" | "snmpbulkget",
  {
    version = "1",
    community = "public",
    port,
  }: { readonly version?: "1" | "2c"; readonly community?: string; readonly port: number },
  ...rest: readonly string[]
): Promise<ToolAnswer> {
  const options = [`-v${version}`, "-c", community, "-On", "-Oe", "-OU", "-m", "", "-r", "0", "-t", "2"];
  return new Promise((resolve) => {
    execFile(name, [...options, `udp:127.0.0.1:${port}`, ...rest], (failure, out, error) => {
      resolve({ code: failure ? Number(failure.code ?? 1) : 0, out, error });
    });
  });
}
