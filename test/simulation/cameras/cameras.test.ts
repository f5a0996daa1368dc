import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import type { Camera, City } from "../../../config/model.ts";
import { after, type Instant, instant, type Millis, seconds } from "../../../config/units.ts";
import type { Observation } from "../../../engine/core/observe/observation.ts";
import { observe, startObserve } from "../../../engine/core/observe/observe.ts";
import type { PeriodReading, Reading } from "../../../engine/core/reading.ts";
import { decodeAtcsCount } from "../../../engine/sources/decode/atcs-count.ts";
import { knownDetectors } from "../../../engine/sources/decode/known.ts";
import { decodeOnvif, onvifRules } from "../../../engine/sources/decode/onvif-counter.ts";
import { type CameraFault, type CameraMessage, createCameras } from "../../../simulation/cameras/cameras.ts";
import type { Sensor, SensorSpec, Street } from "../../../simulation/street.ts";
import { testCity } from "../../support/city.ts";

/** 10:00 WITA: day. */
const day = instant(Date.UTC(2026, 1, 3, 2));
const night = instant(Date.UTC(2026, 1, 3, 14));
const none = { car: 0, hv: 0, mc: 0 };
const exact: CameraFault = { kind: "miscount", missed: none, falsePerHour: none };

/** A street of which the test says what crosses. Every sensor sees the same. */
class Stage {
  readonly specs: SensorSpec[] = [];
  readonly #sensor = { crossed: { ...none }, occupied: 0, present: false, inZone: 0, standing: 0, queueM: 0 };
  #now: Instant;
  readonly street: Street;

  constructor(start: Instant) {
    this.#now = start;
    this.street = {
      step: seconds(1),
      now: () => this.#now,
      sensor: (spec) => {
        this.specs.push(spec);
        return this.#sensor as unknown as Sensor;
      },
    } as Partial<Street> as Street;
  }

  /** One second in which so much crosses. */
  step(
    crossing: Partial<typeof none>,
    zone: { occupied?: number; present?: boolean; standing?: number } = {},
  ): Instant {
    this.#now = after(this.#now, seconds(1));
    for (const key of ["car", "hv", "mc"] as const) this.#sensor.crossed[key] += crossing[key] ?? 0;
    this.#sensor.occupied += zone.occupied ?? 0;
    this.#sensor.present = zone.present ?? false;
    this.#sensor.standing = zone.standing ?? 0;
    return this.#now;
  }
}

const id = "cam-c-north";
/** The test city with one camera that counts, changed as wanted. */
function cityWith(change: Partial<Camera> & { readonly id?: string } = {}): City {
  const city = testCity();
  const camera = { ...city.cameras.get(change.id ?? id)!, ...change };
  return { ...city, cameras: new Map([[camera.id, camera]]) };
}

interface Run {
  readonly city?: City;
  readonly start?: Instant;
  readonly faults?: readonly CameraFault[];
  readonly seed?: number;
  readonly lasting?: number;
  readonly crossing?: (s: number) => Partial<typeof none>;
  readonly zone?: (s: number) => { occupied?: number; present?: boolean; standing?: number };
}

function run({
  city = cityWith(),
  start = day,
  faults = [exact],
  seed = 1,
  lasting = 60,
  crossing = () => ({}),
  zone = () => ({}),
}: Run): readonly CameraMessage[] {
  const stage = new Stage(start);
  const camera = [...city.cameras.keys()][0]!;
  const cameras = createCameras({
    city,
    street: stage.street,
    random: seededRandom(seed),
    faults: new Map([[camera, faults]]),
  });
  const messages: CameraMessage[] = [];
  for (let s = 1; s <= lasting; s++) messages.push(...cameras.poll(stage.step(crossing(s), zone(s))));
  return messages;
}

const decode = (city: City, messages: readonly CameraMessage[]): readonly Reading[] =>
  messages.flatMap(({ body, at, camera }) =>
    decodeAtcsCount(body, { receivedAt: at, known: knownDetectors(city), camera }),
  );
const periods = (messages: readonly CameraMessage[]): readonly PeriodReading[] =>
  decode(cityWith(), messages).map((reading) => {
    expect(reading.kind).toBe("period");
    return reading as PeriodReading;
  });

