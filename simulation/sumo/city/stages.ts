import type { ImportReport } from "../input-fault.ts";
import type { NetPhase, NetProgram } from "../net-model.ts";

/** What a program shows, apart from its changes: the greens that may be shown at all. */
export interface ProgramStages {
  readonly program: NetProgram;
  /** State string of each stage, in the order first shown; phase number i + 1 is `states[i]`. */
  readonly states: readonly string[];
  /** By stage: how long the program shows it and the change after it, s. */
  readonly greenS: readonly number[];
  readonly changeS: readonly number[];
  /** By stage: what the program shows between it and the next, row by row; empty where nothing comes between. */
  readonly changes: readonly (readonly NetPhase[])[];
  /** From the program's start to the start of the first stage, s. */
  readonly leadS: number;
  /** Of the program's own changes, s; undefined where it has none. */
  readonly amberS: number | undefined;
  readonly allRedS: number;
}

/** Intergreens are planned with up to 8 s, 3 s of them amber (MKJI 1997): part of a junction that stays longer is shown on purpose. */
const LONGEST_ALL_RED_S = 5;

const isGreen = (letter: string): boolean => letter === "G" || letter === "g";

/** A stage shows green and nobody a change. */
const isStage = ({ state }: NetPhase): boolean => /[Gg]/.test(state) && !/[yu]/.test(state);

/**
 * The stages of a program, equal ones once; undefined where it never shows green. Rows in which one part of a junction goes
 * on while another changes are no stages: what stays green through the all-red of others, and a green shorter than
 * `leastGreenS` of which each part belongs to the stage before or to the one after, as where two rings change one after the other.
 */
export function stagesOf(program: NetProgram, report: ImportReport, leastGreenS: number): ProgramStages | undefined {
  const { phases } = program;
  const stage = stageRows(phases, leastGreenS);
  const first = stage.indexOf(true);
  const name = `signal ${program.signal}`;
  if (first < 0) {
    report.note("a signal whose program shows no green without a change is left to itself", name);
    return undefined;
  }
  const states: string[] = [];
  const greenS: number[] = [];
  const changeS: number[] = [];
  const changes: NetPhase[][] = [];
  let at = -1;
  for (let i = 0; i < phases.length; i++) {
    const row = (first + i) % phases.length;
    const phase = phases[row]!;
    if (!stage[row]) {
      changeS[at]! += phase.durationS;
      changes[at]!.push(phase);
      continue;
    }
    const known = states.indexOf(phase.state);
    if (known >= 0 && known !== at)
      report.note("a stage shown twice in a cycle is planned once, with both its greens", `${name}, ${phase.state}`);
    at = known >= 0 ? known : states.push(phase.state) - 1;
    greenS[at] = (greenS[at] ?? 0) + phase.durationS;
    changeS[at] ??= 0;
    changes[at] ??= [];
  }
  if (states.length === 1) {
    report.note("a signal with one green for all never changes and is left to itself", name);
    return undefined;
  }
  for (const { next } of phases)
    if (next.length > 1) report.note("a program that branches is planned as a cycle through its phases", name);
  const amberS = longestAmber(phases);
  if (amberS === undefined) report.note("a program shows no amber; 3 s are taken", name);
  return {
    program,
    states,
    greenS,
    changeS,
    changes,
    leadS: phases.slice(0, first).reduce((sum, { durationS }) => sum + durationS, 0),
    amberS,
    allRedS: longestAllRed(phases),
  };
}

/** Which rows are stages. The rest belong to the change between two. */
function stageRows(phases: readonly NetPhase[], leastGreenS: number): readonly boolean[] {
  const rows = phases.map(isStage);
  const n = phases.length;
  const beside = (i: number, step: 1 | -1): number => {
    let at = (i + step + n) % n;
    while (at !== i && !rows[at]) at = (at + step + n) % n;
    return at;
  };
  for (const [i, { state, durationS }] of phases.entries()) {
    if (!rows[i]) continue;
    const [before, after] = [phases[beside(i, -1)]!.state, phases[beside(i, 1)]!.state];
    if (before === state || after === state) continue;
    const amberBefore = phases[(i + n - 1) % n]!.state.includes("y");
    const clearance = amberBefore && durationS <= LONGEST_ALL_RED_S && within(state, before) && within(state, after);
    const passing = durationS < leastGreenS && [...state].every((letter, link) => partOf(letter, before, after, link));
    if (clearance || passing) rows[i] = false;
  }
  return rows;
}

/** Everybody with green here has as good a green there. */
const within = (state: string, other: string): boolean =>
  [...state].every((letter, link) => !isGreen(letter) || rank(letter) <= rank(other[link]!));

const partOf = (letter: string, before: string, after: string, link: number): boolean =>
  !isGreen(letter) || rank(letter) <= Math.max(rank(before[link]!), rank(after[link]!));

const rank = (letter: string): number => (letter === "G" ? 2 : letter === "g" ? 1 : 0);

/** The longest time any link shows amber in one go. */
function longestAmber(phases: readonly NetPhase[]): number | undefined {
  let longest = 0;
  for (let link = 0; link < phases[0]!.state.length; link++) {
    let run = 0;
    // Twice round, so that an amber over the program's end is seen whole.
    for (let i = 0; i < 2 * phases.length; i++) {
      const { state, durationS } = phases[i % phases.length]!;
      run = state[link] === "y" ? run + durationS : 0;
      longest = Math.max(longest, run);
    }
  }
  return longest > 0 ? longest : undefined;
}

/** The longest time between two stages with neither green nor amber for anyone who loses or gains it. */
const longestAllRed = (phases: readonly NetPhase[]): number =>
  phases.reduce((longest, { state, durationS }) => (/[Ggyu]/.test(state) ? longest : Math.max(longest, durationS)), 0);

export const greenIn = (state: string, link: number): boolean => isGreen(state[link] ?? "r");
