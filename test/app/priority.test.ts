import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Subject } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultConfig, readCity, strategyOf } from "../../app/city-files.ts";
import { noRecorder, openRecorder } from "../../app/compose/recorder.ts";
import { replay } from "../../app/compose/replay.ts";
import { directWiring, simulatedRun } from "../../app/compose/simulated-run.ts";
import { samePlan, type TimingPlan } from "../../config/plan.ts";
import { between, type Instant, instant, after as plus, seconds } from "../../config/units.ts";
import { cyclePosition } from "../../engine/core/plan/green-windows.ts";
import { waitedFor } from "../../engine/core/requests/book.ts";
import type { EngineRequest } from "../../engine/core/requests/request.ts";
import type { Event, Json } from "../../engine/ports/event-store.ts";

const city = readCity(defaultConfig);
const start = instant(Date.parse("2026-02-03T07:00:00+08:00"));
const asked = plus(start, seconds(420));

interface Look {
  readonly now: Instant;
  readonly greens: readonly number[];
  readonly inTransition: boolean;
  readonly position: number | undefined;
  readonly plan: TimingPlan | undefined;
}

/** Some minutes in which something is asked, second by second as the engine saw it, by junction. */
async function run(strategy: string, requests: readonly EngineRequest[], lengthS: number, recorder = noRecorder) {
  const requests$ = new Subject<EngineRequest>();
  const looks = new Map<string, Look[]>(city.corridors.get("mt-haryono")!.junctions.map((id) => [id, []]));
  const events: Event[] = [];
  const audit: { action: string; data: Json }[] = [];
  const report = await simulatedRun(
    {
      city,
      strategy: strategyOf(strategy),
      seed: 11,
      start,
      duration: seconds(lengthS),
      requests$,
      recorder: {
        ...recorder,
        record: (batch) => {
          events.push(...batch);
          recorder.record(batch);
        },
        audit: (entry) => {
          audit.push(entry);
          return recorder.audit(entry);
        },
      },
      onFrame: ({ now, state }) => {
        if (now === asked) for (const request of requests) requests$.next(request);
        for (const [id, own] of looks) {
          const status = state.cabinets.get(id);
          if (status?.kind !== "reachable") continue;
          const greens = Object.entries(status.phases).flatMap(([phase, lamp]) => (lamp === "green" ? [+phase] : []));
          const { inTransition, cyclePosition: position } = status;
          own.push({ now: status.at, greens, inTransition, position, plan: state.hands.get(id)?.plan });
        }
      },
    },
    directWiring(city),
    { speed: Number.POSITIVE_INFINITY, onLate: () => undefined },
  );
  await recorder.close();
  return { report, looks, events, audit };
}

/** In step: the cabinet's place in the cycle is where the plan has it, by a second or two of polling. */
function inStep({ now, inTransition, position, plan }: Look): boolean {
  if (!plan || inTransition || position === undefined) return false;
  const away = Math.abs(position - cyclePosition(plan, now));
  return Math.min(away, plan.cycle - away) <= 2000;
}

describe("an emergency route over two junctions with second-by-second cabinets", () => {
  const stops = [
    { junction: "beruang-madu", movement: "west-through", at: plus(asked, seconds(75)) },
    { junction: "balikpapan-baru", movement: "west-through", at: plus(asked, seconds(240)) },
  ];
  const route: EngineRequest = {
    kind: "emergency-route",
    id: "fire-1",
    by: "fire engine 1",
    stops,
    until: plus(asked, seconds(400)),
  };
  const folder = mkdtempSync(join(tmpdir(), "priority-"));
  let result: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    result = await run("fixed", [route], 900, await openRecorder(folder, { resume: false }));
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(stops)("has green at $junction when the vehicle is due", ({ junction, movement, at }) => {
    const facts = city.junctions.get(junction)!;
    const { group } = facts.movements.find(({ id }) => id === movement)!;
    const phases = facts.phases.filter(({ groups }) => groups.includes(group)).map(({ number }) => number);
    const due = result.looks.get(junction)!.filter(({ now }) => Math.abs(between(now, at)) <= 5000);
    expect(due.length).toBeGreaterThan(5);
    for (const { greens } of due) expect(phases.some((phase) => greens.includes(phase))).toBe(true);
  });

  it.each(stops)("leaves $junction in step with the plan it ran, within two cycles", ({ junction, at }) => {
    const looks = result.looks.get(junction)!;
    const before = looks.findLast(({ now }) => now <= asked)!.plan!;
    const over = plus(at, waitedFor);
    const limit = plus(over, seconds((2 * before.cycle) / 1000));
    const back = looks.find((look) => look.now >= over && inStep(look) && samePlan(look.plan!, before));
    expect(back, `never back in step at ${junction}`).toBeDefined();
    expect(between(over, back!.now)).toBeLessThanOrEqual(2 * before.cycle);
    // And it stays there.
    for (const look of looks.filter(({ now }) => now > limit && now < plus(start, seconds(895))))
      expect(inStep(look)).toBe(true);
  });

  it("is decided the same again from the record", async () => {
    const { recorded, same, first } = await replay(city, join(folder, "events.jsonl"));
    expect(first).toBeUndefined();
    expect(recorded).toBeGreaterThan(0);
    expect(same).toBe(recorded);
  });

  it("passes the guard and the conflict monitor, and is on the audit trail before it acts", () => {
    expect(result.report).toMatchObject({ conflictMonitorTrips: 0, redLightRunners: 0 });
    expect(result.report.guardDenials).toEqual({});
    const called = result.events.filter(({ data }) => JSON.stringify(data).includes('"code":"emergency-route"'));
    expect(new Set(called.map(({ subject }) => subject))).toEqual(new Set(stops.map(({ junction }) => junction)));
    const actions = result.audit.map(({ action }) => action);
    expect(actions.indexOf("request:emergency-route")).toBeGreaterThanOrEqual(0);
    expect(actions.indexOf("request:emergency-route")).toBeLessThan(actions.indexOf("command:serve"));
    const said = result.events.filter(({ kind }) => kind === "human").map(({ data }) => JSON.stringify(data));
    expect(said.some((text) => text.includes('"granted"'))).toBe(true);
    expect(said.some((text) => text.includes('"ended"'))).toBe(true);
  });
});

