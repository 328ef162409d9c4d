"use strict";
// Draws the process maps from the data in the page, filters the practices, and opens tables and timings for print.
// Text only ever becomes text nodes and attributes: the page's policy forbids anything else.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const maps = JSON.parse(document.getElementById("maps").textContent);
  const START = -1, END = -2;
  const count = new Intl.NumberFormat("en");

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const html = (name, ...children) => {
    const element = document.createElement(name);
    element.append(...children);
    return element;
  };

  class ProcessMap {
    constructor(root, data, number) {
      Object.assign(this, { root, data, number, zoom: null, chosen: null });
      this.canvas = root.querySelector(".canvas");
      this.slider = root.querySelector("input[type=range]");
      this.slider.max = data.levels.length - 1;
      this.slider.value = Math.min(1, data.levels.length - 1);
      this.slider.addEventListener("input", () => this.draw());
      for (const button of root.querySelectorAll("[data-zoom]"))
        button.addEventListener("click", () => this.resize(button.dataset.zoom));
      this.canvas.addEventListener("keydown", (event) => this.key(event));
      root.hidden = false;
      if (data.levels.length < 2) root.querySelector(".level").hidden = true;
      this.draw();
    }

    name(id) { return id === START ? "Start" : id === END ? "End" : this.data.nodes[id][0]; }

    draw() {
      const index = Number(this.slider.value), level = this.data.levels[index];
      this.level = level;
      const [width, height] = level.size;
      this.svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "group" });
      this.svg.append(this.tips());
      const either = new Set(this.data.either);
      const most = Math.max(1, ...this.data.edges.map((edge) => edge[2]));
      this.edges = new Map(); this.nodes = new Map();
      const texts = make("g", { class: "edge" });
      for (const [id, path, label, back] of [...level.edges].reverse()) {
        const [from, to, times, duration] = this.data.edges[id];
        const group = make("g", { class: back ? "edge back" : "edge" },
          make("path", { d: path, "stroke-width": (1 + 6 * Math.sqrt(times / most)).toFixed(1), "marker-end": `url(#tip${this.number}${back ? "b" : ""})`, ...(either.has(id) ? { "marker-start": `url(#tip${this.number}${back ? "b" : ""})` } : {}) }),
          make("title", {}, `${this.name(from)} ${either.has(id) ? "↔" : "→"} ${this.name(to)}: ${count.format(times)} times${duration ? `, median ${duration}` : ""}`));
        this.svg.append(group);
        this.edges.set(id, group);
        if (label) {
          const [x, y] = label;
          const room = duration.length * 6.4 + 4;
          texts.append(make("rect", { x: x - room / 2, y: y - 7, width: room, height: 14, rx: 3 }), make("text", { x, y: y + 4 }, duration));
        }
      }
      for (const [id, x, y] of level.nodes) this.svg.append(this.node(id, x, y));
      this.svg.append(texts);
      this.canvas.replaceChildren(this.svg);
      const [allNodes, allEdges] = this.data.of;
      this.slider.setAttribute("aria-valuetext", index === 0 ? "Happy path" : `Level ${index + 1} of ${this.data.levels.length}`);
      this.root.querySelector(".shown").textContent =
        `${index === 0 ? "The happy path: " : ""}${level.nodes.length - 2} of ${allNodes} steps and ${level.edges.length} of ${allEdges} arrows, ` +
        `which hold ${Math.floor(1000 * level.share) / 10} % of all moves from one step to the next` +
        (level.whole === null ? "." : `; ${Math.floor(1000 * level.whole) / 10} % of the cases are shown whole.`);
      this.order = level.nodes.map(([id]) => id).filter((id) => this.nodes.has(id));
      this.order.sort((a, b) => this.at(a)[2] - this.at(b)[2] || this.at(a)[1] - this.at(b)[1]);
      this.choose(this.nodes.has(this.chosen) ? this.chosen : null);
      this.size();
    }

    at(id) { return this.level.nodes.find((node) => node[0] === id); }

    tips() {
      const tip = (suffix) => make("marker", { id: `tip${this.number}${suffix}`, viewBox: "0 0 10 10", refX: 4, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
        make("path", { d: "M0 0L10 5L0 10z", class: suffix ? "tip back" : "tip" }));
      return make("defs", {}, tip(""), tip("b"));
    }

    node(id, x, y) {
      const [w, h, r] = this.data.box;
      if (id < 0) {
        const group = make("g", { class: "node end" }, make("title", {}, this.name(id)));
        if (id === END) group.append(make("circle", { class: "ring", cx: x, cy: y, r }));
        group.append(make("circle", { cx: x, cy: y, r: id === END ? r - 5 : r }));
        return group;
      }
      const [label, lines, events, episodes] = this.data.nodes[id];
      const group = make("g", { class: this.data.members[id] ? "node many" : "node", tabindex: -1, role: "button", "aria-label": `${label}, ${count.format(events)} times` },
        make("title", {}, `${label}: ${count.format(events)} events in ${count.format(episodes)} episodes`),
        make("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 9 }));
      const top = y - (lines.length - 1) * 7 - 3;
      lines.forEach((line, i) => group.append(make("text", { x, y: top + 14 * i }, line)));
      group.append(make("text", { class: "n", x, y: y + h / 2 - 6 }, `${count.format(events)}×`));
      group.addEventListener("click", () => { this.choose(this.chosen === id ? null : id); });
      this.nodes.set(id, group);
      return group;
    }

    choose(id) {
      this.chosen = id;
      this.svg.classList.toggle("faded", id !== null);
      for (const [other, group] of this.nodes) { group.classList.toggle("on", other === id); group.classList.remove("near"); group.setAttribute("tabindex", -1); }
      const stop = id ?? this.order[0];
      this.nodes.get(stop)?.setAttribute("tabindex", 0);
      const come = [], go = [];
      for (const [edge, group] of this.edges) {
        const [from, to] = this.data.edges[edge], on = id !== null && (from === id || to === id);
        group.classList.toggle("on", on);
        if (!on) continue;
        this.nodes.get(from === id ? to : from)?.classList.add("near");
        (to === id ? come : go).push(this.data.edges[edge]);
      }
      this.tell(id, come, go);
    }

    tell(id, come, go) {
      const about = this.root.querySelector(".about");
      if (id === null) return about.replaceChildren();
      const [label, , events, episodes] = this.data.nodes[id];
      const list = (title, edges, end) => html("div", html("p", title), html("ul", ...edges.sort((a, b) => b[2] - a[2]).slice(0, 8).map((edge) =>
        html("li", html("bdi", this.name(edge[end])), `: ${count.format(edge[2])} times${edge[3] ? `, median ${edge[3]}` : ""}`))));
      const two = html("div", list("Comes after", come, 0), list("Leads to", go, 1));
      two.className = "two";
      const members = this.data.members[id], held = members ? [html("p", "Rarer steps brought together: ", ...members.flatMap(([name, times], i) => [i ? ", " : "", html("bdi", name), ` (${count.format(times)})`]))] : [];
      about.replaceChildren(html("h4", html("bdi", label)), html("p", `${count.format(events)} events in ${count.format(episodes)} episodes`), ...held, two);
    }

    key(event) {
      const node = event.target.closest?.(".node");
      if (!node) return;
      const id = [...this.nodes].find(([, group]) => group === node)?.[0], i = this.order.indexOf(id);
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (step) this.nodes.get(this.order[(i + step + this.order.length) % this.order.length]).focus();
      else if (event.key === "Enter" || event.key === " ") this.choose(this.chosen === id ? null : id);
      else if (event.key === "Escape") this.choose(null);
      else return;
      event.preventDefault();
    }

    fit() { return Math.min(1, Math.max(this.canvas.clientWidth / this.level.size[0], 0.55)); }

    resize(how) {
      if (how === "fit") this.zoom = null;
      else this.zoom = Math.min(2.5, Math.max(0.2, (this.zoom ?? this.fit()) * (how === "in" ? 1.25 : 0.8)));
      this.size();
    }

    size() {
      const zoom = this.zoom ?? this.fit(), [width, height] = this.level.size;
      this.svg.setAttribute("width", Math.floor(width * zoom));
      this.svg.setAttribute("height", Math.floor(height * zoom));
      const start = this.level.nodes.find(([id]) => id === START);
      this.canvas.scrollLeft = start[1] * zoom - this.canvas.clientWidth / 2;
    }
  }

  document.getElementById("unscripted").hidden = true;
  const drawn = [...document.querySelectorAll("[data-map]")].map((root) =>
    new ProcessMap(root, maps[Number(root.dataset.map)], Number(root.dataset.map)));
  addEventListener("resize", () => drawn.forEach((map) => map.size()));

  const find = document.getElementById("find"), cards = [...document.querySelectorAll(".card")];
  const texts = cards.map((card) => card.textContent.toLowerCase());
  find.closest("p").hidden = cards.length < 2;
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    cards.forEach((card, i) => { card.hidden = !words.every((word) => texts[i].includes(word)); shown += !card.hidden; });
    document.getElementById("found").textContent = words.length ? `${shown} of ${cards.length}` : "";
  });
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.hidden) { find.value = ""; find.dispatchEvent(new Event("input")); target.scrollIntoView(); }
  });

  let opened = [];
  addEventListener("beforeprint", () => { opened = [...document.querySelectorAll("details:not([open], .evidence)")]; opened.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));
})();
