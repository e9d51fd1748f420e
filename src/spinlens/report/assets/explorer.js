/* The page: choices, the main picture, the configuration that belongs to the place one is at, and tables. */

class State {
  constructor(system) {
    this.system = system;
    this.index = system.axes.map((axis) => Math.floor(axis.values.length / 2));
    this.draw = 0;
    this.quantity = 0;
    this.listeners = [];
    const stored = system.configurations.conditions;
    // Where something is stored, so that an unfinished grid begins with what is there.
    if (stored.length) this.place(stored[Math.floor(stored.length / 2)]);
  }

  place(flat) {
    for (let k = this.system.axes.length - 1; k >= 0; k--) {
      const size = this.system.axes[k].values.length;
      this.index[k] = flat % size;
      flat = Math.floor(flat / size);
    }
  }

  /* The condition's number on the flattened grid. */
  flat(index = this.index) {
    return this.system.axes.reduce((sum, axis, k) => sum * axis.values.length + index[k], 0);
  }

  /* The number of the point of the controls other than the temperature. */
  point() {
    return Math.floor(this.flat() / this.system.axes.at(-1).values.length);
  }

  move(axis, to) {
    this.index[axis] = Math.min(Math.max(to, 0), this.system.axes[axis].values.length - 1);
    this.tell();
  }

  tell() { for (const listener of this.listeners) listener(); }
}

const words = (axis) => (axis.unit && axis.unit !== "1" ? `${axis.label} (${axis.unit})` : axis.label);

function explorer(systems, first) {
  const host = element("section", { "aria-label": "explorer" });
  const open = (k, quantity) => {
    const state = new State(systems[k]);
    const names = systems[k].quantities.map((each) => each.name);
    state.quantity = Math.max(0, names.indexOf(quantity));
    const left = element("div", {}), right = element("div", {});
    left.append(choices(systems, k, state, (next) => open(next, names[state.quantity])));
    left.append(mainFigure(systems, k, state), sliders(state), readout(state));
    right.append(configurationPanel(state), scatter(state));
    if (systems[k].sampler) right.append(livePanel(systems[k], state));
    host.replaceChildren(element("p", { class: "quiet" }, systems[k].text), element("div", { class: "explorer" }, left, right), conditionTable(state));
    state.tell();
  };
  open(first);
  return host;
}

function choices(systems, k, state, open) {
  const box = element("div", { class: "choices" });
  if (systems.length > 1) {
    const options = systems.map((each, i) => element("option", { value: i, selected: i === k }, each.name));
    box.append(element("label", {}, "system", element("select", { onchange: (event) => open(Number(event.target.value)) }, ...options)));
  }
  const options = state.system.quantities.map((each, i) => element("option", { value: i, selected: i === state.quantity }, each.label));
  const choose = (event) => { state.quantity = Number(event.target.value); state.tell(); };
  box.append(element("label", {}, "quantity", element("select", { onchange: choose, id: "quantity" }, ...options)));
  return box;
}

/* The map over a control and the temperature, or curves along the one axis that varies; drawn anew at every step. */
function mainFigure(systems, k, state) {
  const { system } = state, last = system.axes.length - 1;
  const varied = system.axes.map((axis, i) => [axis, i]).filter(([axis]) => axis.values.length > 1).map(([, i]) => i);
  const across = varied.length > 1 && varied.includes(last) ? varied[0] : (varied[0] ?? last), up = varied.length > 1 ? last : null;
  const figure = element("figure", { tabindex: 0, "aria-label": "main picture; arrow keys move from condition to condition" });
  const caption = element("figcaption", {});
  let axes = null;
  const draw = () => {
    const quantity = system.quantities[state.quantity];
    if (!quantity) return figure.replaceChildren(element("p", {}, "Nothing is stored yet."));
    const drawn = up === null ? drawCurves(systems, state, across, quantity) : drawMap(state, across, up, quantity);
    axes = drawn.axes;
    const link = csvLink("CSV of this picture", `${system.name || "ensemble"} ${quantity.name}`, () => conditionRows(system, [quantity]));
    caption.textContent = `${words(quantity)}; ${drawn.said}`;
    figure.replaceChildren(axes.svg, legend(drawn.entries), caption, link);
  };
  const nearest = (axis, value) => system.axes[axis].values.reduce((best, each, i, all) => (Math.abs(each - value) < Math.abs(all[best] - value) ? i : best), 0);
  const point = (event) => {
    if (!axes || !event.target.closest("svg")) return;
    const [x, y] = axes.at(event);
    const to = nearest(across, x), higher = up === null ? null : nearest(up, y);
    if (to === state.index[across] && (up === null || higher === state.index[up])) return;
    state.index[across] = to;
    if (up !== null) state.index[up] = higher;
    state.tell();
  };
  figure.addEventListener("pointermove", point);
  figure.addEventListener("pointerdown", point);
  figure.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [across, -1], ArrowRight: [across, 1], ArrowDown: [up ?? across, -1], ArrowUp: [up ?? across, 1] };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [axis, by] = steps[event.key];
    state.move(axis, state.index[axis] + by);
  });
  state.listeners.push(draw);
  return figure;
}

