/* A small sampler in the page, for seeing how a model moves. It starts and stops on request, and never by itself. */

function livePanel(system, state) {
  const sampler = new HeatBath(system.sampler);
  const colours = palette(system.configurations);
  const canvas = element("canvas", { class: "spins", role: "img", "aria-label": "the configuration that is sampled now" });
  const axis = system.axes.at(-1), low = Math.max(axis.values[0] * 0.5, 1e-6), high = axis.values.at(-1) * 1.3;
  const slider = element("input", { type: "range", min: low, max: high, step: (high - low) / 400, value: axis.values[state.index.at(-1)] });
  const shown = element("output", {}), said = element("p", { class: "quiet", role: "status" });
  let running = false, sweeps = 0, total = 0;

  const restart = () => { sweeps = 0; total = 0; };
  const set = () => {
    sampler.set(Number(slider.value), state.point());
    shown.textContent = number(Number(slider.value), 4);
    restart();
  };
  const paint = () => {
    paintCodes(canvas, sampler.codes, system.sampler.rows, system.sampler.columns, colours);
    said.textContent = `${sweeps} sweeps, energy per site ${number(sampler.energy(), 4)}${sweeps > 20 ? `, average ${number(total / (sweeps - 20), 4)}` : ""}`;
  };
  const step = () => {
    if (!running) return;
    const until = performance.now() + 12;
    do {
      sampler.sweep();
      sweeps++;
      if (sweeps > 20) total += sampler.energy();
    } while (performance.now() < until);
    paint();
    requestAnimationFrame(step);
  };
  const button = element("button", { type: "button", onclick: () => {
    running = !running;
    button.textContent = running ? "Stop" : "Sample";
    if (running) requestAnimationFrame(step);
  } }, "Sample");
  const fill = (label, code) => element("button", { type: "button", onclick: () => { sampler.fill(code); restart(); paint(); } }, label);
  slider.addEventListener("input", () => { set(); if (!running) paint(); });
  state.listeners.push(() => { slider.value = axis.values[state.index.at(-1)]; set(); if (!running) paint(); });

  sampler.fill();
  set();
  paint();
  const { rows, columns } = system.sampler;
  return element("section", { class: "live" },
    element("h2", {}, "Sample it here"),
    element("p", { class: "quiet" }, `Heat bath on ${rows} x ${columns} sites with the tables of this model, by this page alone. For seeing, not for numbers.`),
    element("label", { class: "slider" }, element("span", {}, "temperature"), shown, slider),
    canvas, element("div", { class: "choices" }, button, fill("Random start", null), fill("Ordered start", system.sampler.states - 1)), said);
}
