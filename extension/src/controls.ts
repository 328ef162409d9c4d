// What can be filled in, whether it may be read, and what stands in it.
import { name } from "./describe.ts";
import { secret } from "./fields.ts";

export type Control = HTMLElement;

/** How a control is filled in: by typing, by choosing, with files; null for what is none. */
export type Kind = "typed" | "chosen" | "files" | null;

const CHOSEN = new Set(["checkbox", "radio", "range", "color", "date", "datetime-local", "month", "time", "week"]);
const PRESSED = new Set(["button", "submit", "reset", "image"]);

export function kindOf(element: Element): Kind {
  if (element instanceof HTMLInputElement) {
    if (PRESSED.has(element.type)) return null;
    if (element.type === "file") return "files";
    return CHOSEN.has(element.type) ? "chosen" : "typed";
  }
  if (element instanceof HTMLTextAreaElement) return "typed";
  if (element instanceof HTMLSelectElement) return "chosen";
  return element instanceof HTMLElement && element.isContentEditable ? "typed" : null;
}

/** The control that an event is about: its target, or the whole of the editor that the target is part of. */
export function controlOf(event: Event): Control | null {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return null;
  let at: HTMLElement = target;
  if (kindOf(at) === "typed" && at.isContentEditable && !("value" in at)) {
    while (at.parentElement?.isContentEditable) at = at.parentElement;
  }
  return kindOf(at) ? at : null;
}

/** Fields that were password fields once stay secret, and so do those that a page puts in their place. */
const once = new WeakSet<Element>();
const onceCalled = new Set<string>();

export function rememberSecret(element: Element): void {
  once.add(element);
  for (const called of [element.id, element.getAttribute("name")]) if (called) onceCalled.add(called);
}

/** Whether a control that was not secret has become so: cheap enough for each key. */
export function becameSecret(control: Control): boolean {
  return once.has(control) || (control instanceof HTMLInputElement && control.type === "password");
}

export function isSecret(control: Control): boolean {
  const called = [control.id, control.getAttribute("name") ?? ""];
  const type = control instanceof HTMLInputElement ? control.type : "";
  if (type === "password") rememberSecret(control);
  if (once.has(control) || called.some((each) => onceCalled.has(each))) return true;
  const masked = getComputedStyle(control).getPropertyValue("-webkit-text-security");
  if (masked && masked !== "none") return true;
  const words = [...called, control.getAttribute("placeholder") ?? "", name(control)];
  return secret({ type, autocomplete: control.getAttribute("autocomplete") ?? "", words });
}

/** Mark what is a password field now, in a root and below. */
export function markSecrets(root: ParentNode): void {
  for (const field of root.querySelectorAll("input[type=password i]")) rememberSecret(field);
}

/** Marks fields that stop being password fields before anybody touches them. */
export function watchSecrets(root: Node): void {
  new MutationObserver((changes) => {
    for (const { target, oldValue } of changes) {
      if (target instanceof HTMLInputElement && (target.type === "password" || oldValue?.toLowerCase() === "password")) {
        rememberSecret(target);
      }
    }
  }).observe(root, { attributes: true, attributeFilter: ["type"], attributeOldValue: true, subtree: true });
}

/** What stands in a control, as a person would read it. */
export function valueOf(control: Control): string {
  if (control instanceof HTMLSelectElement) return [...control.selectedOptions].map((each) => each.label).join("; ");
  if (control instanceof HTMLInputElement) {
    if (control.type === "checkbox") return control.checked ? "on" : "off";
    return control.value;
  }
  return control instanceof HTMLTextAreaElement ? control.value : control.innerText;
}

export function lengthOf(control: Control): number {
  if (control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement) return control.value.length;
  return control.textContent?.length ?? 0;
}

/** What is marked in a control, or in the page. */
export function marked(control: Control | null): string {
  if (control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement) {
    return control.value.slice(control.selectionStart ?? 0, control.selectionEnd ?? 0);
  }
  return getSelection()?.toString() ?? "";
}
