/** What a signal head shows; one byte a group, shared by cabinets, conflict monitor and street. */
export const Lamp = {
  dark: 0,
  red: 1,
  redAmber: 2,
  green: 3,
  amber: 4,
  /** pedestrian clearance */ clearance: 5,
  flash: 6,
} as const;
export type Lamp = (typeof Lamp)[keyof typeof Lamp];
