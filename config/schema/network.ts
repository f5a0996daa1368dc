import { z } from "zod";
import { identifier, provenance, wholeWithin, within } from "./common.ts";

const nodeSchema = z.strictObject({
  id: identifier,
  kind: z
    .enum(["junction", "edge"])
    .describe("junction: has a file in junctions/; edge: where traffic enters and leaves."),
  x_m: within(-200_000, 200_000, "East of the set's own zero, m."),
  y_m: within(-200_000, 200_000, "North of the set's own zero, m."),
  ...provenance,
});

const linkSchema = z
  .strictObject({
    id: identifier,
    from: identifier.describe("Node it starts at."),
    to: identifier.describe("Node it ends at."),
    length_m: within(20, 20_000, "Stop line to stop line along the road, m."),
    speed_kmh: within(10, 100, "Free speed, km/h."),
    width_m: within(2, 30, "Kerb to median, m."),
    lanes: wholeWithin(1, 6, "Lanes between junctions; an approach may have more at the stop line."),
    grade_percent: within(-15, 15, "Positive uphill in the direction of travel. Default 0.").default(0),
    ...provenance,
  })
  .describe("One direction of a road.");

/** `network.yaml` */
export const networkSchema = z
  .strictObject({
    nodes: z.array(nodeSchema).min(1).max(2000),
    links: z.array(linkSchema).min(1).max(8000),
  })
  .describe("Nodes and one-way links.");

export type NetworkFile = z.infer<typeof networkSchema>;
export type NodeEntry = NetworkFile["nodes"][number];
export type LinkEntry = NetworkFile["links"][number];
