import fastify from "fastify";
import { describe, expect, it } from "vitest";
import { defaultConfig, readCity } from "../../../app/city-files.ts";
import { formed } from "../../../app/requests/form.ts";
import { registerRequests } from "../../../app/requests/routes.ts";
import { SteppedClock } from "../../../app/stepped-clock.ts";
import { instant, seconds } from "../../../config/units.ts";
import { emptyBook } from "../../../engine/core/requests/book.ts";
import type { EngineRequest } from "../../../engine/core/requests/request.ts";
import type { Frame } from "../../../engine/pipeline/pipeline.ts";

const city = readCity(defaultConfig);
const now = instant(Date.parse("2026-02-03T07:00:00+08:00"));

function server() {
  const app = fastify();
  const clock = new SteppedClock(now);
  const routes = registerRequests(app, { city, clock });
  const asked: EngineRequest[] = [];
  routes.requests$.subscribe((request) => asked.push(request));
  const post = (payload: object) => app.inject({ method: "POST", url: "/api/v1/requests", payload });
  return { app, routes, asked, post };
}

const stop = (junction: string, movement = "west-through") => ({ junction, movement });

describe("POST /api/v1/requests", () => {
  it("takes a special plan until a local time, with the name of who asks", async () => {
    const { post, asked } = server();
    const reply = await post({
      kind: "special-plan",
      by: "operator 7",
      plan_set: "friday-prayer",
      until: "2026-02-03T09:30:00+08:00",
    });
    expect(reply.statusCode).toBe(202);
    expect(asked).toEqual([
      {
        kind: "special-plan",
        id: reply.json<{ id: string }>().id,
        by: "operator 7",
        planSet: "friday-prayer",
        corridor: undefined,
        until: now + 2.5 * 3_600_000,
      },
    ]);
  });

  it("works out when a vehicle reaches the next stops of its route", async () => {
    const { post, asked } = server();
    const stops = [{ ...stop("beruang-madu"), in_s: 60 }, stop("beller"), stop("roti-tiam")];
    expect((await post({ kind: "emergency-route", id: "f1", by: "fire", stops })).statusCode).toBe(202);
    const route = asked[0] as Extract<EngineRequest, { kind: "emergency-route" }>;
    const link = city.links.get("beruang-madu_beller")!;
    expect(route.stops[0]!.at - now).toBe(60_000);
    expect(route.stops[1]!.at - route.stops[0]!.at).toBe(Math.round((1000 * link.lengthM) / link.speedMps));
    expect(route.until).toBe(route.stops[2]!.at + 60_000);
  });

  it.each([
    [{ kind: "special-plan", by: "x", plan_set: "holiday", for_s: 600 }, "plan_set", "friday-prayer"],
    [{ kind: "special-plan", by: "x", plan_set: "weekend" }, "until", "either until"],
    [{ kind: "special-plan", by: "x", plan_set: "weekend", until: "2026-02-03T06:59:00+08:00" }, "until", "from now"],
    [{ kind: "special-plan", by: "x", plan_set: "weekend", until: "2026-02-03 09:00" }, "until", "date"],
    [{ kind: "special-plan", by: "", plan_set: "weekend", for_s: 600 }, "by", ""],
    [{ kind: "emergency-route", by: "x", stops: [{ ...stop("nowhere"), in_s: 9 }] }, "stops.0.junction", "beller"],
    [
      { kind: "emergency-route", by: "x", stops: [{ ...stop("beller", "up"), in_s: 9 }] },
      "stops.0.movement",
      "west-through",
    ],
    [{ kind: "emergency-route", by: "x", stops: [stop("beller")] }, "stops.0.at", "either at"],
    [
      { kind: "emergency-route", by: "x", stops: [{ ...stop("beller"), in_s: 60 }, stop("wika")] },
      "stops.1.at",
      "link runs",
    ],
    [
      {
        kind: "emergency-route",
        by: "x",
        stops: [
          { ...stop("beller"), in_s: 60 },
          { ...stop("wika"), in_s: 30 },
        ],
      },
      "stops.1.at",
      "driving order",
    ],
    [{ kind: "bus", by: "x", ...stop("beller"), in_s: 30 }, "late_s", "on time"],
    [{ kind: "bus", by: "x", ...stop("beller"), in_s: 30, headway_s: 700 }, "headway_s", "go together"],
    [{ kind: "tram", by: "x" }, "kind", ""],
  ])("refuses %j at %s", async (body, path, says) => {
    const { post, asked } = server();
    const reply = await post(body);
    expect(reply.statusCode).toBe(400);
    const { faults } = reply.json<{ faults: { path: string; message: string }[] }>();
    expect(faults.find((fault) => fault.path === path)?.message).toContain(says);
    expect(asked).toEqual([]);
  });

  it("never throws, whatever stands in the place of whatever", () => {
    const good = [
      { kind: "special-plan", by: "x", plan_set: "weekend", for_s: 600 },
      { kind: "emergency-route", by: "x", stops: [{ ...stop("beller"), in_s: 9 }] },
      { kind: "bus", by: "x", ...stop("beller"), in_s: 30, late_s: 90 },
    ];
    const junk = [
      null,
      undefined,
      "",
      "a",
      -1,
      1e300,
      Number.NaN,
      [],
      {},
      [[]],
      true,
      "2026-13-01T00:00:00Z",
      { in_s: [] },
    ];
    for (const body of good) {
      expect(formed(body, { city, now, id: "r" }).ok).toBe(true);
      for (const value of junk) {
        expect(formed(value, { city, now, id: "r" }).ok).toBe(false);
        for (const key of Object.keys(body)) {
          const result = formed({ ...body, [key]: value }, { city, now, id: "r" });
          if (!result.ok) expect(result.faults.length).toBeGreaterThan(0);
        }
      }
    }
  });
});

describe("what is in force", () => {
  it("is listed, and taken back by name", async () => {
    const { app, routes, asked } = server();
    const special = {
      kind: "special-plan",
      id: "s1",
      by: "operator 7",
      planSet: "weekend",
      corridor: undefined,
      until: instant(now + seconds(600)),
    } as const;
    routes.frame({
      known: { corridor: city.corridors.get("mt-haryono") },
      state: { requests: { ...emptyBook, special } },
    } as unknown as Frame);
    const listed = await app.inject({ url: "/api/v1/requests" });
    expect(listed.json()).toMatchObject({ corridors: [{ corridor: "mt-haryono", special: { id: "s1" } }] });
    const remove = (url: string) => app.inject({ method: "DELETE", url });
    expect((await remove("/api/v1/requests/s1")).statusCode).toBe(400);
    expect((await remove("/api/v1/requests/s2?by=me")).statusCode).toBe(404);
    expect((await remove("/api/v1/requests/s1?by=me")).statusCode).toBe(202);
    expect(asked).toMatchObject([{ kind: "cancel", by: "me", request: "s1" }]);
  });
});
