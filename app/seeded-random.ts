import type { Random } from "../engine/ports/random.ts";

/** FNV-1a, 32 bit. */
function hash(text: string, basis: number): number {
  let h = (basis ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}

/** sfc32 (Chris Doty-Humphrey, PractRand): fast, 128 bits of state, passes the usual batteries. Forks depend on names alone. */
export function seededRandom(seed: number, name = ""): Random {
  let a = hash(name, seed >>> 0);
  let b = hash(name, Math.floor(seed / 2 ** 32) ^ 0x9e3779b9);
  let c = hash(name, a ^ b);
  let d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return { next, fork: (child) => seededRandom(seed, `${name}/${child}`) };
}
