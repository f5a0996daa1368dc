import { type Command, InvalidArgumentError, Option } from "commander";
import { type Millis, millis, seconds } from "../../config/units.ts";
import type { Strategy } from "../../engine/core/strategy.ts";
import { BENCH_RULES, type SignalRules } from "../../simulation/sumo/city/signal.ts";
import { type CameraQuality, cameraQualities } from "../../simulation/sumo/cosimulation/camera-quality.ts";
import { InputFault } from "../../simulation/sumo/input-fault.ts";
import { TraciError } from "../../simulation/sumo/traci/connection.ts";
import * as argument from "../arguments.ts";
import { strategyOf } from "../city-files.ts";
import { UserError } from "../user-error.ts";

/** Options that `sumo run` and `sumo drive` have in common. */
export interface SumoFlags {
  readonly strategy: string;
  readonly seed: number;
  readonly end?: number;
  readonly yellow?: number;
  readonly allRed?: number;
  readonly minGreen: number;
  readonly maxGreen: number;
  readonly maxRed: number;
  readonly range: number;
  readonly fixedOrder?: true;
  readonly cameras: string;
  readonly every?: number;
  readonly json?: true;
}

/** Cameras at a stop line see no further than this, m. */
const FARTHEST_M = 1000;
const LONGEST_S = 3600;

function amount(most: number, least = 0) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= least && value <= most))
      throw new InvalidArgumentError(`Give a number from ${least} to ${most}.`);
    return value;
  };
}

export const withSumoOptions = (command: Command): Command =>
  command
    .option("--strategy <name>", "any strategy: fixed, actuated, max-pressure, …", "adaptive")
    .option("--seed <n>", "of SUMO and of whatever is drawn", argument.wholeNumber, 1)
    .option("--range <m>", "how far before the stop line the cameras see", amount(FARTHEST_M, 10), 100)
    .option("--all-red <s>", "between conflicting greens after the amber; default: the program's own", amount(30))
    .addOption(
      new Option("--min-green <s>", "of every stage").argParser(amount(120, 1)).default(BENCH_RULES.minGreen / 1000),
    )
    .addOption(
      new Option("--max-green <s>", "of every stage")
        .argParser(amount(LONGEST_S, 1))
        .default(BENCH_RULES.maxGreen / 1000),
    )
    .addOption(
      new Option("--max-red <s>", "nobody waits longer at red")
        .argParser(amount(LONGEST_S, 1))
        .default(BENCH_RULES.maxRed / 1000),
    )
    .addOption(
      new Option("--cameras <how>", "perfect, or real: 10 % of vehicles missed, 20 % of approaches blind, 5 s late")
        .choices([...cameraQualities.keys()])
        .default("perfect"),
    )
    .option("--every <s>", "decide so often; for max-pressure, default its own 5 s", amount(120, 1))
    .option("--fixed-order", "stages keep the program's order; one at a time may be passed over")
    .option("--json", "print the result as JSON");

export function rulesOf(flags: SumoFlags): SignalRules {
  const optional = (value: number | undefined): Millis | undefined =>
    value === undefined ? undefined : seconds(value);
  return {
    minGreen: seconds(flags.minGreen),
    maxGreen: millis(Math.max(seconds(flags.maxGreen), seconds(flags.minGreen))),
    maxRed: seconds(flags.maxRed),
    amber: optional(flags.yellow),
    allRed: optional(flags.allRed),
    fixedOrder: flags.fixedOrder === true,
  };
}

/** How well the cameras of this run see. */
export const seeing = ({ seed, cameras }: SumoFlags): { readonly seed: number; readonly quality: CameraQuality } => ({
  seed,
  quality: cameraQualities.get(cameras)!,
});

export function strategyFor({ strategy: name, every }: SumoFlags): Strategy {
  const strategy = strategyOf(name);
  if (every === undefined) return strategy;
  if (!strategy.every)
    throw new UserError(`--every is for max-pressure; ${name} decides when it has to: leave it out.`);
  return strategy.every(seconds(every));
}

/** `HOST:PORT`. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || !(port >= 1 && port <= 65_535))
    throw new InvalidArgumentError("Give HOST:PORT such as 127.0.0.1:8813.");
  return { host: (match[1] ?? match[2])!, port };
}

export const simulationTime = amount(1e9);
export const amberTime = amount(30, 1);

/** What SUMO or its files say no to is the user's to mend. */
export async function mended<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InputFault || error instanceof TraciError) throw new UserError(error.message);
    throw error;
  }
}
