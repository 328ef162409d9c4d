// The way to the recorder: what waits, how the recorder is doing, and the one place that talks to it.
import { type Waiting, expire, next, nothing, put as queued, type Row } from "./queue.ts";
import type { Told } from "./rules.ts";
import { canonical } from "./writing.ts";

/** `away`: it does not answer. `off`: this source is not switched on. `unpaired`: the token is not this recorder's. */
export type Reach = "unknown" | "recording" | "paused" | "off" | "unpaired" | "away";

interface Kept {
  session: string;
  waiting: Waiting;
  told: Told | null;
  reach: Reach;
  /** ms since 1970 of the first time in a row that the recorder did not answer; 0 where it did. */
  awaySince: number;
  /** Sites that are not recorded until the browser is closed. */
  own: string[];
  /** A program drives this browser. */
  driven: boolean;
}

/** ms in which rows come together: longer than a page takes to get its title, so that they go in order of time. */
const SOON = 900;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 25_000;
const ANSWER = 10_000;
/** ms after which nothing more is taken up for a recorder that does not answer. */
const GIVEN_UP = 600_000;
const STALE = 5_000;
const TICK = "tick";

export const kept: Kept = {
  session: crypto.randomUUID(),
  waiting: nothing(),
  told: null,
  reach: "unknown",
  awaySince: 0,
  own: [],
  driven: false,
};
let changed: (told: Told | null) => void = () => undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let saving: ReturnType<typeof setTimeout> | undefined;
let busy = false;
let wait = FIRST_WAIT;
let asked = 0;
let pairing: { port: number; token: string } | null = null;

/** Done when what an earlier run of this worker held is here again, or the recorder was asked a first time. */
export const ready: Promise<void> = chrome.storage.session.get("kept").then(async (found) => {
  Object.assign(kept, found["kept"] ?? {});
  if (kept.told) changed(kept.told);
  else await ask();
});

export function listen(act: (told: Told | null) => void): void {
  changed = act;
}

/** Whether anything is recorded now. */
export function records(): boolean {
  if (kept.reach === "away") return Date.now() - kept.awaySince < GIVEN_UP;
  return kept.reach === "unknown" || kept.reach === "recording";
}

export function put(row: Row): void {
  queued(kept.waiting, row);
  soon(SOON);
  save();
}

export function keepOut(host: string, out: boolean): void {
  kept.own = kept.own.filter((each) => each !== host);
  if (out && host) kept.own.push(host);
  save();
}

export function summary(host: string): Record<string, unknown> {
  const { reach, own, waiting } = kept;
  return { reach, waiting: waiting.rows.length + (waiting.batch?.rows.length ?? 0), out: own.includes(host), records: records() };
}

/** What to do every half minute, also after this worker was stopped. */
export function everyHalfMinute(act: () => void): void {
  void chrome.alarms.create(TICK, { periodInMinutes: 0.5 });
  chrome.alarms.onAlarm.addListener(() => {
    act();
    void ready.then(ask).then(post);
  });
}

function save(): void {
  saving ??= setTimeout(() => {
    saving = undefined;
    void chrome.storage.session.set({ kept }).catch(() => undefined);
  }, SOON / 4);
}

function soon(ms: number): void {
  timer ??= setTimeout(() => {
    timer = undefined;
    void post();
  }, ms);
}

// Talking

async function call(path: string, init: RequestInit): Promise<Response | null> {
  try {
    pairing ??= (await (await fetch(chrome.runtime.getURL("config.json"))).json()) as { port: number; token: string };
  } catch {
    reached("unpaired");
    return null;
  }
  const headers = { ...init.headers, Authorization: `Bearer ${pairing.token}` };
  try {
    const answer = await fetch(`http://127.0.0.1:${pairing.port}${path}`, {
      ...init, headers, signal: AbortSignal.timeout(ANSWER), cache: "no-store", credentials: "omit",
    });
    if (answer.status === 401) reached("unpaired");
    else if (answer.status === 403) reached("off");
    else if (answer.status >= 500) reached("away");
    return answer;
  } catch {
    reached("away");
    return null;
  }
}

/** Ask the recorder what may be recorded. */
async function ask(): Promise<void> {
  const answer = await call("/guildbook/0/source/browser", {});
  if (!answer?.ok) return;
  const told = (await answer.json()) as Told;
  const new_ = JSON.stringify(told) !== JSON.stringify(kept.told);
  kept.told = told;
  asked = Date.now();
  reached(told.recording ? "recording" : "paused");
  if (new_) changed(told);
}

/** Hand over what waits; what is not answered is sent again as it was, later. */
async function post(): Promise<void> {
  await ready;
  if (busy) return;
  busy = true;
  try {
    if (kept.reach !== "recording" || Date.now() - asked > STALE) await ask();
    while (await handed());
  } finally {
    busy = false;
    save();
  }
  if (kept.waiting.rows.length || kept.waiting.batch) {
    soon(kept.reach === "away" ? wait : SOON);
    if (kept.reach === "away") wait = Math.min(2 * wait, LONGEST_WAIT);
  }
}

/** Hand over one batch; whether to go on. */
async function handed(): Promise<boolean> {
  const { waiting } = kept;
  expire(waiting, Date.now() * 1000);
  if (kept.reach === "off" || kept.reach === "unpaired" || kept.reach === "away") {
    if (kept.reach !== "away") Object.assign(waiting, nothing());
    return false;
  }
  if (waiting.lost && waiting.rows.length) {
    const row = { time: Date.now() * 1000, app: "browser", action: "lost", session: kept.session, attributes: canonical({ rows: waiting.lost }) };
    waiting.lost = 0;
    queued(waiting, row);
  }
  const batch = next(waiting, () => crypto.randomUUID());
  if (!batch) return false;
  await chrome.storage.session.set({ kept }).catch(() => undefined); // its name must outlive this worker
  const answer = await call("/guildbook/0/events/browser", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Guildbook-Batch": batch.id },
    body: JSON.stringify(batch.rows),
  });
  if (!answer || answer.status >= 500) return false;
  waiting.batch = null;
  if (answer.ok && !((await answer.json()) as { recording: boolean }).recording) reached("paused");
  if (answer.status === 400 || answer.status === 413) waiting.lost += batch.rows.length;
  return answer.ok || answer.status === 400 || answer.status === 413;
}

function reached(reach: Reach): void {
  const before = records();
  if (reach !== "away") {
    kept.awaySince = 0;
    wait = FIRST_WAIT;
  } else if (!kept.awaySince) kept.awaySince = Date.now();
  kept.reach = reach;
  if (reach === "away" || reach === "unpaired") pairing = null; // it may have been written anew meanwhile
  const [badge, title] = SAID[reach];
  void chrome.action.setBadgeText({ text: badge });
  void chrome.action.setTitle({ title: `Guildbook: ${title}` });
  if (before !== records()) changed(kept.told);
  save();
}

const SAID: Record<Reach, [string, string]> = {
  unknown: ["", "starting"],
  recording: ["", "recording"],
  paused: ["II", "paused"],
  off: ["off", "the recorder does not record the browser"],
  unpaired: ["!", "not this recorder's: write the extension anew"],
  away: ["!", "the recorder does not answer"],
};
