import { cityOf, type SumoCity } from "../../simulation/sumo/city/city.ts";
import type { SignalRules } from "../../simulation/sumo/city/signal.ts";
import type { CameraQuality } from "../../simulation/sumo/cosimulation/camera-quality.ts";
import { type SightLines, sightLines } from "../../simulation/sumo/cosimulation/sight-lines.ts";
import { joinStreet, type SumoStreet } from "../../simulation/sumo/cosimulation/street.ts";
import { readNet } from "../../simulation/sumo/net.ts";
import { Traci } from "../../simulation/sumo/traci/client.ts";
import { TRACI_TIMES, type TraciAddress } from "../../simulation/sumo/traci/connection.ts";
import { COMMAND, VARIABLE } from "../../simulation/sumo/traci/objects.ts";
import { seededRandom } from "../seeded-random.ts";
import { UserError } from "../user-error.ts";

export interface SumoNetwork {
  readonly network: SumoCity;
  readonly lines: SightLines;
}

export async function readNetwork(file: string, rules: SignalRules, rangeM: number): Promise<SumoNetwork> {
  const net = await readNet(file);
  const network = cityOf(net, rules);
  return { network, lines: sightLines(net, network, rangeM) };
}

export interface Joined {
  readonly traci: Traci;
  readonly network: SumoCity;
  readonly street: SumoStreet;
}

/** Joins SUMO and makes sure that it runs the network that was read. */
export async function joinNetwork(
  { network, lines }: SumoNetwork,
  options: {
    readonly address: TraciAddress;
    readonly order: number;
    readonly seed: number;
    readonly quality: CameraQuality;
    readonly connectMs?: number;
    readonly alive?: () => string | undefined;
  },
): Promise<Joined> {
  const { connectMs, seed, quality, ...rest } = options;
  const traci = await Traci.join({
    ...rest,
    // SUMO answers the first exchange once all its clients have come.
    times:
      connectMs === undefined ? TRACI_TIMES : { connectMs, exchangeMs: Math.max(connectMs, TRACI_TIMES.exchangeMs) },
  });
  try {
    await checkSignals(traci, network);
    const random = seededRandom(seed, "cameras");
    return { traci, network, street: await joinStreet(traci, { network, lines, random, quality }) };
  } catch (error) {
    traci.abandon();
    throw error;
  }
}

async function checkSignals(traci: Traci, { city, signals }: SumoCity): Promise<void> {
  const there = (await traci.get(COMMAND.getSignal, VARIABLE.idList)) as readonly string[];
  const missing = [...signals.keys()].filter((id) => !there.includes(id));
  if (missing.length > 0)
    throw new UserError(
      `That SUMO has no signal ${missing.slice(0, 3).join(", ")}${missing.length > 3 ? ", …" : ""}, which ${city.name} has: give the network that it runs.`,
    );
  const states = await traci.getAll(
    [...signals.keys()].map((object) => ({ command: COMMAND.getSignal, variable: VARIABLE.signalState, object })),
  );
  for (const [i, [id, { groupOf }]] of [...signals].entries()) {
    const links = String(states[i]).length;
    if (links !== groupOf.length)
      throw new UserError(
        `Signal ${id} of that SUMO has ${links} links, in ${city.name} it has ${groupOf.length}: give the network that it runs.`,
      );
  }
}
