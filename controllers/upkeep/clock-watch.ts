import { after, type Instant, type Millis, seconds } from "../../config/units.ts";

/** A cabinet's offsets count from its own clock: further off than this, it is out of step on the street. */
const tolerance = seconds(2);
/** Between two settings of one clock: one that is off again sooner wants a technician; each setting moves its offset (our choice). */
const settingPause = seconds(15 * 60);

/** Of a status: the cabinet's clock is off, set or not. */
export const clockOff = "clock-off";

/** What to do about one cabinet's clock. The engine sets it only while the cabinet runs what the engine sent. */
export class ClockWatch {
  #setAt: Instant | undefined;

  /** The fault that a status has to name; `error`: the cabinet's clock minus ours, undefined where nobody can read it. */
  faults(error: Millis | undefined): readonly string[] {
    return isOff(error) ? [clockOff] : [];
  }

  /** Must it be set now? Says yes once a pause, whatever comes of it. */
  due(error: Millis | undefined, now: Instant): boolean {
    if (!isOff(error) || (this.#setAt !== undefined && now < after(this.#setAt, settingPause))) return false;
    this.#setAt = now;
    return true;
  }
}

export const isOff = (error: Millis | undefined): error is Millis => error !== undefined && Math.abs(error) > tolerance;
