/* Pictures of configurations from packed codes. */

/* Codes of one configuration: the place of its condition among the stored ones, and its number there. */
function codesOf(configurations, condition, draw) {
  const { codes, bits, columns } = configurations;
  const [, count, rows, bytes] = codes.shape;
  const found = new Uint8Array(rows * columns), mask = (1 << bits) - 1, many = 8 / bits;
  const base = (condition * count + draw) * rows * bytes;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const byte = codes[base + r * bytes + Math.floor(c / many)];
      found[r * columns + c] = (byte >> ((c % many) * bits)) & mask;
    }
  }
  return found;
}

/* Paint codes, one pixel a site; the browser enlarges them without smoothing. */
function paintCodes(canvas, codes, rows, columns, colours) {
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  canvas.classList.toggle("strip", rows === 1);
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
  for (let i = 0; i < codes.length; i++) {
    const [red, green, blue] = colours[codes[i]] ?? [128, 128, 128];
    image.data.set([red, green, blue, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/* The place among stored conditions that is nearest to one of the grid: itself, or one at a neighbouring temperature. */
function nearestStored(conditions, wanted, temperatures) {
  let best = -1, distance = Infinity;
  const row = Math.floor(wanted / temperatures);
  for (let k = 0; k < conditions.length; k++) {
    const here = Math.abs(conditions[k] - wanted) + (Math.floor(conditions[k] / temperatures) === row ? 0 : temperatures);
    if (here < distance) [best, distance] = [k, here];
  }
  return best;
}

/* A legend of what codes stand for. */
function codeLegend(configurations) {
  if (configurations.circular) return legend([["", "angle 0"], ["", "a third of the circle"], ["", "two thirds"]].map(([, label], i) => ["", label, `background:rgb(${hue(i / 3).join(",")})`]));
  const colours = palette(configurations), { values } = configurations;
  const picks = values.length <= 8 ? values.map((_, i) => i) : [0, values.length - 1];
  return legend(picks.map((i) => ["", number(values[i]), `background:rgb(${colours[i].join(",")})`]));
}
