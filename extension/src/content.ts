// In every page and frame: says what a person does there. Only what a person does is listened to (`isTrusted`), nothing
// in the page is changed, and what a field holds leaves the page only where the worker said so.
import { becameSecret, type Control, controlOf, isSecret, kindOf, lengthOf, marked, markSecrets, rememberSecret, valueOf, watchSecrets } from "./controls.ts";
import { clickable, described, tidy } from "./describe.ts";
import { holdsCard } from "./fields.ts";
import type { Values } from "./rules.ts";

/** A control that is being filled in. */
interface Begun {
  readonly before: string | null;
  readonly length: number;
  /** µs of its first change; 0 where nothing has changed. */
  since: number;
}
type Fields = Record<string, unknown>;

const MOST_VALUE = 8_000;
const MOST_CLIP = 1_000_000;
/** ms after which a control that was filled in without being entered, by the browser itself, is looked at. */
const FILLED = 1_000;
/** µs of writing after which what was written so far is said. */
const LONGEST = 120_000_000;
const PRESSABLE =
  "a[href], button, summary, input, select, textarea, label, option, th, td, [onclick], [tabindex], " +
  "[role]:not([role=none], [role=presentation], [role=group], [role=document], [role=main], [role=application])";
const MOST_UP = 8;

/** Until the worker answers, nothing is kept of what controls hold. */
let values: Values = "names-only";
let recording = true;
const begun = new Map<Control, Begun>();
const roots = new WeakSet<Node>();
/** Events that came by in a shadow root already, should the browser let them out of it. */
const handled = new WeakSet<Event>();

const now = (): number => Date.now() * 1000;

function tell(row: Fields): void {
  try {
    void chrome.runtime.sendMessage({ kind: "row", row: { time: now(), ...row }, place: place() }).catch(() => undefined);
  } catch {
    recording = false; // the extension was taken away or renewed while this page was open
  }
}

const place = (): Fields => (self === top ? { url: location.href, title: document.title } : { frame: frameAddress() });

/** The address of this frame; of one that has none of its own (about:blank, srcdoc) whose it is. */
function frameAddress(): string {
  return /^https?:/.test(location.href) || self.origin === "null" ? location.href : `${self.origin}/`;
}

// What is filled in

function enter(control: Control): void {
  if (begun.has(control) || isSecret(control)) return;
  begun.set(control, { before: values === "all" ? valueOf(control) : null, length: lengthOf(control), since: 0 });
}

function leave(control: Control): void {
  const was = begun.get(control);
  begun.delete(control);
  if (!was?.since || isSecret(control)) return;
  const action = kindOf(control) === "chosen" ? "change" : "type";
  tell({ action, ...described(control), ...kept(control, was), time: was.since, duration: Math.max(0, now() - was.since) });
}

function leaveAll(but: Element | null = null): void {
  for (const control of [...begun.keys()]) if (control !== but) leave(control);
}

/** What is said of what was filled in. */
function kept(control: Control, was: Begun | undefined): Fields {
  if (values === "off") return {};
  const after = valueOf(control);
  const before = control instanceof HTMLInputElement && control.type === "checkbox" ? (after === "on" ? "off" : "on") : was?.before;
  if (holdsCard(after) || (before && holdsCard(before))) return { attributes: { withheld: "card" } };
  if (values === "all") return { value_before: before?.slice(0, MOST_VALUE) ?? null, value_after: after.slice(0, MOST_VALUE) };
  return kindOf(control) === "typed" ? { attributes: { length: lengthOf(control), was: was?.length ?? null } } : {};
}

function filled(event: Event): void {
  const control = controlOf(event);
  if (!control || (begun.has(control) ? becameSecret(control) : isSecret(control))) return;
  if (control instanceof HTMLInputElement && control.type === "file") {
    for (const file of control.files ?? []) tell({ action: "upload", ...described(control), document: tidy(file.name) });
    return;
  }
  if (control instanceof HTMLSelectElement || (control instanceof HTMLInputElement && /^(?:checkbox|radio)$/.test(control.type))) {
    tell({ action: "change", ...described(control), ...kept(control, begun.get(control)) });
    begun.delete(control);
    enter(control);
    return;
  }
  const was = begun.get(control);
  if (!was) {
    // Nobody entered it: the browser filled it in, and what stood there before is not known.
    begun.set(control, { before: null, length: 0, since: now() });
    setTimeout(() => control.matches(":focus-within") || leave(control), FILLED);
    return;
  }
  was.since ||= now();
  if (now() - was.since > LONGEST) {
    leave(control);
    enter(control);
  }
}

