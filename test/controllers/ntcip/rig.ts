import { type AgentUser, Layout, openAgent } from "ntcip-ts";
import { ExchangeCount } from "../../../app/exchange-count.ts";
import { SteppedClock } from "../../../app/stepped-clock.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { instant, type Millis, millis, seconds } from "../../../config/units.ts";
import { openNtcip } from "../../../controllers/ntcip/driver.ts";
import type { Quirks } from "../../../controllers/ntcip/session.ts";
import type { Action, CabinetStatus, Outcome } from "../../../engine/core/cabinet.ts";
import { serveNtcip } from "../../../simulation/cabinet/ntcip-server.ts";
import { ServedUnit } from "../../../simulation/cabinet/ntcip-server-unit.ts";
import { createVirtualCabinet } from "../../../simulation/cabinet/unit.ts";
import type { VirtualCabinet } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { plans, testCity } from "../../support/city.ts";
import { openProxy, type Tamper } from "./proxy.ts";

/** 2026-11-23 01:00 UTC, Monday, 09:00 in Balikpapan. */
export const START = instant(Date.UTC(2026, 10, 23, 1));
export const COMMUNITY = "public";

/** Pattern slots the engine uses: the unit's last two. */
export const SLOTS = [64, 63] as const;

export type Rig = Awaited<ReturnType<typeof openRig>>;

/** A virtual cabinet behind its NTCIP server, a proxy that can spoil the wire, a driver, and time in steps of 100 ms. */
export async function openRig(
  options: {
    readonly junction?: "a" | "b";
    readonly timeout?: number;
    readonly quirks?: Quirks;
    readonly users?: readonly AgentUser[];
    /** Objects the unit does not have. */
    readonly without?: RegExp;
    /** Octets of the largest answer it gives. */
    readonly maxMessage?: number;
  } = {},
) {
  const city = testCity();
  const junction = city.junctions.get(options.junction ?? "b")!;
  const spec = { ...city.cabinets.get(`cab-${junction.id}`)!, protocol: "ntcip" as const };
  const clock = new SteppedClock(START);
  const unit = createVirtualCabinet({
    cabinet: spec,
    junction,
    schedule: city.schedule,
    utcOffset: city.utcOffset,
    start: START,
  });
  const { without, maxMessage, users = [], quirks = {} } = options;
  const server =
    without || maxMessage
      ? await serveLess(unit, { utcOffset: city.utcOffset, without: without ?? /^$/, maxMessage: maxMessage ?? 1472 })
      : await serveNtcip({ unit, utcOffset: city.utcOffset, users });
  let tamper: Tamper = {};
  const proxy = await openProxy(server.port, () => tamper);
  const exchanges = new ExchangeCount();
  const open = () =>
    openNtcip({
      spec,
      junction,
      url: proxy.url,
      community: COMMUNITY,
      clock,
      inFlight: exchanges,
      utcOffset: city.utcOffset,
      quirks,
      limits: { timeout: millis(options.timeout ?? 1000), tries: 3 },
    });
  let driver = open();
  let sent = 0;

  const step = async () => {
    unit.step(instant(clock.now() + 100));
    clock.advanceTo(instant(clock.now() + 100));
    await exchanges.idle();
  };

  return {
    city,
    junction,
    spec,
    clock,
    unit,
    server,
    proxy,
    exchanges,
    spoil: (next: Tamper) => {
      tamper = next;
      proxy.counts.requests = proxy.counts.replies = 0;
    },
    driver: () => driver,
    /** As a killed engine and its successor: nothing is said to the cabinet. */
    restart: () => {
      driver.close();
      driver = open();
    },
    run: async (time: number) => {
      for (const end = clock.now() + time; clock.now() < end; ) await step();
    },
    /** Subscribes; the outcome is there once enough steps were run. */
    begin: (action: Action): { readonly outcome: () => Outcome | undefined } => {
      const outcomes: Outcome[] = [];
      driver
        .send({ id: `c${++sent}`, junction: junction.id, at: clock.now(), action })
        .subscribe((outcome) => outcomes.push(outcome));
      return { outcome: () => outcomes[0] };
    },
    send: async (action: Action): Promise<Outcome> => {
      const outcomes: Outcome[] = [];
      driver
        .send({ id: `c${++sent}`, junction: junction.id, at: clock.now(), action })
        .subscribe((outcome) => outcomes.push(outcome));
      await exchanges.idle();
      while (outcomes.length === 0) await step();
      return outcomes[0]!;
    },
    statuses: (): CabinetStatus[] => {
      const seen: CabinetStatus[] = [];
      driver.status$.subscribe((status) => seen.push(status));
      return seen;
    },
    close: async () => {
      driver.close();
      await proxy.close();
      await server.close();
    },
  };
}

/** The same unit with objects left out, or with a smaller message. */
async function serveLess(
  unit: VirtualCabinet,
  options: { readonly utcOffset: Millis; readonly without: RegExp; readonly maxMessage: number },
) {
  const communities = { read: COMMUNITY, write: [COMMUNITY] };
  const device = new ServedUnit({ unit, utcOffset: options.utcOffset, schedule: undefined, communities });
  const layout = new Layout(device.shapes().filter(({ name }) => !options.without.test(name)));
  const agent = await openAgent({
    device,
    tables: { layout, source: device },
    communities,
    transactions: !options.without.test("dbCreateTransaction"),
    maxMessage: options.maxMessage,
  });
  return { port: agent.address().port, url: `udp://127.0.0.1:${agent.address().port}`, close: () => agent.close() };
}

/** The scheduled plan with changes. */
export const planFor = (junction: string, changes: Partial<TimingPlan> = {}): TimingPlan => ({
  ...plans.find((plan) => plan.junction === junction)!,
  ...changes,
});

/** Another plan for junction b, every number different from the scheduled one's. */
export const otherPlan: TimingPlan = planFor("b", {
  id: "other/b",
  cycle: seconds(100),
  offset: seconds(17),
  splits: [
    [1, 16],
    [2, 40],
    [3, 16],
    [4, 28],
    [5, 18],
    [6, 38],
    [7, 17],
    [8, 27],
  ].map(([phase, split]) => ({ phase: phase!, split: seconds(split!) })),
});
