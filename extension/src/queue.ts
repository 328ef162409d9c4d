// What waits for the recorder: bounded, and each row handed over once. No browser here: it is tested alone.

export interface Row {
  /** µs since 1970, UTC. */
  readonly time: number;
  readonly [field: string]: unknown;
}

export interface Batch {
  readonly id: string;
  readonly rows: readonly Row[];
}

export interface Waiting {
  readonly rows: Row[];
  /** Of `rows`, as JSON. */
  characters: number;
  /** Sent, and not yet answered: sent again as it is, under the same name, so that the recorder knows it. */
  batch: Batch | null;
  /** Rows that were let go because too many waited for too long. */
  lost: number;
}

export const MOST_ROWS = 5_000;
export const MOST_CHARACTERS = 2_000_000;
export const BATCH_ROWS = 500;
export const BATCH_CHARACTERS = 500_000;
/** µs that a row waits for a recorder at most: who has stopped the recorder does not want the day after it. */
export const LONGEST_WAIT = 600_000_000;

export const nothing = (): Waiting => ({ rows: [], characters: 0, batch: null, lost: 0 });

export const size = (row: Row): number => JSON.stringify(row).length;

/** Put a row in; the oldest go where there are too many. */
export function put(waiting: Waiting, row: Row): void {
  waiting.rows.push(row);
  waiting.characters += size(row);
  while (waiting.rows.length > MOST_ROWS || waiting.characters > MOST_CHARACTERS) {
    const gone = waiting.rows.shift();
    if (!gone) break;
    waiting.characters -= size(gone);
    waiting.lost += 1;
  }
}

/** Let go of what has waited too long, also where it was sent and not answered. */
export function expire(waiting: Waiting, now: number): void {
  const fresh = (row: Row): boolean => now - row.time <= LONGEST_WAIT;
  const kept = waiting.rows.filter(fresh);
  waiting.lost += waiting.rows.length - kept.length;
  if (kept.length < waiting.rows.length) {
    waiting.rows.splice(0, waiting.rows.length, ...kept);
    waiting.characters = kept.reduce((sum, row) => sum + size(row), 0);
  }
  if (waiting.batch && !waiting.batch.rows.some(fresh)) {
    waiting.lost += waiting.batch.rows.length;
    waiting.batch = null;
  }
}

/** The batch to send next: the one that was not answered, else the oldest rows in order of time. */
export function next(waiting: Waiting, id: () => string): Batch | null {
  if (waiting.batch || !waiting.rows.length) return waiting.batch;
  let count = 0;
  for (let characters = 0; count < Math.min(BATCH_ROWS, waiting.rows.length); count++) {
    const row = waiting.rows[count];
    characters += row ? size(row) : 0;
    if (count && characters > BATCH_CHARACTERS) break;
  }
  const taken = waiting.rows.splice(0, count);
  waiting.characters -= taken.reduce((sum, row) => sum + size(row), 0);
  const rows = taken.sort((one, other) => one.time - other.time);
  waiting.batch = { id: id(), rows };
  return waiting.batch;
}
