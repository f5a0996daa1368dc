import type { City } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";
import type { Reading } from "../../engine/core/reading.ts";
import { decodeAtcsCount } from "../../engine/sources/decode/atcs-count.ts";
import { type KnownDetectors, knownDetectors } from "../../engine/sources/decode/known.ts";
import { decodeOnvif, type OnvifRule, onvifRules } from "../../engine/sources/decode/onvif-counter.ts";
import type { CameraMessage } from "../../simulation/cameras/cameras.ts";

/** Turns what a virtual camera sent into readings, with the decoders that the real transports use. */
export type MessageDecoder = (message: CameraMessage, receivedAt: Instant) => readonly Reading[];

export function messageDecoder(city: City): MessageDecoder {
  const known: KnownDetectors = knownDetectors(city);
  const rules = new Map<string, ReadonlyMap<string, OnvifRule>>();
  for (const { id, feed } of city.cameras.values())
    if (feed?.format === "onvif-counter") rules.set(id, onvifRules(city, id));
  return ({ camera, topic, body }, receivedAt) => {
    const own = rules.get(camera);
    return own && topic !== undefined
      ? decodeOnvif({ topic, payload: body, retained: false }, { receivedAt, camera, rules: own })
      : decodeAtcsCount(body, { receivedAt, known, camera });
  };
}
