import type { City } from "../../../config/model.ts";
import { after, type Instant, type Millis, millis, seconds } from "../../../config/units.ts";
import type { PeriodReading } from "../../../engine/core/reading.ts";
import type { ApproachView, JunctionView } from "../../../engine/core/view.ts";
import type { Random } from "../../../engine/ports/random.ts";
import type { Cameras, StreetVehicle } from "./cameras.ts";

/** How well the virtual cameras see. */
export interface CameraQuality {
  /** Share of the vehicles that no camera ever makes out. */
  readonly missed: number;
  /** Share of the approaches that no camera watches, drawn once. */
  readonly blindApproaches: number;
  /** From the street to the engine. */
  readonly latency: Millis;
}

export const perfectCameras: CameraQuality = { missed: 0, blindApproaches: 0, latency: millis(0) };

/** 10 % missed, a fifth of the approaches unseen, 5 s late: as `poorScenes` of our own street. */
export const realCameras: CameraQuality = { missed: 0.1, blindApproaches: 0.2, latency: seconds(5) };

export const cameraQualities: ReadonlyMap<string, CameraQuality> = new Map([
  ["perfect", perfectCameras],
  ["real", realCameras],
]);

/** The same cameras with worse eyes and a slower line. Who is missed and what is blind follow from `random` and names alone. */
export function withQuality(
  cameras: Cameras,
  { city, random, quality }: { readonly city: City; readonly random: Random; readonly quality: CameraQuality },
): Cameras {
  const { missed, blindApproaches, latency } = quality;
  if (missed === 0 && blindApproaches === 0 && latency === 0) return cameras;
  const madeOut = new Map<string, boolean>();
  const isMadeOut = (id: string): boolean => {
    const known = madeOut.get(id) ?? random.fork(`vehicle/${id}`).next() >= missed;
    madeOut.set(id, known);
    return known;
  };
  const blind = new Set(
    [...city.junctions.values()].flatMap(({ id, approaches }) =>
      approaches
        .map((approach) => `${id}/${approach.id}`)
        .filter((name) => random.fork(`blind/${name}`).next() < blindApproaches),
    ),
  );
  const blindDetectors = new Set(
    [...city.detectors.values()]
      .filter(({ junction, approach }) => blind.has(`${junction}/${approach}`))
      .map(({ id }) => id),
  );
  const views = delayLine<JunctionView>(latency);
  const counts = delayLine<PeriodReading>(latency);
  return {
    look: (vehicles, now) => {
      const seen = new Map<string, StreetVehicle>();
      for (const [id, vehicle] of vehicles) if (isMadeOut(id)) seen.set(id, vehicle);
      for (const id of madeOut.keys()) if (!vehicles.has(id)) madeOut.delete(id);
      const pictures = cameras.look(seen, now).map((view) => ({
        ...view,
        approaches: view.approaches.map((own) => (blind.has(`${view.junction}/${own.approach}`) ? unseen(own) : own)),
      }));
      // Without any approach in it, it is no picture of the junction.
      const shown = pictures.filter(({ approaches }) => approaches.some(({ rangeM }) => rangeM > 0));
      return views(shown, now);
    },
    counts: (now) => {
      const sent = cameras.counts(now).filter(({ detector }) => !blindDetectors.has(detector));
      return counts(sent, now).map((reading) => ({ ...reading, receivedAt: now }));
    },
  };
}

const unseen = ({ approach }: ApproachView): ApproachView => ({ approach, rangeM: 0, vehicles: [], crossed: [] });

/** Takes what was sent now, gives what arrives now. */
function delayLine<T>(latency: Millis): (sent: readonly T[], now: Instant) => readonly T[] {
  const underway: { readonly due: Instant; readonly item: T }[] = [];
  return (sent, now) => {
    for (const item of sent) underway.push({ due: after(now, latency), item });
    const late = underway.findIndex(({ due }) => due > now);
    return underway.splice(0, late < 0 ? underway.length : late).map(({ item }) => item);
  };
}
