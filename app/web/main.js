/** First live page: reads the public live state and draws it. The console proper comes later. */

const byId = (id) => document.getElementById(id);
const svgSpace = "http://www.w3.org/2000/svg";
/** A queue bar is full at this many vehicles. */
const BAR_FULL_VEH = 60;

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function svg(tag, attributes, text) {
  const node = document.createElementNS(svgSpace, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Makassar",
  weekday: "short",
  day: "2-digit",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

function figures({ street, counts }) {
  const rows = [
    ...(street
      ? [
          ["vehicles on the street", street.present],
          ["vehicles served", street.arrived],
          ["mean delay, s", street.meanDelayS.toFixed(1)],
          ["side streets p95, s", street.sideP95S.toFixed(0)],
          ["pedestrians p95 wait, s", street.pedestrianP95S.toFixed(0)],
        ]
      : []),
    ["plans pushed / verified", `${counts.plansPushed} / ${counts.plansVerified}`],
    ["plans refused", counts.plansRefused],
    ["guard denials", counts.guardDenials],
  ];
  return rows.map(([name, value]) =>
    element("div", { class: "figure" }, element("b", {}, String(value)), element("span", {}, name)),
  );
}

function lampColour(junction) {
  const main =
    junction.phases.find((phase) => phase.state === "green") ??
    junction.phases.find((phase) => phase.state === "amber");
  if (junction.mode === "unreachable" || junction.mode === "unknown") return "#6b7785";
  return main?.state === "green" ? "var(--green)" : main?.state === "amber" ? "var(--amber)" : "var(--red)";
}

function corridorMap(state) {
  const map = byId("map");
  const width = map.clientWidth || 900;
  const left = 80;
  const right = width - 80;
  const gap = state.junctions.length > 1 ? (right - left) / (state.junctions.length - 1) : 0;
  const parts = [
    svg("line", {
      x1: left - 60,
      x2: right + 60,
      y1: 90,
      y2: 90,
      stroke: "#2c3845",
      "stroke-width": 14,
      "stroke-linecap": "round",
    }),
  ];
  state.junctions.forEach((junction, i) => {
    const x = left + i * gap;
    const queue = junction.approaches.reduce((total, approach) => total + approach.queueVeh, 0);
    const shown = junction.phases.filter((phase) => phase.state === "green").map((phase) => phase.name);
    parts.push(
      svg("circle", { cx: x, cy: 90, r: 22, fill: "#10151c", stroke: lampColour(junction), "stroke-width": 6 }),
      svg("text", { x, y: 95 }, shown.join("+") || "–"),
      svg("text", { x, y: 40 }, junction.name),
      svg("text", { x, y: 140, class: "quiet" }, `queue ${queue} veh`),
      svg(
        "text",
        { x, y: 157, class: "quiet" },
        junction.plan ? `cycle ${junction.plan.cycleS} s, offset ${junction.plan.offsetS} s` : junction.mode,
      ),
    );
  });
  map.replaceChildren(...parts);
}

function phaseTag(phase) {
  const left = phase.state === "green" && phase.remainingS !== undefined ? ` ${phase.remainingS} s` : "";
  return element(
    "span",
    { class: `phase ${phase.state}`, title: `phase ${phase.number}: ${phase.state}` },
    `${phase.name}${left}`,
  );
}

function card(junction) {
  const header = element(
    "tr",
    {},
    element("th", {}, "approach"),
    element("th", {}, "flow, veh/h"),
    element("th", {}, "queue, veh"),
    element("th", {}, ""),
    element("th", {}, "known from"),
  );
  const rows = junction.approaches.map((approach) => {
    const bar = element("div", { class: "bar" });
    bar.style.width = `${Math.min(100, (100 * approach.queueVeh) / BAR_FULL_VEH)}%`;
    return element(
      "tr",
      {},
      element("td", {}, approach.id),
      element("td", {}, String(approach.flowVph)),
      element("td", {}, String(approach.queueVeh)),
      element("td", { style: "width:30%" }, bar),
      element("td", {}, approach.basis),
    );
  });
  const plan = junction.plan
    ? `plan ${junction.plan.id}: cycle ${junction.plan.cycleS} s, offset ${junction.plan.offsetS} s, splits ${Object.entries(
        junction.plan.splitsS,
      )
        .map(([phase, split]) => `${phase}: ${split}`)
        .join(", ")}`
    : `local pattern ${junction.pattern}`;
  return element(
    "article",
    { "data-junction": junction.id },
    element("h2", {}, junction.name),
    element(
      "p",
      {},
      `${junction.protocol}, ${junction.mode}${junction.inTransition ? ", in transition" : ""}; detectors ${junction.detectors.ok} ok, ${junction.detectors.faulty} not`,
    ),
    element("div", { class: "phases" }, ...junction.phases.map(phaseTag)),
    element("table", {}, header, ...rows),
    element("p", {}, plan),
    ...(junction.lastReason ? [element("p", { class: "why" }, junction.lastReason)] : []),
  );
}

function show(state) {
  if (!state) return;
  byId("corridor").textContent = `${state.corridor.name}: strategy ${state.strategy}, ${state.speed}`;
  byId("clock").textContent = `${clock.format(new Date(state.at))} WITA`;
  byId("notice").hidden = !state.simulated;
  byId("figures").replaceChildren(...figures(state));
  corridorMap(state);
  byId("junctions").replaceChildren(...state.junctions.map(card));
  byId("alarms").replaceChildren(...state.alarms.map((alarm) => element("p", {}, `alarm: ${alarm}`)));
}

const stream = new EventSource("/api/v1/live/stream");
stream.onopen = () => {
  byId("link").textContent = "live";
};
stream.onerror = () => {
  byId("link").textContent = "engine not reachable, trying again";
};
stream.onmessage = (event) => show(JSON.parse(event.data));
