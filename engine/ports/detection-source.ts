import type { Observable } from "rxjs";
import type { Reading } from "../core/reading.ts";

export interface DetectionSource {
  /** Hot; never errors: a broken transport reconnects by itself. */
  readonly readings$: Observable<Reading>;
}