describe("a call at a cabinet that ran its own schedule", () => {
  it("is followed by the scheduled plan, not left in force", async () => {
    // Adaptive control only listens in its first minutes, and has sent no plan yet.
    const at = plus(asked, seconds(60));
    const { looks, report } = await run(
      "cycle-adaptive",
      [
        {
          kind: "emergency-route",
          id: "early",
          by: "ambulance 2",
          stops: [{ junction: "beruang-madu", movement: "north-through", at }],
          until: plus(at, seconds(60)),
        },
      ],
      740,
    );
    const own = looks.get("beruang-madu")!;
    expect(own.findLast(({ now }) => now <= asked)!.plan).toBeUndefined();
    const { cycle } = city.schedule.planSets.get("morning-peak")!.plans.get("beruang-madu")!;
    const over = plus(at, waitedFor);
    const back = own.find((look) => look.now >= over && inStep(look));
    expect(between(over, back!.now)).toBeLessThanOrEqual(2 * cycle);
    expect(report).toMatchObject({ conflictMonitorTrips: 0, guardDenials: {} });
  }, 120_000);
});

describe("a bus that is late at a second-by-second cabinet", () => {
  const bus = (id: string, atS: number, lateS: number): EngineRequest => ({
    kind: "bus",
    id,
    by: "line 3",
    junction: "balikpapan-baru",
    movement: "north-through",
    at: plus(asked, seconds(atS)),
    late: seconds(lateS),
    headway: undefined,
  });
  const through = (junction: string, movement: string): readonly number[] => {
    const facts = city.junctions.get(junction)!;
    const { group } = facts.movements.find(({ id }) => id === movement)!;
    return facts.phases.filter(({ groups }) => groups.includes(group)).map(({ number }) => number);
  };
  const codes = (events: readonly Event[]) =>
    events.filter(({ kind, data }) => kind === "decision" && JSON.stringify(data).includes('"code":"bus-priority"'));

  it("has its green begun sooner or held, within a few seconds, and the plan is in step again within two cycles", async () => {
    const phases = through("balikpapan-baru", "north-through");
    const plain = await run("fixed", [], 600);
    // A moment of the plan at which its street has just lost its green.
    const usual = plain.looks.get("balikpapan-baru")!.filter(({ now }) => now > plus(asked, seconds(20)));
    const isGreen = ({ greens }: Look) => phases.some((phase) => greens.includes(phase));
    const end = usual.findIndex((look, i) => i > 0 && isGreen(usual[i - 1]!) && !isGreen(look));
    const atS = between(asked, usual[end]!.now) / 1000 + 6;
    expect(isGreen(usual.find(({ now }) => now >= plus(asked, seconds(atS)))!)).toBe(false);

    const late = await run("fixed", [bus("late", atS, 150), bus("punctual", atS, 0)], 800);
    const own = late.looks.get("balikpapan-baru")!;
    expect(isGreen(own.find(({ now }) => now >= plus(asked, seconds(atS)))!)).toBe(true);
    expect(codes(late.events).length).toBeGreaterThan(0);
    const plan = own.findLast(({ now }) => now <= asked)!.plan!;
    const over = plus(asked, seconds(atS + 4));
    const back = own.find((look) => look.now >= over && inStep(look) && samePlan(look.plan!, plan));
    expect(between(over, back!.now)).toBeLessThanOrEqual(2 * plan.cycle);
    expect(late.report).toMatchObject({ conflictMonitorTrips: 0, redLightRunners: 0, guardDenials: {} });
    const words = late.events.filter(({ kind }) => kind === "human").map(({ subject, data }) => [subject, data]);
    expect(words).toContainEqual(["punctual", { answer: expect.objectContaining({ answer: "refused" }) }]);
  }, 120_000);
});

describe("a special plan set that an operator runs for some minutes", () => {
  const until = plus(asked, seconds(200));
  const request: EngineRequest = {
    kind: "special-plan",
    id: "flood",
    by: "operator 7",
    planSet: "flood-diversion",
    corridor: undefined,
    until,
  };
  const special = city.schedule.planSets.get("flood-diversion")!;
  const usual = city.schedule.planSets.get("morning-peak")!;
  let result: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    result = await run("cycle-adaptive", [request], 680);
  }, 120_000);

  it("runs as written at every junction, whatever the strategy, and then the schedule's plans without being told", () => {
    for (const [junction, looks] of result.looks) {
      const during = looks.filter(({ now }) => now > plus(asked, seconds(30)) && now < until);
      for (const { plan } of during) expect(samePlan(plan!, special.plans.get(junction)!)).toBe(true);
      const afterwards = looks.find(({ now }) => now >= plus(until, seconds(30)))!;
      expect(samePlan(afterwards.plan!, usual.plans.get(junction)!)).toBe(true);
    }
    expect(result.report).toMatchObject({ conflictMonitorTrips: 0, guardDenials: {} });
  });

  it("is on the audit trail with the name of who asked", () => {
    const entry = result.audit.find(({ action }) => action === "request:special-plan");
    expect(entry?.data).toMatchObject({ by: "operator 7", planSet: "flood-diversion" });
  });
});
