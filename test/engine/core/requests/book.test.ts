import { describe, expect, it } from "vitest";
import { defaultConfig, readCity } from "../../../../app/city-files.ts";
import { type Instant, instant, type Millis, after as plus, seconds } from "../../../../config/units.ts";
import {
  bookAfter,
  busLockOut,
  emptyBook,
  lateEnough,
  longestSpecial,
  type RequestBook,
  waitedFor,
} from "../../../../engine/core/requests/book.ts";
import type { BusCall, EngineRequest } from "../../../../engine/core/requests/request.ts";
import { planSetFor } from "../../../../engine/core/requests/special.ts";
import { testCity } from "../../../support/city.ts";

const city = testCity();
const now = instant(Date.UTC(2026, 1, 3, 1));
const cabinets = new Map();
const ask = (request: EngineRequest, book: RequestBook = emptyBook, at: Instant = now) =>
  bookAfter(book, [request], { city, now: at, cabinets });

const bus = (change: Partial<BusCall> = {}): BusCall => ({
  kind: "bus",
  id: "bus-1",
  by: "line 3",
  junction: "a",
  movement: "west-through",
  at: plus(now, seconds(40)),
  late: seconds(120),
  headway: undefined,
  ...change,
});
const minutes = (value: number): Millis => seconds(60 * value);

describe("buses", () => {
  it.each([
    ["late", { late: seconds(120) }, true],
    ["just late enough", { late: lateEnough }, true],
    ["not late enough", { late: seconds(59) }, false],
    ["on time", { late: seconds(0) }, false],
    ["ahead of time", { late: seconds(-60) }, false],
    ["unknown", { late: undefined }, false],
    ["far behind the one ahead", { late: undefined, headway: { actual: minutes(13), planned: minutes(10) } }, true],
    ["close behind the one ahead", { late: undefined, headway: { actual: minutes(11), planned: minutes(10) } }, false],
    ["on time but with a gap", { late: seconds(0), headway: { actual: minutes(15), planned: minutes(10) } }, true],
  ])("one that is %s", (_name, change, helped) => {
    const { book, words } = ask(bus(change));
    expect(book.buses.length).toBe(helped ? 1 : 0);
    expect(words.map(({ answer }) => answer)).toEqual([helped ? "granted" : "refused"]);
  });

  it("are locked out for a while after one was helped, there and nowhere else", () => {
    const helped = { ...emptyBook, helped: new Map([["a", now]]) };
    const later = plus(now, seconds(busLockOut / 1000 - 1));
    const at = plus(later, seconds(30));
    expect(ask(bus({ at }), helped, later).book.buses).toEqual([]);
    expect(ask(bus({ at, junction: "b" }), helped, later).book.buses.length).toBe(1);
    const over = plus(now, busLockOut);
    expect(ask(bus({ at: plus(over, seconds(30)) }), helped, over).book.buses.length).toBe(1);
  });

  it("may correct their time of arrival, lock-out or not", () => {
    const first = ask(bus()).book;
    const again = ask(bus({ at: plus(now, seconds(55)) }), { ...first, helped: new Map([["a", now]]) }).book;
    expect(again.buses.map(({ at }) => at)).toEqual([plus(now, seconds(55))]);
  });

  it("give way to an emergency route and to the bus that asked first", () => {
    const route: EngineRequest = {
      kind: "emergency-route",
      id: "e",
      by: "ambulance",
      stops: [{ junction: "a", movement: "west-through", at: plus(now, seconds(90)) }],
      until: plus(now, seconds(300)),
    };
    expect(ask(bus(), ask(route).book).book.buses).toEqual([]);
    expect(ask(bus({ id: "bus-2" }), ask(bus()).book).words[0]!.text).toContain("another bus");
  });
});

describe("whatever was asked", () => {
  it("is over at its time", () => {
    const { book } = ask(bus());
    const last = plus(book.buses[0]!.at, waitedFor);
    expect(bookAfter(book, [], { city, now: last, cabinets }).book.buses.length).toBe(1);
    const ended = bookAfter(book, [], { city, now: plus(last, seconds(0.001)), cabinets });
    expect(ended.book.buses).toEqual([]);
    expect(ended.words).toEqual([{ request: "bus-1", answer: "ended", text: "its time is over" }]);
  });

  it("can be taken back", () => {
    const { book } = ask({ kind: "cancel", id: "c", by: "operator", request: "bus-1" }, ask(bus()).book);
    expect(book.buses).toEqual([]);
  });

  it.each([
    ["of a plan set that is not there", { planSet: "holiday" }],
    ["that is over", { until: now }],
    ["longer than a shift", { until: plus(now, seconds(longestSpecial / 1000 + 1)) }],
  ])("is refused: a special plan set %s", (_name, change) => {
    const request: EngineRequest = {
      kind: "special-plan",
      id: "s",
      by: "operator",
      planSet: "day",
      corridor: undefined,
      until: plus(now, seconds(600)),
      ...change,
    };
    const { book, words } = ask(request);
    expect(book.special).toBeUndefined();
    expect(words[0]!.answer).toBe("refused");
  });
});

describe("special plan sets of Balikpapan (UTC+8)", () => {
  const balikpapan = readCity(defaultConfig);
  const at = (local: string, book = emptyBook) => {
    const { planSet, asWritten } = planSetFor(balikpapan, instant(Date.parse(`${local}+08:00`)), book);
    return [planSet.id, asWritten];
  };

  it.each([
    // 2026-02-06 is a Friday.
    ["2026-02-06T10:59:59.999", "midday", false],
    ["2026-02-06T11:00:00.000", "friday-prayer", true],
    ["2026-02-06T13:29:59.999", "friday-prayer", true],
    ["2026-02-06T13:30:00.000", "midday", false],
    ["2026-02-05T12:00:00.000", "midday", false],
    // A dated event goes before the hour of the week.
    ["2026-02-03T16:29:59.999", "evening-peak", false],
    ["2026-02-03T16:30:00.000", "flood-diversion", true],
    ["2026-02-03T18:30:00.000", "evening-peak", false],
    // A holiday runs from local midnight, 16:00 UTC the day before.
    ["2026-03-19T23:59:59.999", "night", false],
    ["2026-03-20T00:00:00.000", "weekend", false],
    ["2026-03-22T00:00:00.000", "night", false],
  ])("%s: %s, as written %s", (local, planSet, asWritten) => {
    expect(at(local)).toEqual([planSet, asWritten]);
  });

  it("an operator's goes before calendar and hour, until its time and not a millisecond longer", () => {
    const special = {
      kind: "special-plan",
      id: "s",
      by: "operator",
      planSet: "evening",
      corridor: undefined,
      until: instant(Date.parse("2026-02-06T12:00:00+08:00")),
    } as const;
    const book = { ...emptyBook, special };
    expect(at("2026-02-06T11:59:59.999", book)).toEqual(["evening", true]);
    expect(at("2026-02-06T12:00:00.000", book)).toEqual(["friday-prayer", true]);
  });
});
