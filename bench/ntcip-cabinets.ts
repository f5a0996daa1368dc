/** The other end of bench/ntcip.ts: virtual cabinets behind NTCIP agents, in a process of their own. */
import { defaultConfig, readCity } from "../app/city-files.ts";
import { instant } from "../config/units.ts";
import { serveNtcip } from "../simulation/cabinet/ntcip-server.ts";
import { createVirtualCabinet } from "../simulation/cabinet/unit.ts";

const count = Number(process.argv[2]);
/** Steps of a cabinet, and the turns they are spread over, ms. */
const STEP = 100;
const TURN = 10;

const city = readCity(defaultConfig);
const specs = [...city.cabinets.values()];
const start = instant(Math.floor(Date.now() / STEP) * STEP);
const units = Array.from({ length: count }, (_, i) => {
  const spec = specs[i % specs.length]!;
  return createVirtualCabinet({
    cabinet: { ...spec, id: `${spec.id}-${i}` },
    junction: city.junctions.get(spec.junction)!,
    schedule: city.schedule,
    utcOffset: city.utcOffset,
    start,
  });
});
const ports: number[] = [];
for (const unit of units)
  ports.push((await serveNtcip({ unit, utcOffset: city.utcOffset, schedule: city.schedule })).port);

let turn = 0;
setInterval(() => {
  const now = instant(Date.now());
  for (let i = turn; i < units.length; i += STEP / TURN) {
    units[i]!.step(now);
    // As a recorder would; nobody keeps an hour of events of a thousand cabinets in memory.
    units[i]!.drainEvents();
  }
  turn = (turn + 1) % (STEP / TURN);
}, TURN);

let cpu = process.cpuUsage();
process.on("message", () => {
  const spent = process.cpuUsage(cpu);
  cpu = process.cpuUsage();
  process.send!({ cpuMs: (spent.user + spent.system) / 1000, rssMb: process.memoryUsage.rss() / 2 ** 20 });
});
process.on("disconnect", () => process.exit());
process.send!({ ports });
