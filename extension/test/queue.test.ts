import assert from "node:assert/strict";
import { test } from "node:test";
import { BATCH_ROWS, expire, LONGEST_WAIT, MOST_CHARACTERS, MOST_ROWS, next, nothing, put, size } from "../src/queue.ts";

const row = (time: number, text = ""): { time: number; text: string } => ({ time, text });

test("rows go once, in order of time, in batches of bounded size", () => {
  const waiting = nothing();
  for (let i = 0; i < BATCH_ROWS + 10; i++) put(waiting, row(1000 - i));
  let name = 0;
  const first = next(waiting, () => `b${name++}`);
  assert.equal(first?.rows.length, BATCH_ROWS);
  assert.deepEqual(next(waiting, () => "other"), first); // not answered: the same again, under the same name
  assert.deepEqual(first?.rows.map((each) => each.time), first?.rows.map((each) => each.time).toSorted((a, b) => a - b));
  waiting.batch = null;
  assert.equal(next(waiting, () => `b${name++}`)?.rows.length, 10);
  waiting.batch = null;
  assert.equal(next(waiting, () => "none"), null);
  assert.equal(waiting.characters, 0);
});

test("the oldest rows go where there are too many, and are counted", () => {
  const waiting = nothing();
  for (let i = 0; i < MOST_ROWS + 7; i++) put(waiting, row(i));
  assert.equal(waiting.rows.length, MOST_ROWS);
  assert.equal(waiting.lost, 7);
  assert.equal(waiting.rows[0]?.time, 7);
});

test("what waits is bounded in size, too", () => {
  const waiting = nothing();
  for (let i = 0; i < 100; i++) put(waiting, row(i, "x".repeat(100_000)));
  assert.ok(waiting.rows.reduce((sum, each) => sum + size(each), 0) <= MOST_CHARACTERS);
  assert.equal(waiting.rows.length + waiting.lost, 100);
});

test("what has waited too long is let go, sent or not", () => {
  const waiting = nothing();
  put(waiting, row(0));
  next(waiting, () => "b");
  put(waiting, row(1));
  put(waiting, row(LONGEST_WAIT));
  expire(waiting, LONGEST_WAIT + 2);
  assert.equal(waiting.batch, null);
  assert.deepEqual(waiting.rows.map((each) => each.time), [LONGEST_WAIT]);
  assert.equal(waiting.lost, 2);
});
