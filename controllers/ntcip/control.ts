import {
  groupOfMask,
  groupsFor,
  itemsOf,
  LocalFreeStatus,
  Pattern,
  ref,
  type SetReply,
  sameValue,
  UnitControlStatus,
  type Write,
} from "ntcip-ts";
import type { Junction } from "../../config/model.ts";
import { seconds } from "../../config/units.ts";
import type { Unit } from "./discovery.ts";
import { accepted, type Ending, endingOf, get, lost, refused, type Script, wait } from "./script.ts";
import { command } from "./transaction.ts";

/** What the driver has told the cabinet to do, and keeps alive; undefined: nothing it knows of. */
export interface InForce {
  readonly writes: readonly Write[];
  /** globalSetIDParameter when it was called: another one means that somebody changed the plans since. */
  readonly setId: number;
}

/** Has the driver stopped the unit's time? */
export const standsStill = (inForce: InForce | undefined): boolean =>
  inForce?.writes.some(({ ref: { name }, value }) => name === stopTimeColumn && value !== 0) ?? false;

/** How a command ended, and what is in force after it. */
export interface Taken {
  readonly ending: Ending;
  readonly inForce: InForce | undefined;
}

export const systemPattern = ref("systemPatternControl");
export const setId = ref("globalSetIDParameter");
const stopTimeColumn = "ringControlGroupStopTime";
const controlGroups = [stopTimeColumn, "phaseControlGroup"] as const;

/** Looks at whether the unit does as it was told, and the time between two. */
const confirmLooks = 4;
const confirmStep = seconds(0.5);

interface Masks {
  readonly call: number;
  readonly hold: number;
  readonly forceOff: number;
  readonly omit: number;
  /** Of rings. */
  readonly stopTime: number;
}

const noControl: Masks = { call: 0, hold: 0, forceOff: 0, omit: 0, stopTime: 0 };

export interface Site {
  readonly junction: Junction;
  /** Has the phase control groups. */
  readonly controlsPhases: boolean;
  /** Has ringControlGroupStopTime. */
  readonly stopsTime: boolean;
}

/** A unit that was not asked yet may have everything. */
export const siteOf = (junction: Junction, unit: Unit | undefined): Site => ({
  junction,
  controlsPhases: unit === undefined || unit.level === "seconds",
  stopsTime: unit === undefined || unit.stopsTime,
});

/** The pattern call and all control groups: always written whole, so that nothing of an earlier command stays. */
export function commandWrites(
  { junction, controlsPhases, stopsTime }: Site,
  pattern: number,
  masks: Masks = noControl,
): readonly Write[] {
  const writes: Write[] = [{ ref: systemPattern, value: pattern }];
  if (stopsTime) writes.push({ ref: ref(stopTimeColumn, 1), value: masks.stopTime });
  if (!controlsPhases) return writes;
  const groups = groupsFor(Math.max(...junction.phases.map(({ number }) => number)));
  for (let group = 1; group <= groups; group++)
    writes.push(
      { ref: ref("phaseControlGroupPhaseOmit", group), value: groupOfMask(masks.omit, group) },
      { ref: ref("phaseControlGroupPedOmit", group), value: 0 },
      { ref: ref("phaseControlGroupHold", group), value: groupOfMask(masks.hold, group) },
      { ref: ref("phaseControlGroupForceOff", group), value: groupOfMask(masks.forceOff, group) },
      { ref: ref("phaseControlGroupVehCall", group), value: groupOfMask(masks.call, group) },
      { ref: ref("phaseControlGroupPedCall", group), value: 0 },
    );
  return writes;
}

/** Why these phases cannot be served together, if they cannot. */
export function phasesFault(
  numbers: readonly number[],
  junction: Junction,
): { readonly code: string; readonly detail: string } | undefined {
  const phases = numbers.flatMap((number) => junction.phases.find((phase) => phase.number === number) ?? []);
  const said = numbers.join(" and ");
  if (phases.length === 0 || phases.length < numbers.length)
    return { code: "unknown-phase", detail: `junction ${junction.id} cannot serve phases ${said}` };
  const rings = new Set(phases.map(({ ring }) => ring));
  if (rings.size < phases.length || phases.some(({ barrier }) => barrier !== phases[0]!.barrier))
    return { code: "phases", detail: `phases ${said} cannot be green together` };
  return undefined;
}

export interface Serving {
  readonly phases: readonly number[];
  /** The next green waits: rings between two greens stand still (NEMA TS 2 stop time) until the next word. */
  readonly hold: boolean;
}

/** Free operation, steered to exactly these phases: called and held, everything else forced off and omitted. */
export function* serve({ phases: numbers, hold }: Serving, site: Site, before: InForce | undefined): Script<Taken> {
  const { junction } = site;
  const fault = phasesFault(numbers, junction);
  if (fault) return { ending: refused(fault.code, fault.detail), inForce: before };
  const bits = (list: readonly number[]) => list.reduce((mask, number) => mask | (1 << (number - 1)), 0);
  const wanted = bits(numbers);
  const others = bits(junction.phases.map(({ number }) => number)) & ~wanted;
  const stopTime = hold && site.stopsTime ? yield* ringsBetweenGreens(junction) : 0;
  const masks = { call: wanted, hold: wanted, forceOff: others, omit: others, stopTime };
  const detail = `serving ${numbers.join(" and ")}${stopTime === 0 ? "" : ", which waits"}`;
  return yield* take(commandWrites(site, Pattern.free, masks), detail);
}

