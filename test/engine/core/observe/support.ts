import type { City, Detector } from "../../../../config/model.ts";
import { after, type Instant, instant, type Millis, seconds } from "../../../../config/units.ts";
import type { Finding, HealthChange, Observation } from "../../../../engine/core/observe/observation.ts";
import { type ObserveState, observe, startObserve } from "../../../../engine/core/observe/observe.ts";
import { defaultSettings, type ObserveSettings } from "../../../../engine/core/observe/settings.ts";
import type { PeriodReading, Reading } from "../../../../engine/core/reading.ts";
import { testCity } from "../../../support/city.ts";

export const t0 = instant(Date.UTC(2026, 1, 2, 23, 0, 0));
export const at = (s: number): Instant => after(t0, seconds(s));

/** The test city with these detectors instead of its own. */
export function cityWith(detectors: readonly Partial<Detector>[]): City {
  const city = testCity();
  const base: Detector = {
    id: "d",
    camera: "cam",
    junction: "a",
    approach: "west",
    lanes: ["west-1"],
    kind: "stop-line",
    distanceM: 2,
    zoneM: 60,
    classes: ["car", "hv", "mc"],
    period: seconds(10),
  };
  return {
    ...city,
    detectors: new Map(detectors.map((detector) => [detector.id ?? "d", { ...base, ...detector }])),
  };
}

/** Feeds readings at their arrival and keeps what came out. */
export class Bench {
  readonly city: City;
  readonly observations: Observation[] = [];
  readonly findings: Finding[] = [];
  readonly health: HealthChange[] = [];
  readonly settings: ObserveSettings;
  state: ObserveState;

  constructor(city: City, settings: Partial<ObserveSettings> = {}) {
    this.city = city;
    this.settings = { ...defaultSettings, ...settings };
    this.state = startObserve(city, t0);
  }

  at(now: Instant, ...readings: readonly Reading[]): Bench {
    const judged = observe(this.state, readings, now, this.city, this.settings);
    this.state = judged.state;
    this.observations.push(...judged.observations);
    this.findings.push(...judged.findings);
    this.health.push(...judged.health);
    return this;
  }

  codes(): readonly string[] {
    return this.findings.map(({ code }) => code);
  }
}

/** A reading of detector `d` for the period that ends `endS` after t0, arriving 1 s later. */
export function period(
  endS: number,
  fields: Partial<PeriodReading> & { readonly length?: Millis; readonly lagS?: number } = {},
): PeriodReading {
  const { length = seconds(10), lagS = 1, ...rest } = fields;
  return {
    kind: "period",
    source: "cam",
    detector: "d",
    start: after(at(endS), -length as Millis),
    end: at(endS),
    receivedAt: at(endS + lagS),
    counts: { car: 2, hv: 0, mc: 3 },
    ...rest,
  };
}