/* Numbers of a quantity along one axis, at the place one is at on all others. */
function along(system, index, axis, numbers) {
  if (!numbers) return null;
  return system.axes[axis].values.map((_, i) => {
    const here = index.slice();
    here[axis] = i;
    return numbers[here.reduce((sum, each, k) => sum * system.axes[k].values.length + each, 0)];
  });
}

function drawCurves(systems, state, across, quantity) {
  const { system } = state, axis = system.axes[across];
  // Other systems of the group that vary along the same axis are drawn beside: several sizes of one model, for example.
  const fits = (other) => other.axes.every((each, i) => other === system || i === across || each.values.length === 1);
  const same = systems.filter((other) => other === system || (system.group && other.group === system.group && other.axes[across]?.name === axis.name && fits(other) && fits(system)));
  const curves = same.map((other) => ({ other, found: other.quantities.find((each) => each.name === quantity.name) })).filter((each) => each.found);
  const place = (other) => (other === system ? state.index : other.axes.map(() => 0));
  const lines = curves.map(({ other, found }) => along(other, place(other), across, found.values));
  const alone = quantity.curve ? [...quantity.curve[1]] : [];
  const x = range(curves.flatMap(({ other }) => other.axes[across].values)), y = range([...lines.flat(), ...alone]);
  const here = state.index[across], value = lines[curves.findIndex(({ other }) => other === system)][here];
  const text = `${quantity.label} over ${axis.label}: ${number(value)} at ${number(axis.values[here])}`;
  const axes = new Axes(x, y, words(axis), words(quantity), text), entries = [];
  marks(axes, system, axis, entries);
  if (quantity.curve) {
    axes.curve(quantity.curve[0], quantity.curve[1], { ink: "--quiet", dots: false });
    entries.push(["--quiet", "exact"]);
  } else if (quantity.exact) {
    axes.curve(axis.values, along(system, state.index, across, quantity.exact), { ink: "--quiet", dots: false, dashes: "5 3" });
    entries.push(["--quiet", "exact at the conditions"]);
  }
  curves.forEach(({ other, found }, i) => {
    const ink = INKS[i % INKS.length], error = along(other, place(other), across, found.error);
    axes.curve(other.axes[across].values, lines[i], { ink, error, line: !quantity.curve || curves.length > 1 });
    entries.push([ink, other.name || quantity.label]);
  });
  flagged(axes, system, state, across, lines[curves.findIndex(({ other }) => other === system)], entries);
  axes.mark(axis.values[here], "--ink", "2 3");
  if (Number.isFinite(value)) axes.svg.append(shape("circle", { cx: axes.x(axis.values[here]), cy: axes.y(value), r: 7, fill: "none", style: "stroke:var(--ink)", "stroke-width": 2 }));
  return { axes, entries, said: `at ${place_text(state)}` };
}

function marks(axes, system, axis, entries) {
  for (const line of system.lines) {
    if (axis.name !== line.axis || line.values.length !== 1) continue;
    const [value] = line.values, error = line.error?.[0];
    if (error) axes.band(value - error, value + error);
    axes.mark(value, line.exact ? "--quiet" : "--two");
    entries.push([line.exact ? "--quiet" : "--two", `${line.label} ${error ? estimate(value, error) : number(value, 7)}`]);
  }
}

