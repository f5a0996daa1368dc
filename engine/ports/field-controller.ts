import type { Observable } from "rxjs";
import type { CabinetStatus, Command, Outcome } from "../core/cabinet.ts";

export interface FieldController {
  readonly junction: string;
  /** Hot once subscribed; polls while subscribed; never errors. */
  readonly status$: Observable<CabinetStatus>;
  /** Cold; sends on subscription, emits one outcome and completes; never errors. One at a time per cabinet. */
  send(command: Command): Observable<Outcome>;
}
