import type { City } from "../../config/model.ts";
import type { Strategy } from "../../engine/core/strategy.ts";
import type { Input } from "../../engine/pipeline/inputs.ts";
import type { CorridorState } from "../../engine/pipeline/state.ts";
import { stepCorridor } from "../../engine/pipeline/step.ts";
import { startCorridor } from "../../engine/pipeline/turn.ts";
import type { SumoCity } from "../../simulation/sumo/city/city.ts";
import { createStageCabinet, type StageCabinet } from "../../simulation/sumo/cosimulation/stage-cabinet.ts";
import type { SumoStreet } from "../../simulation/sumo/cosimulation/street.ts";

export interface SumoRunOptions {
  readonly network: SumoCity;
  readonly street: SumoStreet;
  readonly strategy: Strategy;
  /** SUMO's time, s; undefined: until nobody is left or expected. */
  readonly endS: number | undefined;
  readonly signal?: AbortSignal;
  /** Told of every second, before the street moves. */
  readonly onSecond?: (second: SumoSecond) => void;
}

export interface SumoSecond {
  readonly timeS: number;
  readonly states: ReadonlyMap<string, string>;
  readonly state: CorridorState;
}

export interface SumoRunTally {
  readonly seconds: number;
  readonly decisions: number;
  /** Denials of the guard, by code. */
  readonly denials: Readonly<Record<string, number>>;
  readonly refused: number;
  /** Time of engine, cameras and lamps, without SUMO's own and the wire, ms. */
  readonly engineMs: number;
  readonly totalMs: number;
}

/**
 * The same turn as the live loop (observe, estimate, decide, guard), each second of SUMO's: what the cameras see at t
 * decides what shows from t on. Without the streams of the live pipeline, because here nothing is waited for
 * but SUMO itself.
 */
export async function runInSumo(options: SumoRunOptions): Promise<SumoRunTally> {
  const { network, street, strategy, endS, signal } = options;
  const { city } = network;
  const corridor = [...city.corridors.values()][0];
  const cabinets = cabinetsOf(network, street);
  const setting = corridor && { city, corridor, strategy, dispatch: true, audit: () => true };
  let state = setting && startCorridor(setting, street.now());
  let outcomes: Input[] = [];
  const denials: Record<string, number> = {};
  const tally = { seconds: 0, decisions: 0, refused: 0, engineMs: 0 };
  const shown = new Map<string, string>();
  const started = performance.now();
  const goesOn = (): boolean =>
    !signal?.aborted && (endS === undefined ? street.expected() > 0 : street.timeS() < endS);
  while (goesOn()) {
    const begun = performance.now();
    const now = street.now();
    const { views, counts } = street.look();
    if (setting && state) {
      const inputs: Input[] = [
        ...outcomes,
        ...cabinets.map((cabinet): Input => ({ kind: "status", status: cabinet.status(now) })),
        ...counts.map((reading): Input => ({ kind: "reading", reading })),
        ...views.map((view): Input => ({ kind: "view", view })),
      ];
      const { step, commands } = stepCorridor(setting, state, inputs, now);
      state = step.state;
      outcomes = [];
      for (const { id, junction, action } of commands) {
        const answer = cabinets.find((cabinet) => cabinet.junction.id === junction)!.execute(action, now);
        outcomes.push({ kind: "outcome", outcome: { command: id, junction, at: now, ...answer } });
        if (action.kind !== "keep-alive") tally.decisions++;
        if (answer.result === "refused") tally.refused++;
      }
      for (const event of step.events)
        if (event.kind === "denial")
          for (const { code } of (event.data as unknown as { readonly denials: readonly { readonly code: string }[] })
            .denials)
            denials[code] = (denials[code] ?? 0) + 1;
    }
    const changed = new Map<string, string>();
    for (const cabinet of cabinets) {
      const show = cabinet.show(now);
      if (shown.get(cabinet.junction.id) === show) continue;
      shown.set(cabinet.junction.id, show);
      changed.set(cabinet.junction.id, show);
    }
    if (state) options.onSecond?.({ timeS: street.timeS(), states: shown, state });
    tally.engineMs += performance.now() - begun;
    await street.advance(changed);
    tally.seconds++;
  }
  return { ...tally, denials, totalMs: performance.now() - started };
}

function cabinetsOf({ city, signals }: SumoCity, street: SumoStreet): readonly StageCabinet[] {
  const plans = planSet(city);
  return [...signals].map(([id, signal]) =>
    createStageCabinet({ signal, program: plans.get(id)!, start: street.now() }),
  );
}

const planSet = ({ schedule }: City) => [...schedule.planSets.values()][0]!.plans;
