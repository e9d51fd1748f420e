/* Curves and maps as SVG. Every picture has a text, and answers to mouse, touch and keys through what it is given. */

const FRAME = { width: 640, height: 400, left: 72, right: 16, top: 14, bottom: 50 };

class Axes {
  constructor(xRange, yRange, xLabel, yLabel, text) {
    Object.assign(this, { xRange, yRange });
    this.svg = shape("svg", { viewBox: `0 0 ${FRAME.width} ${FRAME.height}`, role: "img", "aria-label": text });
    this.svg.append(shape("title", {}, text));
    const bottom = FRAME.height - FRAME.bottom, right = FRAME.width - FRAME.right;
    for (const value of ticks(...xRange)) {
      const x = this.x(value);
      this.svg.append(shape("line", { class: "tick", x1: x, x2: x, y1: bottom, y2: bottom + 5 }));
      this.svg.append(shape("text", { x, y: bottom + 20, "text-anchor": "middle" }, number(value)));
    }
    for (const value of ticks(...yRange, 5)) {
      const y = this.y(value);
      this.svg.append(shape("line", { class: "grid", x1: FRAME.left, x2: right, y1: y, y2: y }));
      this.svg.append(shape("text", { x: FRAME.left - 8, y: y + 4, "text-anchor": "end" }, number(value)));
    }
    this.svg.append(shape("path", { class: "axis", d: `M${FRAME.left} ${FRAME.top}V${bottom}H${right}` }));
    this.svg.append(shape("text", { x: (FRAME.left + right) / 2, y: FRAME.height - 8, "text-anchor": "middle" }, xLabel));
    const up = (FRAME.top + bottom) / 2;
    this.svg.append(shape("text", { x: 16, y: up, transform: `rotate(-90 16 ${up})`, "text-anchor": "middle" }, yLabel));
  }

  x(value) {
    const [low, high] = this.xRange;
    return FRAME.left + ((value - low) / (high - low)) * (FRAME.width - FRAME.left - FRAME.right);
  }

  y(value) {
    const [low, high] = this.yRange;
    return FRAME.height - FRAME.bottom - ((value - low) / (high - low)) * (FRAME.height - FRAME.top - FRAME.bottom);
  }

  inside(x, y) {
    const [left, right] = this.xRange, [low, high] = this.yRange;
    return x >= left && x <= right && y >= low && y <= high;
  }

  band(low, high) {
    const [left, right] = [Math.max(low, this.xRange[0]), Math.min(high, this.xRange[1])];
    if (right <= left) return;
    const height = FRAME.height - FRAME.top - FRAME.bottom;
    const box = { x: this.x(left), y: FRAME.top, width: Math.max(1, this.x(right) - this.x(left)), height };
    this.svg.append(shape("rect", { ...box, style: "fill:var(--quiet);opacity:.22" }));
  }

  mark(value, ink = "--quiet", dashes = "6 4") {
    if (value < this.xRange[0] || value > this.xRange[1]) return;
    const x = this.x(value);
    const line = { x1: x, x2: x, y1: FRAME.top, y2: FRAME.height - FRAME.bottom, "stroke-dasharray": dashes };
    this.svg.append(shape("line", { ...line, style: `stroke:var(${ink})`, "stroke-width": 1.4 }));
  }

