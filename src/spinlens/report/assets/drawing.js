/* Colours, scales and ticks. */

const INKS = ["--one", "--two", "--three", "--four", "--five", "--six"];
const VIRIDIS = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37]];
const SIGNED = [[0, 84, 147], [62, 138, 193], [150, 190, 220], [247, 247, 247], [240, 178, 140], [217, 120, 60], [166, 70, 0]];
const SPINS = [[240, 228, 66], [0, 114, 178]];
const COLOURS = [[0, 114, 178], [240, 228, 66], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [90, 90, 90]];

/* A colour between those of a list, at 0 to 1. */
function between(colours, share) {
  const place = Math.min(Math.max(share, 0), 1) * (colours.length - 1);
  const low = Math.min(Math.floor(place), colours.length - 2), part = place - low;
  return colours[low].map((value, i) => Math.round(value + part * (colours[low + 1][i] - value)));
}

/* The colour of each code: two spins, numbers in order, angles round a circle, or as many colours as there are. */
function palette(configurations) {
  const { values, circular, bits } = configurations;
  if (circular) {
    const many = 1 << bits;
    return Array.from({ length: many }, (_, code) => hue(code / (configurations.states ?? many)));
  }
  if (values.length === 2) return SPINS;
  const signed = values.some((value) => value < 0);
  return values.map((_, code) => {
    if (signed) return between([SPINS[0], [120, 120, 120], SPINS[1]], code / (values.length - 1));
    return values.length <= COLOURS.length ? COLOURS[code] : between(VIRIDIS, code / (values.length - 1));
  });
}

function hue(turn) {
  return [0, 1 / 3, 2 / 3].map((shift) => Math.round(255 * Math.min(Math.max(Math.abs((((turn - shift) % 1) + 1) % 1 * 6 - 3) - 1, 0), 1)));
}

/* Round numbers that part a range. */
function ticks(low, high, wanted = 6) {
  const span = high - low || Math.abs(high) || 1;
  const raw = span / wanted, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * span; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}

/* Smallest and largest of numbers, with a little room; what is no number does not count. */
function range(numbers, room = 0.04) {
  let low = Infinity, high = -Infinity;
  for (const value of numbers) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 1];
  const extra = (high - low || Math.abs(high) || 1) * room;
  return [low - extra, high + extra];
}

/* Make an element of SVG. */
function shape(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