describe("a camera that sends period counts", () => {
  it("sends each period once, when it is over, as the engine's own decoder reads it", () => {
    const seen = periods(
      run({
        lasting: 12,
        crossing: (s) => ({ car: 1, mc: s % 2, hv: s === 7 ? 1 : 0 }),
        zone: (s) => ({ occupied: s <= 2 ? 1000 : 0, present: s === 10, standing: 4 }),
      }),
    );
    expect(
      seen.map(({ start, end, counts, occupancy, presence, seq, receivedAt }) => [
        start - day,
        end - day,
        receivedAt - end,
        counts,
        occupancy,
        presence,
        seq,
      ]),
    ).toEqual([
      [0, 5000, 0, { car: 5, hv: 0, mc: 3 }, 0.4, false, 1],
      [5000, 10_000, 0, { car: 5, hv: 1, mc: 2 }, 0, true, 2],
    ]);
  });

  it("keeps to its grid when started off it, and does not send the cut period", () => {
    const seen = periods(run({ start: after(day, seconds(2)), lasting: 14, crossing: () => ({ car: 1 }) }));
    expect(seen.map(({ start, counts }) => [start - day, counts.car])).toEqual([
      [5000, 5],
      [10_000, 5],
    ]);
  });

  it("with several lines sends one array, in order of id", () => {
    const city = cityWith({ id: "cam-a-west" });
    const [message, ...more] = run({ city, lasting: 5 });
    expect(more).toEqual([]);
    expect(decode(city, [message!]).map(({ kind, detector }) => [kind, detector])).toEqual([
      ["period", "cam-a-west/west-1"],
      ["period", "cam-a-west/west-2"],
      ["period", "cam-a-west/west-3"],
    ]);
  });

  it("misses few by day and more motorcycles at night; never invents many", () => {
    const lasting = 2000;
    const counted = (start: Instant) => {
      const seen = periods(run({ start, faults: [], lasting, crossing: () => ({ car: 1, mc: 1 }) }));
      const sum = (key: "car" | "mc") => seen.reduce((total, { counts }) => total + (counts[key] ?? 0), 0) / lasting;
      return [sum("car"), sum("mc")] as const;
    };
    const [car, mc] = counted(day);
    const [carAtNight, mcAtNight] = counted(night);
    // 97, 94, 95.5 and 80 %, within four standard deviations of so many draws.
    expect(Math.abs(car - 0.97)).toBeLessThan(0.016);
    expect(Math.abs(mc - 0.94)).toBeLessThan(0.022);
    expect(Math.abs(carAtNight - 0.955)).toBeLessThan(0.019);
    expect(Math.abs(mcAtNight - 0.8)).toBeLessThan(0.036);
  });

  it("sees queues with a little noise, and none where none stands", () => {
    const queues = periods(run({ lasting: 1000, zone: () => ({ standing: 20 }) })).map(({ queueVeh }) => queueVeh!);
    const mean = queues.reduce((a, b) => a + b, 0) / queues.length;
    expect(Math.abs(mean - 20)).toBeLessThan(0.6);
    expect(new Set(queues).size).toBeGreaterThan(3);
    expect(periods(run({ lasting: 100 })).every(({ queueVeh }) => queueVeh === 0)).toBe(true);
  });

  it("says the same for the same seed, and other cameras do not change it", () => {
    const busy: Run = { faults: [], lasting: 300, crossing: () => ({ car: 1, mc: 2 }), zone: () => ({ standing: 9 }) };
    expect(run(busy)).toEqual(run(busy));
    expect(run({ ...busy, seed: 2 })).not.toEqual(run(busy));
    const whole = testCity();
    const stage = new Stage(day);
    const cameras = createCameras({ city: whole, street: stage.street, random: seededRandom(1) });
    const mine: CameraMessage[] = [];
    for (let s = 1; s <= 300; s++)
      mine.push(...cameras.poll(stage.step({ car: 1, mc: 2 }, { standing: 9 })).filter(({ camera }) => camera === id));
    expect(mine).toEqual(run(busy));
  });
});

describe("where it looks", () => {
  it("is its lanes by the kerb, at its distance; an exit line lies on the road that leaves by its arm", () => {
    const city = cityWith({ id: "cam-a-west" });
    const detector = city.detectors.get("cam-a-west/west-3")!;
    const exit = { ...detector, id: "exit", kind: "exit", lanes: [], distanceM: 15, zoneM: 30 } as const;
    const stage = new Stage(day);
    createCameras({
      city: {
        ...city,
        detectors: new Map([
          [detector.id, detector],
          [exit.id, exit],
        ]),
      },
      street: stage.street,
      random: seededRandom(1),
    });
    expect(stage.specs).toEqual([
      { link: "a-west>a", lanes: [2], from: "stop-line", distanceM: 2, zoneM: 60 },
      { link: "a>a-west", lanes: undefined, from: "entry", distanceM: 15, zoneM: 30 },
    ]);
  });
});

