import { z } from "zod";
import type { City } from "../../config/model.ts";
import { identifier, wholeWithin, within } from "../../config/schema/common.ts";
import { after, type Instant, instant, millis, seconds } from "../../config/units.ts";
import { longestRoute, longestSpecial } from "../../engine/core/requests/book.ts";
import type { EngineRequest, Stop } from "../../engine/core/requests/request.ts";

/** What is wrong with a request, and how to mend it. */
export interface FormFault {
  readonly path: string;
  readonly message: string;
}

export type Formed =
  | { readonly ok: true; readonly request: EngineRequest }
  | { readonly ok: false; readonly faults: readonly FormFault[] };

const by = z.string().min(1).max(80).describe("Who asks; kept in the audit trail.");
const at = z.iso.datetime({ offset: true }).optional();
const inS = within(0, longestRoute / 1000, "From now, s.").optional();

const stop = z.strictObject({ junction: identifier, movement: identifier, at, in_s: inS });

const forms = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("special-plan"),
    id: identifier.optional(),
    by,
    plan_set: identifier,
    corridor: identifier.optional(),
    until: at,
    for_s: wholeWithin(60, longestSpecial / 1000, "s.").optional(),
  }),
  z.strictObject({
    kind: z.literal("emergency-route"),
    id: identifier.optional(),
    by,
    stops: z.array(stop).min(1).max(64),
  }),
  z.strictObject({
    kind: z.literal("bus"),
    id: identifier.optional(),
    by,
    junction: identifier,
    movement: identifier,
    at,
    in_s: inS,
    late_s: within(-3600, 7200, "Behind its timetable, s.").optional(),
    headway_s: within(0, 7200, "Time to the bus ahead, s.").optional(),
    planned_headway_s: within(30, 7200, "s.").optional(),
  }),
]);

type Form = z.infer<typeof forms>;
type StopForm = z.infer<typeof stop>;

interface Context {
  readonly city: City;
  readonly now: Instant;
  /** For those that name none. */
  readonly id: string;
}

/** An emergency route lasts so long after its last stop at most, s. */
const routeTail = seconds(60);

/** A request in the form of the API, with every fault by path. Times are given as `at`, or from now in `in_s`. */
export function formed(body: unknown, context: Context): Formed {
  const parsed = forms.safeParse(body);
  if (!parsed.success)
    return {
      ok: false,
      faults: parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
    };
  const faults: FormFault[] = [];
  const request = requestOf(parsed.data, context, (path, message) => faults.push({ path, message }));
  return request && faults.length === 0 ? { ok: true, request } : { ok: false, faults };
}

type Fault = (path: string, message: string) => void;

function requestOf(form: Form, context: Context, fault: Fault): EngineRequest | undefined {
  const { city, now } = context;
  const id = form.id ?? context.id;
  const { by: who } = form;
  switch (form.kind) {
    case "special-plan": {
      if (!city.schedule.planSets.has(form.plan_set))
        fault(
          "plan_set",
          `no plan set "${form.plan_set}"; take one of ${[...city.schedule.planSets.keys()].join(", ")}`,
        );
      if (form.corridor !== undefined && !city.corridors.has(form.corridor))
        fault("corridor", `no corridor "${form.corridor}"; take one of ${[...city.corridors.keys()].join(", ")}`);
      const until = oneTime({ at: form.until, in_s: form.for_s }, now);
      if (until === undefined) fault("until", "give either until (a date and time with offset) or for_s (seconds)");
      else if (until <= now || until - now > longestSpecial)
        fault("until", `must be within ${longestSpecial / 3_600_000} h from now, ${new Date(now).toISOString()}`);
      if (until === undefined) return undefined;
      return { kind: form.kind, id, by: who, planSet: form.plan_set, corridor: form.corridor, until };
    }
    case "emergency-route": {
      const stops = stopsOf(form.stops, context, fault);
      const last = stops.at(-1);
      return last && { kind: form.kind, id, by: who, stops, until: after(last.at, routeTail) };
    }
    case "bus": {
      const when = oneTime(form, now);
      if (when === undefined) fault("at", "give either at (a date and time with offset) or in_s (seconds)");
      checkMovement(form, city, "", fault);
      const { headway_s: actual, planned_headway_s: planned, late_s: late } = form;
      if ((actual === undefined) !== (planned === undefined))
        fault("headway_s", "headway_s and planned_headway_s go together");
      if (late === undefined && actual === undefined)
        fault("late_s", "give late_s, or headway_s with planned_headway_s: a bus on time is not helped");
      if (when === undefined) return undefined;
      return {
        kind: form.kind,
        id,
        by: who,
        junction: form.junction,
        movement: form.movement,
        at: when,
        late: late === undefined ? undefined : seconds(late),
        headway:
          actual === undefined || planned === undefined
            ? undefined
            : { actual: seconds(actual), planned: seconds(planned) },
      };
    }
  }
}

/** Exactly one of the two. */
function oneTime(
  { at: text, in_s: s }: { readonly at?: string | undefined; readonly in_s?: number | undefined },
  now: Instant,
): Instant | undefined {
  if ((text === undefined) === (s === undefined)) return undefined;
  return text === undefined ? after(now, seconds(s!)) : instant(Date.parse(text));
}

/** A stop without a time of its own is reached from the one before at the speed of the link between them. */
function stopsOf(stops: readonly StopForm[], { city, now }: Context, fault: Fault): readonly Stop[] {
  const made: Stop[] = [];
  for (const [i, form] of stops.entries()) {
    checkMovement(form, city, `stops.${i}.`, fault);
    const before = made.at(-1);
    let when = oneTime(form, now);
    if (form.at === undefined && form.in_s === undefined && before) when = driven(city, before, form.junction);
    if (when === undefined) {
      const mend = i === 0 ? "" : ", or none where a link runs from the stop before";
      fault(`stops.${i}.at`, `give either at (a date and time with offset) or in_s (seconds)${mend}`);
      return made;
    }
    if (before && when < before.at) fault(`stops.${i}.at`, "is before the stop ahead of it; put them in driving order");
    if (when < now || when - now > longestRoute - routeTail)
      fault(
        `stops.${i}.at`,
        `must be within ${(longestRoute - routeTail) / 60_000} min from now, ${new Date(now).toISOString()}`,
      );
    made.push({ junction: form.junction, movement: form.movement, at: when });
  }
  return made;
}

function driven(city: City, { junction, at: left }: Stop, to: string): Instant | undefined {
  const [a, b] = [city.junctions.get(junction), city.junctions.get(to)];
  const link = a && b && [...city.links.values()].find((own) => own.from === a.node && own.to === b.node);
  return link && after(left, millis((1000 * link.lengthM) / link.speedMps));
}

function checkMovement(
  { junction: id, movement }: { readonly junction: string; readonly movement: string },
  city: City,
  path: string,
  fault: Fault,
): void {
  const junction = city.junctions.get(id);
  if (!junction) fault(`${path}junction`, `no junction "${id}"; take one of ${[...city.junctions.keys()].join(", ")}`);
  else if (!junction.movements.some((own) => own.id === movement))
    fault(
      `${path}movement`,
      `${id} has no movement "${movement}"; take one of ${junction.movements.map((own) => own.id).join(", ")}`,
    );
}
