import type { City, VehicleClass } from "../../../config/model.ts";
import type { Instant } from "../../../config/units.ts";
import type { Reading, ReadingFault } from "../../core/reading.ts";
import { parseInstant } from "./instants.ts";
import { cut, show } from "./show.ts";

/** What a counting rule of a camera stands for. */
export interface OnvifRule {
  readonly detector: string;
  /** ONVIF counters carry no class; one rule per class filter is the way to get classes. */
  readonly vehicleClass: VehicleClass;
}

export interface OnvifContext {
  readonly receivedAt: Instant;
  readonly camera: string;
  /** By the rule's name as configured in the camera. */
  readonly rules: ReadonlyMap<string, OnvifRule>;
}

export interface OnvifMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retained: boolean;
}

/** A counter message has about 200 characters; images never belong in one. */
const MAX_PAYLOAD = 16 * 1024;
const COUNTER = "/onvif-ej/RuleEngine/CountAggregation/Counter";
const CROSSED = "/onvif-ej/RuleEngine/LineDetector/Crossed";
const WHOLE = /^\d{1,15}$/;

/**
 * ONVIF JSON events (Core specification, event broker; Profile M): line counters to totals, line crossings to
 * crossings. Other event topics give nothing. Never throws. Source keys differ between makers, so only the rule's name
 * is read.
 */
export function decodeOnvif(message: OnvifMessage, context: OnvifContext): readonly Reading[] {
  const { topic, payload } = message;
  const counter = topic.includes(COUNTER);
  if (!counter && !topic.includes(CROSSED)) return [];
  if (payload.length === 0) {
    // Zero bytes say that the property is gone, which is no count of zero.
    const rule = topic
      .slice(topic.lastIndexOf("&") + 1)
      .split("/")
      .slice(2)
      .join("/");
    return [
      fault(
        context,
        context.rules.get(rule)?.detector,
        "invalid",
        `rule "${rule}" was removed in camera "${context.camera}" (empty message); its detector counts nothing until the rule is back`,
      ),
    ];
  }
  if (payload.length > MAX_PAYLOAD) {
    return [
      fault(
        context,
        undefined,
        "too-large",
        `${topic}: ${payload.length} characters; a counter message has at most ${MAX_PAYLOAD}`,
      ),
    ];
  }
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return [fault(context, undefined, "invalid", `${topic}: payload is not JSON; send {"UtcTime","Source","Data"}`)];
  }
  const ruleName = field(field(value, "Source"), "Rule");
  const rule = typeof ruleName === "string" ? context.rules.get(ruleName) : undefined;
  if (typeof ruleName !== "string") {
    return [
      fault(
        context,
        undefined,
        "invalid",
        `${topic}: Source.Rule is missing; the rule's name says which detector counted`,
      ),
    ];
  }
  if (!rule) {
    return [
      fault(
        context,
        undefined,
        "unknown-detector",
        `camera "${context.camera}" has no rule "${cut(ruleName)}" configured; known: ${[...context.rules.keys()].sort().slice(0, 8).join(", ") || "none"}`,
      ),
    ];
  }
  const utc = field(value, "UtcTime");
  // The specification's own sample leaves the Z out; it is UTC nevertheless.
  const at = typeof utc === "string" ? parseInstant(utc, 0) : undefined;
  if (at === undefined) {
    return [
      fault(context, rule.detector, "invalid", `${topic}: UtcTime is ${show(utc)}; send e.g. 2026-02-02T23:00:00Z`),
    ];
  }
  const common = {
    source: context.camera,
    detector: rule.detector,
    receivedAt: context.receivedAt,
    at,
    vehicleClass: rule.vehicleClass,
  };
  const data = field(value, "Data");
  if (!counter) {
    const id = field(data, "ObjectId");
    const named = typeof id === "string" || typeof id === "number" ? { id: String(id).slice(0, 64) } : {};
    return [{ kind: "crossing", ...common, ...named }];
  }
  const total = wholeNumber(field(data, "Count"));
  if (total === undefined) {
    return [
      fault(
        context,
        rule.detector,
        "invalid",
        `${topic}: Data.Count is ${show(field(data, "Count"))}; send a whole number, quoted or not`,
      ),
    ];
  }
  return [{ kind: "total", ...common, total, retained: message.retained }];
}

/**
 * The rules a camera of this city has by our own convention: a rule named as the detector counts all classes together,
 * one named `<detector>:<class>` only that class.
 */
export function onvifRules(city: City, camera: string): ReadonlyMap<string, OnvifRule> {
  const rules = new Map<string, OnvifRule>();
  for (const detector of city.detectors.values()) {
    if (detector.camera !== camera) continue;
    rules.set(detector.id, { detector: detector.id, vehicleClass: "unknown" });
    for (const vehicleClass of detector.classes) {
      rules.set(`${detector.id}:${vehicleClass}`, { detector: detector.id, vehicleClass });
    }
  }
  return rules;
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

/** ONVIF allows values with or without quotes. */
function wholeNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  return typeof value === "string" && WHOLE.test(value) ? Number(value) : undefined;
}

const fault = (
  context: OnvifContext,
  detector: string | undefined,
  code: ReadingFault["code"],
  message: string,
): ReadingFault => ({
  kind: "fault",
  code,
  message,
  source: context.camera,
  detector: detector ?? "",
  receivedAt: context.receivedAt,
});
