import assert from "node:assert/strict";
import { test } from "node:test";
import { type Field, holdsCard, luhn, secret, words } from "../src/fields.ts";

const field = (given: Partial<Field>): Field => ({ type: "text", autocomplete: "", words: [], ...given });

test("passwords, codes, cards and what nobody sees are secret", () => {
  for (const type of ["password", "PASSWORD", "hidden"]) assert.ok(secret(field({ type })), type);
  for (const autocomplete of ["current-password", "section-a new-password", "one-time-code", "cc-number", "billing cc-csc", "CC-EXP"]) {
    assert.ok(secret(field({ autocomplete })), autocomplete);
  }
  const names = [
    "password", "userPassword", "passwd", "pwd", "Pass phrase", "new_password_2", "Passwort", "Kennwort", "mot-de-passe", "contraseña",
    "cardNumber", "card_number", "cardnumber", "ccnum", "cc-number", "card", "cc", "card[number]", "Credit card number", "Kartennummer",
    "cvc", "CVV2", "Security code", "otp", "2fa code", "One-time code", "verificationCode", "PIN", "pin code", "apiKey", "access token",
    "Card holder", "cardExpiry", "Prüfziffer", "client_secret",
  ];
  for (const name of names) assert.ok(secret(field({ words: [name] })), name);
});

test("other fields are not", () => {
  const names = [
    "customer", "Business card", "Card type", "scorecard", "discard", "passenger", "Passport office", "company", "spinner", "pinned",
    "tangent", "Reference", "compass", "account", "token count", "Secretary", "opinion", "Shipping", "accent", "",
  ];
  for (const name of names) assert.ok(!secret(field({ words: [name] })), name);
  assert.ok(!secret(field({ autocomplete: "street-address" })));
});

test("names are read as words", () => {
  assert.equal(words("cardNumber_1"), "card number 1");
  assert.equal(words("user[pass-word]"), "user pass word");
});

test("a card's number is known by Luhn's check, however it is written", () => {
  for (const text of ["4242424242424242", "4242 4242 4242 4242", "paid with 4242-4242-4242-4242.", "378282246310005", "6304000000000000"]) {
    assert.ok(holdsCard(text), text);
  }
  assert.ok(holdsCard("0000" + "4242424242424242" + "77777"));
  for (const text of ["4242424242424241", "claim 4711", "2026-11-22 17:46:18", "", "12345678901"]) assert.ok(!holdsCard(text), text);
});

test("every number has exactly one last digit that passes", () => {
  for (let i = 0; i < 500; i++) {
    const stem = String(Math.floor(1e14 + Math.random() * 9e14));
    assert.equal([..."0123456789"].filter((digit) => luhn(stem + digit)).length, 1, stem);
  }
});
