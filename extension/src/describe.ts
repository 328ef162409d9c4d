// What an element is: its role and name as a screen reader says them, a selector that finds it again, where it stands.
import { computeAccessibleName, getRole } from "dom-accessibility-api";
import { holdsCard } from "./fields.ts";

export interface Described {
  element_role: string;
  element_name: string;
  element_id: string;
  element_selector: string;
  element_bounds: number[];
}

const MOST_NAME = 200;
/** Elements below one whose name is computed from them; a whole table would take long, and is no name. */
const MOST_BELOW = 60;
const MOST_STEPS = 8;
const MADE_UP_ID = /\d{3}|[0-9a-f]{8}|^[:«_]|^(?:ember|react|mui|radix|headlessui|ext-|yui)/i;
const STABLE = ["data-testid", "data-test", "data-cy", "data-qa", "name"];
const CONTROLS = "input, textarea, select, [contenteditable=''], [contenteditable=true]";

export function described(element: Element): Described {
  const { x, y, width, height } = element.getBoundingClientRect();
  return {
    element_role: role(element),
    element_name: name(element),
    element_id: element.id || (element.getAttribute("name") ?? ""),
    element_selector: selector(element),
    element_bounds: [x, y, width, height].map((each) => Math.round(each)),
  };
}

/** The ARIA role: the one the page gives, else the tag's own; what has none is called by its type. */
export function role(element: Element): string {
  const given = getRole(element);
  if (given && given !== "none" && given !== "presentation") return given;
  if (element instanceof HTMLElement && element.isContentEditable) return "textbox";
  return element instanceof HTMLInputElement ? element.type : "generic";
}

/** The accessible name, never with anything that was filled in. */
export function name(element: Element): string {
  const labels = element instanceof HTMLElement && "labels" in element ? (element.labels as NodeListOf<Element> | null) : null;
  const sources = [...(labels ?? []), ...referred(element)];
  let text: string;
  if (element instanceof HTMLElement && element.isContentEditable) {
    text = element.getAttribute("aria-label") ?? referred(element).map(said).join(" ");
  } else if (sources.some((each) => each.matches(CONTROLS) || each.querySelectorAll(CONTROLS).length > 0)) {
    text = element.getAttribute("aria-label") ?? sources.map(said).join(" ");
  } else if (element.getElementsByTagName("*").length > MOST_BELOW || (element.querySelector(CONTROLS) && !element.matches(CONTROLS))) {
    text = element.getAttribute("aria-label") ?? element.getAttribute("title") ?? "";
  } else {
    text = computeAccessibleName(element) || pointedAt(element);
  }
  text ||= element.getAttribute("placeholder") ?? element.getAttribute("title") ?? "";
  return tidy(text);
}

/** A text as a name: one line, not long, no card's number in it. */
export function tidy(text: string): string {
  const line = text.replace(/\s+/g, " ").trim().slice(0, MOST_NAME);
  return holdsCard(line) ? "" : line;
}

/** What an element without a role says, where the page shows that it can be pressed. */
function pointedAt(element: Element): string {
  return getRole(element) === null && clickable(element) ? (element.textContent ?? "") : "";
}

export function clickable(element: Element): boolean {
  return getComputedStyle(element).cursor === "pointer";
}

function referred(element: Element): Element[] {
  const root = element.getRootNode() as Document | ShadowRoot;
  const ids = element.getAttribute("aria-labelledby")?.split(/\s+/) ?? [];
  return ids.map((id) => root.getElementById(id)).filter((each) => each !== null);
}

/** The text of an element without that of the controls in it. */
function said(element: Element): string {
  const walk = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node instanceof Element
      ? node.matches(`${CONTROLS}, script, style`) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP
      : NodeFilter.FILTER_ACCEPT,
  );
  if (element.matches(CONTROLS)) return "";
  const parts: string[] = [];
  while (walk.nextNode() && parts.length < MOST_BELOW) parts.push(walk.currentNode.nodeValue ?? "");
  return parts.join(" ");
}

/** A selector that finds the element in its page; ` >>> ` leads into a shadow root. */
export function selector(element: Element): string {
  const root = element.getRootNode();
  const here = within(element, root as Document | ShadowRoot);
  return root instanceof ShadowRoot ? `${selector(root.host)} >>> ${here}` : here;
}

function within(element: Element, root: Document | ShadowRoot): string {
  const steps: string[] = [];
  for (let at: Element | null = element; at && steps.length < MOST_STEPS; at = at.parentElement) {
    const own = alone(at, root);
    steps.unshift(own ?? step(at));
    if (own) break;
  }
  return steps.join(" > ");
}

/** How this element alone is found, by what a page's author gave it; null where there is no such thing. */
function alone(element: Element, root: Document | ShadowRoot): string | null {
  if (element.id && !MADE_UP_ID.test(element.id) && root.getElementById(element.id) === element) {
    return `#${CSS.escape(element.id)}`;
  }
  for (const attribute of STABLE) {
    const value = element.getAttribute(attribute);
    if (!value || value.length > MOST_NAME) continue;
    const found = `${element.localName}[${attribute}="${CSS.escape(value)}"]`;
    if (root.querySelectorAll(found).length === 1) return found;
  }
  return null;
}

function step(element: Element): string {
  const same = [...(element.parentElement?.children ?? [])].filter((each) => each.localName === element.localName);
  const tag = CSS.escape(element.localName);
  return same.length > 1 ? `${tag}:nth-of-type(${same.indexOf(element) + 1})` : tag;
}
