// Lines over months with bands, as SVG; and the same as a table, for whoever cannot see it.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 340, HEIGHT = 190, LEFT = 46, RIGHT = 8, TOP = 10, BOTTOM = 30;

/** A figure as people read it: four digits that count. */
export function said(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(2);
  return Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });
}

export function made(name, attributes = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
}

function drawn(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Ends and step of an axis, by 1, 2 or 5. */
function axis(values) {
  let low = Math.min(...values), high = Math.max(...values);
  if (!Number.isFinite(low) || !Number.isFinite(high)) [low, high] = [0, 1];
  const least = Math.max(Math.abs(high), Math.abs(low)) * 0.02 || 0.01;
  if (high - low < least) [low, high] = [low - least / 2, high + least / 2];
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((head) => head * power >= rough) * power;
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step, step };
}

/** Numbers that are there: a figure that has left all bounds is null. */
const there = (values) => values.filter((value) => value !== null);

/**
 * @param {SVGSVGElement} svg drawn anew
 * @param {{kind: string, values: number[], band?: {low: number[], middle: number[], high: number[]}}[]} lines
 * @param {string} label what it shows, in words
 */
export function draw(svg, lines, label) {
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const months = lines.length ? lines[0].values.length : 0;
  const all = lines.flatMap(({ values, band }) => there([...values, ...(band ? [...band.low, ...band.high] : [])]));
  const { low, high, step } = axis(all);
  const x = (month) => LEFT + (WIDTH - LEFT - RIGHT) * (months > 1 ? month / (months - 1) : 0);
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low));
  const parts = [];
  for (let at = 0; at <= Math.round((high - low) / step); at += 1) {
    const value = low + at * step;
    parts.push(drawn("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }));
    const text = said(Math.abs(value) < step * 1e-6 ? 0 : value);
    parts.push(drawn("text", { x: LEFT - 4, y: y(value) + 4, "text-anchor": "end" }, text));
  }
  const years = months / 12, every = years > 40 ? 10 : years > 20 ? 5 : years > 8 ? 3 : 1;
  for (let year = 0; year <= years; year += every) {
    const at = Math.min(x(year * 12), WIDTH - RIGHT);
    parts.push(drawn("text", { x: at, y: HEIGHT - BOTTOM + 14, "text-anchor": "middle" }, String(year)));
  }
  parts.push(drawn("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 2, "text-anchor": "middle" }, "years"));
  for (const { kind, band } of lines) {
    if (!band) continue;
    parts.push(drawn("path", { class: `band ${kind}`, d: around(band.low, band.high, x, y) }));
    parts.push(drawn("path", { class: `middle ${kind}`, d: along(band.middle, x, y) }));
  }
  for (const { kind, values } of lines) parts.push(drawn("path", { class: `line ${kind}`, d: along(values, x, y) }));
  svg.replaceChildren(...parts);
}

const point = (month, value, x, y) => `${x(month).toFixed(1)},${y(value).toFixed(1)}`;

function along(values, x, y) {
  let path = "", open = false;
  values.forEach((value, month) => {
    if (value === null) open = false;
    else {
      path += `${open ? "L" : "M"}${point(month, value, x, y)}`;
      open = true;
    }
  });
  return path;
}

function around(low, high, x, y) {
  const months = low.map((_, month) => month).filter((month) => low[month] !== null && high[month] !== null);
  const up = months.map((month) => point(month, high[month], x, y));
  const back = months.reverse().map((month) => point(month, low[month], x, y));
  return up.length ? `M${[...up, ...back].join("L")}Z` : "";
}

/** A table from rows of texts; the first row and the first cell of each are headings. */
export function filled(table, rows) {
  const [head, ...body] = rows;
  table.replaceChildren(
    made("thead", {}, made("tr", {}, ...head.map((text) => made("th", { scope: "col" }, text)))),
    made("tbody", {}, ...body.map(([first, ...rest]) =>
      made("tr", {}, made("th", { scope: "row" }, first), ...rest.map((text) => made("td", {}, text))))),
  );
}
