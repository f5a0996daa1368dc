import type { City } from "../../config/model.ts";
import type { Frame } from "../../engine/pipeline/pipeline.ts";
import type { StreetResults } from "../../simulation/street.ts";
import { type LiveState, liveState } from "../live-state.ts";
import { logLine, repaint, screen } from "../terminal-view.ts";
import type { Tally } from "./report.ts";

export interface LiveDisplayOptions {
  readonly city: City;
  readonly strategy: string;
  readonly simulated: boolean;
  readonly speed: string;
  readonly url: string;
  /** Nothing on standard output. */
  readonly quiet: boolean;
  readonly publish: (state: LiveState) => void;
}

/** Real time between two pictures, and between two log lines where there is no terminal, ms. */
const PICTURE_EVERY_MS = 200;
const LINE_EVERY_MS = 5000;

export interface LiveDisplay {
  /** Takes a frame in, and shows all corridors when it is time for a new picture. */
  frame(frame: Frame, run: { readonly tally: Tally; readonly street?: () => StreetResults }): void;
  end(): void;
}

export function liveDisplay(options: LiveDisplayOptions): LiveDisplay {
  const { city, quiet, url } = options;
  const frames = new Map<string, Frame>();
  const reasons = new Map<string, string>();
  const alarms = new Map<string, string>();
  const terminal = !quiet && process.stdout.isTTY;
  let nextPicture = 0;
  let nextLine = 0;
  if (!quiet) process.stdout.write(`Simpang: page at ${url}\n`);

  const note = ({ events }: Frame) => {
    for (const { kind, subject, data } of events) {
      if (kind === "decision") {
        const [reason] = (data as { reasons: readonly { text: string }[] }).reasons;
        if (reason) reasons.set(subject, reason.text);
      } else if (kind === "alarm") {
        const { key, on, text } = data as { key: string; on: boolean; text: string };
        if (on) alarms.set(key, text);
        else alarms.delete(key);
      }
    }
  };
  return {
    frame: (frame, { tally, street }) => {
      note(frame);
      frames.set(corridorOf(city, frame), frame);
      const real = performance.now();
      if (real < nextPicture) return;
      nextPicture = real + PICTURE_EVERY_MS;
      const { plans, denials } = tally;
      const state = liveState(frames, frame.now, { ...options, plans, denials, street: street?.(), reasons, alarms });
      options.publish(state);
      if (terminal) process.stdout.write(repaint(`${screen(state)}\n\npage: ${url}   Ctrl-C ends`));
      else if (!quiet && real >= nextLine) {
        nextLine = real + LINE_EVERY_MS;
        process.stdout.write(`${logLine(state)}\n`);
      }
    },
    end: () => {
      if (terminal) process.stdout.write("\n");
    },
  };
}

const corridorOf = (city: City, frame: Frame): string =>
  [...city.corridors.values()].find((corridor) => frame.state.hands.has(corridor.junctions[0]!))!.id;
