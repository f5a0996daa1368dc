import { Command, Option } from "commander";
import type { AuthProtocol } from "ntcip-ts";
import * as argument from "../arguments.ts";
import { defaultConfig, junctionOf, readCity } from "../city-files.ts";
import { serveCabinet } from "../compose/one-cabinet.ts";
import { authProtocols, authVariable, privVariable, snmpUser } from "../compose/snmp-user.ts";
import { UserError } from "../user-error.ts";

interface CabinetFlags {
  readonly config: string;
  readonly protocol: "ntcip" | "modbus";
  readonly port: number;
  readonly junction: string;
  readonly read: string;
  readonly write: string;
  readonly administrator?: string;
  readonly user?: string;
  readonly auth: AuthProtocol;
  readonly json?: true;
}

export const cabinetCommand = (): Command =>
  new Command("cabinet")
    .description("Serve one virtual cabinet by itself on loopback, on wall time, until Ctrl-C.")
    .addOption(new Option("--protocol <name>", "field protocol").choices(["ntcip", "modbus"]).makeOptionMandatory())
    .requiredOption("--junction <id>", "junction of the configuration whose cabinet this is")
    .option("--port <n>", "UDP port (ntcip) or TCP port (modbus); 0 for any free one", argument.port, 0)
    .option("--config <dir>", "configuration folder", defaultConfig)
    .option("--read <community>", "SNMP community that may read", "public")
    .option("--write <community>", "SNMP community that may read and write", "private")
    .option("--administrator <community>", "SNMP community that may end anybody's download and see the communities")
    .option("--user <name>", `SNMPv3 user that may read and write; passwords from ${authVariable} and ${privVariable}`)
    .addOption(new Option("--auth <protocol>", "what SNMPv3 signs with").choices(authProtocols).default("sha"))
    .option("--json", "print where it listens as one JSON line, and nothing else")
    .action(async (flags: CabinetFlags) => {
      const city = readCity(flags.config);
      const junction = junctionOf(city, flags.junction, flags.config);
      if (flags.protocol === "modbus" && junction.form === "rings") {
        throw new UserError(
          `Junction ${junction.id} is dual-ring; the Modbus profile knows stages only. Use --protocol ntcip, or another junction.`,
        );
      }
      const users = flags.user === undefined ? [] : [snmpUser(flags.user, flags.auth)];
      await serveCabinet(city, junction, { ...flags, users });
    });
