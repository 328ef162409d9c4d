// What is asked, and the link that says it. The server alone decides what is allowed; here only what it cannot mistake
// is taken over, so that a bad link is told of and not guessed at.

const NUMBER = /^-?\d{1,15}(\.\d{1,20})?([eE][+-]?\d{1,3})?$/;

/** A number that a link says, or null. */
function number(text, low, high) {
  if (!NUMBER.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= low && value <= high ? value : null;
}

export class State {
  /** @param {object} world what `/api/world` says */
  constructor(world) {
    this.world = world;
    this.parameters = new Map(world.parameters.map((each) => [each.name, each]));
    this.clear();
  }

  clear() {
    this.one = new Map();
    this.other = new Map();
    this.compare = false;
    this.counts = new Map(Object.entries(this.world.limits).map(([name, limit]) => [name, limit.start]));
  }

  /** Take over a link's words. */
  read(search) {
    this.clear();
    for (const [word, text] of new URLSearchParams(search)) {
      const second = word.startsWith("b.");
      const name = second ? word.slice(2) : word;
      if (word === "compare") this.compare = text === "1";
      else if (!second && this.counts.has(name)) {
        const { low, high } = this.world.limits[name];
        const value = number(text, low, high);
        if (value !== null && Number.isInteger(value)) this.counts.set(name, value);
      } else if (this.parameters.has(name)) {
        const { least, most, whole } = this.parameters.get(name);
        const value = number(text, least, most);
        if (value !== null && (!whole || Number.isInteger(value))) (second ? this.other : this.one).set(name, value);
        if (second) this.compare = true;
      }
    }
  }

  /** The link's words, always in the same order: equal settings make equal links. */
  words() {
    const words = [];
    for (const name of this.parameters.keys()) if (this.one.has(name)) words.push([name, this.one.get(name)]);
    if (this.compare) {
      words.push(["compare", 1]);
      for (const name of this.parameters.keys()) if (this.other.has(name)) words.push([`b.${name}`, this.other.get(name)]);
    }
    for (const [name, value] of this.counts) {
      if (name === "from" && !this.compare) continue;
      if (value !== this.world.limits[name].start) words.push([name, value]);
    }
    const search = new URLSearchParams(words.map(([name, value]) => [name, String(value)])).toString();
    return search ? `?${search}` : "";
  }

  /** What a policy has a parameter at. */
  value(name, second) {
    if (second && this.other.has(name)) return this.other.get(name);
    return this.one.has(name) ? this.one.get(name) : this.parameters.get(name).start;
  }

  set(name, second, value) {
    const { start } = this.parameters.get(name);
    const changes = this.world.changes.some((change) => change.name === name);
    if (second) {
      if (value === this.value(name, false)) this.other.delete(name);
      else this.other.set(name, value);
    } else if (value === start && !changes) this.one.delete(name);
    else this.one.set(name, value);
  }
}
