/** PKJI 2023 renamed the symbols of MKJI 1997; files may use either, and results carry both. */
const pkjiToMkji: Readonly<Record<string, string>> = {
  J: "S",
  J0: "S0",
  q: "Q",
  wH: "g",
  wHH: "LTI",
  DJ: "DS",
  RQJ: "FR",
  RAS: "IFR",
  RF: "PR",
  RH: "GR",
  Nq: "NQ",
  Nq1: "NQ1",
  Nq2: "NQ2",
  PA: "QL",
  RKH: "NS",
  TLL: "DT",
  TG: "DG",
  T: "D",
  FUK: "FCS",
  FHS: "FSF",
  FBKa: "FRT",
  FBKi: "FLT",
  MP: "LV",
  KS: "HV",
  SM: "MC",
  KTB: "UM",
  BKiJT: "LTOR",
  BKi: "LT",
  LRS: "ST",
  BKa: "RT",
};
const mkjiToPkji = new Map(Object.entries(pkjiToMkji).map(([pkji, mkji]) => [mkji, pkji]));

export type Loose = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keys whose own keys are names of approaches, not symbols: T is an approach (timur) there and a delay elsewhere. */
export const namesInside = new Set([
  "approaches",
  "protected",
  "opposed",
  "recomputedWithMC015",
  "recomputedWithMC020",
]);

export interface Clash {
  readonly path: readonly string[];
  readonly message: string;
}

/** The same value with every PKJI symbol under its MKJI name. A value given under both names, differently, is a clash. */
export function inMkji(value: unknown, path: readonly string[] = [], clashes: Clash[] = []): unknown {
  if (Array.isArray(value)) return value.map((entry, i) => inMkji(entry, [...path, String(i)], clashes));
  if (!isObject(value)) return value;
  const keepNames = namesInside.has(path.at(-1) ?? "");
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const name = keepNames ? key : (pkjiToMkji[key] ?? key);
    const inner = inMkji(entry, [...path, key], clashes);
    if (Object.hasOwn(result, name) && JSON.stringify(result[name]) !== JSON.stringify(inner))
      clashes.push({
        path: [...path, key],
        message: `${JSON.stringify(entry)} contradicts ${name}, which is the same quantity; give one of them`,
      });
    result[name] = inner;
  }
  return result;
}

/** Computed columns under both manuals' symbols. */
export function bothNames(columns: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(columns)) {
    result[key] = value ?? null;
    const other = mkjiToPkji.get(key);
    if (other !== undefined && other !== "q") result[other] = value ?? null;
  }
  return result;
}
