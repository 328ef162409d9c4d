// The charts and the table of the last year: what came of it.

import { draw, filled, made, said } from "./chart.js";

const FIRST = ["wage", "unemployment", "wage_share", "ai_jobs", "outside", "concentration"];
const NAMES = ["first policy", "second policy"];
const KINDS = ["one", "other"];

const titled = (name) => (name[0].toUpperCase() + name.slice(1)).replaceAll("_", " ").replace(/^Ai /, "AI ");

export class Figures {
  constructor(world) {
    this.fields = world.fields;
    this.last = document.getElementById("last");
    this.found = null;
    this.agents = null;
    this.figures = new Map(this.fields.map((field) => [field.name, this.figure(field)]));
    const main = FIRST.filter((name) => this.figures.has(name));
    document.getElementById("charts").replaceChildren(...main.map((name) => this.figures.get(name).element));
    const rest = [...this.figures.keys()].filter((name) => !main.includes(name));
    document.getElementById("rest").replaceChildren(...rest.map((name) => this.figures.get(name).element));
    const more = document.getElementById("more");
    more.addEventListener("toggle", () => this.show());
    this.hidden = (name) => !main.includes(name) && !more.open;
  }

  figure({ name, unit }) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const table = made("table");
    const values = made("details", {}, made("summary", {}, "Values by year"),
      made("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `${titled(name)} by year` }, table));
    values.addEventListener("toggle", () => this.show());
    const caption = made("figcaption", {}, titled(name), made("small", { title: unit }, unit));
    return { element: made("figure", { "data-field": name }, caption, svg, values), svg, table, values };
  }

  /** Show what the twin found; `agents` may be null. */
  take(found, agents) {
    this.found = found;
    this.agents = agents;
    this.show();
  }

  show() {
    if (!this.found) return;
    document.getElementById("key").hidden = this.found.policies.length < 2 && !this.agents;
    document.querySelector("#key .other").hidden = this.found.policies.length < 2;
    document.querySelector("#key .band").hidden = !this.agents;
    for (const [name, { svg, table, values }] of this.figures) {
      if (this.hidden(name)) continue;
      const lines = this.lines(name);
      draw(svg, lines, this.words(name, lines));
      if (values.open) filled(table, this.years(lines));
    }
    filled(this.last, this.ends());
  }

  /** What a listener is told after a turn. */
  sentence() {
    const values = this.found.policies.map(({ last }) => said(last[FIRST[0]]));
    return `Wage in the last year: ${values.join(", with the second policy ")}.`;
  }

  lines(name) {
    return this.found.policies.map((policy, place) => {
      const bands = this.agents?.policies[place]?.months;
      const band = bands && { low: bands.low[name], middle: bands.middle[name], high: bands.high[name] };
      return { kind: KINDS[place], values: policy.months[name], band };
    });
  }

  words(name, lines) {
    const ways = lines.map(({ values, band }, place) => {
      const end = values.length - 1;
      const chance = band ? `; by chance ${said(band.low[end])} to ${said(band.high[end])} at the end` : "";
      return `${lines.length > 1 ? `${NAMES[place]}: ` : ""}from ${said(values[0])} to ${said(values[end])}${chance}`;
    });
    return `${titled(name)} over ${Math.round(lines[0].values.length / 12)} years, ${ways.join("; ")}.`;
  }

  years(lines) {
    const head = ["year"];
    lines.forEach(({ band }, place) => {
      const who = lines.length > 1 ? NAMES[place] : "without chance";
      head.push(who, ...(band ? ["median", "9 in 10"] : []));
    });
    const months = lines[0].values.length, rows = [head];
    for (let month = 11; month < months; month += 12) {
      const row = [String((month + 1) / 12)];
      for (const { values, band } of lines) {
        row.push(said(values[month]));
        if (band) row.push(said(band.middle[month]), `${said(band.low[month])} to ${said(band.high[month])}`);
      }
      rows.push(row);
    }
    return rows;
  }

  ends() {
    const { policies } = this.found, two = policies.length > 1, agents = this.agents;
    const head = ["", ...(two ? ["first", "second", "difference"] : ["without chance"])];
    if (agents) head.push(...(two ? ["first, 9 in 10", "second, 9 in 10", "difference, 9 in 10"] : ["median", "9 in 10"]));
    head.push("unit");
    const span = ({ last }, name) => `${said(last.low[name])} to ${said(last.high[name])}`;
    const rows = this.fields.map(({ name, unit }) => {
      const values = policies.map(({ last }) => last[name]);
      const row = [titled(name), ...values.map(said)];
      if (two) row.push(values.includes(null) ? "–" : said(values[1] - values[0]));
      if (agents && two) row.push(...agents.policies.map((each) => span(each, name)), span(agents.difference, name));
      else if (agents) row.push(said(agents.policies[0].last.middle[name]), span(agents.policies[0], name));
      row.push(unit);
      return row;
    });
    return [head, ...rows];
  }
}
