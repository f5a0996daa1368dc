import type { Observable } from "rxjs";
import type { Reading } from "../core/reading.ts";
import type { SceneReading } from "../core/scene.ts";

export interface DetectionSource {
  /** Hot; never errors: a broken transport reconnects by itself. */
  readonly readings$: Observable<Reading>;
  /** Hot; never errors. Absent where no pictures of objects come from. */
  readonly scenes$?: Observable<SceneReading>;
}
