import { describe, expect, it } from "vitest";
import { samePlan } from "../../../config/plan.ts";
import { between, seconds } from "../../../config/units.ts";
import type { Knowledge, Wanted } from "../../../engine/core/strategy.ts";
import { INPUT_LIMIT } from "../../../engine/pipeline/pipeline.ts";
import { testCity } from "../../support/city.ts";
import { planFor, readingsAt, rig, START, shifted, wanting } from "./rig.ts";

const shiftA = wanting((known) => [planFor("a", shifted(known, 4))]);
const scheduled = (known: Knowledge): readonly Wanted[] =>
  known.corridor.junctions.map((id) => planFor(id, known.scheduled.get(id)!));

describe("what a strategy wants", () => {
  it("is audited, sent, accepted, and not sent again while it is in force", () => {
    const run = rig({ strategy: shiftA });
    run.run(14);
    expect(run.cabinet("a").kinds()).toEqual(["plan"]);
    expect(run.cabinet("b").kinds()).toEqual([]);
    expect(run.frames.at(-1)!.state.hands.get("a")).toMatchObject({ claimed: true, plan: { id: "shifted/4" } });
    expect(run.written.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      "command:plan a",
      "outcome:accepted a",
    ]);
    expect(run.events("decision", "a")).toHaveLength(1);
    expect(run.events("outcome", "a")).toHaveLength(1);
  });

  it("never reaches a cabinet when the guard denies it, and the denial is on record", () => {
    const tooShort = wanting((known) => [planFor("a", shifted(known, 22))]);
    const run = rig({ strategy: tooShort });
    run.run(60);
    expect(run.cabinet("a").received).toEqual([]);
    const denials = run.events("denial", "a");
    expect(JSON.stringify(denials[0]!.data)).toContain("split-too-short");
    // Not once a second: the same is proposed again only after a pause.
    expect(denials.length).toBeLessThanOrEqual(7);
    expect(denials.length).toBeGreaterThan(1);
    expect(run.written.map(({ action }) => action)).toEqual(denials.flatMap(() => ["command:plan", "denied"]));
  });

  it("is not sent when it cannot be written to the audit trail first", () => {
    const run = rig({ strategy: shiftA, audit: () => false });
    run.run(30);
    expect(run.cabinet("a").received).toEqual([]);
    expect(JSON.stringify(run.events("denial", "a")[0]!.data)).toContain("not-audited");
    run.stop();
    run.run(2);
    expect(run.cabinet("a").kinds()).toEqual(["release"]);
  });

  it("is decided and recorded but not sent in shadow", () => {
    const run = rig({ strategy: shiftA, dispatch: false });
    run.run(30);
    run.stop();
    run.run(2);
    expect(run.events("decision", "a").length).toBeGreaterThan(0);
    expect(["a", "b", "c"].flatMap((id) => run.cabinet(id).received)).toEqual([]);
    expect(run.written).toEqual([]);
    expect(run.ended.how).toBe("complete");
  });
});

describe("a cabinet's watchdog", () => {
  it("is fed four times within its backup time, and only while something of ours is in force", () => {
    const run = rig({ strategy: shiftA });
    run.run(121);
    const { received } = run.cabinet("a");
    expect(run.cabinet("a").kinds()).toEqual([
      "plan",
      ...Array.from({ length: received.length - 1 }, () => "keep-alive"),
    ]);
    const gaps = received.slice(1).map((command, i) => between(received[i]!.at, command.at) / 1000);
    // The outcome is heard a second after sending: 15 s of the 60 from there.
    expect(Math.max(...gaps)).toBeLessThanOrEqual(16);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(15);
    expect(received.length).toBeGreaterThanOrEqual(8);
    expect(run.cabinet("b").received).toEqual([]);
  });

  it("is fed even while a new plan is refused again and again", () => {
    const first = planFor("a", shifted({ scheduled: testCity().schedule.planSets.get("day")!.plans }, 4));
    const run = rig({
      strategy: wanting(({ now, inForce, scheduled: plans }) => {
        if (!inForce.has("a")) return [first];
        return now % seconds(7) === 0 ? [planFor("a", shifted({ scheduled: plans }, 1 + ((now / 1000) % 3)))] : [];
      }),
    });
    run.cabinet("a").answer = ({ action }) =>
      action.kind === "plan" && action.plan.id !== "shifted/4" ? "refused" : "accepted";
    run.run(120);
    const feeds = run.cabinet("a").received.filter(({ action }) => action.kind === "keep-alive");
    const fed = [run.cabinet("a").received[0]!, ...feeds].map(({ at }) => at);
    expect(Math.max(...fed.slice(1).map((at, i) => between(fed[i]!, at)))).toBeLessThan(60_000);
  });

  it("is fed under second-by-second control by asking for the same phases again", () => {
    const wanted: Wanted = { junction: "b", action: { kind: "serve", phases: [2, 6] }, reasons: [] };
    const run = rig({ strategy: wanting(({ now }) => (between(START, now) === 40_000 ? [wanted] : [])) });
    const turns = [
      [1, 5],
      [3, 7],
      [4, 8],
      [2, 6],
    ]; // every phase has been seen green, as the guard asks
    for (const greens of turns) {
      run.cabinet("b").greens = greens;
      run.run(10);
    }
    run.run(40);
    // The strategy spoke once; the engine renews it until the guard says that the green is too long.
    expect(run.cabinet("b").kinds()).toEqual(["serve", "serve", "serve"]);
    run.run(30);
    expect(run.cabinet("b").received).toHaveLength(4);
    expect(JSON.stringify(run.events("denial", "b"))).toContain("green-too-long");
  });
});

