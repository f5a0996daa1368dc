import { Command, Option } from "commander";
import type { AuthProtocol } from "ntcip-ts";
import * as argument from "../arguments.ts";
import { defaultConfig, junctionOf, readCity } from "../city-files.ts";
import { faultHelp } from "../compose/cabinet-control.ts";
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
  readonly serial?: string;
  readonly unit?: number;
  readonly fault?: readonly string[];
  readonly seed: number;
  readonly events?: string;
  readonly json?: true;
}

const collected = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

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
    .option("--serial <url>", "Modbus RTU on a serial line, rtu:///dev/ttyS0?baud=9600, instead of a port")
    .option("--unit <n>", "Modbus unit; default the configuration's, or 1", argument.unit)
    .option("--fault <list>", "faults from the start, such as drop=0.1,delay=200ms; see below", collected)
    .option("--seed <n>", "seed of the dice that lose replies", argument.wholeNumber, 1)
    .option("--events <file>", "write the high-resolution log there as CSV: local time, device, code, parameter")
    .option("--json", "print where it listens as one JSON line, and nothing else unasked")
    .addHelpText("after", faultHelp)
    .action(async (flags: CabinetFlags) => {
      const city = readCity(flags.config);
      const junction = junctionOf(city, flags.junction, flags.config);
      if (flags.protocol === "modbus" && junction.form === "rings") {
        throw new UserError(
          `Junction ${junction.id} is dual-ring; the Modbus profile knows stages only. Use --protocol ntcip, or another junction.`,
        );
      }
      if (flags.serial !== undefined && flags.protocol === "ntcip")
        throw new UserError("--serial is for Modbus; NTCIP is served over UDP.");
      const users = flags.user === undefined ? [] : [snmpUser(flags.user, flags.auth)];
      await serveCabinet(city, junction, { ...flags, users });
    });
