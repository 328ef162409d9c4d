// The extension's one background script: asks the recorder what may be recorded, adds where things happened, and hands
// them over. It may be stopped whenever nothing happens, so what it holds is in `storage.session` too, which is memory:
// nothing is ever written to the disk.
import * as line from "./line.ts";
import { addressOf, admits, among, compiled, hostOf, pageOf, type Place, type Rules, UNTOLD, valuesAt } from "./rules.ts";
import { browserOf, canonical } from "./writing.ts";

type Fields = Record<string, unknown>;

const app = browserOf(navigator.userAgent, (navigator as { userAgentData?: { brands?: { brand: string }[] } }).userAgentData?.brands);
const version = chrome.runtime.getManifest().version;
/** Seconds that may lie between two signs that a page is still in front. */
const PULSE = 45;
/** Seconds without a key or the mouse after which nobody is taken to be there. */
const IDLE = 60;
/** ms in which a page gets its title. */
const TITLED = 600;

let rules: Rules = compiled(UNTOLD);
/** Tab → the last page that was said of it, so that a page that only scrolls is not said again. */
const shown = new Map<number, string>();

line.listen((told) => {
  rules = compiled(told ?? UNTOLD);
  void everyPage();
});

/** Every page asks again what may be recorded. */
async function everyPage(): Promise<void> {
  for (const tab of await chrome.tabs.query({})) {
    if (tab.id !== undefined) void chrome.tabs.sendMessage(tab.id, { kind: "ask" }).catch(() => undefined);
  }
}

function admitted(place: Place, incognito: boolean): boolean {
  if (incognito || !line.records()) return false;
  const hosts = [hostOf(place.url), hostOf(place.frame ?? "")];
  return !hosts.some((host) => among(host, line.kept.own)) && admits(rules, place);
}

/** Hands in a row, with where it happened. */
function say(row: Fields & { time: number }, place: Place, incognito = false): void {
  if (!admitted(place, incognito)) return;
  const { attributes, ...rest } = row;
  const values = valuesAt(rules.told, place.frame ? [hostOf(place.url), hostOf(place.frame)] : [hostOf(place.url)]);
  const frame = place.frame && /^https?:/.test(place.frame) ? { frame: addressOf(place.frame, "names-only") } : {};
  line.put({
    ...present(rest),
    time: row.time,
    app,
    ...present({ window: place.title }),
    url: addressOf(place.url, values),
    objects: [...((row.objects as unknown[] | undefined) ?? []), { id: pageOf(place.url), type: "page", qualifier: "" }],
    session: line.kept.session,
    source_version: version,
    ...(line.kept.driven ? { origin: "agent" } : {}),
    attributes: canonical({ ...(attributes as Fields | undefined), ...frame }),
  });
}

const present = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "" && value !== null && value !== undefined));

// What pages say

interface Message {
  kind: string;
  row?: Fields & { time: number };
  place?: { url?: string; title?: string; frame?: string };
  driven?: boolean;
  host?: string;
  pause?: boolean;
}

chrome.runtime.onMessage.addListener((message: Message, sender, answer) => {
  if (sender.id !== chrome.runtime.id) return false;
  void line.ready.then(() => {
    const tab = sender.tab;
    const place = {
      app,
      url: message.place?.url ?? tab?.url ?? "",
      title: message.place?.title ?? tab?.title ?? "",
      frame: message.place?.frame,
    };
    if (sender.frameId === 0) place.frame = undefined;
    if (message.kind === "row") return message.row && say(message.row, place, tab?.incognito);
    if (message.kind === "state") {
      if (message.driven) line.kept.driven = true;
      return answer(stateOf(place, tab?.incognito ?? false));
    }
    if (!sender.url?.startsWith(chrome.runtime.getURL(""))) return answer(null);
    if (message.kind === "site") {
      line.keepOut(message.host ?? "", message.pause ?? true);
      void everyPage();
    }
    answer(line.summary(message.host ?? ""));
  });
  return message.kind !== "row";
});

/** What a page is told: a page that was not loaded yet when it asked is taken by its frame's address. */
function stateOf(place: Place, incognito: boolean): Fields {
  const hosts = [hostOf(place.url), ...(place.frame ? [hostOf(place.frame)] : [])];
  return { recording: admitted(place, incognito), values: valuesAt(rules.told, hosts) };
}

// Where the browser goes

