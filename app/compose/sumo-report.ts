import { type ImportNote, noteText } from "../../simulation/sumo/input-fault.ts";
import type { TripTotals } from "../../simulation/sumo/tripinfo.ts";
import type { SumoRunTally } from "./sumo-loop.ts";
import type { SumoNetwork } from "./sumo-network.ts";
import type { SumoFlags } from "./sumo-options.ts";

export interface SumoFacts {
  readonly network: string;
  readonly strategy: string;
  readonly seed: number;
  readonly rangeM: number;
  readonly cameras: string;
  readonly seconds: number;
  readonly decisions: number;
  readonly denials: Readonly<Record<string, number>>;
  readonly refused: number;
  /** Vehicles running or still to come at the end. */
  readonly remaining: number;
  /** Roads from signals that were full up to them: sum over roads, min. */
  readonly spillBackMin: number;
  readonly engineMsPerSecond: number;
  readonly msPerSecond: number;
  readonly trips: TripTotals | undefined;
  readonly notes: readonly ImportNote[];
}

/** A run in SUMO, as figures and as text. */
export function sumoReport(run: {
  readonly flags: SumoFlags;
  readonly network: SumoNetwork["network"];
  readonly tally: SumoRunTally;
  readonly trips: TripTotals | undefined;
  readonly remaining: number;
  readonly spillBackS: number;
}): { readonly facts: SumoFacts; readonly text: string } {
  const { flags, network, tally, trips, remaining } = run;
  const per = (ms: number): number => (tally.seconds > 0 ? ms / tally.seconds : 0);
  const facts: SumoFacts = {
    network: network.city.name,
    strategy: flags.strategy,
    seed: flags.seed,
    rangeM: flags.range,
    cameras: flags.cameras,
    seconds: tally.seconds,
    decisions: tally.decisions,
    denials: tally.denials,
    refused: tally.refused,
    remaining,
    spillBackMin: run.spillBackS / 60,
    engineMsPerSecond: per(tally.engineMs),
    msPerSecond: per(tally.totalMs),
    trips,
    notes: network.notes,
  };
  return { facts, text: textOf(facts, network.city.junctions.size) };
}

function textOf(facts: SumoFacts, signals: number): string {
  const lines = [
    `${facts.network}: ${signals} signal${signals === 1 ? "" : "s"}, ${facts.strategy}, seed ${facts.seed}, ${facts.cameras} cameras see ${facts.rangeM} m.`,
    `${facts.seconds} s simulated, ${facts.decisions} commands, ${facts.refused} refused, ${facts.remaining} vehicles left at the end, ${facts.spillBackMin.toFixed(1)} min of spill-back.`,
    `Per simulated second: engine ${facts.engineMsPerSecond.toFixed(2)} ms, all with SUMO ${facts.msPerSecond.toFixed(2)} ms.`,
  ];
  const denied = Object.entries(facts.denials);
  if (denied.length > 0) lines.push(`Guard denied: ${denied.map(([code, count]) => `${code} ${count}`).join(", ")}.`);
  const { trips } = facts;
  if (trips)
    lines.push(
      `${trips.trips} trips (${trips.unfinished} unfinished): mean delay ${trips.meanDelayS.toFixed(1)} s = time loss ${trips.meanTimeLossS.toFixed(1)} s + departure delay ${trips.meanDepartDelayS.toFixed(1)} s; worst ${trips.worstDelayS.toFixed(0)} s; mean travel time ${trips.meanDurationS.toFixed(1)} s.`,
      `${trips.side.trips} trips from side streets: 95th percentile of delay ${trips.side.p95DelayS.toFixed(0)} s.`,
    );
  for (const note of facts.notes) lines.push(`Not represented: ${noteText(note)}`);
  return `${lines.join("\n")}\n`;
}
