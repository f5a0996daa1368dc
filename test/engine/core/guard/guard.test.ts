import { describe, expect, it } from "vitest";
import { instant, type Millis, seconds } from "../../../../config/units.ts";
import type { Action, CabinetMode, CabinetStatus } from "../../../../engine/core/cabinet.ts";
import { type GuardRequest, guard } from "../../../../engine/core/guard/guard.ts";
import { ago, cabinetOf, commandOf, faults, junctionOf, planOf, requestOf, withControl } from "./support.ts";

const c = planOf("c");
const plan: Action = { kind: "plan", plan: c };
const serve: Action = { kind: "serve", phases: [1] };
const keepAlive: Action = { kind: "keep-alive" };
const release: Action = { kind: "release" };
const history = { lastGreen: new Map([1, 2].map((phase) => [phase, ago(1000)])), greenSince: new Map() };
const judge = (action: Action, changes: Partial<GuardRequest> = {}) =>
  faults(requestOf("c", action, { ...history, ...changes }));
const commands = { plan, serve, "keep-alive": keepAlive } as const;
const each = Object.entries(commands);

describe("what is in order", () => {
  it.each(each)("is allowed: %s", (_name, action) => {
    expect(guard(requestOf("c", action, history))).toEqual({ allowed: true });
  });
});

describe("invariant 6: the cabinet's own people and faults come first", () => {
  const modes: Readonly<Record<CabinetMode, boolean>> = {
    dark: false,
    startup: false,
    flash: false,
    "all-red": false,
    local: true,
    central: true,
    manual: false,
    preempt: false,
    "fault-flash": false,
  };
  const table = Object.entries(modes) as [CabinetMode, boolean][];

  it.each(table)("mode %s: plan and serve allowed %s", (mode, allowed) => {
    const cabinet = cabinetOf("c", { mode });
    expect(judge(plan, { cabinet })).toEqual(allowed ? [] : ["6 cabinet-has-control"]);
    expect(judge(serve, { cabinet })).toEqual(allowed ? [] : ["6 cabinet-has-control"]);
  });

  it.each(table)("mode %s: keep-alive claims nothing", (mode, listening) => {
    const expected = mode === "central" ? [] : listening ? ["6 not-in-control"] : ["6 cabinet-has-control"];
    expect(judge(keepAlive, { cabinet: cabinetOf("c", { mode }) })).toEqual(expected);
  });

  it("denies a mode that it has never heard of", () => {
    expect(judge(plan, { cabinet: cabinetOf("c", { mode: "service" as CabinetMode }) })).toEqual([
      "6 cabinet-has-control",
    ]);
  });

  it("keeps nothing alive where nothing of ours is in force", () => {
    expect(judge(keepAlive, { inForce: undefined })).toEqual(["6 nothing-in-force"]);
    expect(judge(keepAlive, { inForce: { ...c, junction: "a" } })).toEqual(["6 nothing-in-force"]);
  });

  const silent: CabinetStatus = {
    kind: "unreachable",
    junction: "c",
    at: ago(1000),
    since: ago(9000),
    reason: "no answer in 2 s",
  };
  it.each(each)("sends no %s to a cabinet that does not answer, is unknown or another's", (_name, action) => {
    expect(judge(action, { cabinet: silent })).toEqual(["6 unreachable"]);
    expect(judge(action, { cabinet: undefined })).toEqual(["6 cabinet-unknown", "7 stale-status"]);
    expect(judge(action, { cabinet: cabinetOf("a") })).toEqual(["6 wrong-cabinet"]);
  });

  it("says why, and what is allowed", () => {
    const verdict = guard(requestOf("c", plan, { cabinet: cabinetOf("c", { mode: "manual" }) }));
    expect(verdict).toEqual({
      allowed: false,
      denials: [
        {
          invariant: 6,
          code: "cabinet-has-control",
          message: "the cabinet is in mode manual; only release is allowed: wait until it is local or central again",
        },
      ],
    });
  });
});

