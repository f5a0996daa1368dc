import type { Kernel } from "./kernel.ts";
import { Aspect } from "./road-network.ts";

/** A fixed-time program: states one after another, one letter for each place of the signal (SUMO's letters). */
export interface FixedProgram {
  readonly signal: string;
  readonly offsetS: number;
  readonly phases: readonly { readonly durationS: number; readonly state: string }[];
}

/** Lets fixed programs run: returns what to call before each step. */
export function fixedPrograms(kernel: Kernel, programs: readonly FixedProgram[]): () => void {
  const { net } = kernel;
  const linksOf = new Map<string, number[]>(net.signalId.map((id) => [id, []]));
  net.linkSignal.forEach((signal, link) => {
    if (signal >= 0) linksOf.get(net.signalId[signal]!)!.push(link);
  });
  const running = programs.flatMap((program) => {
    const links = linksOf.get(program.signal);
    if (!links || program.phases.length === 0) return [];
    const cycleS = program.phases.reduce((sum, { durationS }) => sum + durationS, 0);
    return [{ ...program, links, cycleS, shown: -1, untilS: Number.NEGATIVE_INFINITY }];
  });
  return () => {
    for (const program of running) {
      if (kernel.nowS < program.untilS) continue;
      let inCycle = (((kernel.nowS - program.offsetS) % program.cycleS) + program.cycleS) % program.cycleS;
      let phase = 0;
      while (phase + 1 < program.phases.length && inCycle >= program.phases[phase]!.durationS)
        inCycle -= program.phases[phase++]!.durationS;
      program.untilS = kernel.nowS + program.phases[phase]!.durationS - inCycle;
      if (phase === program.shown) continue;
      program.shown = phase;
      const { state } = program.phases[phase]!;
      for (const link of program.links) kernel.aspect[link] = aspectOf(kernel, link, state[net.linkSignalIndex[link]!]);
    }
  };
}

/** A letter of a state string as a link understands it. */
export function aspectOf({ net }: Kernel, link: number, letter: string | undefined): number {
  switch (letter) {
    case "G":
      return Aspect.major;
    case "g":
    case "o":
      return Aspect.minor;
    case "s":
      return Aspect.stop;
    case "y":
    case "Y":
      return Aspect.amber;
    case "O":
      return net.linkRight[link]!;
    default:
      return Aspect.red;
  }
}
