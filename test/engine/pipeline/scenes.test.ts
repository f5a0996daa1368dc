import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { SteppedClock } from "../../../app/stepped-clock.ts";
import { after, seconds } from "../../../config/units.ts";
import { packScene, type SceneReading, unpackScene } from "../../../engine/core/scene.ts";
import { strategies } from "../../../engine/core/strategies/registry.ts";
import type { Knowledge, Strategy, Wanted } from "../../../engine/core/strategy.ts";
import { type Frame, runPipeline } from "../../../engine/pipeline/pipeline.ts";
import { stepCorridor } from "../../../engine/pipeline/step.ts";
import { startCorridor } from "../../../engine/pipeline/turn.ts";
import { decodeAtcsScene } from "../../../engine/sources/decode/atcs-scene.ts";
import { knownScenes } from "../../../engine/sources/decode/known.ts";
import { testCity } from "../../support/city.ts";
import { car, sceneBody, withScenes } from "../../support/scenes.ts";
import { FakeCabinet, readingsAt, START } from "./rig.ts";

const city = withScenes(testCity());
const corridor = city.corridors.get("main")!;
const known = knownScenes(city);

/** Serves the west approach of `b` as long as it sees it. */
const watching = (heard: Knowledge[], watches = true): Strategy => ({
  name: "test",
  period: seconds(1),
  ...(watches ? { watches: true } : {}),
  start: () => undefined,
  decide: (knowledge) => {
    heard.push(knowledge);
    const serve: Wanted = {
      junction: "b",
      action: { kind: "serve", phases: [2, 6] },
      reasons: [{ code: "test", text: "as told", values: {} }],
    };
    return { memory: undefined, wanted: knowledge.views?.has("b") ? [serve] : [] };
  },
});

const TURNS = [
  [1, 5],
  [3, 7],
  [4, 8],
  [2, 6],
];

function rig(strategy: Strategy) {
  const clock = new SteppedClock(START);
  const cabinets = new Map(corridor.junctions.map((id) => [id, new FakeCabinet(id, clock)]));
  const scenes$ = new Subject<SceneReading>();
  const readings$ = new Subject<ReturnType<typeof readingsAt>[number]>();
  const frames: Frame[] = [];
  const dispatch = true;
  runPipeline({
    city,
    corridor,
    strategy,
    dispatch,
    clock,
    sources: [{ readings$, scenes$ }, { readings$: new Subject() }],
    controllers: [...cabinets.values()],
    audit: () => true,
    stop$: new Subject(),
  }).subscribe((frame) => frames.push(frame));
  return {
    frames,
    cabinet: cabinets.get("b")!,
    run: (s: number, looking: boolean) => {
      for (let i = 0; i < s; i++) {
        const now = after(clock.now(), seconds(1));
        for (const reading of readingsAt(city, now)) readings$.next(reading);
        const text = sceneBody({ at: now, objects: [car((now / 1000) % 90, 7)] });
        const [scene] = decodeAtcsScene(JSON.stringify(text), { receivedAt: now, known });
        if (looking && scene?.kind === "scene") scenes$.next(scene);
        // Every phase has its turn, as the guard asks.
        cabinets.get("b")!.greens = TURNS[Math.floor(now / 3000) % 4]!;
        clock.advanceTo(now);
      }
    },
  };
}

describe("the live loop with scenes", () => {
  it("shows the newest picture of a second to the strategy in that second", () => {
    const heard: Knowledge[] = [];
    const { run } = rig(watching(heard));
    run(3, true);
    expect(heard.map(({ now, views }) => now - views!.get("b")!.at)).toEqual([0, 0, 0]);
    expect([...heard[0]!.views!.keys()]).toEqual(["b"]);
  });

  it("neither looks at nor records scenes for a strategy that does not ask", () => {
    const heard: Knowledge[] = [];
    const { run, frames } = rig(watching(heard, false));
    run(3, true);
    expect(heard.every(({ views }) => views === undefined)).toBe(true);
    expect(frames.flatMap(({ events }) => events).filter(({ kind }) => kind === "scene")).toEqual([]);
  });

  it("goes back to the scheduled plan by itself when the cameras see nothing any more, and serves again when they do", () => {
    const { run, cabinet } = rig(watching([]));
    run(30, true);
    expect(new Set(cabinet.kinds())).toEqual(new Set(["serve"]));
    run(8, false);
    expect(cabinet.kinds().at(-1)).toBe("plan");
    expect(cabinet.plans().at(-1)!.id).toBe("day/b");
    run(10, false);
    expect(cabinet.kinds().filter((kind) => kind === "plan")).toHaveLength(1);
    run(5, true);
    expect(cabinet.kinds().at(-1)).toBe("serve");
  });

  it("lets adaptive fall to plans, none looser than the scheduled one, when all cameras of a junction are lost", () => {
    const adaptive = strategies.get("adaptive")!;
    const { run, cabinet } = rig(adaptive);
    run(40, true);
    expect(new Set(cabinet.kinds())).toEqual(new Set(["serve"]));
    const before = cabinet.kinds().length;
    run(40, false);
    const after = cabinet.kinds().slice(before + 1);
    expect(after.length).toBeGreaterThan(0);
    expect(after.filter((kind) => kind === "serve")).toEqual([]);
    expect(cabinet.plans()[0]!.id).toBe("day/b");
  });

  it("decides the same from its record", () => {
    const strategy = watching([]);
    const { run, frames } = rig(strategy);
    run(40, true);
    run(15, false);
    run(15, true);
    const setting = { city, corridor, strategy, dispatch: true, audit: () => true };
    let state = startCorridor(setting, START);
    let scenes = 0;
    for (const frame of frames.slice(1)) {
      const kept = JSON.parse(JSON.stringify(frame.events)) as typeof frame.events;
      const inputs = kept.flatMap(({ kind, data }): Parameters<typeof stepCorridor>[2] => {
        if (kind === "scene") return [{ kind, scene: unpackScene(data as never) }];
        if (kind === "reading" || kind === "status" || kind === "outcome") return [{ kind, [kind]: data } as never];
        return [];
      });
      scenes += inputs.filter(({ kind }) => kind === "scene").length;
      const { step } = stepCorridor(setting, state, inputs, frame.now);
      state = step.state;
      expect(JSON.parse(JSON.stringify(step.events))).toEqual(kept);
    }
    expect(scenes).toBe(55);
  });

  it("does not mind in which order the network delivers cameras", () => {
    const strategy = watching([]);
    const setting = { city, corridor, strategy, dispatch: true, audit: () => true };
    const at = after(START, seconds(1));
    const scenes = ["west", "east"].map((approach) => {
      const passed = city.junctions
        .get("b")!
        .approaches.find(({ id }) => id === approach)!
        .lanes.map(() => 3);
      const text = sceneBody({ at, camera: `cam-b-${approach}`, approach, passed, objects: [car(30, 7)] });
      const [scene] = decodeAtcsScene(JSON.stringify(text), { receivedAt: at, known });
      if (scene?.kind !== "scene") throw new Error(scene?.message);
      expect(unpackScene(packScene(scene))).toEqual(scene);
      return { kind: "scene" as const, scene };
    });
    const outcome = (inputs: typeof scenes) =>
      JSON.stringify(stepCorridor(setting, startCorridor(setting, START), inputs, at).step.events);
    expect(outcome(scenes)).toBe(outcome([...scenes].reverse()));
  });
});
