import type { LiveCorridor, LiveJunction, LiveState } from "./live-state.ts";

const ESC = "\u001b[";
const colour = {
  green: `${ESC}32m`,
  amber: `${ESC}33m`,
  red: `${ESC}31m`,
  unknown: `${ESC}2m`,
  dim: `${ESC}2m`,
  bold: `${ESC}1m`,
  off: `${ESC}0m`,
} as const;
/** Reasons are cut to a line of a common terminal. */
const REASON_WIDTH = 110;

/** One screen of the corridors: stage, countdown, queue, plan, health. Pure. */
export function screen(state: LiveState): string {
  const { street, counts, alarms } = state;
  const traffic = street
    ? `vehicles ${street.present} present, ${street.arrived} arrived   delay ${street.meanDelayS.toFixed(1)} s/veh   side streets p95 ${street.sideP95S.toFixed(0)} s   pedestrians p95 ${street.pedestrianP95S.toFixed(0)} s`
    : "";
  return [
    `${colour.bold}Simpang${colour.off}  ${state.city}  ${state.localTime}  strategy ${state.strategy}  ${state.speed}`,
    traffic,
    `plans pushed ${counts.plansPushed}, verified ${counts.plansVerified}, refused ${counts.plansRefused}   guard denials ${counts.guardDenials}`,
    ...state.corridors.flatMap(corridorLines),
    ...alarms.map(({ junction, text }) => `${colour.amber}${junction}: ${text}${colour.off}`),
  ].join("\n");
}

const corridorLines = ({ name, junctions }: LiveCorridor): readonly string[] => [
  "",
  `${colour.dim}${name}${colour.off}`,
  ...junctions.flatMap(junctionLines),
];

function junctionLines(junction: LiveJunction): readonly string[] {
  const { plan, detectors } = junction;
  const shown = junction.phases
    .filter((phase) => phase.state !== "red")
    .map((phase) => `${colour[phase.state]}${phase.name}${countdown(phase)}${colour.off}`);
  const running = plan ? `cycle ${plan.cycleS} offset ${plan.offsetS}` : `own pattern ${junction.pattern}`;
  const mode = `${junction.mode}${junction.inTransition ? " (transition)" : ""}`;
  const cameras = `cameras ${detectors.ok} ok${detectors.faulty > 0 ? `, ${detectors.faulty} not` : ""}`;
  const queues = junction.approaches.map((approach) => `${approach.id} ${approach.queueVeh}`).join("  ");
  return [
    `${colour.bold}${junction.name.padEnd(24)}${colour.off} ${junction.protocol.padEnd(6)} ${mode}  ${running}  ${cameras}`,
    `  ${shown.join("  ") || `${colour.red}all red${colour.off}`}   queue ${queues}`,
    `  ${colour.dim}${junction.lastReason.slice(0, REASON_WIDTH)}${colour.off}`,
  ];
}

const countdown = ({ state, remainingS }: LiveJunction["phases"][number]): string =>
  state === "green" && remainingS !== undefined ? ` ${remainingS}s` : "";

/** Rewrites the screen in place on a terminal. */
export const repaint = (text: string): string => `${ESC}H${ESC}J${text}\n`;

/** One line, for logs and pipes. */
export function logLine({ localTime, street, corridors, alarms }: LiveState): string {
  const junctions = corridors
    .flatMap((corridor) => corridor.junctions)
    .map(({ id, phases, plan, mode }) => {
      const shown = phases.filter((phase) => phase.state === "green").map((phase) => phase.name);
      return `${id}=${shown.join("+") || "-"}${plan ? `/c${plan.cycleS}` : ""}/${mode}`;
    });
  const traffic = street ? [`present ${street.present} delay ${street.meanDelayS.toFixed(1)}s`] : [];
  const trouble = alarms.length > 0 ? [`alarms ${alarms.length}`] : [];
  return [localTime, ...traffic, ...junctions, ...trouble].join(" ");
}
