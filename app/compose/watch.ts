import { once } from "node:events";
import { join } from "node:path";
import type { Cabinet, Junction } from "../../config/model.ts";
import { type Millis, millis, seconds } from "../../config/units.ts";
import { openModbus } from "../../controllers/modbus/driver.ts";
import { profileA } from "../../controllers/modbus/register-map.ts";
import { openNtcip } from "../../controllers/ntcip/driver.ts";
import type { CabinetStatus } from "../../engine/core/cabinet.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import { untracked } from "../../engine/ports/in-flight.ts";
import { junctionOf, readCity } from "../city-files.ts";
import { stopSignal } from "../stop-signal.ts";
import { UserError } from "../user-error.ts";
import { wallClock } from "../wall-clock.ts";
import { type Driver, mapOf, opened, protocolOf } from "./open-cabinet.ts";

export interface WatchOptions {
  readonly config: string;
  readonly cabinet: string;
  readonly map?: string;
  readonly unit?: number;
  readonly junction?: string;
  readonly phases: number;
  readonly every: Millis;
  readonly timeout?: Millis;
  readonly for?: Millis;
  readonly json?: true;
}

/** Where the SNMP community of a cabinet given by hand comes from; reading needs no more than "public". */
const COMMUNITY_VARIABLE = "SIMPANG_COMMUNITY";

/** Shows one cabinet's status until Ctrl-C or the time is up. True when it answered the last time it was asked. */
export async function watchCabinet(options: WatchOptions): Promise<boolean> {
  const clock = wallClock();
  const driver = openDriver(options, clock);
  const signal = stopSignal();
  let heardAt: number | undefined;
  let answers = false;
  const watching = driver.status$.subscribe((status) => {
    answers = status.kind === "reachable";
    if (answers) heardAt = status.at;
    const ageS = heardAt === undefined ? undefined : Math.round((clock.now() - heardAt) / 100) / 10;
    process.stdout.write(options.json ? `${JSON.stringify(asJson(status, ageS))}\n` : `${asText(status, ageS)}\n`);
  });
  try {
    const ends: Promise<unknown>[] = signal.aborted ? [] : [once(signal, "abort")];
    if (options.for !== undefined)
      ends.push(new Promise<void>((resolve) => void clock.scheduler.schedule(() => resolve(), options.for)));
    await Promise.race(ends);
  } finally {
    watching.unsubscribe();
    driver.close();
  }
  return answers;
}

function openDriver(options: WatchOptions, clock: Clock): Driver {
  const { cabinet: url, config } = options;
  const protocol = protocolOf(url);
  if (!protocol)
    throw new UserError(
      `--cabinet ${url}: give udp://host:port for NTCIP, tcp://host:port or rtu:///dev/ttyS0?baud=9600 for Modbus.`,
    );
  if (protocol === "ntcip" && options.map !== undefined) throw new UserError(`--map is for Modbus; ${url} is NTCIP.`);
  const city = options.junction === undefined ? undefined : readCity(config);
  const junction = city ? junctionOf(city, options.junction!, config) : anyJunction(options.phases, protocol);
  const own = city && [...city.cabinets.values()].find((cabinet) => cabinet.junction === junction.id);
  const spec: Cabinet = {
    id: "watched",
    junction: junction.id,
    communityEnv: undefined,
    map: undefined,
    unitId: options.unit,
    backupTime: seconds(60),
    maxPhases: 16,
    detectors: [],
    ...own,
    protocol,
    url,
    poll: options.every,
  };
  const common = { url, clock, inFlight: untracked };
  return opened(spec.id, url, () => {
    if (protocol === "ntcip") {
      const community = process.env[COMMUNITY_VARIABLE] ?? "public";
      return openNtcip({ ...common, spec, junction, utcOffset: city?.utcOffset ?? millis(0), community });
    }
    const file = options.map ?? (spec.map === undefined ? undefined : join(config, spec.map));
    const map = file === undefined ? profileA : mapOf(file);
    // Nothing is written, so no silence limit is asked of the cabinet.
    const quiet = { ...map, heartbeat: undefined };
    const deadline = options.timeout === undefined ? {} : { deadline: options.timeout };
    return openModbus({
      ...common,
      ...deadline,
      map: quiet,
      junction,
      spec: { ...spec, unitId: options.unit ?? spec.unitId },
    });
  });
}

