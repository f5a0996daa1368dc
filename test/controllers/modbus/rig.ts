import { ExchangeCount } from "../../../app/exchange-count.ts";
import { SteppedClock } from "../../../app/stepped-clock.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { instant, type Millis, millis, seconds } from "../../../config/units.ts";
import { openModbus } from "../../../controllers/modbus/driver.ts";
import { profileA, type RegisterMap } from "../../../controllers/modbus/register-map.ts";
import type { ReachableStatus } from "../../../engine/core/cabinet.ts";
import type { FieldController } from "../../../engine/ports/field-controller.ts";
import { serveModbus } from "../../../simulation/cabinet/modbus-server.ts";
import type { ModbusVariant } from "../../../simulation/cabinet/modbus-server-plan.ts";
import { createVirtualCabinet } from "../../../simulation/cabinet/unit.ts";
import { testCity } from "../../support/city.ts";
import { otherPlan } from "../../support/other-plan.ts";
import { steppedField } from "../../support/stepped-field.ts";

export { otherPlan };

/** Pattern slot of the centre's plan in the virtual cabinet. */
export const slot = 253;

export const thirdPlan: TimingPlan = {
  ...otherPlan,
  id: "adaptive/a2",
  cycle: seconds(100),
  splits: [
    { phase: 1, split: seconds(55) },
    { phase: 2, split: seconds(15) },
    { phase: 3, split: seconds(30) },
  ],
};

/** One virtual cabinet on a real socket, in stepped time, past its start-up. */
export async function rig({
  junction: id = "a",
  variant,
  unitId,
}: {
  readonly junction?: string;
  readonly variant?: Partial<ModbusVariant>;
  readonly unitId?: number;
} = {}) {
  const city = testCity();
  const junction = city.junctions.get(id)!;
  const cabinet = city.cabinets.get(`cab-${id}`)!;
  const start = instant(Date.UTC(2026, 10, 21, 1, 0, 0));
  const clock = new SteppedClock(start);
  const unit = createVirtualCabinet({ cabinet, junction, schedule: city.schedule, utcOffset: city.utcOffset, start });
  const server = await serveModbus({
    unit,
    ...(variant === undefined ? {} : { variant }),
    ...(unitId === undefined ? {} : { unitId }),
  });
  const exchanges = new ExchangeCount();
  const drivers: { close(): void }[] = [];

  const { run, ask, poll } = steppedField({ unit, clock, exchanges });

  const open = ({
    url = server.url,
    map = profileA,
    deadline = seconds(1),
    phase = millis(0),
  }: {
    readonly url?: string;
    readonly map?: RegisterMap;
    readonly deadline?: Millis;
    readonly phase?: Millis;
  } = {}) => {
    const spec = { ...cabinet, unitId: unitId ?? cabinet.unitId };
    const driver = openModbus({ spec, junction, url, map, clock, inFlight: exchanges, deadline, phase });
    drivers.push(driver);
    return driver;
  };

  const reached = async (driver: FieldController): Promise<ReachableStatus> => {
    const status = await poll(driver);
    if (status.kind !== "reachable") throw new Error(status.reason);
    return status;
  };

  const close = async () => {
    for (const driver of drivers) driver.close();
    await server.close();
  };

  await run(seconds(20));
  return { city, junction, cabinet, clock, unit, server, exchanges, run, open, ask, poll, reached, close };
}

export type Rig = Awaited<ReturnType<typeof rig>>;
