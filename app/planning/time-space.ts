import type { TimingPlan } from "../../config/plan.ts";
import { modulo } from "../../config/units.ts";
import { type Band, type Direction, greenWindow } from "../../engine/core/network/bands.ts";
import { clock, type Design, type Solution } from "./design.ts";

const width = 1200;
const margin = { left: 240, right: 40, top: 118 };
const rowHeight = 600;
const barHeight = 7;
const panelGap = 120;
const colours = {
  forward: "#1f77b4",
  backward: "#d9822b",
  red: "#c0392b",
  green: "#2e9e5b",
  grid: "#d8dde3",
  ink: "#22303c",
};

/** Time to the right, distance upwards: greens of both directions at each junction, and their bands, over two cycles and a half. */
export function timeSpaceSvg(design: Design, solution: Solution): string {
  const { corridors } = design.network;
  const parts = corridors.map((corridor, i) =>
    panel(design, solution, corridor.id, margin.top + i * (rowHeight + panelGap)),
  );
  const height = margin.top + corridors.length * (rowHeight + panelGap) - 50;
  const title = `${design.network.city.name}: ${design.period.id}, ${clock(design.period.fromMin)} to ${clock(design.period.toMin)}, ${solution.name === "in-use" ? "plan in use" : `offsets by ${solution.name}`}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="${colours.ink}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(margin.left, 28, title, { size: 18, weight: 600 }),
    legend(),
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

interface Stop {
  readonly name: string;
  readonly id: string;
  readonly distanceM: number;
}

function panel(design: Design, solution: Solution, corridorId: string, top: number): string {
  const { city, corridors } = design.network;
  const corridor = corridors.find(({ id }) => id === corridorId)!;
  let along = 0;
  const stops = corridor.junctions.map((id, i): Stop => {
    if (i > 0) along += city.links.get(corridor.forward[i - 1]!)!.lengthM;
    return { id, name: city.junctions.get(id)!.name, distanceM: along };
  });
  const cycleS = Math.max(...stops.map(({ id }) => solution.plans.get(id)!.cycle)) / 1000;
  const spanS = 2.5 * cycleS;
  const x = (seconds: number): number => margin.left + (seconds / spanS) * (width - margin.left - margin.right);
  const y = (distanceM: number): number => top + rowHeight - (distanceM / Math.max(1, along)) * rowHeight;
  const scale: Scale = { x, y, spanS, top };
  const bands = solution.bands.filter(({ direction }) => direction.corridor === corridorId);
  return [
    `<clipPath id="area-${escaped(corridorId)}"><rect x="${margin.left}" y="${top - 24}" width="${width - margin.left - margin.right}" height="${rowHeight + 48}"/></clipPath>`,
    text(
      margin.left,
      top - 34,
      `${corridor.name}; cycle ${cycleS} s; progression ${(corridor.progressionMps * 3.6).toFixed(0)} km/h`,
      { weight: 600 },
    ),
    ...axis(scale, cycleS),
    `<g clip-path="url(#area-${escaped(corridorId)})">`,
    ...bands.flatMap(({ direction, band }) => bandShapes(direction, band, { stops, scale, cycleS })),
    ...bands.flatMap(({ direction }) => greens(direction, solution, { stops, scale })),
    "</g>",
    ...stops.map(({ name, id, distanceM }) => label(name, solution.plans.get(id)!, { distanceM, y })),
  ].join("\n");
}

interface Scale {
  readonly x: (seconds: number) => number;
  readonly y: (distanceM: number) => number;
  readonly spanS: number;
  readonly top: number;
}

function axis({ x, spanS, top }: Scale, cycleS: number): readonly string[] {
  const bottom = top + rowHeight;
  const step = cycleS > 90 ? 20 : 10;
  const ticks: string[] = [];
  for (let t = 0; t <= spanS; t += step) {
    ticks.push(
      `<line x1="${f(x(t))}" y1="${top - 16}" x2="${f(x(t))}" y2="${bottom + 16}" stroke="${colours.grid}" stroke-width="1"/>`,
    );
    ticks.push(text(x(t), bottom + 34, `${t}`, { anchor: "middle" }));
  }
  return [
    ...ticks,
    text(width - margin.right, bottom + 52, "s since the start of a cycle at the first junction", { anchor: "end" }),
  ];
}

/** Greens above the line for the way up the picture, below it for the way down; what is not green is red. */
function greens(
  direction: Direction,
  { plans }: Solution,
  { stops, scale }: { readonly stops: readonly Stop[]; readonly scale: Scale },
): readonly string[] {
  const { x, y, spanS } = scale;
  return direction.stops.flatMap(({ junction, stream }) => {
    const plan = plans.get(junction.id)!;
    const stop = stops.find(({ id }) => id === junction.id)!;
    const top = y(stop.distanceM) + (direction.forward ? -barHeight - 1 : 1);
    const { startS, lengthS } = greenWindow(junction, plan, stream);
    const own = plan.cycle / 1000;
    const bars = [
      `<rect x="${f(x(0))}" y="${f(top)}" width="${f(x(spanS) - x(0))}" height="${barHeight}" fill="${colours.red}"/>`,
    ];
    for (let at = modulo(plan.offset / 1000 + startS, own) - own; at < spanS; at += own)
      bars.push(
        `<rect x="${f(x(at))}" y="${f(top)}" width="${f(x(at + lengthS) - x(at))}" height="${barHeight}" fill="${colours.green}"/>`,
      );
    return bars;
  });
}

function bandShapes(
  direction: Direction,
  band: Band,
  { stops, scale, cycleS }: { readonly stops: readonly Stop[]; readonly scale: Scale; readonly cycleS: number },
): readonly string[] {
  if (band.widthS <= 0) return [];
  const { x, y, spanS } = scale;
  const colour = direction.forward ? colours.forward : colours.backward;
  const way = direction.stops.map(({ junction, travelS }) => ({
    travelS,
    y: y(stops.find(({ id }) => id === junction.id)!.distanceM),
  }));
  const longest = way.at(-1)!.travelS;
  const shapes: string[] = [];
  for (let at = band.startS - Math.ceil((longest + cycleS) / cycleS) * cycleS; at < spanS; at += cycleS) {
    const front = way.map((point) => `${f(x(at + point.travelS))},${f(point.y)}`);
    const back = [...way].reverse().map((point) => `${f(x(at + band.widthS + point.travelS))},${f(point.y)}`);
    shapes.push(
      `<polygon points="${[...front, ...back].join(" ")}" fill="${colour}" fill-opacity="0.22" stroke="${colour}" stroke-width="1.2"/>`,
    );
  }
  return shapes;
}

function label(
  name: string,
  plan: TimingPlan,
  { distanceM, y }: { readonly distanceM: number; readonly y: (distanceM: number) => number },
): string {
  const at = y(distanceM);
  return [
    text(margin.left - 12, at - 3, name, { anchor: "end", weight: 600 }),
    text(
      margin.left - 12,
      at + 13,
      `${distanceM.toFixed(0)} m, offset ${plan.offset / 1000} s, cycle ${plan.cycle / 1000} s`,
      { anchor: "end", size: 10.5 },
    ),
  ].join("\n");
}

function legend(): string {
  const entry = (at: number, colour: string, words: string): string =>
    `<rect x="${at}" y="38" width="18" height="10" fill="${colour}" fill-opacity="0.55"/>${text(at + 24, 47, words, {})}`;
  return [
    entry(margin.left, colours.forward, "band upwards (forward)"),
    entry(margin.left + 180, colours.backward, "band downwards (backward)"),
    entry(margin.left + 390, colours.green, "green: above the line forward, below it backward"),
    entry(margin.left + 735, colours.red, "red and change"),
  ].join("\n");
}

const f = (value: number): string => value.toFixed(1);

const escaped = (words: string): string => words.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

function text(
  x: number,
  y: number,
  words: string,
  {
    anchor = "start",
    weight = 400,
    size = 13,
  }: { readonly anchor?: "start" | "middle" | "end"; readonly weight?: number; readonly size?: number },
): string {
  return `<text x="${f(x)}" y="${f(y)}" text-anchor="${anchor}" font-weight="${weight}" font-size="${size}">${escaped(words)}</text>`;
}
