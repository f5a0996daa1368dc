import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { maxTableBytes } from "../../config/import/csv.ts";
import { demandText } from "../../config/import/demand-text.ts";
import { checkCity, showFault } from "../../config/load.ts";
import type { City } from "../../config/model.ts";
import { after, type Instant, type Millis, seconds } from "../../config/units.ts";
import { type Agreement, agreement, type JudgedCount, placeOf } from "../../simulation/demand/agreement.ts";
import { type Calibration, calibrate } from "../../simulation/demand/calibrate.ts";
import { type CountRow, parseCounts } from "../../simulation/demand/count-table.ts";
import { createWorld } from "../../simulation/world.ts";
import { readCity } from "../city-files.ts";
import { seededRandom } from "../seeded-random.ts";
import { UserError } from "../user-error.ts";

export interface CalibrationReport {
  readonly counts: number;
  readonly places: number;
  readonly fitted: { readonly before: Agreement; readonly after: Agreement };
  readonly heldBack: { readonly before: Agreement; readonly after: Agreement };
  /** Of the built-in street with the new demand; undefined when it was not run. */
  readonly street: { readonly fitted: Agreement; readonly heldBack: Agreement } | undefined;
  readonly origins: Calibration["origins"];
  readonly unreached: readonly string[];
}

export interface CalibrationRequest {
  readonly config: string;
  readonly holdBack: number;
  readonly seed: number;
  /** Runs of the street; empty: none. */
  readonly seeds: readonly number[];
  /** Local midnight of the day that is run. */
  readonly day: Instant;
}

/** Fits, judges, and writes the demand as text that the configuration's checks accept. */
export function calibrateCity(
  sheet: string,
  request: CalibrationRequest,
): { readonly report: CalibrationReport; readonly text: string } {
  const city = readCity(request.config);
  const { rows, faults } = parseCounts(read(sheet), city);
  if (faults.length > 0)
    throw new UserError(
      `${sheet} has ${faults.length} fault${faults.length === 1 ? "" : "s"}; nothing was fitted.${faults.map(({ line, column, message }) => `\n  ${sheet}:${line}:${column} ${message}`).join("")}`,
    );
  const result = calibrate({
    city,
    counts: rows,
    holdBack: request.holdBack,
    random: seededRandom(request.seed).fork("held-back"),
  });
  const text = demandText(
    result.demand,
    `calibrated against ${basename(sheet)}`.slice(0, 500),
    `Fitted to the counts in ${basename(sheet)}: vehicles between origins and destinations, their times of day, classes.\nRoutes, and whatever no count touches, are as they were assumed.`,
  );
  const calibrated = checked(request.config, text);
  const split = (held: boolean) => result.judged.filter(({ heldBack }) => heldBack === held);
  const both = (held: boolean) => ({
    before: agreement(split(held), (count) => count.before),
    after: agreement(split(held), (count) => count.after),
  });
  const driven = request.seeds.length > 0 ? drive(calibrated, rows, request) : undefined;
  const of = (count: JudgedCount) => driven!.get(hourKey(count.place, count.fromMin)) ?? 0;
  const seen = (held: boolean) => split(held).filter(({ place, fromMin }) => driven!.has(hourKey(place, fromMin)));
  return {
    text,
    report: {
      counts: rows.length,
      places: new Set(rows.map(placeOf)).size,
      fitted: both(false),
      heldBack: both(true),
      street: driven && { fitted: agreement(seen(false), of), heldBack: agreement(seen(true), of) },
      origins: result.origins,
      unreached: result.unreached,
    },
  };
}

/** Whole or not at all. */
export function writeDemand(directory: string, text: string): void {
  const target = join(directory, "demand.yaml");
  writeFileSync(`${target}.new`, text);
  renameSync(`${target}.new`, target);
}

