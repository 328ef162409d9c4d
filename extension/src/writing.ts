// How things are written. No browser here: it is tested alone.

/** JSON with sorted keys and nothing that is null; null where nothing is left. */
export function canonical(value: Record<string, unknown>): string | null {
  const said = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return said.length ? JSON.stringify(Object.fromEntries(said.sort(([a], [b]) => (a < b ? -1 : 1)))) : null;
}

/** What people call this browser, by what it says of itself. */
export function browserOf(agent: string, brands: readonly { brand: string }[] = []): string {
  const said = [agent, ...brands.map(({ brand }) => brand)].join(" ");
  return NAMES.find(([pattern]) => pattern.test(said))?.[1] ?? "browser";
}

/** The first that fits: all but Firefox say that they are Chrome, too. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/Firefox\//, "firefox"],
  [/Edg\/|Microsoft Edge/, "edge"],
  [/OPR\/|Opera/, "opera"],
  [/Vivaldi/, "vivaldi"],
  [/Brave/, "brave"],
  [/Google Chrome/, "chrome"],
  [/Chromium/, "chromium"],
  [/Chrome\//, "chrome"],
];
