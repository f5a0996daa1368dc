import { ExchangeCount } from "../../app/exchange-count.ts";
import { seededRandom } from "../../app/seeded-random.ts";
import { SteppedClock } from "../../app/stepped-clock.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { instant, millis, seconds } from "../../config/units.ts";
import { openModbus } from "../../controllers/modbus/driver.ts";
import { profileA } from "../../controllers/modbus/register-map.ts";
import { openNtcip } from "../../controllers/ntcip/driver.ts";
import type { Action, ReachableStatus } from "../../engine/core/cabinet.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import { directController } from "../../simulation/cabinet/direct.ts";
import { serveModbus } from "../../simulation/cabinet/modbus-server.ts";
import { serveNtcip } from "../../simulation/cabinet/ntcip-server.ts";
import { faultyCarry, noReplyFaults, type ReplyFaults } from "../../simulation/cabinet/reply-faults.ts";
import { udpWire } from "../../simulation/cabinet/udp-wire.ts";
import { createVirtualCabinet } from "../../simulation/cabinet/unit.ts";
import { testCity } from "../support/city.ts";
import { steppedField } from "../support/stepped-field.ts";

export const protocols = ["direct", "ntcip", "modbus"] as const;
export type Protocol = (typeof protocols)[number];

const START = instant(Date.UTC(2026, 10, 23, 1));
/** Of one request, wall time: short, so that lost replies do not make the suite slow. */
const deadline = millis(150);

/** Whole seconds, as NTCIP has them. */
export { otherPlan as wanted } from "../support/other-plan.ts";

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

  const stepped = steppedField({ unit, clock, exchanges });
  const { run } = stepped;
  const ask = (action: Action) => stepped.ask(made.field, action);
  const poll = () => stepped.poll(made.field);
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
