// What can be turned: a slider and a number for each parameter, twice where two policies are compared.

import { made, said } from "./chart.js";

const COUNTS = {
  months: "months", from: "the second policy begins in month", workers: "people", seeds: "draws of chance",
  seed: "first seed",
};
const RUN = ["months", "from"], CHANCE = ["workers", "seeds", "seed"];

export class Panel {
  /**
   * @param {State} state turned here
   * @param {(done: boolean) => void} turned called at each turn, and with true once a turn is over
   */
  constructor(state, turned) {
    this.state = state;
    this.turned = turned;
    this.shows = [];
    for (const [place, names] of [["counts", RUN], ["chances", CHANCE]]) {
      document.getElementById(place).replaceChildren(...names.map((name) => this.count(name)));
    }
    document.getElementById("panel").replaceChildren(...this.groups());
    this.compare = document.getElementById("compare");
    this.compare.addEventListener("change", () => {
      state.compare = this.compare.checked;
      this.show();
      turned(true);
    });
  }

  groups() {
    const groups = new Map();
    for (const each of this.state.parameters.values()) {
      if (!groups.has(each.group)) groups.set(each.group, []);
      groups.get(each.group).push(this.row(each));
    }
    return [...groups].map(([title, rows], place) =>
      made("details", place === 0 ? { open: "" } : {}, made("summary", {}, title), ...rows));
  }

  row(about) {
    const { name, symbol, what, unit, source } = about;
    const later = this.state.world.changes.filter((change) => change.name === name);
    const label = made("label", { for: `one-${name}`, class: "name" });
    const [letter, below] = symbol.split("_");
    if (symbol) label.append(made("b", {}, letter, ...(below ? [made("sub", {}, below)] : [])), " ");
    label.append(what);
    const note = made("small", { id: `about-${name}` }, [unit, source, `${said(about.least)} to ${said(about.most)}`].filter(Boolean).join(" · "));
    const row = made("div", { class: "row", "data-parameter": name }, label, note);
    if (later.length) {
      const text = later.map(({ month, value }) => `${said(value)} from month ${month} on`).join(", ");
      row.append(made("small", { class: "later" }, `The scenario changes it: ${text}, unless it is turned here.`));
    }
    row.append(this.pair(about, false), this.pair(about, true));
    this.shows.push(() => row.classList.toggle("changed", this.state.one.has(name) || this.state.other.has(name)));
    return row;
  }

  pair(about, second) {
    const { name, what, whole } = about, id = `${second ? "other" : "one"}-${name}`;
    const label = `${what}, ${second ? "second" : "first"} policy`;
    const shared = { "aria-describedby": `about-${name}`, "aria-label": label };
    const slider = made("input", { type: "range", id, min: about.low, max: about.high, step: about.step, ...shared });
    const box = made("input", { type: "number", id: `${id}-number`, min: about.least, max: about.most, step: whole ? 1 : "any", required: "", ...shared });
    const take = (value, done) => {
      this.state.set(name, second, Math.min(Math.max(value, about.least), about.most));
      this.show(done ? null : slider);
      this.turned(done);
    };
    slider.addEventListener("input", () => take(Number(slider.value), false));
    slider.addEventListener("change", () => take(Number(slider.value), true));
    box.addEventListener("change", () => {
      if (box.checkValidity()) take(Number(box.value), true);
      else box.reportValidity();
    });
    this.shows.push((moving) => {
      const value = this.state.value(name, second);
      if (moving !== slider) {
        slider.min = String(Math.min(about.low, value));
        slider.max = String(Math.max(about.high, value));
        slider.value = String(value);
      }
      slider.setAttribute("aria-valuetext", said(value));
      box.value = String(value);
    });
    const mark = made("span", { class: "mark", "aria-hidden": "true" }, second ? "B" : "A");
    return made("div", { class: `pair ${second ? "other" : "one"}` }, mark, slider, box);
  }

  count(name) {
    const { low, high } = this.state.world.limits[name], id = `count-${name}`;
    const box = made("input", { type: "number", id, min: low, max: high, step: 1, required: "" });
    const shared = { min: low, max: Math.min(high, name === "months" ? 240 : high), step: name === "months" ? 12 : 1 };
    const slider = made("input", { type: "range", "aria-label": COUNTS[name], ...shared });
    const take = (from, done) => {
      if (!from.checkValidity()) return void from.reportValidity();
      const { counts } = this.state;
      counts.set(name, Number(from.value));
      counts.set("from", Math.min(counts.get("from"), counts.get("months") - 1));
      this.show(done ? null : slider);
      this.turned(done);
    };
    box.addEventListener("change", () => take(box, true));
    slider.addEventListener("input", () => take(slider, false));
    slider.addEventListener("change", () => take(slider, true));
    this.shows.push((moving) => {
      const value = this.state.counts.get(name);
      box.value = String(value);
      if (name === "from") box.max = slider.max = String(this.state.counts.get("months") - 1);
      if (moving !== slider) slider.value = String(value);
    });
    const slides = RUN.includes(name);
    const inside = slides ? [slider, box] : [made("span"), box];
    const row = made("div", { class: "row" }, made("label", { for: id }, COUNTS[name]), made("div", { class: "pair single" }, ...inside));
    if (name === "from") this.shows.push(() => { row.hidden = !this.state.compare; });
    return row;
  }

  /** Show what the state says, but for the slider that a hand is on. */
  show(moving = null) {
    document.body.classList.toggle("comparing", this.state.compare);
    this.compare.checked = this.state.compare;
    for (const each of this.shows) each(moving);
  }
}
