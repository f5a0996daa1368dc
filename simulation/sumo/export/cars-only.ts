import type { City } from "../../../config/model.ts";

/** The city with cars alone, as many on each flow as it had passenger-car units: what SUMO simulates without sublanes. */
export function carsOnly(city: City): City {
  if (!city.demand) return city;
  const { pcu } = city.control;
  const { classShares } = city.demand;
  const perVehicle = ({ car, hv, mc, bus }: typeof classShares) =>
    (car * pcu.car + (hv + bus) * pcu.hv + mc * pcu.mc) / (car + hv + mc + bus);
  return {
    ...city,
    demand: {
      ...city.demand,
      classShares: { car: 1, hv: 0, mc: 0, bus: 0 },
      flows: city.demand.flows.map(({ classShares: own, ...flow }) => ({
        ...flow,
        vehPerHour: flow.vehPerHour * perVehicle(own ?? classShares),
      })),
    },
  };
}
