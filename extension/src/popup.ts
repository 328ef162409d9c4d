// The small page behind the extension's button: how it is going, and a way to keep this site out of it.
export {};

const SAID: Record<string, string> = {
  unknown: "Starting.",
  recording: "Recording what you do in pages.",
  paused: "The recorder is paused: nothing is recorded.",
  off: "The recorder does not record the browser: guildbook record on browser.",
  unpaired: "This is another recorder: guildbook record extension DIR.",
  away: "The recorder does not answer: guildbook record start.",
};

interface Summary {
  reach: string;
  waiting: number;
  out: boolean;
  records: boolean;
}

const part = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;

async function show(): Promise<void> {
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  const host = /^https?:/.test(tab?.url ?? "") ? new URL(tab?.url ?? "").hostname : "";
  draw(host, (await chrome.runtime.sendMessage({ kind: "popup", host })) as Summary);
  part<HTMLButtonElement>("site").onclick = async () => {
    const pause = part<HTMLButtonElement>("site").value === "pause";
    draw(host, (await chrome.runtime.sendMessage({ kind: "site", host, pause })) as Summary);
  };
}

function draw(host: string, { reach, waiting, out, records }: Summary): void {
  const gone = reach === "away" && !records ? " Nothing is taken up meanwhile." : "";
  part("state").textContent = out ? `${host} is not recorded until the browser is closed.` : (SAID[reach] ?? reach) + gone;
  part("queue").textContent = waiting ? `${waiting} events wait for it.` : "";
  const button = part<HTMLButtonElement>("site");
  button.hidden = !host;
  button.value = out ? "resume" : "pause";
  button.textContent = out ? `Record ${host} again` : `Do not record ${host}`;
}

void show();