/**
 * Bit n - 1 is ring n: none of its phases is green or yellow. Only those are stopped, so that no yellow is longer than
 * drivers know it. A unit that does not say has none.
 */
function* ringsBetweenGreens(junction: Junction): Script<number> {
  const groups = groupsFor(Math.max(...junction.phases.map(({ number }) => number)));
  const rows = Array.from({ length: groups }, (_, i) => i + 1);
  const seen = yield* get(
    ...rows.map((group) => ref("phaseStatusGroupGreens", group)),
    ...rows.map((group) => ref("phaseStatusGroupYellows", group)),
  );
  if (!seen.ok) return 0;
  const values = seen.values as readonly number[];
  const moving = [...itemsOf(values.slice(0, groups)), ...itemsOf(values.slice(groups))];
  return junction.rings.reduce(
    (bits, numbers, ring) => (numbers.some((number) => moving.includes(number)) ? bits : bits | (1 << ring)),
    0,
  );
}

/** A unit that lacks a control group, or takes no command for it, is commanded without, where nothing is asked of it. */
function* obey(writes: readonly Write[]): Script<SetReply> {
  const reply = yield* command(writes);
  const name = reply.ok ? undefined : reply.error.ref?.name;
  const group = controlGroups.find((prefix) => name?.startsWith(prefix));
  if (group === undefined) return reply;
  const ofGroup = ({ ref: to }: Write) => to.name.startsWith(group);
  const needed = group !== stopTimeColumn && writes.some((write) => ofGroup(write) && write.value !== 0);
  return needed ? reply : yield* obey(writes.filter((write) => !ofGroup(write)));
}

/** Commands, and remembers with which database. */
export function* take(writes: readonly Write[], detail: string): Script<Taken> {
  const reply = yield* obey(writes);
  if (!reply.ok) return { ending: endingOf(reply.error, "commanding"), inForce: undefined };
  const now = yield* get(setId);
  if (!now.ok) return { ending: endingOf(now.error, "commanding"), inForce: undefined };
  return { ending: accepted(detail), inForce: { writes, setId: now.values[0] as number } };
}

/** Calls a pattern whose rows were just read back, and sees whether the unit goes there; if not, hands it back. */
export function* callPattern(pattern: number, site: Site): Script<Taken> {
  const taken = yield* take(commandWrites(site, pattern), "");
  if (!taken.inForce) return taken;
  let why = refused("not-in-control", "");
  for (let look = 0; look < confirmLooks; look++) {
    if (look > 0) yield* wait(confirmStep);
    const seen = yield* get(ref("unitControlStatus"), ref("coordPatternStatus"), ref("localFreeStatus"));
    if (!seen.ok) {
      why = endingOf(seen.error, "confirming the pattern");
      continue;
    }
    const [control, running, free] = seen.values as readonly number[];
    if (control !== UnitControlStatus.systemControl)
      why = refused("not-in-control", `unitControlStatus is ${control}: somebody else commands the unit`);
    else if (free! >= LocalFreeStatus.badPlan)
      why = refused("plan-not-running", `the unit runs free instead of pattern ${pattern}: localFreeStatus ${free}`);
    else {
      const detail =
        running === pattern ? `pattern ${pattern} runs` : `pattern ${pattern} is called, ${running} runs still`;
      return { ending: accepted(detail), inForce: taken.inForce };
    }
  }
  yield* obey(commandWrites(site, Pattern.standby));
  return { ending: why, inForce: undefined };
}

/** Rewrites what is in force, if it still is: a unit that restarted or was changed is not kept in a plan nobody checked. */
export function* keepAlive(inForce: InForce | undefined): Script<Taken> {
  const gone = (code: string, detail: string): Taken => ({ ending: refused(code, detail), inForce: undefined });
  if (!inForce) return gone("nothing-in-force", "there is nothing to keep alive");
  const { ref: first, value } = inForce.writes[0]!;
  const now = yield* get(first, setId);
  if (!now.ok) return { ending: endingOf(now.error, "keeping alive"), inForce };
  if (!sameValue(now.values[0]!, value)) return gone("released", `the unit is under pattern call ${now.values[0]}`);
  if (now.values[1] !== inForce.setId) return gone("database-changed", "somebody changed the unit's plans");
  const reply = yield* obey(inForce.writes);
  return { ending: reply.ok ? accepted("kept alive") : endingOf(reply.error, "keeping alive"), inForce };
}

/** Standby, and no phase controlled. */
export function* release(site: Site): Script<Ending> {
  const reply = yield* obey(commandWrites(site, Pattern.standby));
  if (reply.ok) return accepted("released to local control");
  const ending = endingOf(reply.error, "releasing");
  return ending.result === "lost" ? lost(ending.code, `${ending.detail}; the unit's watchdog releases it`) : ending;
}
