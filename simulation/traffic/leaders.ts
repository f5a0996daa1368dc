/**
 * One link's leaders by strip, written while the link is swept front first and reused for every link.
 */
export const leadRear = new Float64Array(32);
export const leadSpeed = new Float64Array(32);
/** Rear of a vehicle that must change to this strip: those behind let it in. */
export const claimRear = new Float64Array(32);
