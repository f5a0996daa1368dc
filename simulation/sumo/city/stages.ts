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
  /** From the program's start to the start of the first stage, s. */
  readonly leadS: number;
  /** Of the program's own changes, s; undefined where it has none. */
  readonly amberS: number | undefined;
  readonly allRedS: number;
}

const isGreen = (letter: string): boolean => letter === "G" || letter === "g";

/** A stage shows green and nobody a change. */
const isStage = ({ state }: NetPhase): boolean => /[Gg]/.test(state) && !/[yu]/.test(state);

/** The stages of a program, equal ones once; undefined where it never shows green. */
export function stagesOf(program: NetProgram, report: ImportReport): ProgramStages | undefined {
  const { phases } = program;
  const first = phases.findIndex(isStage);
  const name = `signal ${program.signal}`;
  if (first < 0) {
    report.note("a signal whose program shows no green without a change is left to itself", name);
    return undefined;
  }
  const states: string[] = [];
  const greenS: number[] = [];
  const changeS: number[] = [];
  let at = -1;
  for (let i = 0; i < phases.length; i++) {
    const phase = phases[(first + i) % phases.length]!;
    if (!isStage(phase)) {
      changeS[at]! += phase.durationS;
      continue;
    }
    const known = states.indexOf(phase.state);
    if (known >= 0 && known !== at)
      report.note("a stage shown twice in a cycle is planned once, with both its greens", `${name}, ${phase.state}`);
    at = known >= 0 ? known : states.push(phase.state) - 1;
    greenS[at] = (greenS[at] ?? 0) + phase.durationS;
    changeS[at] ??= 0;
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
    leadS: phases.slice(0, first).reduce((sum, { durationS }) => sum + durationS, 0),
    amberS,
    allRedS: longestAllRed(phases),
  };
}

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
