/**
 * What an approach discharges by width and share of motorcycles: our strips, SUMO's sublane model, and the manual's
 * `S0 = 600 We` (MKJI 1997). Run: node --import tsx bench/saturation.ts [SEEDS [SUMO_SEEDS]]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discharge } from "../test/support/discharge.ts";
import { sumoDischarge } from "../test/support/sumo-discharge.ts";

const seeds = Number(process.argv[2] ?? 10);
const sumoSeeds = Number(process.argv[3] ?? 2);
const approaches = [
  [3.5, 1],
  [5, 1],
  [6, 2],
  [7, 2],
  [8, 2],
  [9, 3],
] as const;
const folder = mkdtempSync(join(tmpdir(), "simpang-saturation-"));
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
try {
  process.stdout.write(
    "width, lanes, motorcycles | pcu/h | SUMO | of 600 We, both | first 6 s: vehicles and motorcycles, ours and SUMO's\n",
  );
  for (const [widthM, lanes] of approaches)
    for (const mc of [0, 0.2, 0.4, 0.6, 0.8]) {
      const own = discharge({ widthM, lanes, shares: { car: 1 - mc, hv: 0, mc, bus: 0 } }, { seeds, cycles: 2 });
      const runs = Array.from({ length: sumoSeeds }, (_, i) =>
        sumoDischarge({ folder, widthM, lanes, motorcycles: mc, seed: i + 1, cycles: 3 }),
      );
      const sumo = (of: keyof (typeof runs)[number]) => runs.reduce((sum, run) => sum + run[of], 0) / runs.length;
      const manual = 600 * widthM;
      process.stdout.write(
        `${widthM} m, ${lanes}, ${percent(mc)} | ${own.saturationPcuh.toFixed(0)} | ${sumo("saturationPcuh").toFixed(0)} | ${percent(own.saturationPcuh / manual)}, ${percent(sumo("saturationPcuh") / manual)} | ${own.firstRows.toFixed(1)} and ${percent(own.firstMotorcycles)}, ${sumo("firstRows").toFixed(1)} and ${percent(sumo("firstMotorcycles"))}\n`,
      );
    }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
