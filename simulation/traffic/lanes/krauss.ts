/**
 * Car-following after Krauß, Microscopic Modeling of Traffic Flow (1998), for steps of fixed length: a speed is chosen at
 * the beginning of a step and holds for its whole length. All gaps are net of the distance kept at rest.
 */

// Unary plus in this folder: the compiler of the machine does not know that a called function returns a number, and would
// keep what is mixed with it as an object.

/** Rounding guard on distances, m. */
export const TINY_M = 1e-3;
/**
 * Slower than this is standing, m/s: SUMO's cap of 0.1 of its smallest distance (`MSVehicle::executeMove`). Without it a queue
 * never comes to rest, for an imperfect driver goes only a part of what is left of its gap.
 */
export const STILL_MPS = 1e-4;
/** How much harder than worked out a driver brakes in an emergency. */
const EMERGENCY_MARGIN = 1.2;

/** Way to a stop when braking begins in the coming step, m. */
export function brakeGap(speed: number, decel: number, dt: number): number {
  const loss = decel * dt;
  const steps = Math.floor(speed / loss);
  return dt * steps * (speed - 0.5 * loss * steps - 0.5 * loss);
}

/**
 * Highest speed from which one can stop within `gap`, driving on for `headway` first. Braking n whole steps from n·b takes
 * n(n−1)/2·b·dt + n·b·headway; n is the most that fits, and the rest of the way allows a little more speed.
 */
export function stopSpeed(gap: number, decel: number, headway: number, dt: number): number {
  const g = gap - TINY_M;
  if (g < 0) return 0;
  const b = decel * dt;
  const lead = dt / 2 - headway;
  const n = Math.floor((lead + Math.sqrt(lead * lead + (2 * g * dt) / b)) / dt);
  const reached = b * n;
  const way = reached * (0.5 * dt * n - 0.5 * dt + headway);
  return reached + (g - way) / (dt * n + headway);
}

/** Constant deceleration that just avoids a leader who brakes to a stop. */
function emergencyDecel(gap: number, speed: number, leadSpeed: number, leadDecel: number): number {
  const alone = (0.5 * speed * speed) / (gap + (0.5 * leadSpeed * leadSpeed) / leadDecel);
  return alone <= leadDecel ? alone : (0.5 * (speed * speed - leadSpeed * leadSpeed)) / Math.max(gap, TINY_M);
}

/** Speed that is safe behind a leader even when it brakes to a stop; brakes no harder than it must. */
export function followSpeed(
  gap: number,
  speed: number,
  leadSpeed: number,
  leadDecel: number,
  decel: number,
  emergency: number,
  headway: number,
  dt: number,
): number {
  if (gap < 0) return Math.max(0, speed - emergency * dt);
  const safe = +stopSpeed(gap + +brakeGap(leadSpeed, leadDecel > decel ? leadDecel : decel, dt), decel, headway, dt);
  const wanted = (speed - safe) / dt;
  if (wanted <= decel + TINY_M) return safe;
  const needed = Math.max(decel, EMERGENCY_MARGIN * emergencyDecel(gap, speed, leadSpeed, leadDecel));
  return Math.max(0, speed - Math.min(needed, wanted) * dt);
}

/** Highest speed now that lets one drive no faster than `target` from `gap` metres on. */
export function approachSpeed(gap: number, target: number, decel: number, dt: number): number {
  const last = target * dt;
  if (gap < last) return target;
  const b = decel * dt * dt;
  // y steps of braking down to the target, and one at it, take b·y(y+1)/2 + y·target·dt.
  const y = (Math.sqrt((b + 2 * last) * (b + 2 * last) + 8 * b * gap) - b - 2 * last) / (2 * b);
  const full = y > 0 ? Math.floor(y) : 0;
  const way = (full * (full + 1) * b) / 2 + full * last + (y > full ? last : 0);
  return Math.max(0, gap - way) / ((full + 1) * dt) + full * decel * dt + target;
}

/** Gap behind a leader from which one never has to brake harder than comfortably, m. */
export function secureGap(
  speed: number,
  leadSpeed: number,
  leadDecel: number,
  decel: number,
  headway: number,
  dt: number,
): number {
  const own = brakeGap(speed, decel, dt) + speed * headway;
  return Math.max(0, own - brakeGap(leadSpeed, leadDecel > decel ? leadDecel : decel, dt));
}

/** Speed after `distance` at constant acceleration. */
export const speedAfter = (distance: number, speed: number, accel: number): number =>
  Math.sqrt(Math.max(0, speed * speed + 2 * accel * distance));

/** Earliest time over `distance`, changing from `speed` to `arrivalSpeed` at once and then keeping it, s. */
export function arrivalTime(
  distance: number,
  speed: number,
  arrivalSpeed: number,
  accel: number,
  decel: number,
): number {
  if (distance <= 0) return 0;
  const a = arrivalSpeed >= speed ? accel : -decel;
  const changing = (arrivalSpeed - speed) / a;
  const way = (changing * (arrivalSpeed + speed)) / 2;
  if (distance >= way) return changing + (distance - way) / Math.max(speed, arrivalSpeed, 0.1);
  return (Math.sqrt(Math.max(0, speed * speed + 2 * a * distance)) - speed) / a;
}
