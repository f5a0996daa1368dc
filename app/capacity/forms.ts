import { z } from "zod";

/** Inputs of each kind of vector, in MKJI's symbols. Unknown keys are notes of the author and left alone. */
const flow = z.number().nonnegative().max(1e6);
const share = z.number().min(0).max(1);
const seconds = z.number().positive().max(3600);
const saturation = z.number().positive("a saturation flow of 0 serves nobody; give one above 0").max(1e5);
const width = z.number().positive().max(60);
const name = z.union([z.string(), z.number()]).transform(String);

const classes = z.looseObject({
  LV: flow.default(0),
  HV: flow.default(0),
  MC: flow.default(0),
  UM: flow.default(0),
});
const movements = z
  .looseObject({ LT: classes.optional(), LTOR: classes.optional(), ST: classes.optional(), RT: classes.optional() })
  .refine((entry) => entry.LT ?? entry.LTOR ?? entry.ST ?? entry.RT, "give at least one of LT, LTOR, ST, RT");

export const pcuForm = z.looseObject({
  approaches: z
    .record(z.string(), movements)
    .refine((all) => Object.keys(all).length > 0, "give at least one approach"),
});

export const allRedForm = z.looseObject({
  rows: z
    .array(
      z.looseObject({
        approach: name.optional(),
        LEV: z.number().nonnegative().max(200),
        lEV: z.number().nonnegative().max(50),
        VEV: z.number().positive("a speed of 0 never clears; give one above 0").max(50),
        LAV: z.number().nonnegative().max(200),
        VAV: z.number().positive("a speed of 0 never arrives; give one above 0").max(50),
      }),
    )
    .min(1),
  amber: z.number().positive().max(10).optional(),
});

export const designForm = z.looseObject({
  k: z.number().positive().max(1).optional(),
  daily: z.array(flow).optional(),
  inputs: z.looseObject({
    IFR: z.number().nonnegative().max(5).optional(),
    /** Critical flow ratio of each phase. */
    FR: z.array(z.number().nonnegative().max(5)).min(1).optional(),
    LTI: z.number().nonnegative().max(200),
    phases: z.number().int().min(2).max(8).optional(),
  }),
  cycle: seconds.optional(),
});

const service = {
  approach: name.optional(),
  Q: flow,
  S: saturation.optional(),
  C: z.number().positive("a capacity of 0 serves nobody; give one above 0").max(1e5).optional(),
  g: z.number().positive().max(3600),
};

export const performanceForm = z.looseObject({
  cycle: seconds,
  LTI: z.number().nonnegative().max(200).optional(),
  rows: z
    .array(
      z
        .looseObject({
          ...service,
          PT: share.optional(),
          PLT: share.optional(),
          PRT: share.optional(),
          Wentry: width.optional(),
          NQmax: flow.optional(),
        })
        .refine((row) => row.C !== undefined || row.S !== undefined, "give C, or S to work it out from S g / c")
        .refine((row) => (row.PLT ?? 0) + (row.PRT ?? 0) <= 1, "PLT + PRT is above 1; shares of one flow add up to 1"),
    )
    .min(1),
  junction: z.looseObject({ ltorFlow: flow.default(0) }).optional(),
});

export const decreeForm = z.looseObject({
  cycle: seconds,
  LTI: z.number().nonnegative().max(200).optional(),
  IFR: z.number().nonnegative().max(5).optional(),
  FCS: z.number().positive().max(2).optional(),
  rows: z
    .array(
      z
        .looseObject({ ...service, S0: saturation.optional() })
        .refine((row) => row.S !== undefined || row.S0 !== undefined, "give S0 (with FCS) or S"),
    )
    .min(1),
});

const factor = z.number().positive().max(2);
export const factorNames = ["FCS", "FSF", "FG", "FP", "FRT", "FLT"] as const;
const factors = z.strictObject({
  FCS: factor.optional(),
  FSF: factor.optional(),
  FG: factor.optional(),
  FP: factor.optional(),
  FRT: factor.optional(),
  FLT: factor.optional(),
});

const type = z.enum(["P", "O"]);
const environment = z.enum(["COM", "RES", "RA"]);
const friction = z.enum(["high", "medium", "low"]);

export const saturationForm = z.looseObject({
  cityFactor: factor.optional(),
  population: z.number().positive().optional(),
  cycle: seconds.optional(),
  LTI: z.number().nonnegative().max(200).optional(),
  rows: z
    .array(
      z.looseObject({
        approach: name.optional(),
        type: type.optional(),
        width: width.optional(),
        S0: saturation.optional(),
        S: saturation.optional(),
        F: factors.optional(),
        environment: environment.optional(),
        friction: friction.optional(),
        UMMV: z.number().nonnegative().max(10).optional(),
        grade: z.number().min(-30).max(30).optional(),
        Lp: z.number().nonnegative().max(1000).optional(),
        WA: width.optional(),
        PRT: share.optional(),
        PLT: share.optional(),
        QRT: flow.optional(),
        QRTO: flow.optional(),
        Q: flow.optional(),
        g: z.number().nonnegative().max(3600).optional(),
      }),
    )
    .min(1),
});

const reading = z.tuple([width, flow, flow, saturation]);
const question = z.looseObject({ We: width, QRT: flow, QRTO: flow });
export const opposedForm = z.looseObject({
  rows: z.array(reading).min(1),
  interpolation: z.union([question, z.array(question)]).optional(),
});

export const losForm = z.looseObject({
  rows: z.array(z.union([z.tuple([z.number().nonnegative(), z.string()]), z.tuple([z.number().nonnegative()])])).min(1),
});

export const junctionForm = z.looseObject({
  cityFactor: factor.optional(),
  population: z.number().positive().optional(),
  phases: z
    .array(
      z.looseObject({
        id: name,
        amber: z.number().nonnegative().max(10).default(3),
        allRed: z.number().nonnegative().max(20),
        g: z.number().positive().max(3600).optional(),
      }),
    )
    .min(1)
    .max(8),
  cycle: seconds.optional(),
  table: z.array(reading).optional(),
  approaches: z
    .array(
      z.looseObject({
        approach: name,
        type: type.default("P"),
        phase: z.union([name, z.array(name).min(1)]),
        flows: movements,
        WA: width,
        Wentry: width,
        Wexit: width,
        Wltor: z.number().nonnegative().max(20).default(0),
        median: z.boolean().default(true),
        oneWay: z.boolean().default(false),
        environment: environment.default("COM"),
        friction: friction.default("high"),
        grade: z.number().min(-30).max(30).default(0),
        Lp: z.number().nonnegative().max(1000).optional(),
        opposedBy: name.optional(),
        S0: saturation.optional(),
        F: factors.optional(),
        NQmax: flow.optional(),
      }),
    )
    .min(1),
});
