/** Clearance of MKJI 1997 ch. 2: lengths in m from the stop line to the conflict point, speeds in m/s. */
export interface ConflictPoint {
  readonly leavingM: number;
  /** Length of the leaving vehicle: 5 m motor vehicles, 2 m motorcycles and unmotorised. */
  readonly vehicleM: number;
  /** 10 m/s motor vehicles, 3 unmotorised, 1.2 walking. */
  readonly leavingMps: number;
  readonly enteringM: number;
  readonly enteringMps: number;
}

/** Time the leaving vehicle needs beyond what the entering one needs, s; never below 0, not rounded. */
export const allRedAt = (point: ConflictPoint): number =>
  Math.max(0, (point.leavingM + point.vehicleM) / point.leavingMps - point.enteringM / point.enteringMps);

/** The worst conflict point rules, and a safety time is rounded up to a whole second. */
export const allRed = (points: readonly ConflictPoint[]): number => Math.ceil(Math.max(0, ...points.map(allRedAt)));

/** LTI: amber and all-red of every phase change, s. */
export const lostTime = (changes: readonly { readonly amberS: number; readonly allRedS: number }[]): number =>
  changes.reduce((total, change) => total + change.amberS + change.allRedS, 0);