  curve(x, y, { ink = "--one", error = null, line = true, dots = true, dashes = "" } = {}) {
    let path = "", pen = "M";
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(y[i]) || !Number.isFinite(x[i])) { pen = "M"; continue; }
      const px = this.x(x[i]), py = this.y(Math.min(Math.max(y[i], this.yRange[0]), this.yRange[1]));
      path += `${pen}${px.toFixed(1)} ${py.toFixed(1)}`;
      pen = "L";
      if (error && Number.isFinite(error[i])) {
        const ends = [this.y(y[i] - error[i]), this.y(y[i] + error[i])];
        this.svg.append(shape("line", { x1: px, x2: px, y1: ends[0], y2: ends[1], style: `stroke:var(${ink})`, "stroke-width": 1.6 }));
      }
      if (dots) this.svg.append(shape("circle", { cx: px, cy: py, r: 2.8, style: `fill:var(${ink})` }));
    }
    if (line) this.svg.append(shape("path", { d: path, fill: "none", style: `stroke:var(${ink})`, "stroke-width": 1.6, "stroke-dasharray": dashes }));
  }

  /* Where a pointer is, in the units of the axes. */
  at(event) {
    const box = this.svg.getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * FRAME.width, py = ((event.clientY - box.top) / box.height) * FRAME.height;
    const sx = (px - FRAME.left) / (FRAME.width - FRAME.left - FRAME.right);
    const sy = (FRAME.height - FRAME.bottom - py) / (FRAME.height - FRAME.top - FRAME.bottom);
    return [this.xRange[0] + sx * (this.xRange[1] - this.xRange[0]), this.yRange[0] + sy * (this.yRange[1] - this.yRange[0])];
  }
}

/* Borders of cells around the points of a grid. */
function edges(centres) {
  if (centres.length === 1) return [centres[0] - 0.5, centres[0] + 0.5];
  const middle = centres.slice(1).map((value, i) => (value + centres[i]) / 2), last = centres.length - 1;
  return [2 * centres[0] - middle[0], ...middle, 2 * centres[last] - middle[last - 1]];
}

/* Paint values [across][up] into cells; colours are white in the middle where values have both signs. */
function paintMap(axes, across, up, value) {
  const x = edges(across), y = edges(up), all = [];
  for (let i = 0; i < across.length; i++) for (let j = 0; j < up.length; j++) all.push(value(i, j));
  let [low, high] = range(all, 0);
  const signed = low < 0 && high > 0, most = Math.max(-low, high);
  if (signed) [low, high] = [-most, most];
  const paint = (v) => `rgb(${between(signed ? SIGNED : VIRIDIS, (v - low) / (high - low || 1)).join(",")})`;
  for (let i = 0; i < across.length; i++) {
    for (let j = 0; j < up.length; j++) {
      const v = value(i, j);
      if (!Number.isFinite(v)) continue;
      const left = axes.x(x[i]), top = axes.y(y[j + 1]);
      const box = { x: left, y: top, width: axes.x(x[i + 1]) - left + 0.4, height: axes.y(y[j]) - top + 0.4 };
      axes.svg.append(shape("rect", { ...box, fill: paint(v) }));
    }
  }
  return { low, high, paint };
}

function legend(entries) {
  return element("ul", { class: "legend" }, ...entries.map(([ink, label, style = ""]) => {
    const swatch = element("span", { "aria-hidden": "true" });
    swatch.style.cssText = style || `background:${ink.startsWith("--") ? `var(${ink})` : ink}`;
    return element("li", {}, swatch, label);
  }));
}

/* A chart that stands by itself, with its numbers to take away. */
function chart(data) {
  const x = data.series.flatMap((each) => each.x), y = data.series.flatMap((each) => each.y);
  const text = `${data.title}: ${data.y} over ${data.x}, ${data.series.length} curves`;
  const axes = new Axes(range([...x, ...data.band]), range(y), data.x, data.y, text);
  if (data.band.length) axes.band(...data.band);
  data.series.forEach((each, i) => {
    const ink = INKS[i % INKS.length];
    axes.curve(each.x, each.y.map((v) => v ?? NaN), { ink, error: each.error?.map((v) => v ?? NaN), line: each.line, dots: each.x.length < 80 });
  });
  const entries = data.series.map((each, i) => [INKS[i % INKS.length], each.label]);
  if (data.band.length && data.band_label) entries.push(["", data.band_label, "background:var(--quiet);opacity:.4"]);
  const rows = () => [["curve", data.x, data.y, "error"], data.series.flatMap((each) => each.x.map((v, i) => [each.label, v, each.y[i], each.error?.[i]]))];
  return element("figure", {}, element("h3", {}, data.title), axes.svg, legend(entries), csvLink("CSV", data.title, rows));
}