/* Crosses below conditions that are not known to be equilibrated. */
function flagged(axes, system, state, across, y, entries) {
  const verdict = along(system, state.index, across, system.verdict), bad = [];
  verdict.forEach((each, i) => { if (each === 0 || each === 2) bad.push(i); });
  for (const i of bad) {
    if (!Number.isFinite(y[i])) continue;
    axes.svg.append(shape("text", { x: axes.x(system.axes[across].values[i]), y: FRAME.height - FRAME.bottom - 4, "text-anchor": "middle", style: "fill:var(--caution)" }, "×"));
  }
  if (bad.length) entries.push(["", `× not known to be equilibrated: ${bad.length} of ${verdict.length}`, "display:none"]);
}

function drawMap(state, across, up, quantity) {
  const { system } = state, [x, y] = [system.axes[across], system.axes[up]];
  const value = (i, j) => {
    const here = state.index.slice();
    [here[across], here[up]] = [i, j];
    return quantity.values[state.flat(here)];
  };
  const ends = (values) => { const e = edges(values); return [e[0], e.at(-1)]; };
  const here = value(state.index[across], state.index[up]);
  const text = `map of ${quantity.label} over ${x.label} and ${y.label}: ${number(here)} at ${place_text(state)}`;
  const axes = new Axes(ends(x.values), ends(y.values), words(x), words(y), text);
  const { low, high, paint } = paintMap(axes, x.values, y.values, value);
  const steps = [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * (high - low));
  const entries = steps.map((v) => ["", number(v, 3), `background:${paint(v)};border:1px solid var(--quiet)`]);
  let flags = 0;
  x.values.forEach((vx, i) => y.values.forEach((vy, j) => {
    const place = state.index.slice();
    [place[across], place[up]] = [i, j];
    const verdict = system.verdict[state.flat(place)];
    if (verdict !== 0 && verdict !== 2) return;
    flags++;
    axes.svg.append(shape("text", { x: axes.x(vx), y: axes.y(vy) + 4, "text-anchor": "middle", "font-size": 10, style: "fill:#fff;paint-order:stroke;stroke:#000;stroke-width:2px" }, "×"));
  }));
  if (flags) entries.push(["", `× not known to be equilibrated: ${flags}`, "display:none"]);
  system.lines.forEach((line, k) => {
    const ink = (line.exact ? ["#ffffff", "#000000"] : ["#d55e00", "#f0e442", "#cc79a7", "#56b4e9"])[k % (line.exact ? 2 : 4)];
    if (line.axis !== y.name) return;
    // One place belongs to the middle of the control, where it is zero.
    const places = line.x.length ? line.x : [0];
    const seen = places.map((vx, i) => [vx, line.values[i]]).filter(([vx, t]) => t !== null && axes.inside(vx, t));
    const path = seen.map(([vx, t], i) => `${i ? "L" : "M"}${axes.x(vx).toFixed(1)} ${axes.y(t).toFixed(1)}`).join("");
    if (line.exact && seen.length > 1) axes.svg.append(shape("path", { d: path, fill: "none", stroke: ink, "stroke-width": 1.4 }));
    places.forEach((vx, i) => {
      const t = line.values[i], error = line.error?.[i];
      if (!Number.isFinite(t) || t === null || !axes.inside(vx, t)) return;
      if (error) axes.svg.append(shape("line", { x1: axes.x(vx), x2: axes.x(vx), y1: axes.y(t - error), y2: axes.y(t + error), stroke: ink, "stroke-width": 2 }));
      axes.svg.append(shape("circle", { cx: axes.x(vx), cy: axes.y(t), r: line.exact ? 2.6 : 3.8, fill: ink, stroke: "#000", "stroke-width": 0.8 }));
    });
    const single = line.values.length === 1 ? ` ${line.error?.[0] ? estimate(line.values[0], line.error[0]) : number(line.values[0], 7)}` : "";
    entries.push(["", line.label + single, `background:${ink};border:1px solid #000`]);
  });
  axes.svg.append(shape("rect", { x: axes.x(x.values[state.index[across]]) - 7, y: axes.y(y.values[state.index[up]]) - 7, width: 14, height: 14, fill: "none", stroke: "#000", "stroke-width": 4 }));
  axes.svg.append(shape("rect", { x: axes.x(x.values[state.index[across]]) - 7, y: axes.y(y.values[state.index[up]]) - 7, width: 14, height: 14, fill: "none", stroke: "#fff", "stroke-width": 2 }));
  return { axes, entries, said: `at ${place_text(state)}` };
}

function place_text(state) {
  return state.system.axes.map((axis, k) => `${axis.label} ${number(axis.values[state.index[k]])}`).join(", ");
}

