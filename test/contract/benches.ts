import { ExchangeCount } from "../../app/exchange-count.ts";
import { seededRandom } from "../../app/seeded-random.ts";
import { SteppedClock } from "../../app/stepped-clock.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { instant, millis, seconds } from "../../config/units.ts";
import { openModbus } from "../../controllers/modbus/driver.ts";
import { profileA } from "../../controllers/modbus/register-map.ts";
import { openNtcip } from "../../controllers/ntcip/driver.ts";
import type { Action, CabinetStatus, Outcome, ReachableStatus } from "../../engine/core/cabinet.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import { directController } from "../../simulation/cabinet/direct.ts";
import { serveModbus } from "../../simulation/cabinet/modbus-server.ts";
import { serveNtcip } from "../../simulation/cabinet/ntcip-server.ts";
import { faultyCarry, noReplyFaults, type ReplyFaults } from "../../simulation/cabinet/reply-faults.ts";
import { udpWire } from "../../simulation/cabinet/udp-wire.ts";
import { createVirtualCabinet } from "../../simulation/cabinet/unit.ts";
import { testCity } from "../support/city.ts";

export const protocols = ["direct", "ntcip", "modbus"] as const;
export type Protocol = (typeof protocols)[number];

const START = instant(Date.UTC(2026, 10, 23, 1));
const step = seconds(0.5);
/** Of one request, wall time: short, so that lost replies do not make the suite slow. */
const deadline = millis(150);

/** Junction `a`, other than its scheduled plan in cycle, offset and every split; whole seconds, as NTCIP has them. */
export const wanted: TimingPlan = {
  id: "wanted/a",
  junction: "a",
  cycle: seconds(80),
  offset: seconds(17),
  splits: [
    { phase: 1, split: seconds(40) },
    { phase: 2, split: seconds(15) },
    { phase: 3, split: seconds(25) },
  ],
  sequence: [[1, 2, 3]],
};

export type Bench = Awaited<ReturnType<typeof openBench>>;

/** A virtual cabinet past its start-up, and the controller that drives it by this protocol; time goes in steps of half a second. */
export async function openBench(protocol: Protocol, seed: number = 1) {
  const city = testCity();
  const junction = city.junctions.get("a")!;
  const spec = {
    ...city.cabinets.get("cab-a")!,
    protocol: protocol === "modbus" ? ("modbus" as const) : ("ntcip" as const),
  };
  const clock = new SteppedClock(START);
  const { schedule, utcOffset } = city;
  const unit = createVirtualCabinet({ cabinet: spec, junction, schedule, utcOffset, start: START });
  const exchanges = new ExchangeCount();
  const wire: ReplyFaults = { ...noReplyFaults };
  const random = seededRandom(seed, "wire");
  let replies = 0;
  let onReply: ((count: number) => void) | undefined;
  const faulty = faultyCarry({
    faults: () => wire,
    dice: () => random.next(),
    later: (run, delay) => setTimeout(run, delay),
  });
  const carry: typeof faulty = (reply, send) => {
    faulty(reply, send);
    onReply?.(++replies);
  };
  const common = { spec, junction, clock, inFlight: exchanges };

  const made = await (async (): Promise<{ field: FieldController; close(): Promise<void> }> => {
    if (protocol === "direct") return { field: directController({ unit, spec, clock }), close: async () => undefined };
    if (protocol === "ntcip") {
      const server = await serveNtcip({ unit, utcOffset });
      const udp = await udpWire({ port: 0, host: "127.0.0.1", to: server.port, carry });
      const url = `udp://127.0.0.1:${udp.port}`;
      const limits = { timeout: deadline, tries: 4 };
      const driver = openNtcip({ ...common, url, community: "public", utcOffset, limits });
      return {
        field: driver,
        close: async () => {
          driver.close();
          await udp.close();
          await server.close();
        },
      };
    }
    const server = await serveModbus({ unit, carry });
    const driver = openModbus({ ...common, url: server.url, map: profileA, deadline });
    return {
      field: driver,
      close: async () => {
        driver.close();
        await server.close();
      },
    };
  })();

  const run = async (time: number): Promise<void> => {
    for (const end = clock.now() + time; clock.now() < end; ) {
      const to = instant(clock.now() + step);
      unit.step(to);
      clock.advanceTo(to);
      await exchanges.idle();
    }
  };
  let sent = 0;
  /** Sends, lets time pass until there is an outcome, and fails if there is not exactly one. */
  const ask = async (action: Action): Promise<Outcome> => {
    const outcomes: Outcome[] = [];
    let completed = false;
    const command = { id: `c${++sent}`, junction: "a", at: clock.now(), action };
    made.field.send(command).subscribe({
      next: (outcome) => outcomes.push(outcome),
      error: (error) => {
        throw new Error(`the outcome of ${action.kind} is an error: ${String(error)}`);
      },
      complete: () => {
        completed = true;
      },
    });
    await exchanges.idle();
    for (let waited = 0; !completed; waited += step) {
      if (waited > seconds(600)) throw new Error(`no outcome of ${action.kind} in 10 min`);
      await run(step);
    }
    if (outcomes.length !== 1) throw new Error(`${outcomes.length} outcomes of ${action.kind}`);
    return outcomes[0]!;
  };
  const poll = async (): Promise<CabinetStatus> => {
    let last: CabinetStatus | undefined;
    const subscription = made.field.status$.subscribe((status) => {
      last = status;
    });
    for (let waited = 0; !last; waited += step) {
      if (waited > seconds(60)) throw new Error("no status in 1 min");
      await run(step);
    }
    subscription.unsubscribe();
    return last;
  };
  /** The next good poll; after a long silence a driver may take half a minute to look again. */
  const seen = async (): Promise<ReachableStatus> => {
    for (let tries = 0; tries < 60; tries++) {
      const status = await poll();
      if (status.kind === "reachable") return status;
    }
    throw new Error("unreachable for 60 polls");
  };
  /** Keeps the cabinet for so long. */
  const keep = async (time: number): Promise<void> => {
    for (let t = 0; t < time; t += 10_000) {
      await run(10_000);
      await ask({ kind: "keep-alive" });
    }
  };
  await run(seconds(120));
  return {
    protocol,
    junction,
    spec,
    unit,
    clock,
    wire,
    field: made.field,
    run,
    ask,
    poll,
    seen,
    keep,
    /** Told of each reply that sets out, with how many there have been since. */
    watchReplies: (listener: (count: number) => void) => {
      replies = 0;
      onReply = listener;
    },
    close: made.close,
  };
}

/** What runs, in the terms of a plan. */
export const runs = ({ unit }: Bench) => {
  const { plan } = unit.status();
  return plan && { cycle: plan.cycle, splits: [...plan.splits].map(([phase, split]) => ({ phase, split })) };
};
export const shape = ({ cycle, splits }: TimingPlan) => ({ cycle, splits });
