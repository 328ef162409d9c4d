import assert from "node:assert/strict";
import { test } from "node:test";
import { browserOf, canonical } from "../src/writing.ts";

test("attributes are canonical JSON", () => {
  assert.equal(canonical({ was: 0, length: 3, frame: null, x: undefined }), '{"length":3,"was":0}');
  assert.equal(canonical({ name: "Ä" }), '{"name":"Ä"}');
  assert.equal(canonical({ none: null }), null);
});

test("browsers are called as people call them", () => {
  const chrome = "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
  assert.equal(browserOf(chrome, [{ brand: "Chromium" }, { brand: "Not=A?Brand" }]), "chromium");
  assert.equal(browserOf(chrome, [{ brand: "Chromium" }, { brand: "Google Chrome" }]), "chrome");
  assert.equal(browserOf(`${chrome} Edg/156.0.0.0`, [{ brand: "Chromium" }, { brand: "Microsoft Edge" }]), "edge");
  assert.equal(browserOf("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"), "firefox");
  assert.equal(browserOf(chrome), "chrome");
});
