import type { City } from "../../../config/model.ts";
import { between, type Instant, seconds } from "../../../config/units.ts";
import type { CabinetStatus } from "../cabinet.ts";
import { servesSeconds } from "../strategies/cabinet-standing.ts";
import type { BusCall, EmergencyRoute, EngineRequest, SpecialPlan, Stop } from "./request.ts";

/** What is asked of one corridor now. Plain data. */
export interface RequestBook {
  readonly special: SpecialPlan | undefined;
  readonly routes: readonly EmergencyRoute[];
  /** Those that are to be helped. */
  readonly buses: readonly BusCall[];
  /** When a bus was last helped, by junction. */
  readonly helped: ReadonlyMap<string, Instant>;
  /** Junctions where green was called for a vehicle and which have not gone back yet to what they ran. */
  readonly called: ReadonlyMap<string, CalledOver>;
  /** Plan set that ran in the schedule's place last; its plans are left for the schedule's when it ends. */
  readonly lastSpecial: string | undefined;
}

/** What a call took the place of: a plan, which has to be gone back to, or a strategy's own calls, which go on by themselves. */
export type CalledOver = "plan" | "seconds";

export const emptyBook: RequestBook = {
  special: undefined,
  routes: [],
  buses: [],
  helped: new Map(),
  called: new Map(),
  lastSpecial: undefined,
};

/** Something is said of a request once: taken, refused, over. */
export interface Word {
  readonly request: string;
  readonly answer: "granted" | "refused" | "ended";
  readonly text: string;
}

/** A bus is helped from this lateness on; less is within what stops make up. */
export const lateEnough = seconds(60);
/** Or from this many times its planned headway on: a gap that grows by itself, since more people wait. */
export const headwayEnough = 1.25;
/** After one bus a junction helps no other for so long, so that its other streams get their greens back (TSP practice: two to five cycles). */
export const busLockOut = seconds(300);
/** Longest that an operator's plan set runs without being asked for anew. */
export const longestSpecial = seconds(12 * 3600);
/** An emergency vehicle is expected this far ahead at most. */
export const longestRoute = seconds(1800);
/** A vehicle that has not come so long after its time is not waited for: it is late by a red, or went another way. */
export const waitedFor = seconds(20);

/** Takes in what was asked since the last tick, and lets go what is over. */
export function bookAfter(
  before: RequestBook,
  asked: readonly EngineRequest[],
  { city, now, cabinets }: Omit<Taking, "say">,
): { readonly book: RequestBook; readonly words: readonly Word[] } {
  const words: Word[] = [];
  const say = (request: string, answer: Word["answer"], text: string) => words.push({ request, answer, text });
  let book = before;
  for (const request of asked) book = taken(book, request, { city, now, cabinets, say });
  return { book: lapsed(book, now, say), words };
}

interface Taking {
  readonly city: City;
  readonly now: Instant;
  readonly cabinets: ReadonlyMap<string, CabinetStatus>;
  readonly say: (request: string, answer: Word["answer"], text: string) => void;
}

function taken(book: RequestBook, request: EngineRequest, { city, now, cabinets, say }: Taking): RequestBook {
  const { id } = request;
  switch (request.kind) {
    case "special-plan": {
      const longest = between(now, request.until) > longestSpecial;
      if (!city.schedule.planSets.has(request.planSet) || request.until <= now || longest) {
        say(id, "refused", `plan set ${request.planSet} until ${iso(request.until)} cannot run from ${iso(now)}`);
        return book;
      }
      say(id, "granted", `${request.by} runs plan set ${request.planSet} until ${iso(request.until)}`);
      return { ...book, special: request };
    }
    case "emergency-route":
      if (request.until <= now || between(now, request.until) > longestRoute) {
        say(id, "refused", `an emergency route until ${iso(request.until)} is over, or too far ahead`);
        return book;
      }
      say(id, "granted", `green for ${request.by} at ${names(request.stops)}${unable(request.stops, cabinets)}`);
      return { ...book, routes: [...book.routes.filter((route) => route.id !== id), request] };
    case "bus": {
      const no = refusal(book, request, now);
      say(id, no ? "refused" : "granted", no ?? `bus ${request.by} is expected at ${request.junction}`);
      const others = book.buses.filter((bus) => bus.id !== id);
      return { ...book, buses: no ? others : [...others, request] };
    }
    case "cancel": {
      const left = without(book, request.request);
      if (left !== book) say(request.request, "ended", `taken back by ${request.by}`);
      return left;
    }
  }
}

const names = (stops: readonly Stop[]): string => stops.map(({ junction }) => junction).join(", ");

/** Where the engine can call no green, and the cabinet's own preemption has to. */
function unable(stops: readonly Stop[], cabinets: Taking["cabinets"]): string {
  const cannot = stops.filter(({ junction }) => !servesSeconds(cabinets.get(junction)));
  return cannot.length === 0 ? "" : `; not at ${names(cannot)}, whose cabinets take no calls from the engine now`;
}

/** Why a bus is not helped, if it is not. */
function refusal({ buses, helped, routes }: RequestBook, bus: BusCall, now: Instant): string | undefined {
  const { late, headway, junction } = bus;
  const behind = late !== undefined && late >= lateEnough;
  const gap = headway !== undefined && headway.actual >= headwayEnough * headway.planned;
  if (!behind && !gap) return `neither ${lateEnough / 1000} s late nor ${headwayEnough} headways behind the bus ahead`;
  const last = helped.get(junction);
  const again = buses.some(({ id }) => id === bus.id);
  if (!again && last !== undefined && between(last, now) < busLockOut)
    return `${junction} helped a bus ${between(last, now) / 1000} s ago; the next one after ${busLockOut / 1000} s`;
  if (buses.some((other) => other.id !== bus.id && other.junction === junction))
    return `another bus is expected at ${junction}`;
  if (routes.some(({ stops }) => stops.some((stop) => stop.junction === junction)))
    return `${junction} is on an emergency route`;
  return undefined;
}

function without(book: RequestBook, id: string): RequestBook {
  if (![book.special, ...book.routes, ...book.buses].some((own) => own?.id === id)) return book;
  return {
    ...book,
    special: book.special?.id === id ? undefined : book.special,
    routes: book.routes.filter((route) => route.id !== id),
    buses: book.buses.filter((bus) => bus.id !== id),
  };
}

function lapsed(book: RequestBook, now: Instant, say: Taking["say"]): RequestBook {
  let left = book;
  const over = [
    ...(book.special && book.special.until <= now ? [book.special.id] : []),
    ...book.routes
      .filter(({ stops, until }) => until <= now || stops.every(({ at }) => between(at, now) > waitedFor))
      .map(({ id }) => id),
    ...book.buses.filter(({ at }) => between(at, now) > waitedFor).map(({ id }) => id),
  ];
  for (const id of over) {
    say(id, "ended", "its time is over");
    left = without(left, id);
  }
  return left;
}

const iso = (at: Instant): string => new Date(at).toISOString();
