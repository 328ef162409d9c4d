// One page: the link says everything, sliders change the link, and what is shown follows it.

import { Agents, asked } from "./agents.js";
import { Figures } from "./figures.js";
import { Panel } from "./panel.js";
import { State } from "./state.js";

const trouble = document.getElementById("trouble");
const status = document.getElementById("status");

function complain(error) {
  trouble.textContent = error.message;
  trouble.hidden = false;
}

class Page {
  constructor(world) {
    this.state = new State(world);
    this.figures = new Figures(world);
    this.panel = new Panel(this.state, (done) => this.turned(done));
    this.agents = new Agents((result, words) => this.ran(result, words), (text) => { status.textContent = text; });
    this.kept = { words: null, result: null };
    this.wanted = null;
    this.busy = false;
    this.link = null;
    document.getElementById("go").addEventListener("click", () => {
      trouble.hidden = true;
      this.agents.begin(this.state.words()).catch(complain);
    });
    document.getElementById("reset").addEventListener("click", () => {
      this.state.clear();
      this.panel.show();
      this.turned(true);
    });
    document.getElementById("copy").addEventListener("click", () => this.copy());
    document.getElementById("asked").addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("popstate", () => this.open());
  }

  /** Show what the link says, as it stands: the server tells what is wrong with it. */
  open() {
    this.link = location.search;
    this.state.read(location.search);
    this.panel.show();
    this.ask(location.search, this.state.words());
  }

  /** While a slider moves the link is replaced; once it rests, going back leads to what was before. */
  turned(done) {
    const words = this.state.words();
    if (done && words !== this.link) {
      history.replaceState(null, "", `./${this.link ?? ""}`);
      history.pushState(null, "", `./${words}`);
      this.link = words;
    } else if (!done) history.replaceState(null, "", `./${words}`);
    this.ask(words, words);
  }

  /**
   * Ask for the newest only: whatever was wanted while an answer was on its way is passed over.
   * @param {string} words asked for @param {string} link the same as this page would say it
   */
  async ask(words, link) {
    this.wanted = { words, link };
    if (this.busy) return;
    this.busy = true;
    document.body.setAttribute("aria-busy", "true");
    while (this.wanted !== null) {
      const now = this.wanted;
      this.wanted = null;
      try {
        const found = await asked(`api/twin${now.words}`);
        trouble.hidden = true;
        this.found = found;
        this.figures.take(found, this.kept.words === now.link ? this.kept.result : null);
        status.textContent = this.figures.sentence();
        if (location.search === now.words && now.words !== now.link) {
          history.replaceState(null, "", `./${now.link}`); // the same, as this page says it
          this.link = now.link;
        }
        document.body.dataset.shown = now.link;
      } catch (error) {
        complain(error);
        status.textContent = "";
      }
    }
    this.busy = false;
    document.body.removeAttribute("aria-busy");
  }

  ran(result, words) {
    this.kept = { words, result };
    if (this.state.words() === words && this.found) this.figures.take(this.found, result);
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(location.href);
      status.textContent = "The link is copied.";
    } catch {
      status.textContent = `The link: ${location.href}`;
    }
  }
}

status.textContent = "Getting ready…";
try {
  const world = await asked("api/world");
  document.getElementById("about").textContent =
    `${world.name}: ${world.about || "the world as it starts from"}. ${world.occupations} occupations; Guildbook ${world.version}.`;
  new Page(world).open();
} catch (error) {
  complain(error);
  status.textContent = "";
}
