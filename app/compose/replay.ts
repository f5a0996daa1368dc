import { dirname } from "node:path";
import type { City, Corridor } from "../../config/model.ts";
import { after, type Instant, instant } from "../../config/units.ts";
import type { CabinetStatus, Outcome } from "../../engine/core/cabinet.ts";
import type { Reading } from "../../engine/core/reading.ts";
import type { EngineRequest } from "../../engine/core/requests/request.ts";
import { type PackedScene, unpackScene } from "../../engine/core/scene.ts";
import type { JunctionView } from "../../engine/core/view.ts";
import { concerns, type Input } from "../../engine/pipeline/inputs.ts";
import { type RunMark, TICK } from "../../engine/pipeline/pipeline.ts";
import type { CorridorState } from "../../engine/pipeline/state.ts";
import { stepCorridor } from "../../engine/pipeline/step.ts";
import { startCorridor } from "../../engine/pipeline/turn.ts";
import type { Event } from "../../engine/ports/event-store.ts";
import { canonicalJson } from "../../engine/store/canonical.ts";
import { JsonlError, readJsonl } from "../../engine/store/jsonl-log.ts";
import { strategyOf } from "../city-files.ts";
import { UserError } from "../user-error.ts";
import { alteration } from "./seal.ts";

export interface ReplayResult {
  readonly ticks: number;
  readonly inputs: number;
  readonly recorded: number;
  readonly same: number;
  /** Where recorded and replayed first part; undefined when they never do. */
  readonly first: { readonly at: string; readonly recorded: string; readonly replayed: string } | undefined;
  /** What the audit trail beside the record says against it; undefined: nothing. */
  readonly altered: string | undefined;
}

/** What the engine made of its inputs; everything else in a record is an input, or the run's own marks. */
const DECISIONS: ReadonlySet<Event["kind"]> = new Set(["decision", "denial", "alarm"]);

/** Streams the record, so that a night of it needs no more memory than a minute. Throws `UserError` on what is no record. */
export async function replay(city: City, file: string): Promise<ReplayResult> {
  const count = { ticks: 0, inputs: 0, recorded: 0, same: 0 };
  let first: ReplayResult["first"];
  const compare = (at: Instant, recorded: readonly Event[], replayed: readonly Event[]) => {
    count.recorded += recorded.length;
    for (let i = 0; i < Math.max(recorded.length, replayed.length); i++) {
      const [was, is] = [canonical(recorded[i]), canonical(replayed[i])];
      if (was === is) count.same++;
      else first ??= { at: new Date(at).toISOString(), recorded: was, replayed: is };
    }
  };
  const runs = new Map<string, CorridorReplay>();
  let known = false;
  try {
    for await (const event of readJsonl(file)) {
      if (event.kind === "run" && event.subject === city.id) {
        known = true;
        checkConfiguration(event, city, file);
      }
      if (!known)
        throw new UserError(`${file} does not begin with a run event of ${city.id}; it is no record of a run.`);
      const corridor = corridorOf(city, event);
      if (!corridor) continue;
      const mark = event.kind === "run" ? (event.data as RunMark) : undefined;
      if (mark?.phase === "corridor-started") {
        runs.set(corridor.id, newReplay({ city, corridor, mark, at: event.at, count, compare }));
      } else if (mark?.phase === "corridor-ended") {
        runs.get(corridor.id)?.end();
        runs.delete(corridor.id);
      } else if (mark) runs.get(corridor.id)?.skip(event.at, mark.missed);
      else if (isInput(event) || isDecision(event)) runs.get(corridor.id)?.take(event);
    }
  } catch (error) {
    if (error instanceof JsonlError) throw new UserError(`${error.message}; this is no whole record of a run.`);
    throw error;
  }
  if (!known) throw new UserError(`${file} is empty; it is no record of a run.`);
  // A run that was killed left its last tick half written: there is nothing to compare that one with.
  return { ...count, first, altered: alteration(dirname(file)) };
}

interface CorridorReplay {
  take(event: Event): void;
  /** The run itself was late and left out this many ticks before `at`. */
  skip(at: Instant, missed: number): void;
  end(): void;
}

interface ReplayOptions {
  readonly city: City;
  readonly corridor: Corridor;
  readonly mark: Extract<RunMark, { phase: "corridor-started" }>;
  readonly at: Instant;
  readonly count: { ticks: number; inputs: number };
  readonly compare: (at: Instant, recorded: readonly Event[], replayed: readonly Event[]) => void;
}

function newReplay({ city, corridor, mark, at, count, compare }: ReplayOptions): CorridorReplay {
  const strategy = strategyOf(mark.strategy);
  const setting = { city, corridor, strategy, dispatch: mark.dispatch, audit: () => true };
  let state: CorridorState = startCorridor(setting, at);
  let pending: Event[] = [];
  /** The tick that `pending` belongs to. */
  let cursor = instant((Math.floor(at / TICK) + 1) * TICK);
  const tick = () => {
    const inputs = pending.flatMap((event) => inputOf(event) ?? []);
    const { step } = stepCorridor(setting, state, inputs, cursor);
    compare(cursor, pending.filter(isDecision), step.events.filter(isDecision));
    state = step.state;
    count.ticks++;
    count.inputs += inputs.length;
    pending = [];
    cursor = after(cursor, TICK);
  };
  return {
    take: (event) => {
      while (cursor < event.at) tick();
      pending.push(event);
    },
    skip: (to, missed) => {
      while (cursor < to - missed * TICK) tick();
      cursor = to;
    },
    end: () => {
      if (pending.length > 0) tick();
    },
  };
}

const isInput = (event: Event): boolean => inputOf(event) !== undefined;

const isDecision = ({ kind, data }: Event): boolean =>
  DECISIONS.has(kind) && !String((data as { key?: string }).key ?? "").endsWith("/inputs-dropped");

function checkConfiguration({ data }: Event, city: City, file: string): void {
  const { config } = data as { config?: string };
  if (config === undefined || config === city.hash) return;
  throw new UserError(
    `${file} was recorded with configuration ${config.slice(0, 12)}, this one is ${city.hash.slice(0, 12)}. Give the folder it ran with as --config.`,
  );
}

/** The corridor whose turn recorded this. */
function corridorOf(city: City, event: Event): Corridor | undefined {
  const input = inputOf(event);
  return [...city.corridors.values()].find((corridor) => {
    if (input) return concerns({ city, corridor }, input);
    return event.kind === "run" ? event.subject === corridor.id : corridor.junctions.includes(event.subject);
  });
}

function inputOf({ kind, data }: Event): Input | undefined {
  switch (kind) {
    case "reading":
      return { kind, reading: data as unknown as Reading };
    case "view":
      return { kind, view: data as unknown as JunctionView };
    case "scene":
      return { kind, scene: unpackScene(data as unknown as PackedScene) };
    case "status":
      return { kind, status: data as unknown as CabinetStatus };
    case "outcome":
      return { kind, outcome: data as unknown as Outcome };
    case "human": {
      // What was answered stands beside what was asked.
      const { request } = data as unknown as { readonly request?: EngineRequest };
      return request && { kind: "request", request };
    }
    default:
      return undefined;
  }
}

const canonical = (event: Event | undefined): string => (event ? canonicalJson(event) : "nothing");
