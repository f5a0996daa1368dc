/** The live page: reads the public live state (`/api/v1/live/stream`) and draws it. Text goes in as text, never as HTML. */

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
/** A queue bar is full at this many vehicles. */
const BAR_FULL_VEH = 60;
/** The corridor's drawing: height, the road's own line, and the free ends left and right. */
const MAP = { height: 210, road: 112, margin: 110, arm: 46, node: 20 };

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function svg(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

const whole = (value) => value.toLocaleString("en");

function figures({ street, counts }) {
  const rows = [
    ...(street
      ? [
          ["vehicles on the street", whole(street.present)],
          ["vehicles served", whole(street.arrived)],
          ["mean delay, s/veh", street.meanDelayS.toFixed(1)],
          ["side streets, p95 delay s", street.sideP95S.toFixed(0)],
          ["crossings, p95 wait s", street.pedestrianP95S.toFixed(0)],
        ]
      : []),
    ["plans verified / pushed", `${whole(counts.plansVerified)} / ${whole(counts.plansPushed)}`],
    ["refused by cabinets", whole(counts.plansRefused)],
    ["denied by the guard", whole(counts.guardDenials)],
  ];
  return rows.map(([name, value]) =>
    element("div", { class: "figure" }, element("b", {}, value), element("span", {}, name)),
  );
}

const dead = (junction) => junction.mode === "unreachable" || junction.mode === "unknown";

/** One arm: the carriageway, the queue on it, and the stop line in the colour of its lamps. */
function arm(x, y, approach, [dx, dy]) {
  const { node, arm: length } = MAP;
  const at = (d) => [x + dx * d, y + dy * d];
  const [[x1, y1], [x2, y2]] = [at(node + 4), at(node + length)];
  const full = Math.min(1, approach.queueVeh / BAR_FULL_VEH);
  const [qx, qy] = at(node + 4 + full * (length - 4));
  const side = 7;
  return [
    svg("line", { x1, y1, x2, y2, class: "carriageway" }),
    ...(full > 0 ? [svg("line", { x1, y1, x2: qx, y2: qy, class: "queue" })] : []),
    svg("line", {
      x1: x1 - dy * side,
      y1: y1 - dx * side,
      x2: x1 + dy * side,
      y2: y1 + dx * side,
      class: `stop-line ${approach.state}`,
    }),
  ];
}

const DIRECTIONS = { west: [-1, 0], east: [1, 0], north: [0, -1], south: [0, 1] };
/** Where an approach comes from, by its name; others are drawn where there is room. */
function directions(approaches) {
  const free = Object.keys(DIRECTIONS).filter((name) => !approaches.some(({ id }) => id.startsWith(name)));
  return approaches.map(
    ({ id }) => DIRECTIONS[Object.keys(DIRECTIONS).find((name) => id.startsWith(name)) ?? free.shift()] ?? [0, -1],
  );
}

/** A name while there is room for it: one stage, or the numbers of a ring's phases. */
const shownOf = (green) =>
  green.length > 1 ? `phases ${green.map(({ number }) => number).join(" + ")}` : (green[0]?.name ?? "change");

function corridorMap({ name, junctions }) {
  const map = svg("svg", { class: "map", role: "img", "aria-label": `${name}: state of each junction` });
  const width = Math.max(600, byId("corridors").clientWidth - 34);
  map.setAttribute("viewBox", `0 0 ${width} ${MAP.height}`);
  const y = MAP.road;
  const gap = junctions.length > 1 ? (width - 2 * MAP.margin) / (junctions.length - 1) : 0;
  const first = junctions.length > 1 ? MAP.margin : width / 2;
  map.append(svg("line", { x1: 10, x2: width - 10, y1: y, y2: y, class: "road" }));
  junctions.forEach((junction, i) => {
    const x = first + i * gap;
    const ways = directions(junction.approaches);
    junction.approaches.forEach((approach, k) => {
      map.append(...arm(x, y, approach, ways[k]));
    });
    const green = junction.phases.filter(({ state }) => state === "green");
    const left = green.flatMap(({ remainingS }) => remainingS ?? []);
    const lamp = dead(junction)
      ? "unknown"
      : green.length > 0
        ? "green"
        : junction.phases.some(({ state }) => state === "amber")
          ? "amber"
          : "red";
    map.append(
      svg("circle", { cx: x, cy: y, r: MAP.node, class: `node ${lamp}` }),
      svg("text", { x, y: y + 5, class: "count" }, left.length > 0 ? String(Math.min(...left)) : "–"),
      svg("text", { x, y: 22, class: "name" }, junction.name),
      svg("text", { x, y: 38, class: "quiet" }, dead(junction) ? junction.mode : shownOf(green)),
      svg(
        "text",
        { x, y: MAP.height - 10, class: "quiet" },
        junction.plan
          ? `cycle ${junction.plan.cycleS} s · offset ${junction.plan.offsetS} s`
          : `own pattern ${junction.pattern}`,
      ),
    );
  });
  return map;
}

function phaseTag({ number, name, state, remainingS }) {
  const left = state === "green" && remainingS !== undefined ? ` ${remainingS} s` : "";
  // Names of those that matter now, numbers of the others: a dual ring has eight.
  const text = state === "green" || state === "amber" ? `${number} ${name}${left}` : String(number);
  return element("span", { class: `phase ${state}`, title: `phase ${number}, ${name}: ${state}` }, text);
}

function approachRow({ id, flowVph, queueVeh, basis, state }) {
  const bar = element("div", { class: "bar" });
  bar.style.width = `${Math.min(100, (100 * queueVeh) / BAR_FULL_VEH)}%`;
  return element(
    "tr",
    {},
    element("td", {}, element("i", { class: `lamp ${state}` }), id),
    element("td", {}, whole(flowVph)),
    element("td", {}, whole(queueVeh)),
    element("td", { class: "bar-cell" }, bar),
    element("td", { class: `basis ${basis}` }, basis),
  );
}

function card(junction) {
  const { plan, detectors } = junction;
  const head = element(
    "tr",
    {},
    ...["approach", "veh/h", "queue", "", "known from"].map((text) => element("th", {}, text)),
  );
  const splits = plan
    ? Object.entries(plan.splitsS)
        .map(([phase, split]) => `${phase}: ${split}`)
        .join("  ")
    : "";
  const running = plan
    ? `cycle ${plan.cycleS} s, offset ${plan.offsetS} s, splits ${splits}`
    : `runs its own pattern ${junction.pattern}`;
  const sick = detectors.faulty > 0 ? `, ${detectors.faulty} not` : "";
  return element(
    "article",
    { "data-junction": junction.id, "data-mode": junction.mode },
    element(
      "h3",
      {},
      junction.name,
      element(
        "span",
        { class: `mode ${junction.mode}` },
        `${junction.mode}${junction.inTransition ? ", in transition" : ""}`,
      ),
    ),
    element("p", {}, `${junction.protocol.toUpperCase()} cabinet; detectors ${detectors.ok} ok${sick}`),
    element("div", { class: "phases" }, ...junction.phases.map(phaseTag)),
    element("table", {}, head, ...junction.approaches.map(approachRow)),
    element("p", { class: "plan" }, running),
    ...(junction.lastReason ? [element("p", { class: "why" }, junction.lastReason)] : []),
  );
}

const corridor = (state) =>
  element(
    "section",
    { class: "corridor", "data-corridor": state.id },
    element("h2", {}, state.name),
    corridorMap(state),
    element("div", { class: "cards" }, ...state.junctions.map(card)),
  );

function show(state) {
  if (!state) return;
  byId("run").textContent = `${state.city} · strategy ${state.strategy} · ${state.speed}`;
  byId("clock").textContent = state.localTime;
  byId("notice").hidden = !state.simulated;
  byId("figures").replaceChildren(...figures(state));
  byId("corridors").replaceChildren(...state.corridors.map(corridor));
  byId("alarms").hidden = state.alarms.length === 0;
  byId("alarms").replaceChildren(
    ...state.alarms.map(({ junction, text }) => element("p", {}, element("b", {}, junction), ` ${text}`)),
  );
}

function link(state, text) {
  byId("link").dataset.state = state;
  byId("link").textContent = text;
}

const stream = new EventSource("/api/v1/live/stream");
stream.onopen = () => link("live", "live");
stream.onerror = () => link("lost", "engine not reachable, trying again");
stream.onmessage = (event) => show(JSON.parse(event.data));
