/* Arrays as the page stores them, elements by name, tables as CSV. */

const KINDS = { float32: Float32Array, uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array };

/* Inflate one stored array into a typed array that knows its shape. */
async function inflate(stored) {
  const text = atob(stored.data);
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const array = new KINDS[stored.type](await new Response(stream).arrayBuffer());
  array.shape = stored.shape;
  return array;
}

/* Replace every stored array within a value, however deep it lies. */
async function inflateAll(value) {
  if (Array.isArray(value)) return Promise.all(value.map(inflateAll));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.data === "string" && value.type in KINDS) return inflate(value);
  const names = Object.keys(value);
  const found = await Promise.all(names.map((name) => inflateAll(value[name])));
  return Object.fromEntries(names.map((name, i) => [name, found[i]]));
}

/* Make an element; text is always text, never markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/* A number in a few digits; nothing where it is none. */
function number(value, digits = 5) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return Number(value.toPrecision(digits)).toString();
}

/* Value and error as physicists write them: 2.2691(14). */
function estimate(value, error) {
  if (!Number.isFinite(value)) return "–";
  if (!Number.isFinite(error) || !(error > 0)) return number(value);
  const places = Math.max(0, 1 - Math.floor(Math.log10(error)));
  if (places > 12) return number(value);
  const shown = places ? Math.round(error * 10 ** places) : Math.round(error);
  return `${value.toFixed(places)}(${shown})`;
}

function csvText(columns, rows) {
  const cell = (value) => {
    const text = value === null || value === undefined || Number.isNaN(value) ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => Array.from(row, cell).join(",")).join("\n") + "\n";
}

/* A link that saves a table; it is made when it is asked for. */
function csvLink(label, name, make) {
  const link = element("a", { href: "#", download: `${name.replace(/[^A-Za-z0-9_.-]+/g, "_")}.csv` }, label);
  link.addEventListener("click", () => {
    const [columns, rows] = make();
    const address = URL.createObjectURL(new Blob([csvText(columns, rows)], { type: "text/csv" }));
    link.href = address;
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  });
  return link;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
