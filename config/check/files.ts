import type { Findings } from "../fault.ts";
import type { Files } from "../files.ts";
import { checkCabinets } from "./cabinets.ts";
import { checkCameras } from "./cameras.ts";
import { contextOf, unique } from "./context.ts";
import { checkCorridors } from "./corridors.ts";
import { checkDemand } from "./demand.ts";
import { checkJunction } from "./junction.ts";
import { checkNetwork } from "./network.ts";
import { checkPaths } from "./paths.ts";
import { checkPhases } from "./phases.ts";
import { checkPlans } from "./plans.ts";
import { checkSchedule } from "./schedule.ts";

/** Every rule that needs more than one value or one file. A check whose file could not be read is silent. */
export function checkFiles(files: Files, findings: Findings, directory: string): void {
  const context = contextOf(files, findings, directory);
  checkNetwork(context);
  for (const [file, junction] of files.junctions) {
    checkJunction(context, file, junction);
    checkPhases(context, file, junction);
    checkPaths(context, file, junction);
    for (const [other, entry] of files.junctions)
      if (other < file)
        unique(
          findings,
          file,
          [entry, junction].map(({ node }) => ({ value: node, path: ["node"] })),
          "node",
        );
  }
  checkCorridors(context);
  checkCameras(context);
  checkCabinets(context);
  // Plans are compared with junctions whose own files hold no fault, so they come after those.
  checkPlans(context);
  checkSchedule(context);
  checkDemand(context);
}