describe("stale knowledge", () => {
  it("falls to the scheduled plan past its age limit, then gives the cabinet back", () => {
    const run = rig({ strategy: shiftA });
    run.run(10);
    run.cameras(false);
    run.run(50);
    expect(run.cabinet("a").plans()).toHaveLength(1);
    run.run(20);
    const [, fallback] = run.cabinet("a").plans();
    expect(samePlan(fallback!, run.city.schedule.planSets.get("day")!.plans.get("a")!)).toBe(true);
    expect(run.alarm("a/stale")).toBe(true);
    run.run(240);
    expect(run.cabinet("a").kinds().at(-1)).toBe("release");
    expect(
      run
        .cabinet("a")
        .kinds()
        .filter((kind) => kind === "release"),
    ).toHaveLength(1);
    // What was never ours was never touched.
    expect(run.cabinet("b").received).toEqual([]);
  });

  it("ends when readings come back: the engine takes hold again", () => {
    const run = rig({ strategy: shiftA });
    run.run(10);
    run.cameras(false);
    run.run(320);
    expect(run.cabinet("a").mode).toBe("local");
    run.cameras(true);
    run.run(20);
    expect(run.alarm("a/stale")).toBe(false);
    expect(run.cabinet("a").plans().at(-1)!.id).toBe("shifted/4");
  });
});

describe("a cabinet that says no", () => {
  it("is not asked the same again, and is left alone for a while", () => {
    const run = rig({ strategy: shiftA });
    run.cabinet("a").answer = () => "refused";
    run.run(300);
    expect(run.cabinet("a").kinds()).toEqual(["plan"]);
    expect(run.frames.flatMap(({ state }) => [...state.alarms])).toContain("a/stand-back");
  });

  it("may be asked something else after that while", () => {
    const run = rig({
      strategy: wanting((known) => [planFor("a", shifted(known, between(START, known.now) < 10_000 ? 4 : 2))]),
    });
    run.cabinet("a").answer = ({ action }) =>
      action.kind === "plan" && action.plan.id === "shifted/4" ? "refused" : "accepted";
    run.run(40);
    const [first, second] = run.cabinet("a").received;
    expect(second).toMatchObject({ action: { plan: { id: "shifted/2" } } });
    expect(between(first!.at, second!.at)).toBeGreaterThanOrEqual(15_000);
  });

  it("may be asked the same once something there has changed", () => {
    const run = rig({ strategy: shiftA });
    run.cabinet("a").answer = () => "refused";
    run.run(30);
    run.cabinet("a").reachable = false;
    run.run(5);
    run.cabinet("a").reachable = true;
    run.cabinet("a").answer = () => "accepted";
    run.run(30);
    expect(run.cabinet("a").plans()).toHaveLength(2);
  });
});

describe("a command that is lost", () => {
  it("is tried again, then backed off from, longer each time, and the cabinet is entered anew", () => {
    const strategy = wanting((known) => {
      const unknown = known.cabinets.get("a")?.kind === "reachable" && !known.inForce.has("a");
      return [planFor("a", unknown ? known.scheduled.get("a")! : shifted(known, 4))];
    });
    const run = rig({ strategy });
    run.cabinet("a").answer = ({ action }) => (action.kind === "plan" ? "lost" : "accepted");
    run.run(60);
    const tries = run.cabinet("a").received.filter(({ action }) => action.kind === "plan");
    const ids = [...new Set(tries.map(({ id }) => id))];
    // Each command goes out twice; the commands lie ever further apart.
    expect(tries).toHaveLength(2 * ids.length);
    const starts = ids.map((id) => tries.find((command) => command.id === id)!.at);
    const gaps = starts.slice(1).map((at, i) => between(starts[i]!, at));
    expect(gaps.length).toBeGreaterThanOrEqual(2);
    for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThan(gaps[i - 1] ?? 5000);
    run.cabinet("a").answer = () => "accepted";
    run.run(90);
    expect(run.cabinet("a").plans().at(-1)!.id).toBe("shifted/4");
    expect(run.frames.at(-1)!.state.hands.get("a")!.lost).toBe(0);
  });

  it("counts as lost when the driver never answers, and the corridor goes on", () => {
    const run = rig({ strategy: wanting(scheduled) });
    run.cabinet("a").answer = ({ action }) => (action.kind === "keep-alive" ? "silence" : "accepted");
    run.run(60);
    expect(JSON.stringify(run.events("outcome", "a"))).toContain('"lost"');
    expect(run.cabinet("b").kinds()).toContain("keep-alive");
  });
});