function slider(label, most, read, write) {
  const input = element("input", { type: "range", min: 0, max: most, step: 1, "aria-label": label }), shown = element("output", {});
  input.addEventListener("input", () => write(Number(input.value)));
  const update = () => { [input.value, shown.textContent] = read(); input.setAttribute("aria-valuetext", shown.textContent); };
  return { box: element("label", { class: "slider" }, element("span", {}, label), shown, input), update };
}

function sliders(state) {
  const box = element("div", {});
  state.system.axes.forEach((axis, k) => {
    if (axis.values.length < 2) return;
    const made = slider(words(axis), axis.values.length - 1, () => [state.index[k], number(axis.values[state.index[k]])], (to) => state.move(k, to));
    state.listeners.push(made.update);
    box.append(made.box);
  });
  return box;
}

/* What is known of the condition one is at. */
function readout(state) {
  const { system } = state, body = element("tbody", {}), verdict = element("p", { class: "quiet", role: "status" });
  state.listeners.push(() => {
    const flat = state.flat();
    body.replaceChildren(...system.quantities.map((each) => {
      const exact = each.exact ? number(each.exact[flat], 6) : "";
      return element("tr", {}, element("td", {}, each.label), element("td", {}, estimate(each.values[flat], each.error?.[flat])), element("td", {}, exact));
    }));
    verdict.textContent = `${place_text(state)}: ${system.verdicts[system.verdict[flat]]}.`;
  });
  const known = system.quantities.some((each) => each.exact);
  const head = element("tr", {}, ...["observable", "value", known ? "exact" : ""].map((name) => element("th", { scope: "col" }, name)));
  return element("div", {}, verdict, element("div", { class: "scroll" }, element("table", {}, element("thead", {}, head), body)));
}

function configurationPanel(state) {
  const shown = state.system.configurations;
  if (!shown.conditions.length) return element("p", {}, "No configuration is stored.");
  const count = shown.codes.shape[1], [, , rows] = shown.codes.shape, colours = palette(shown);
  const canvas = element("canvas", { class: "spins", role: "img", id: "configuration" });
  const said = element("p", { class: "quiet", id: "known" }), bars = element("div", { class: "bars" });
  const made = slider("configuration", count - 1, () => [state.draw, `${state.draw + 1} of ${count}`], (to) => { state.draw = to; state.tell(); });
  state.listeners.push(() => {
    made.update();
    const temperatures = state.system.axes.at(-1).values.length, stored = nearestStored(shown.conditions, state.flat(), temperatures);
    paintCodes(canvas, codesOf(shown, stored, state.draw), rows, shown.columns, colours);
    const place = stored * count + state.draw, [chain, draw] = shown.draws[state.draw] ?? ["", ""];
    const near = shown.conditions[stored] === state.flat() ? "" : ", of the nearest condition of which some are kept here";
    const numbers = Object.entries(shown.numbers).map(([name, values]) => `${name.replaceAll("_", " ")} ${number(values[place], 4)}`);
    said.textContent = `Chain ${chain}, draw ${draw}${near}. ${numbers.join(", ")}.`;
    canvas.setAttribute("aria-label", `configuration at ${place_text(state)}: ${numbers.join(", ")}`);
    const outputs = Object.values(shown.outputs), told = outputs.some((values) => Number.isFinite(values[place]));
    if (outputs.length && !told) return bars.replaceChildren("Not among the images that the network was tested on.");
    bars.replaceChildren(...Object.entries(shown.outputs).flatMap(([name, values]) => {
      const bar = element("i", {});
      bar.style.width = `${100 * (values[place] || 0)}%`;
      return [element("span", {}, name), bar, element("span", {}, number(values[place], 3))];
    }));
  });
  const title = shown.layer ? `Configuration: ${shown.layer}` : "Configuration";
  return element("section", {}, element("h2", {}, title), canvas, codeLegend(shown), made.box, said, bars);
}

