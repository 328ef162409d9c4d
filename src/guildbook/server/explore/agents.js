// The run agent by agent: begun, watched and ended on demand.

const EVERY = 250;

/** What the server answers; an error of the server's becomes one with its words. */
export async function asked(path, options = {}) {
  const answer = await fetch(path, options).catch(() => {
    throw new Error("The page's process does not answer. If it was ended: guildbook simulate explore.");
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error([said.message, said.fix].filter(Boolean).join(" "));
  return said;
}

export class Agents {
  /** @param {(result: object, words: string) => void} done @param {(text: string) => void} told */
  constructor(done, told) {
    this.go = document.getElementById("go");
    this.stop = document.getElementById("stop");
    this.bar = document.getElementById("progress");
    this.done = done;
    this.told = told;
    this.run = null;
    this.ended = false;
    this.stop.addEventListener("click", () => this.cancel().catch((error) => told(error.message)));
  }

  busy(yes) {
    this.go.disabled = yes;
    this.stop.disabled = !yes;
    if (!yes && document.activeElement === this.stop) this.go.focus();
  }

  async begin(words) {
    this.busy(true);
    this.ended = false;
    this.bar.value = 0;
    this.told("The agents run…");
    try {
      const { id } = await asked(`api/agents${words}`, { method: "POST" });
      this.run = id;
      if (this.ended) await this.cancel(); // said so before the run had a name
      await this.watch(id, words);
    } finally {
      this.run = null;
      this.busy(false);
    }
  }

  async watch(id, words) {
    for (;;) {
      const { state, progress, result } = await asked(`api/agents/${id}`);
      this.bar.value = progress;
      if (state === "done") {
        this.told(`The agents have run: ${result.seeds.length} draws of chance.`);
        return this.done(result, words);
      }
      if (state === "cancelled") {
        this.bar.value = 0;
        return this.told("The agents were stopped.");
      }
      if (state !== "running") throw new Error("The run ended before it was done; perhaps memory was short. Try fewer people.");
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  }

  async cancel() {
    this.ended = true;
    if (this.run) await asked(`api/agents/${this.run}`, { method: "DELETE" });
  }
}
