import type { Junction, Phase } from "../../../config/model.ts";
import { after, between, type Instant, type Millis, millis, seconds } from "../../../config/units.ts";
import type { ReachableStatus } from "../cabinet.ts";

/** What is known of walks, by phase. */
export interface Walks {
  /** Since when a walk has been called for; undefined: the cabinet does not say. */
  readonly calledSince: ReadonlyMap<number, Instant> | undefined;
  /** Start of the walk where people walk in the present green. */
  readonly walkSince: ReadonlyMap<number, Instant>;
}

interface Greens extends Walks {
  readonly greenSince: ReadonlyMap<number, Instant>;
}

/** A call may have come just after the poll before the one that tells of it. */
const pollAge = seconds(1);

export const noWalks: Walks = { calledSince: undefined, walkSince: new Map() };

/** A call that is gone in a green has been answered: its walk began. */
export function walksSeen(before: Walks, { walkCalls, phases }: ReachableStatus, now: Instant): Walks {
  if (!walkCalls) return noWalks;
  const calledSince = new Map(
    walkCalls.map((phase) => [phase, before.calledSince?.get(phase) ?? after(now, millis(-pollAge))]),
  );
  const walkSince = new Map([...before.walkSince].filter(([phase]) => phases[phase] === "green"));
  for (const phase of before.calledSince?.keys() ?? [])
    if (!calledSince.has(phase) && phases[phase] === "green") walkSince.set(phase, now);
  return { calledSince, walkSince };
}

/** Is it known that nobody waits for this phase's walk? */
export const uncalled = (junction: Junction, phase: Phase, { calledSince }: Walks): boolean =>
  calledSince !== undefined && !calledSince.has(phase.number) && walksByButton(junction, phase);

const walksByButton = ({ crossings }: Junction, { groups }: Phase): boolean =>
  crossings.every(({ group, button }) => button || !groups.includes(group));

/** The least green of a phase that is to come: without walk where nobody has called it. */
export const leastGreen = (junction: Junction, phase: Phase, walks: Walks): Millis =>
  uncalled(junction, phase, walks) ? withoutWalk(junction, phase) : phase.minGreen;

/** How much longer a phase that is green must stay so; 0 where it may end. */
export function greenLeft(junction: Junction, phase: Phase, turns: Greens, now: Instant): Millis {
  const since = turns.greenSince.get(phase.number);
  const green = since === undefined ? 0 : between(since, now);
  if (turns.calledSince === undefined || !walksByButton(junction, phase))
    return millis(Math.max(0, phase.minGreen - green));
  const walk = turns.walkSince.get(phase.number);
  const walking = walk === undefined ? 0 : phase.minGreen - between(walk, now);
  return millis(Math.max(0, withoutWalk(junction, phase) - green, walking));
}

function withoutWalk({ groups }: Junction, phase: Phase): Millis {
  const own = groups.filter(({ id, kind }) => kind === "vehicle" && phase.groups.includes(id));
  if (own.length === 0) return phase.minGreen;
  return millis(Math.max(...own.map(({ redAmber, minGreen }) => (redAmber ?? 0) + minGreen)));
}
