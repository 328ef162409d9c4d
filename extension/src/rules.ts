// What the recorder says may be recorded, and what a page's address is kept as. No DOM here: it is tested alone.

export type Values = "all" | "names-only" | "off";

/** What the recorder answers to `GET /guildbook/0/source/browser`. */
export interface Told {
  readonly recording: boolean;
  readonly values: Values;
  readonly values_on: readonly string[];
  readonly never: readonly string[];
  readonly rules: readonly { readonly field: string; readonly pattern: string }[];
}

/** Until the recorder has said anything: as it would be without settings. */
export const UNTOLD: Told = { recording: true, values: "names-only", values_on: [], never: [], rules: [] };

export interface Rules {
  readonly told: Told;
  readonly url: readonly RegExp[];
  readonly title: readonly RegExp[];
  readonly app: readonly RegExp[];
  /** Some rule is written in a way that only the recorder reads: what it cannot see whole may not be recorded. */
  readonly unread: boolean;
}

function expression(pattern: string, flags: string): RegExp | null {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return null;
  }
}

export function compiled(told: Told): Rules {
  const made: Record<string, RegExp[]> = { url: [], title: [], app: [] };
  let unread = false;
  for (const { field, pattern } of told.rules) {
    const read = expression(pattern, "iu") ?? expression(pattern, "i");
    if (read) made[field]?.push(read);
    else unread = true;
  }
  return { told, url: made.url ?? [], title: made.title ?? [], app: made.app ?? [], unread };
}

/** Whether a host is one of these, or below one. */
export function among(host: string, hosts: readonly string[]): boolean {
  return hosts.some((each) => host === each || host.endsWith(`.${each}`));
}

export interface Place {
  readonly app: string;
  /** The page's whole address, before anything is left out. */
  readonly url: string;
  readonly title: string;
  /** The address of the frame in the page, where it is not the page itself. */
  readonly frame?: string | undefined;
}

export function hostOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return "";
  }
}

/** Whether what is done here may be recorded. */
export function admits(rules: Rules, place: Place): boolean {
  const addresses = place.frame ? [place.url, place.frame] : [place.url];
  if (!/^https?:/.test(place.url)) return false;
  if (place.frame && rules.unread) return false;
  if (addresses.some((address) => among(hostOf(address), rules.told.never))) return false;
  return !(
    rules.app.some((rule) => rule.test(place.app)) ||
    rules.title.some((rule) => rule.test(place.title)) ||
    rules.url.some((rule) => addresses.some((address) => rule.test(address)))
  );
}

/** What is kept of fields in a page: all of it only where both the page and the frame may be read whole. */
export function valuesAt(told: Told, hosts: readonly string[]): Values {
  if (told.values !== "off" && hosts.every((host) => among(host, told.values_on))) return "all";
  return told.values;
}

/** The page without query and fragment: what other sources would call it, too. */
export function pageOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `url:${origin}${pathname}`;
}

/** An address as it is kept: whole, or without what was typed or looked for. A route (`#/claims/7`) is part of the page. */
export function addressOf(url: string, values: Values): string {
  const found = new URL(url);
  found.username = found.password = "";
  if (values !== "all") {
    found.search = "";
    found.hash = /^#!?\//.test(found.hash) ? (found.hash.split("?")[0] ?? "") : "";
  }
  return found.href;
}
