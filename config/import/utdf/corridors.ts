import type { UtdfNetwork } from "./network.ts";
import type { Road } from "./roads.ts";

export interface UtdfCorridor {
  /** Nodes in driving order. */
  readonly junctions: readonly string[];
  readonly forward: readonly Road[];
  readonly backward: readonly Road[];
  /** Roads that end in an approach the corridor runs through. */
  readonly main: readonly Road[];
}

/** Chains of signals along through movements, both ways; every signal is in exactly one. */
export function corridorsOf(
  { nodes }: UtdfNetwork,
  roads: readonly Road[],
  signals: readonly string[],
): readonly UtdfCorridor[] {
  const road = (from: string, to: string) => roads.find((own) => own.from === from && own.to === to);
  const paired = (a: string, b: string) => road(a, b) !== undefined && road(b, a) !== undefined;
  /** The signal straight on from `from` through `through`. */
  const onward = (from: string, through: string): string | undefined => {
    const entry = road(from, through)!;
    const straight = nodes.get(through)!.movements.find((own) => own.from === entry.last && own.turn === "T");
    const exit = straight && roads.find((own) => own.from === through && own.first === straight.to);
    return exit && free.has(exit.to) && paired(through, exit.to) ? exit.to : undefined;
  };
  const free = new Set(signals);
  const corridors: UtdfCorridor[] = [];
  const follow = (from: string, through: string): readonly string[] => {
    const found: string[] = [];
    for (let [a, b] = [from, through]; ; ) {
      const next = onward(a, b);
      if (next === undefined || found.includes(next) || next === from) return found;
      found.push(next);
      [a, b] = [b, next];
    }
  };
  for (const signal of signals) {
    if (!free.has(signal)) continue;
    free.delete(signal);
    const chains = [...free]
      .filter((other) => paired(signal, other))
      .map((other) => {
        const ahead = [other, ...follow(signal, other)];
        const behind = follow(other, signal);
        return [...behind].reverse().concat([signal], ahead);
      });
    const longest = chains.reduce<readonly string[]>(
      (best, chain) => (chain.length > best.length ? chain : best),
      [signal],
    );
    for (const own of longest) free.delete(own);
    const forward = longest.slice(1).map((own, i) => road(longest[i]!, own)!);
    const backward = longest.slice(1).map((own, i) => road(own, longest[i]!)!);
    const ends = [
      [longest[1], longest[0]],
      [longest.at(-2), longest.at(-1)],
    ] as const;
    const outer = ends.flatMap(([inner, end]) =>
      inner === undefined || end === undefined ? [] : entering(nodes, roads, inner, end),
    );
    corridors.push({ junctions: longest, forward, backward, main: [...forward, ...backward, ...outer] });
  }
  return corridors;
}

/** Of a chain's last signal, the road that comes in opposite the chain. */
function entering(nodes: UtdfNetwork["nodes"], roads: readonly Road[], inner: string, end: string): readonly Road[] {
  const out = roads.find((own) => own.from === end && own.to === inner);
  const straight = nodes.get(end)!.movements.find((own) => own.turn === "T" && own.to === out?.first);
  return roads.filter((own) => own.to === end && own.last === straight?.from);
}