function checked(directory: string, text: string): City {
  const copy = mkdtempSync(join(tmpdir(), "simpang-demand-"));
  try {
    cpSync(directory, copy, { recursive: true });
    writeFileSync(join(copy, "demand.yaml"), text);
    const { city, faults } = checkCity(copy);
    if (city) return city;
    throw new UserError(
      `The fitted demand does not fit ${directory}:${faults.map((fault) => `\n  ${showFault(fault)}`).join("")}`,
    );
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const minutes = (value: number): Millis => seconds(value * 60);

const hourKey = (place: string, fromMin: number): string => `${place} ${Math.floor(fromMin / 60)}`;

/** Vehicles fill the streets before counting begins. */
const WARM_UP_MIN = 15;
/** A day of simulation is enough for any table. */
const LONGEST_MIN = 24 * 60;

/**
 * The built-in street under the scheduled plans: vehicles an hour past the stop line of each place, mean of the seeds.
 * Movements that share all their lanes with others cannot be told apart by a counting line, and are left out.
 */
function drive(
  { demand, ...streets }: City,
  rows: readonly CountRow[],
  { seeds, day }: CalibrationRequest,
): ReadonlyMap<string, number> {
  // The counts are of days that were; another day's chance would hide how well the fit is.
  const city: City = { ...streets, demand: demand && { ...demand, dayVariation: 0, quarterVariation: 0 } };
  const [first, last] = [Math.min(...rows.map(({ fromMin }) => fromMin)), Math.max(...rows.map(({ toMin }) => toMin))];
  const start = after(day, minutes(first - WARM_UP_MIN));
  const sums = new Map<string, { vehicles: number; hours: number }>();
  for (const seed of seeds) {
    const world = createWorld({ city, random: seededRandom(seed), start });
    const lines = rows.flatMap((row) => {
      const approach = city.junctions.get(row.junction)!.approaches.find(({ id }) => id === row.approach)!;
      const own = approach.lanes.flatMap((lane, i) =>
        row.movement !== undefined && lane.movements.join() === row.movement ? [i] : [],
      );
      const shared = approach.lanes.some(
        (lane) => lane.movements.length > 1 && lane.movements.includes(row.movement ?? ""),
      );
      if (row.movement !== undefined && (shared || own.length === 0)) return [];
      const lanes = row.movement === undefined ? undefined : own;
      const sensor = world.street.sensor({ link: approach.link, lanes, from: "stop-line", distanceM: 1, zoneM: 0 });
      return [{ row, sensor, from: 0, to: 0 }];
    });
    const total = ({ sensor: { crossed } }: (typeof lines)[number]) => crossed.car + crossed.hv + crossed.mc;
    const end = Math.min(last, first + LONGEST_MIN) - first + WARM_UP_MIN;
    for (let minute = 0; minute <= end; minute++) {
      for (const line of lines) {
        const now = first - WARM_UP_MIN + minute;
        if (now === line.row.fromMin) line.from = total(line);
        if (now === line.row.toMin) line.to = total(line);
      }
      while (world.now() < after(start, minutes(minute + 1))) world.advance();
    }
    for (const { row, from, to } of lines) {
      const key = hourKey(placeOf(row), row.fromMin);
      const sum = sums.get(key) ?? { vehicles: 0, hours: 0 };
      sums.set(key, { vehicles: sum.vehicles + to - from, hours: sum.hours + (row.toMin - row.fromMin) / 60 });
    }
  }
  return new Map([...sums].map(([key, { vehicles, hours }]) => [key, vehicles / hours]));
}

function read(sheet: string): string {
  if (!existsSync(sheet)) throw new UserError(`${sheet} does not exist. Give a CSV file of counts.`);
  const { size } = statSync(sheet);
  if (size > maxTableBytes)
    throw new UserError(`${sheet} is ${size} bytes, above the limit of ${maxTableBytes}; split it.`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(sheet));
  } catch {
    throw new UserError(`${sheet} is not UTF-8 text; save it as CSV UTF-8.`);
  }
}