// What is pressed, handed in and carried about

function clicked(event: MouseEvent): void {
  const element = pressed(event);
  leaveAll(element);
  if (event.detail > 1 && !element?.matches(PRESSABLE)) return; // words are marked so
  if (!element || kindOf(element) || (element instanceof HTMLLabelElement && element.control)) return;
  tell({ action: "click", ...described(element) });
}

/** What a person means who clicks here: the nearest thing that can be pressed, else what is under the pointer. */
function pressed(event: Event): Element | null {
  const up = event.composedPath().slice(0, MOST_UP).filter((each) => each instanceof Element);
  const control = controlOf(event);
  return control ?? up.find((each) => each.matches(PRESSABLE)) ?? up.find(clickable) ?? up[0] ?? null;
}

function submitted(event: Event): void {
  leaveAll();
  const form = event.composedPath().find((each) => each instanceof HTMLFormElement);
  if (!form || handled.has(event)) return;
  handled.add(event);
  const said = form.getAttribute("aria-label") ?? form.getAttribute("name") ?? "";
  tell({ action: "submit", ...described(form), element_role: "form", element_name: tidy(said) });
}

/** ↵ in a line hands it in, also where there is no form. */
function keyed(event: KeyboardEvent): void {
  const control = event.key === "Enter" && !event.isComposing ? controlOf(event) : null;
  if (control instanceof HTMLInputElement) leave(control);
}

function copied(event: ClipboardEvent): void {
  const control = controlOf(event);
  if (control && isSecret(control)) return;
  carried(event.type, control ?? pressed(event), marked(control) || textOf(event));
}

function pasted(event: ClipboardEvent): void {
  const control = controlOf(event);
  if (control && isSecret(control)) return;
  if (control) enter(control);
  carried("paste", control ?? pressed(event), textOf(event));
}

/** The text goes with it only so that the recorder can make a mark of it: the recorder keeps no more than that. */
function carried(action: string, element: Element | null, text: string): void {
  const clip = text && text.length <= MOST_CLIP && !holdsCard(text) ? { clip: text } : {};
  tell({ action, ...(element ? described(element) : {}), ...clip });
}

const textOf = (event: ClipboardEvent): string => event.clipboardData?.getData("text/plain") ?? "";

// Listening

/** Listens for what a person does and nothing else, before the page can hold it back. */
function hear<Name extends keyof WindowEventMap>(name: Name, act: (event: WindowEventMap[Name]) => void): void {
  addEventListener(name, (event) => {
    if (!recording || !event.isTrusted) return;
    for (const each of event.composedPath()) if (each instanceof ShadowRoot) join(each);
    act(event);
  }, { capture: true, passive: true });
}

/** What happens in a shadow root and does not come out of it is listened to there. */
function join(root: ShadowRoot): void {
  if (roots.has(root)) return;
  roots.add(root);
  markSecrets(root);
  watchSecrets(root);
  root.addEventListener("submit", (event) => {
    if (recording && event.isTrusted) submitted(event);
  }, { capture: true, passive: true });
}

function entered(event: Event): void {
  const control = controlOf(event);
  if (!control) return;
  if (control instanceof HTMLInputElement && control.type === "password") rememberSecret(control);
  enter(control);
}

hear("focusin", entered);
hear("beforeinput", entered);
hear("input", filled);
hear("focusout", (event) => {
  const control = controlOf(event);
  if (control) leave(control);
});
hear("click", clicked);
hear("submit", submitted);
hear("keydown", keyed);
hear("copy", copied);
hear("cut", copied);
hear("paste", pasted);
hear("pagehide", () => leaveAll());
document.addEventListener("visibilitychange", () => document.hidden && leaveAll());

// What the worker says

async function ask(): Promise<void> {
  const answer = (await chrome.runtime.sendMessage({ kind: "state", driven: navigator.webdriver, place: place() }).catch(() => null)) as {
    recording: boolean;
    values: Values;
  } | null;
  if (!answer) return;
  ({ recording, values } = answer);
  if (!recording) begun.clear();
}

chrome.runtime.onMessage.addListener((message: { kind?: string }) => {
  if (message.kind === "ask") void ask();
});
addEventListener("pageshow", () => void ask());
document.addEventListener("DOMContentLoaded", () => markSecrets(document));
if (self === top && (document as { prerendering?: boolean }).prerendering) {
  // The worker hears of pages that were fetched ahead before anybody sees them, so they speak for themselves.
  document.addEventListener("prerenderingchange", () => tell({ action: "navigate" }), { once: true });
}
watchSecrets(document);
void ask();