describe("faults on request", () => {
  const crossing = (s: number) => ({ car: 1 + (s % 3), mc: s % 4 });
  const at = (s: number): Instant => after(day, seconds(s));

  it("silent: nothing is sent, and what passed meanwhile is lost", () => {
    const seen = periods(run({ faults: [exact, { kind: "silent", from: at(10), to: at(20) }], lasting: 30, crossing }));
    expect(seen.map(({ end }) => (end - day) / 1000)).toEqual([5, 20, 25, 30]);
    expect(seen[1]!.counts.car).toBeLessThanOrEqual(15);
  });

  it("stuck: the last values again and again", () => {
    const seen = periods(run({ faults: [exact, { kind: "stuck", from: at(10), to: at(40) }], crossing })).map(
      ({ counts }) => counts.car,
    );
    expect(new Set(seen.slice(0, 7)).size).toBe(1);
    expect(seen).toHaveLength(12);
  });

  it("blind: zeros", () => {
    const seen = periods(run({ faults: [exact, { kind: "blind", from: at(10), to: at(20) }], lasting: 20, crossing }));
    expect(seen.map(({ counts }) => counts.car === 0)).toEqual([false, true, true, false]);
  });

  it("a wrong clock moves the stamps, not the sending", () => {
    const offset = seconds(8 * 3600);
    const [first] = periods(run({ faults: [exact, { kind: "clock-offset", offset }], lasting: 5 }));
    expect([first!.end - day, first!.receivedAt - day]).toEqual([offset + 5000, 5000]);
  });

  it("duplicates are the same bytes twice", () => {
    const messages = run({ faults: [exact, { kind: "duplicate", share: 1 }], lasting: 10, crossing });
    expect(messages).toHaveLength(4);
    expect(messages[0]).toEqual(messages[1]);
  });
});

describe("a camera that sends ONVIF counters", () => {
  const feed = { transport: "mqtt", format: "onvif-counter", topic: "bpn/c-north", period: seconds(5) } as const;
  const city = cityWith({ feed });
  const judge = (messages: readonly CameraMessage[], start: Instant): readonly Observation[] => {
    const rules = onvifRules(city, id);
    let state = startObserve(city, start);
    return messages.flatMap(({ topic, body, at, retain }) => {
      const readings = decodeOnvif(
        { topic: topic!, payload: body, retained: retain ?? false },
        { receivedAt: at, camera: id, rules },
      );
      const judged = observe(state, readings, at, city);
      state = judged.state;
      return judged.observations;
    });
  };

  it("sends a retained running total per class, which the engine turns back into counts", () => {
    const messages = run({ city, lasting: 20, crossing: () => ({ car: 1, mc: 2 }) });
    expect(messages.slice(0, 3).map(({ topic, retain, transport }) => [topic, retain, transport])).toEqual(
      ["car", "hv", "mc"].map((name) => [
        `bpn/c-north/onvif-ej/RuleEngine/CountAggregation/Counter/&vs1/va1/${id}/north-1:${name}`,
        true,
        "mqtt",
      ]),
    );
    expect(judge(messages, day).map(({ start, counts }) => [start - day, counts])).toEqual([
      [5000, { car: 5, hv: 0, mc: 10 }],
      [10_000, { car: 5, hv: 0, mc: 10 }],
      [15_000, { car: 5, hv: 0, mc: 10 }],
    ]);
  });

  it("begins anew at local midnight, and no vehicle is invented", () => {
    const start = instant(Date.UTC(2026, 1, 3, 16) - 60_000);
    const seen = judge(run({ city, start, lasting: 120, crossing: () => ({ car: 1 }) }), start);
    const cars = seen.map(({ counts }) => counts.car!);
    expect(cars.filter((count) => count !== 5)).toEqual([0]);
  });
});

it("sends at MQTT's plain topic when it speaks JSON there", () => {
  const feed = { transport: "mqtt", format: "atcs-count", topic: "bpn/c-north", period: seconds(5) as Millis } as const;
  expect(run({ city: cityWith({ feed }), lasting: 5 })).toMatchObject([
    { transport: "mqtt", topic: "bpn/c-north/counts" },
  ]);
});
