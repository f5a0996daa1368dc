import {
  type Agent,
  type AgentOptions,
  type Device,
  type Instance,
  oidOf,
  openAgent,
  type Ref,
  ref,
  type Value,
  type Write,
} from "ntcip-ts";

/** A small unit: one pattern, one split of two phases, one sequence, a status and two controls, kept in a map. */
export interface TestUnit {
  readonly agent: Agent;
  readonly values: Map<string, Value>;
  readonly acted: Write[];
  readonly stored: (readonly Write[])[];
  value(ref: Ref): Value | undefined;
}

const start: readonly (readonly [Ref, Value])[] = [
  [ref("maxPhases"), 2],
  [ref("phaseStatusGroupGreens", 1), 1],
  [ref("globalTime"), 3_000_000_000],
  [ref("patternCycleTime", 1), 60],
  [ref("patternOffsetTime", 1), 0],
  [ref("splitTime", 1, 1), 40],
  [ref("splitTime", 1, 2), 20],
  [ref("sequenceData", 1, 1), Uint8Array.of(1, 2)],
  [ref("systemPatternControl"), 0],
  [ref("phaseControlGroupForceOff", 1), 0],
  [ref("moduleDeviceNode", 1), "1.3.6.1.4.1.1206.4.2.1"],
];

export const readCommunity = "public";
export const writeCommunity = "operator";
export const otherWriter = "engineer";

/** Its database holds together when the splits add up to the cycle. */
export async function openTestUnit(
  options: Pick<AgentOptions, "maxMessage" | "v3"> & { readonly administrator?: string } = {},
): Promise<TestUnit> {
  const { administrator: name, ...rest } = options;
  const administrator = name === undefined ? {} : { administrator: name };
  const values = new Map(start.map(([one, value]) => [oidOf(one), value]));
  const acted: Write[] = [];
  const stored: (readonly Write[])[] = [];
  const device: Device = {
    check(writes) {
      const next = new Map(values);
      for (const { ref: one, value } of writes) next.set(oidOf(one), value);
      const number = (one: Ref) => next.get(oidOf(one)) as number;
      const sum = number(ref("splitTime", 1, 1)) + number(ref("splitTime", 1, 2));
      return sum === number(ref("patternCycleTime", 1)) ? undefined : `splits are ${sum} s`;
    },
    store(writes) {
      stored.push(writes);
      for (const { ref: one, value } of writes) values.set(oidOf(one), value);
    },
    mayAct: ({ ref: one, value }) => one.name !== "systemPatternControl" || value !== 99,
    act(writes) {
      acted.push(...writes);
      for (const { ref: one, value } of writes) values.set(oidOf(one), value);
    },
  };
  const instances: readonly Instance[] = start.map(([one]) => ({ ref: one, read: () => values.get(oidOf(one))! }));
  const agent = await openAgent({
    device,
    instances,
    communities: { read: readCommunity, write: [writeCommunity, otherWriter], ...administrator },
    ...rest,
  });
  return { agent, values, acted, stored, value: (one) => values.get(oidOf(one)) };
}