interface Gone {
  tabId: number;
  frameId: number;
  url: string;
  timeStamp: number;
  transitionType?: string;
  documentLifecycle?: string;
}

function went(gone: Gone): void {
  if (gone.frameId !== 0 || (gone.documentLifecycle ?? "active") !== "active" || !/^https?:/.test(gone.url)) return;
  void line.ready.then(() => setTimeout(() => void arrived(gone), TITLED));
}

/** A page says its title a while after it is there. */
async function arrived(gone: Gone): Promise<void> {
  const tab = await chrome.tabs.get(gone.tabId).catch(() => null);
  const title = (tab?.url === gone.url ? titleOf(tab) : "") || (called.get(gone.url) ?? "");
  if (!title && rules.title.length) return; // what it is called may be what must not be recorded
  const place = { app, url: gone.url, title };
  const page = addressOf(gone.url, "names-only");
  if (gone.transitionType === undefined && shown.get(gone.tabId) === page) return;
  shown.set(gone.tabId, page);
  const how = gone.transitionType ? { attributes: { transition: gone.transitionType } } : {};
  say({ time: Math.round(gone.timeStamp * 1000), action: "navigate", ...how }, place, tab?.incognito);
}

chrome.webNavigation.onCommitted.addListener(went);
chrome.webNavigation.onHistoryStateUpdated.addListener(({ transitionType: _, ...gone }) => went(gone));
chrome.webNavigation.onReferenceFragmentUpdated.addListener(({ transitionType: _, ...gone }) => went(gone));
chrome.tabs.onRemoved.addListener((tab) => shown.delete(tab));

/** What the pages that were there last are called, for one that was left at once. */
const called = new Map<string, string>();
const MOST_CALLED = 50;

function note(tab: chrome.tabs.Tab): void {
  const [oldest] = called.keys();
  if (called.size >= MOST_CALLED && oldest !== undefined) called.delete(oldest);
  if (tab.url && titleOf(tab)) called.set(tab.url, titleOf(tab));
}

/** What a page is called; until it says so, browsers call it by its address. */
function titleOf(tab: chrome.tabs.Tab): string {
  const title = tab.title ?? "";
  return title && tab.url?.endsWith(title) ? "" : title;
}

// What is in front

let front: Place | null = null;
let away = false;
let looking: ReturnType<typeof setTimeout> | undefined;

/** The page in front goes on being there, or another is. */
async function look(): Promise<void> {
  await line.ready;
  const window = await chrome.windows.getLastFocused().catch(() => null);
  const [tab] = window?.focused ? await chrome.tabs.query({ active: true, windowId: window.id ?? -1 }) : [];
  const there = !away && tab?.url && !tab.incognito ? { app, url: tab.url, title: titleOf(tab) } : null;
  const time = Date.now() * 1000;
  const same = front && there && front.url === there.url && front.title === there.title;
  if (front && !same) say({ time, action: "focus", pulse: PULSE }, front);
  if (there) say({ time: same ? time : time + 1, action: "focus", pulse: PULSE }, there);
  front = there;
}

chrome.tabs.onActivated.addListener(() => void look());
chrome.windows.onFocusChanged.addListener(() => void look());
chrome.tabs.onUpdated.addListener((_, change, tab) => {
  if (change.title !== undefined && !tab.incognito) note(tab);
  if (!tab.active || (change.url ?? change.title ?? change.status) === undefined) return;
  clearTimeout(looking);
  looking = setTimeout(() => void look(), TITLED);
});
chrome.idle.setDetectionInterval(IDLE);
chrome.idle.onStateChanged.addListener((state) => {
  away = state !== "active";
  void look();
});
line.everyHalfMinute(() => void look());

// What comes down

chrome.downloads.onChanged.addListener((change) => {
  if (change.state?.current !== "complete") return;
  void line.ready.then(async () => {
    const [item] = await chrome.downloads.search({ id: change.id });
    if (!item || item.incognito || !/^https?:/.test(item.referrer || item.finalUrl)) return;
    const file = { id: `file:${item.filename}`, type: "document", qualifier: "saved" };
    const name = item.filename.split(/[\\/]/).pop() ?? "";
    const since = Date.parse(item.startTime);
    const duration = Math.max(0, Date.parse(item.endTime ?? item.startTime) - since) * 1000;
    say({ time: since * 1000, duration, action: "download", document: name, objects: [file] }, { app, url: item.referrer || item.finalUrl, title: "" });
  });
});
