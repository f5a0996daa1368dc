import { type Subscription, timer } from "rxjs";
import { after, type Instant, type Millis, millis, seconds } from "../../config/units.ts";
import type { Outcome } from "../../engine/core/cabinet.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";

/** Between two feedings of the cabinet's watchdog. */
const BEAT = seconds(5);

/**
 * Waits until a called pattern is what the cabinet says it runs, feeding its watchdog meanwhile; two cycles and a minute at most.
 */
export function untilRuns(
  driver: FieldController,
  { outcome, clock, cycle }: { readonly outcome: Outcome; readonly clock: Clock; readonly cycle: Millis },
): Promise<Outcome & { readonly verified: boolean }> {
  const pattern = Number(/pattern (\d+)/.exec(outcome.detail)?.[1]);
  const deadline: Instant = after(clock.now(), millis(2 * cycle + 60_000));
  return new Promise((resolve) => {
    const running: Subscription[] = [];
    const end = (result: Outcome, verified: boolean) => {
      for (const subscription of running) subscription.unsubscribe();
      resolve({ ...result, at: clock.now(), verified });
    };
    const { command, junction } = outcome;
    const about = { command, junction, at: clock.now() };
    running.push(
      driver.status$.subscribe((status) => {
        const reachable = status.kind === "reachable" ? status : undefined;
        if (reachable?.pattern === pattern && reachable.mode === "central") {
          end({ ...about, result: "accepted", detail: `pattern ${pattern} runs, read back` }, true);
        } else if (clock.now() >= deadline) {
          const says = reachable ? `it runs ${reachable.pattern} and is ${reachable.mode}` : "it does not answer";
          const detail = `pattern ${pattern} is called and does not run within two cycles: ${says}`;
          end({ ...about, result: "lost", code: "not-applied", detail }, false);
        }
      }),
      timer(BEAT, BEAT, clock.scheduler).subscribe(() => {
        driver.send({ ...about, id: "keep-alive", action: { kind: "keep-alive" } }).subscribe((beat) => {
          if (beat.result === "refused")
            end({ ...about, result: "refused", code: beat.code, detail: beat.detail }, false);
        });
      }),
    );
  });
}