/* Every kept configuration as a point: two latents, or energy and order parameter; the one that is shown is ringed. */
function scatter(state) {
  const shown = state.system.configurations, names = Object.keys(shown.numbers);
  if (names.length < 2) return element("div", {});
  const latent = (symbol) => names.find((name) => name.startsWith(symbol));
  const [first, second] = latent("nu_0") ? [latent("nu_0"), latent("tau_0")] : [names[1], names[0]];
  const [x, y] = [shown.numbers[first], shown.numbers[second]], count = shown.codes.shape[1];
  const figure = element("figure", {}), temperatures = state.system.axes.at(-1).values, label = (name) => name.replaceAll("_", " ");
  const axes = new Axes(range(x), range(y), label(first), label(second), `${label(second)} over ${label(first)} of every configuration that is kept here`);
  const step = Math.ceil(x.length / 3000);
  for (let i = 0; i < x.length; i += step) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    const share = (shown.conditions[Math.floor(i / count)] % temperatures.length) / Math.max(1, temperatures.length - 1);
    axes.svg.append(shape("circle", { cx: axes.x(x[i]).toFixed(1), cy: axes.y(y[i]).toFixed(1), r: 2.4, fill: `rgb(${between(VIRIDIS, share).join(",")})`, style: "stroke:var(--ink)", "stroke-width": 0.5 }));
  }
  const ring = shape("circle", { r: 7, fill: "none", style: "stroke:var(--ink)", "stroke-width": 2.4 });
  axes.svg.append(ring);
  state.listeners.push(() => {
    const place = nearestStored(shown.conditions, state.flat(), temperatures.length) * count + state.draw;
    ring.setAttribute("cx", axes.x(x[place]));
    ring.setAttribute("cy", axes.y(y[place]));
  });
  const rows = () => [[...state.system.axes.map((axis) => axis.name), "configuration", ...names], Array.from(x, (_, i) => {
    const place = new State(state.system);
    place.place(shown.conditions[Math.floor(i / count)]);
    return [...place.index.map((at, k) => state.system.axes[k].values[at]), i % count, ...names.map((name) => shown.numbers[name][i])];
  })];
  figure.append(element("h2", {}, "Every configuration"), axes.svg,
    legend([["coldest", 0], ["hottest", -1]].map(([word, at]) => ["", word, `background:rgb(${VIRIDIS.at(at).join(",")});border:1px solid var(--ink)`])),
    csvLink("CSV", `${state.system.name || "ensemble"} configurations`, rows));
  return figure;
}

/* Columns and rows of all conditions. */
function conditionRows(system, quantities = system.quantities) {
  const columns = [...system.axes.map((axis) => axis.name), ...quantities.flatMap((each) => [each.name, ...(each.error ? [`${each.name}_error`] : []), ...(each.exact ? [`${each.name}_exact`] : [])]), "verdict"];
  const state = new State(system);
  const rows = Array.from(system.verdict, (verdict, flat) => {
    state.place(flat);
    const numbers = quantities.flatMap((each) => [each.values[flat], ...(each.error ? [each.error[flat]] : []), ...(each.exact ? [each.exact[flat]] : [])]);
    return [...state.index.map((at, k) => system.axes[k].values[at]), ...numbers, system.verdicts[verdict]];
  });
  return [columns, rows];
}

function plainTable(columns, rows) {
  const cell = (value) => (typeof value === "number" ? number(value) : String(value ?? "–"));
  return element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name.replaceAll("_", " "))))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((value) => element("td", {}, cell(value))))))));
}

function conditionTable(state) {
  const { system } = state, place = element("div", {}), name = system.name || "ensemble";
  const details = element("details", {}, element("summary", {}, "All conditions as a table"), csvLink("CSV", `${name} conditions`, () => conditionRows(system)), place);
  // A large table takes a moment, so it is made when somebody looks.
  details.addEventListener("toggle", () => { if (details.open && !place.firstChild) place.append(plainTable(...conditionRows(system))); });
  return details;
}

async function begin() {
  const main = document.getElementById("main");
  try {
    const data = await inflateAll(JSON.parse(document.getElementById("data").textContent));
    if (data.systems.length) main.append(explorer(data.systems, 0));
    if (data.charts.length) main.append(element("section", {}, element("h2", {}, "Results"), element("div", { class: "charts" }, ...data.charts.map(chart))));
    for (const table of data.tables) {
      main.append(element("section", {}, element("h2", {}, table.title), csvLink("CSV", table.title, () => [table.columns, table.rows]), plainTable(table.columns, table.rows)));
    }
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    main.append(element("p", { class: "caution" }, `This browser cannot show the page's data (${error.message}). It takes one of 2023 or later.`));
    document.documentElement.dataset.ready = "no";
  }
}

begin();