describe("people and faults at the junction", () => {
  it.each(["manual", "flash", "preempt", "fault-flash"] as const)(
    "%s: the engine stands back, and re-enters only after the hold-off",
    (mode) => {
      const run = rig({ strategy: shiftA });
      run.run(5);
      expect(run.cabinet("a").kinds()).toEqual(["plan"]);
      run.cabinet("a").mode = mode;
      run.run(120);
      expect(run.cabinet("a").kinds()).toEqual(["plan"]);
      expect(run.alarm("a/stand-back")).toBe(true);
      expect(run.events("denial", "a")).toEqual([]);
      run.cabinet("a").mode = "local";
      // One longest cycle of junction a from the last sight of it.
      run.run(139);
      expect(run.cabinet("a").kinds()).toEqual(["plan"]);
      run.run(5);
      expect(run.cabinet("a").plans()).toHaveLength(2);
      expect(run.alarm("a/stand-back")).toBe(false);
    },
  );

  it("local control: a cabinet that fell back by itself is left alone for a cycle of what ran", () => {
    const run = rig({ strategy: shiftA });
    run.run(5);
    run.cabinet("a").mode = "local";
    run.run(88);
    expect(run.cabinet("a").kinds()).toEqual(["plan"]);
    run.run(6);
    expect(run.cabinet("a").plans()).toHaveLength(2);
  });

  it("a cabinet that is slow to show what it accepted is not taken for one that fell back", () => {
    const run = rig({ strategy: shiftA });
    run.run(1);
    run.cabinet("a").mode = "local";
    run.run(60);
    expect(run.frames.at(-1)!.state.hands.get("a")).toMatchObject({ claimed: true, standBackReason: "" });
  });
});

describe("the end", () => {
  it("hands every cabinet back, claimed or not, and completes", () => {
    const run = rig({ strategy: shiftA });
    run.run(10);
    run.stop();
    run.run(2);
    expect(["a", "b", "c"].map((id) => run.cabinet(id).kinds().at(-1))).toEqual(["release", "release", "release"]);
    expect(run.ended.how).toBe("complete");
    expect(
      run.events("outcome").filter(({ data }) => String((data as { command: string }).command).includes("release")),
    ).toHaveLength(3);
    expect(run.written.filter(({ action }) => action === "command:release")).toHaveLength(3);
    expect(run.written.filter(({ action }) => action === "outcome:accepted")).toHaveLength(4);
  });

  it("comes too when a cabinet does not answer its release", () => {
    const run = rig({ strategy: shiftA });
    run.cabinet("b").answer = () => "silence";
    run.run(10);
    run.stop();
    run.run(120);
    expect(run.cabinet("b").kinds()).toEqual(["release", "release", "release"]);
    expect(run.ended.how).toBe("complete");
  });

  it("hands back and then tells when the fault is our own", () => {
    const bug = wanting(({ now }) => {
      if (between(START, now) > 10_000) throw new Error("a bug of ours");
      return [];
    });
    const run = rig({ strategy: bug });
    run.run(15);
    expect(["a", "b", "c"].map((id) => run.cabinet(id).kinds())).toEqual([["release"], ["release"], ["release"]]);
    expect(run.ended).toMatchObject({ how: "error", error: { message: "a bug of ours" } });
  });
});

describe("a driver with a bug", () => {
  it("never ends the stream: its cabinet is out of reach for a while, the others go on", () => {
    const run = rig({ strategy: wanting(scheduled) });
    run.run(5);
    run.cabinet("a").breaks = true;
    run.run(3);
    expect(run.alarm("a/unreachable")).toBe(true);
    run.run(10);
    expect(run.alarm("a/unreachable")).toBe(false);
    run.cabinet("b").answer = () => "throw";
    run.run(60);
    expect(JSON.stringify(run.events("outcome", "b"))).toContain("a bug of the driver");
    expect(
      run
        .cabinet("c")
        .kinds()
        .filter((kind) => kind === "keep-alive").length,
    ).toBeGreaterThan(2);
    expect(run.ended.how).toBeUndefined();
  });
});

describe("a flood", () => {
  it("is cut at the bound and told", () => {
    const run = rig({ strategy: wanting(() => []) });
    run.run(5);
    const [reading] = readingsAt(run.city, run.clock.now());
    for (let i = 0; i < INPUT_LIMIT + 500; i++) run.readings$.next(reading!);
    run.run(1);
    expect(run.frames.at(-1)!.droppedInputs).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(run.events("alarm", "main"))).toContain("inputs-dropped");
    run.run(2);
    expect(run.events("alarm", "main")).toHaveLength(1);
  });
});
