import type { CabinetStatus, Outcome } from "../core/cabinet.ts";
import type { Reading } from "../core/reading.ts";
import { type EngineRequest, junctionsAsked } from "../core/requests/request.ts";
import { packScene, type SceneReading } from "../core/scene.ts";
import type { JunctionView } from "../core/view.ts";
import type { EventKind } from "../ports/event-store.ts";
import type { Setting } from "./state.ts";

/** What reaches the engine between two ticks. */
export type Input =
  | { readonly kind: "reading"; readonly reading: Reading }
  | { readonly kind: "view"; readonly view: JunctionView }
  | { readonly kind: "scene"; readonly scene: SceneReading }
  | { readonly kind: "status"; readonly status: CabinetStatus }
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | { readonly kind: "request"; readonly request: EngineRequest };

/**
 * Is this input for this corridor? Junctions belong to one corridor; what cannot be placed (a message about an unknown
 * detector) is kept by the first, so that it is recorded once.
 */
export function concerns({ city, corridor }: Pick<Setting, "city" | "corridor">, input: Input): boolean {
  if (input.kind === "request") return concernsRequest(corridor, input.request);
  const junction = junctionOf(city, input);
  return junction === undefined
    ? city.corridors.keys().next().value === corridor.id
    : corridor.junctions.includes(junction);
}

function concernsRequest(corridor: Setting["corridor"], request: EngineRequest): boolean {
  const junctions = junctionsAsked(request);
  if (junctions) return junctions.some((id) => corridor.junctions.includes(id));
  return request.kind !== "special-plan" || request.corridor === undefined || request.corridor === corridor.id;
}

function junctionOf(city: Setting["city"], input: Exclude<Input, { kind: "request" }>): string | undefined {
  switch (input.kind) {
    case "reading":
      return city.detectors.get(input.reading.detector)?.junction;
    case "view":
      return input.view.junction;
    case "scene":
      return input.scene.junction;
    case "status":
      return input.status.junction;
    case "outcome":
      return input.outcome.junction;
  }
}

/**
 * Requests in the order they came, then outcomes, then statuses, then readings, then views and scenes, each by subject: an order that does not depend on which socket
 * answered first.
 * Several of one subject stay in the order they came.
 */
export function inOrder(inputs: readonly Input[]): readonly Input[] {
  const keyed = inputs.map((input) => ({ key: keyOf(input), input }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ input }) => input);
}

function keyOf(input: Input): string {
  switch (input.kind) {
    case "request":
      return "-";
    case "outcome":
      return `0/${input.outcome.junction}/${input.outcome.command}`;
    case "status":
      return `1/${input.status.junction}`;
    case "reading":
      return `2/${input.reading.source}/${input.reading.detector}`;
    case "view":
      return `3/${input.view.junction}`;
    case "scene":
      return `4/${input.scene.source}`;
  }
}

/** Kind, subject and data of the event that keeps this input for replay. */
export function recorded(input: Input): readonly [EventKind, string, unknown] {
  switch (input.kind) {
    case "reading":
      return ["reading", input.reading.detector, input.reading];
    case "view":
      return ["view", input.view.junction, input.view];
    case "scene":
      return ["scene", input.scene.source, packScene(input.scene)];
    case "status":
      return ["status", input.status.junction, input.status];
    case "request":
      return ["human", input.request.id, { request: input.request }];
    case "outcome":
      return ["outcome", input.outcome.junction, input.outcome];
  }
}