/** A junction of which only the numbers of its phases are known: as many as the cabinet may have. */
function anyJunction(phases: number, protocol: Cabinet["protocol"]): Junction {
  const numbers = Array.from({ length: phases }, (_, i) => i + 1);
  return {
    id: "cabinet",
    name: "cabinet",
    node: "cabinet",
    form: protocol === "modbus" ? "stages" : "rings",
    approaches: [],
    movements: [],
    groups: [],
    crossings: [],
    phases: numbers.map((number) => ({
      number,
      name: `${number}`,
      ring: 1,
      barrier: 1,
      groups: [],
      amber: millis(0),
      allRed: millis(0),
      minGreen: millis(0),
      maxGreen: seconds(255),
    })),
    rings: [numbers],
    conflicts: new Uint8Array(0),
    intergreen: new Int32Array(0),
    cycleMin: seconds(30),
    cycleMax: seconds(255),
    maxRed: seconds(255),
    coordinatedPhase: 1,
    streams: [],
  };
}

const shown = (status: CabinetStatus, state: "green" | "amber"): readonly number[] =>
  status.kind === "reachable"
    ? Object.entries(status.phases)
        .filter(([, own]) => own === state)
        .map(([number]) => Number(number))
    : [];

function asJson(status: CabinetStatus, ageS: number | undefined): object {
  const at = new Date(status.at).toISOString();
  if (status.kind === "unreachable")
    return {
      at,
      reachable: false,
      since: new Date(status.since).toISOString(),
      reason: status.reason,
      ageS: ageS ?? null,
    };
  const { mode, pattern, inTransition, cyclePosition, elapsed, clockError, faults } = status;
  return {
    at,
    reachable: true,
    mode,
    plan: pattern,
    inTransition,
    greens: shown(status, "green"),
    ambers: shown(status, "amber"),
    cyclePositionS: inSeconds(cyclePosition),
    elapsedS: inSeconds(elapsed),
    clockErrorS: inSeconds(clockError),
    faults,
    ageS: ageS ?? null,
  };
}

const inSeconds = (time: Millis | undefined): number | null => (time === undefined ? null : time / 1000);

function asText(status: CabinetStatus, ageS: number | undefined): string {
  const time = new Date(status.at).toISOString().slice(11, 19);
  if (status.kind === "unreachable")
    return `${time}Z  no answer since ${new Date(status.since).toISOString().slice(11, 19)}Z (${status.reason}); last heard ${ageS === undefined ? "never" : `${ageS} s ago`}`;
  const { mode, pattern, inTransition, cyclePosition, elapsed, clockError, faults } = status;
  const list = (numbers: readonly number[]) => (numbers.length > 0 ? numbers.join("+") : "-");
  const parts = [
    `${time}Z`,
    mode,
    `plan ${pattern}${inTransition ? " (in transition)" : ""}`,
    `green ${list(shown(status, "green"))} amber ${list(shown(status, "amber"))}`,
    ...(elapsed === undefined ? [] : [`for ${(elapsed / 1000).toFixed(1)} s`]),
    ...(cyclePosition === undefined ? [] : [`cycle ${(cyclePosition / 1000).toFixed(1)} s`]),
    ...(clockError === undefined ? [] : [`clock ${clockError >= 0 ? "+" : ""}${(clockError / 1000).toFixed(1)} s`]),
    faults.length > 0 ? `FAULTS ${faults.join(", ")}` : "no faults",
    `age ${ageS ?? 0} s`,
  ];
  return parts.join("  ");
}