describe("invariant 7: stale knowledge decides nothing", () => {
  /** Ages in ms against the control's 60 s. */
  const ages: readonly [number, boolean][] = [
    [-1, false],
    [0, true],
    [59_999, true],
    [60_000, true],
    [60_001, false],
    [Number.NaN, false],
  ];

  it.each(ages)("the newest reading is %d ms old", (age, fresh) => {
    const newestReading = instant(ago(0) - age);
    const expected = fresh ? [] : ["7 stale-readings"];
    expect(judge(plan, { newestReading })).toEqual(expected);
    expect(judge(serve, { newestReading })).toEqual(expected);
    expect(judge(plan, { newestReading, scheduled: { ...c, id: "schedule" } })).toEqual([]);
    expect(judge(keepAlive, { newestReading })).toEqual([]);
  });

  it("has no reading at all", () => {
    expect(judge(plan, { newestReading: undefined })).toEqual(["7 stale-readings"]);
    expect(judge(serve, { newestReading: undefined })).toEqual(["7 stale-readings"]);
    expect(judge(plan, { newestReading: undefined, scheduled: c })).toEqual([]);
    expect(judge(keepAlive, { newestReading: undefined })).toEqual([]);
  });

  it("does not take a plan for the scheduled one of another junction", () => {
    expect(judge(plan, { newestReading: undefined, scheduled: { ...c, junction: "a" } })).toEqual(["7 stale-readings"]);
    expect(judge(plan, { newestReading: undefined, scheduled: undefined })).toEqual(["7 stale-readings"]);
  });

  it.each(ages)("the cabinet's status is %d ms old", (age, fresh) => {
    const cabinet = cabinetOf("c", { at: instant(ago(0) - age) });
    for (const [, action] of each)
      expect(judge(action, { cabinet, scheduled: c })).toEqual(fresh ? [] : ["7 stale-status"]);
  });

  it.each(ages)("the command is %d ms old", (age, fresh) => {
    for (const [, action] of each) {
      const command = { ...commandOf("c", action), at: instant(ago(0) - age) };
      expect(judge(action, { command, scheduled: c })).toEqual(fresh ? [] : ["7 stale-command"]);
    }
  });

  it("says how old and how old it may be", () => {
    const verdict = guard(requestOf("c", plan, { newestReading: ago(61_000) }));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "the newest reading is 61 s old; it must be between 0 s and 60 s: send the scheduled plan or release",
    ]);
  });

  it("denies when the limit is no number", () => {
    expect(judge(plan, { control: withControl({ maxReadingAge: Number.NaN as Millis }) })).toEqual([
      "7 stale-command",
      "7 stale-status",
      "7 stale-readings",
    ]);
  });
});

describe("invariant 9: real cabinets need a switch", () => {
  it.each(each)("%s", (_name, action) => {
    expect(judge(action, { target: "real" })).toEqual(["9 write-disabled"]);
    expect(judge(action, { target: "real", control: withControl({ writeEnabled: true }) })).toEqual([]);
    expect(judge(action, { target: "virtual", control: withControl({ writeEnabled: true }) })).toEqual([]);
    expect(judge(action, { target: "elsewhere" as "real" })).toEqual(["9 write-disabled"]);
    const truthy = withControl({ writeEnabled: "false" as unknown as boolean });
    expect(judge(action, { target: "real", control: truthy })).toEqual(["9 write-disabled"]);
  });
});

describe("invariant 10: audit before command", () => {
  it.each(each)("%s", (_name, action) => {
    expect(judge(action, { auditWritten: false })).toEqual(["10 not-audited"]);
    expect(judge(action, { auditWritten: "no" as unknown as boolean })).toEqual(["10 not-audited"]);
  });
});

describe("denial by default", () => {
  it("refuses an action that it does not know", () => {
    const verdict = guard(requestOf("c", { kind: "flash" } as unknown as Action));
    expect(verdict).toEqual({
      allowed: false,
      denials: [
        {
          invariant: 1,
          code: "unknown-action",
          message:
            'action {"kind":"flash"} is none of plan, serve, keep-alive, release, so its greens are unknown: send one of these',
        },
      ],
    });
  });

  it.each(each)("refuses a %s judged by another junction's limits", (_name, action) => {
    const command = commandOf("b", action);
    expect(judge(action, { command })).toEqual(["1 wrong-junction"]);
  });

  it("lists all faults at once, in order of the invariants", () => {
    const verdict = guard(
      requestOf(
        "c",
        { kind: "plan", plan: { ...c, offset: seconds(90) } },
        {
          cabinet: cabinetOf("c", { mode: "preempt" }),
          newestReading: undefined,
          auditWritten: false,
          target: "real",
        },
      ),
    );
    expect(verdict.allowed ? [] : verdict.denials.map(({ invariant, code }) => [invariant, code])).toEqual([
      [4, "offset-range"],
      [5, "offset-step"],
      [6, "cabinet-has-control"],
      [7, "stale-readings"],
      [9, "write-disabled"],
      [10, "not-audited"],
    ]);
  });

  it("knows nothing and allows nothing but release", () => {
    const nothing = {
      cabinet: undefined,
      inForce: undefined,
      scheduled: undefined,
      newestReading: undefined,
      lastGreen: undefined,
      greenSince: undefined,
      auditWritten: false,
      target: "real" as const,
    };
    for (const [, action] of each) expect(guard(requestOf("c", action, nothing)).allowed).toBe(false);
    expect(guard(requestOf("c", release, nothing))).toEqual({ allowed: true });
  });

  it("lets release through to any junction, in any mode", () => {
    expect(guard(requestOf("c", release, { command: commandOf("b", release), junction: junctionOf("a") }))).toEqual({
      allowed: true,
    });
    expect(judge(release, { cabinet: cabinetOf("c", { mode: "fault-flash" }) })).toEqual([]);
  });
});
