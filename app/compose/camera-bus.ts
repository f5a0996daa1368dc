import { Subject } from "rxjs";
import type { City } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";
import type { Reading } from "../../engine/core/reading.ts";
import type { SceneReading } from "../../engine/core/scene.ts";
import type { DetectionSource } from "../../engine/ports/detection-source.ts";
import { decodeAtcsCount } from "../../engine/sources/decode/atcs-count.ts";
import { decodeAtcsScene } from "../../engine/sources/decode/atcs-scene.ts";
import { knownDetectors, knownScenes } from "../../engine/sources/decode/known.ts";
import { decodeOnvif, type OnvifRule, onvifRules } from "../../engine/sources/decode/onvif-counter.ts";
import type { CameraMessage } from "../../simulation/cameras/cameras.ts";

/** Turns what virtual cameras sent into readings and scenes, with the decoders that the real transports use. */
export interface CameraBus extends DetectionSource {
  deliver(message: CameraMessage, receivedAt: Instant): void;
}

export function cameraBus(city: City): CameraBus {
  const known = knownDetectors(city);
  const scenes = knownScenes(city);
  const rules = new Map<string, ReadonlyMap<string, OnvifRule>>();
  for (const { id, feed } of city.cameras.values())
    if (feed?.format === "onvif-counter") rules.set(id, onvifRules(city, id));
  const readings$ = new Subject<Reading>();
  const scenes$ = new Subject<SceneReading>();
  const decode = ({ camera, format, topic, body }: CameraMessage, receivedAt: Instant) => {
    if (format === "atcs-scene") return decodeAtcsScene(body, { receivedAt, known: scenes, camera });
    const own = rules.get(camera);
    return own && topic !== undefined
      ? decodeOnvif({ topic, payload: body, retained: false }, { receivedAt, camera, rules: own })
      : decodeAtcsCount(body, { receivedAt, known, camera });
  };
  return {
    readings$,
    scenes$,
    deliver: (message, receivedAt) => {
      for (const reading of decode(message, receivedAt))
        if (reading.kind === "scene") scenes$.next(reading);
        else readings$.next(reading);
    },
  };
}
