import { z } from "zod";
import { wholeWithin, within } from "./common.ts";

const pcu = (about: string) => within(0, 5, about);

/** `control.yaml` */
export const controlSchema = z
  .strictObject({
    strategy: z
      .enum(["fixed", "capacity-manual", "actuated", "max-pressure", "cycle-adaptive"])
      .describe("Strategy in force unless the command line names another."),
    write_enabled: z.boolean().default(false).describe("May write to cabinets that have a url. Default false."),
    max_reading_age_s: within(5, 900, "Older readings decide nothing, s."),
    cycle_step_s: wholeWithin(1, 30, "Largest change of the cycle in one plan change, s."),
    offset_step_s: wholeWithin(1, 60, "Largest change of an offset in one plan change, s."),
    split_step_s: wholeWithin(1, 30, "Largest change of one split in one plan change, s."),
    transition_cycles: wholeWithin(1, 5, "A transition ends within this many cycles."),
    target_saturation: within(0.5, 0.98, "Degree of saturation aimed at; MKJI 1997 advises at most 0.85."),
    pcu: z
      .strictObject({
        car: pcu("Passenger-car units of a light vehicle."),
        hv: pcu("Of a heavy vehicle; 1.3 in MKJI and PKJI."),
        mc: pcu("Of a motorcycle on a protected approach; 0.2 in MKJI 1997, 0.15 in PKJI 2023."),
        um: pcu("Of an unmotorised vehicle; 0 in MKJI and PKJI, where it counts as side friction."),
      })
      .describe("Passenger-car units by class."),
    manual: z.enum(["mkji-1997", "pkji-2023"]),
  })
  .describe("Settings of the control loop.");

export type ControlFile = z.infer<typeof controlSchema>;
