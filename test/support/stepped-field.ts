import type { ExchangeCount } from "../../app/exchange-count.ts";
import type { SteppedClock } from "../../app/stepped-clock.ts";
import { instant, seconds } from "../../config/units.ts";
import type { Action, CabinetStatus, Outcome } from "../../engine/core/cabinet.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import type { VirtualCabinet } from "../../simulation/cabinet/virtual-cabinet.ts";

const step = seconds(0.5);

/** A virtual cabinet and who drives it, in steps of half a second: time stands while an exchange is open. */
export function steppedField({
  unit,
  clock,
  exchanges,
}: {
  readonly unit: VirtualCabinet;
  readonly clock: SteppedClock;
  readonly exchanges: ExchangeCount;
}) {
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
  const ask = async (field: FieldController, action: Action): Promise<Outcome> => {
    const outcomes: Outcome[] = [];
    let completed = false;
    const command = { id: `c${++sent}`, junction: unit.junction.id, at: clock.now(), action };
    field.send(command).subscribe({
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
  /** The next status the driver polls. */
  const poll = async (field: FieldController): Promise<CabinetStatus> => {
    let last: CabinetStatus | undefined;
    const subscription = field.status$.subscribe((status) => {
      last = status;
    });
    for (let waited = 0; !last; waited += step) {
      if (waited > seconds(60)) throw new Error("no status in 1 min");
      await run(step);
    }
    subscription.unsubscribe();
    return last;
  };
  return { run, ask, poll };
}
