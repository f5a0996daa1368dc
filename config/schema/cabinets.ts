import { z } from "zod";
import { identifier, provenance, wholeWithin, within } from "./common.ts";

/** Register block of profile A holds eight stages (ATCS-MB-A). */
export const profileAStages = 8;

const detectorSchema = z.strictObject({
  channel: wholeWithin(1, 128, "Detector channel of the cabinet."),
  approach: identifier,
  lanes: z.array(identifier).min(1).max(8),
  phase: wholeWithin(1, 16, "Phase or stage it calls."),
});

const environmentName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, "the name of an environment variable, never the secret itself")
  .max(64);

/** How a make of NTCIP unit is to be spoken to. */
const snmpSchema = z.strictObject({
  version: z.enum(["v1", "v2c", "v3"]).default("v1").describe("Every unit speaks v1; v3 needs user and auth_env."),
  user: z.string().min(1).max(32).optional().describe("SNMPv3 user."),
  auth: z.enum(["sha", "sha224", "sha256", "sha384", "sha512"]).default("sha").describe("What SNMPv3 signs with."),
  auth_env: environmentName.optional().describe("Environment variable with the password that signs."),
  priv_env: environmentName.optional().describe("Environment variable with the password that encrypts (AES-128)."),
  max_message: wholeWithin(
    484,
    65_507,
    "Octets of the largest message. Default 484, which every unit takes.",
  ).optional(),
  varbinds: wholeWithin(1, 64, "Values of one request; 1 for units that take no more.").optional(),
  transaction_ids: z.boolean().default(false).describe("Units of 1202 v01 that want dbTransactionID in every SET."),
  keeps_own_time: z.boolean().default(false).describe("Never set its clock: it has its own source of time."),
});

/** `cabinets.yaml` */
export const cabinetsSchema = z
  .strictObject({
    cabinets: z
      .array(
        z.strictObject({
          id: identifier,
          junction: identifier,
          protocol: z.enum(["ntcip", "modbus"]).describe("modbus is stage-based (profile A); dual rings need ntcip."),
          url: z
            .string()
            .max(200)
            .regex(
              /^((udp|tcp):\/\/(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):\d{1,5}|rtu:\/\/\/[A-Za-z0-9./_-]+(\?[a-z0-9=&]*)?)$/,
              "udp://host:port, tcp://host:port or rtu:///dev/ttyS0?baud=9600",
            )
            .optional()
            .describe("Absent: the run serves a virtual cabinet on a free loopback port."),
          community_env: z
            .string()
            .regex(/^[A-Z][A-Z0-9_]*$/, "the name of an environment variable, never the secret itself")
            .max(64)
            .optional()
            .describe("Environment variable with the SNMP community; the secret itself never stands in a file."),
          snmp: snmpSchema.optional().describe("For a unit that wants more or less than SNMPv1 with 484 octets."),
          map: z
            .string()
            .min(1)
            .max(200)
            .optional()
            .describe("Modbus register map, a path inside the set; absent: profile A."),
          unit_id: wholeWithin(1, 255, "Modbus unit. Default: the register map's.").optional(),
          backup_time_s: wholeWithin(5, 600, "Silence of the engine for this long returns it to local control, s."),
          poll_s: within(0.5, 30, "Between status polls, s. Default 1.").default(1),
          max_phases: wholeWithin(2, 16, "Phases or stages the cabinet can hold."),
          detectors: z.array(detectorSchema).max(64).default([]),
          ...provenance,
        }),
      )
      .min(1)
      .max(1000),
  })
  .describe("Field controllers, one per junction.");

export type CabinetsFile = z.infer<typeof cabinetsSchema>;
export type CabinetEntry = CabinetsFile["cabinets"][number];
