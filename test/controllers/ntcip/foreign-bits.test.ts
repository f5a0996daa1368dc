import { Manager, type Ref, ref, type Write } from "ntcip-ts";
import { expect, it, onTestFinished } from "vitest";
import { openRig, otherPlan } from "./rig.ts";

const write = (to: Ref, value: number): Write => ({ ref: to, value });

/** What others have set in the same unit, in masks the driver has no business with: every defined bit, and single ones. */
const foreign: readonly Write[] = [
  write(ref("unitControl"), 0b1000_0100),
  write(ref("specialFunctionOutputControl", 3), 1),
  write(ref("ringControlGroupMax2", 1), 0b0000_0010),
  write(ref("vehicleDetectorOptions", 1), 0b1010_0001),
  write(ref("vehicleDetectorOptions", 9), 0b0111_1110),
  write(ref("preemptControl", 1), 0b0000_0011),
  write(ref("splitTime", 5, 1), 33),
];
/** Masks that a unit keeps from its set-up. */
const setUp: readonly Ref[] = [
  ...Array.from({ length: 16 }, (_, i) => ref("phaseOptions", i + 1)),
  ...Array.from({ length: 8 }, (_, i) => ref("preemptControl", i + 1)),
  ...Array.from({ length: 64 }, (_, i) => ref("vehicleDetectorOptions", i + 1)),
];

it("bits that others have set in a unit outlive a plan, phases called, held and forced off, and a release", async () => {
  const rig = await openRig({ junction: "b" });
  const other = new Manager({ address: "127.0.0.1", port: rig.server.port, community: "public" });
  onTestFinished(async () => {
    other.close();
    await rig.close();
  });
  await rig.run(20_000);
  for (const one of foreign) expect(await other.set(one)).toEqual({ ok: true });
  const watched = [...foreign.map((one) => one.ref), ...setUp];
  const look = async () => {
    const reply = await other.get(...watched);
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.values;
  };
  const before = await look();
  expect(before.slice(0, foreign.length)).toEqual(foreign.map(({ value }) => value));
  const actions = [
    { kind: "plan", plan: otherPlan },
    { kind: "keep-alive" },
    { kind: "serve", phases: [4, 8] },
    { kind: "serve", phases: [4, 8], hold: true },
    { kind: "serve", phases: [2, 5] },
    { kind: "release" },
  ] as const;
  for (const action of actions) {
    expect(await rig.send(action)).toMatchObject({ result: "accepted" });
    await rig.run(1_000);
    expect(await look()).toEqual(before);
  }
});
