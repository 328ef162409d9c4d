import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, admits, among, compiled, type Place, pageOf, type Told, UNTOLD, valuesAt } from "../src/rules.ts";

const told = (given: Partial<Told>): Told => ({ ...UNTOLD, ...given });
const place = (given: Partial<Place>): Place => ({ app: "chromium", url: "https://a.example/x", title: "T", ...given });
const may = (given: Partial<Told>, where: Partial<Place> = {}): boolean => admits(compiled(told(given)), place(where));

test("rules forbid by address, title and app, in any letter case", () => {
  assert.ok(may({}));
  assert.ok(!may({ rules: [{ field: "url", pattern: "A\\.EXAMPLE" }] }));
  assert.ok(!may({ rules: [{ field: "title", pattern: "^t$" }] }));
  assert.ok(!may({ rules: [{ field: "url", pattern: "a\\.example\\/x|bank\\-site" }] }));
  assert.ok(!may({ rules: [{ field: "app", pattern: "chromium" }] }));
  assert.ok(may({ rules: [{ field: "time", pattern: "12:00-13:00" }, { field: "source", pattern: "mail" }] }));
});

test("sites that are never recorded, and those below them", () => {
  assert.ok(!may({ never: ["a.example"] }));
  assert.ok(!may({ never: ["a.example"] }, { url: "https://www.a.example/" }));
  assert.ok(may({ never: ["a.example"] }, { url: "https://ba.example/" }));
  assert.ok(!may({ never: ["pay.example"] }, { frame: "https://pay.example/form" }));
  assert.ok(among("x.y.example", ["y.example"]));
});

test("only pages of the web", () => {
  for (const url of ["file:///etc/passwd", "chrome://settings", "about:blank", ""]) assert.ok(!may({}, { url }), url);
});

test("a rule that only the recorder reads leaves frames out", () => {
  const rules = [{ field: "url", pattern: "(?P<name>x)" }];
  assert.ok(may({ rules }));
  assert.ok(!may({ rules }, { frame: "https://b.example/" }));
});

test("values are kept where page and frame may be read whole", () => {
  const some = told({ values_on: ["a.example"] });
  assert.equal(valuesAt(some, ["a.example"]), "all");
  assert.equal(valuesAt(some, ["a.example", "b.example"]), "names-only");
  assert.equal(valuesAt(told({ values: "off", values_on: ["a.example"] }), ["a.example"]), "off");
});

test("addresses lose what was typed and looked for, and keep routes", () => {
  const url = "https://ada:secret@a.example/claims?name=Jane#/claims/7?q=Jane";
  assert.equal(addressOf(url, "names-only"), "https://a.example/claims#/claims/7");
  assert.equal(addressOf("https://a.example/x?y=1#part", "names-only"), "https://a.example/x");
  assert.equal(addressOf(url, "all"), "https://a.example/claims?name=Jane#/claims/7?q=Jane");
  assert.equal(pageOf(url), "url:https://a.example/claims");
});
