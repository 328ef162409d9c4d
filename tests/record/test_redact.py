from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.columns import RAW_SCHEMA, raw_table
from guildbook.plugins import Rejected
from guildbook.record import redact as module
from guildbook.record._secrets import FIELD, FIELD_RE2, RULES, SUSPECT, card_end, iban_end, without_secrets
from guildbook.record.importers._attributes import canonical
from guildbook.record.redact import redact, redact_rejected

# Numbers from the card schemes' test pages and the IBAN registry's examples; keys from their makers' documentation.
CARDS = ("4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011111111111117", "2223003122003222")
IBANS = ("DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "NL91ABNA0417164300", "NO93 8601 1117 947")
LINES = {
    "mysql -uroot -phunter2 db": "mysql -uroot -p[secret] db",
    "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7": "export AWS_SECRET_ACCESS_KEY=[secret]",
    "PASSWORD='two words' run": "PASSWORD=[secret] run",
    "git clone https://bob:hunter2@host.org/x": "git clone https://bob:[password]@host.org/x",
    "curl -u ada:hunter2 https://x": "curl -u ada:[secret] https://x",
    "tool --password hunter2 --verbose": "tool --password [secret] --verbose",
    "tool --api-key=hunter2": "tool --api-key=[secret]",
    "curl -H 'Authorization: Bearer abcdef'": "curl -H 'Authorization: Bearer [secret]'",
    "sshpass -p hunter2 ssh x": "sshpass -p [secret] ssh x",
    "https://x/?q=1&access_token=abc&y=2": "https://x/?q=1&access_token=[secret]&y=2",
    '{"client_secret": "abc"}': '{"client_secret": [secret]}',
    "Kennwort: geheim, wachtwoord=geheim": "Kennwort: [secret], wachtwoord=[secret]",
    "key AKIAIOSFODNN7EXAMPLE": "key [key]",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789": "[key]",
    "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n": "[key]\n",
    "pay DE89 3704 0044 0532 0130 00 NOW": "pay [iban] NOW",
    "card 4111 1111 1111 1111, thanks": "card [card], thanks",
    "12 4111111111111111": "12 [card]",
}
HARMLESS = (
    "Reset password",
    "if token == value",
    "compass=3; bypass: yes; tokenizer=3; keyboard=us",
    "--password --verbose",
    "export TOKEN=$OTHER_TOKEN",
    "0.4111111111111111 and 4111111111111111.5",
    "order 4111111111111112",
    "sha 4111111111111111abcdef0123",
    "https://host:8080/path@x",
    "DE00370400440532013000",
    "2024-01-01 10:00:00 1700000000000",
)


@pytest.mark.parametrize(("text", "clean"), LINES.items())
def test_a_secret_becomes_a_mark_and_the_rest_stays(text: str, clean: str) -> None:
    assert without_secrets(text) == clean


@pytest.mark.parametrize("text", HARMLESS)
def test_text_without_secrets_is_unchanged(text: str) -> None:
    assert without_secrets(text) is text


@pytest.mark.parametrize("number", CARDS)
def test_card_numbers_are_found_by_issuer_and_check_digit(number: str) -> None:
    assert card_end(number) == len(number)
    assert without_secrets(f"x {number} y") == "x [card] y"
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert without_secrets(f"x {wrong} y") == f"x {wrong} y"


@pytest.mark.parametrize("number", IBANS)
def test_account_numbers_are_found_by_their_remainder(number: str) -> None:
    assert iban_end(number) == len(number)
    assert without_secrets(f"to {number}.") == "to [iban]."


def test_ids_stay_two_when_they_are_two() -> None:
    first, second = (without_secrets(f"case:{n}", keep_apart=True) for n in CARDS[:2])
    assert first.startswith("case:[card ")
    assert first != second
    assert without_secrets(first, keep_apart=True) == first


words = st.sampled_from(
    ["the", "order", "was", "sent", "Zürich", "café", "x=1", "12.50", "(a)", "—", "2024-05-01", "no. 7", "\n", "日本"]
)
secrets = st.sampled_from([*LINES, *CARDS, *IBANS])


@given(st.lists(words).map(" ".join))
def test_no_ordinary_text_is_touched(text: str) -> None:
    assert without_secrets(text) is text


@given(st.lists(words | secrets | st.text(max_size=20), max_size=8), st.sampled_from(["", " ", ",", "\n", '"', "="]))
def test_nothing_that_matches_comes_out(parts: list[str], glue: str) -> None:
    clean = without_secrets(glue.join(parts))
    assert without_secrets(clean) == clean
    for rule in RULES:
        for found in rule.pattern.finditer(clean):
            assert not rule.end(found[0][found.end(1) - found.start() :])


@given(st.lists(words | secrets | st.text(max_size=20), max_size=8), st.sampled_from(["", " ", ",", "\n", '"', "="]))
def test_the_fast_expression_stops_whatever_a_rule_changes(parts: list[str], glue: str) -> None:
    text = glue.join(parts)
    stopped = pc.match_substring_regex(pa.array([text]), SUSPECT)[0].as_py()
    assert stopped or without_secrets(text) == text


@pytest.mark.parametrize(
    "name", ["password", "Passwort", "card number", "CVV", "PIN", "api_key", "Enter your security code"]
)
def test_secret_fields_are_known_by_name_in_both_languages(name: str) -> None:
    assert FIELD.search(name)
    assert pc.match_substring_regex(pa.array([name]), FIELD_RE2)[0].as_py()


def rows(**columns: list[Any]) -> list[dict[str, Any]]:
    clean = redact(raw_table(columns))
    assert clean.schema.equals(RAW_SCHEMA)
    clean.validate(full=True)
    return clean.select([*columns, *(["redactions"] if "redactions" not in columns else [])]).to_pylist()


def test_every_text_column_is_searched_and_noted() -> None:
    secret = "tool --password hunter2"
    for name in (
        "window",
        "document",
        "url",
        "value_before",
        "value_after",
        "element_name",
        "action",
        "outcome",
        "app",
    ):
        found = rows(**{name: [secret, "plain", None]})
        assert [r[name] for r in found] == ["tool --password [secret]", "plain", None]
        assert [r["redactions"] for r in found] == [name, None, None]


def test_several_changes_in_a_row_are_all_noted_with_what_the_importer_noted() -> None:
    found = rows(window=[f"card {CARDS[0]}", "x"], value_after=["PASSWORD=x", "y" * 9000], redactions=["url", None])
    assert found[0]["redactions"] == "url,value_after,window"
    assert found[1]["redactions"] == "value_after:cut"
    assert len(found[1]["value_after"]) == module.LONGEST_VALUE


def test_what_was_typed_into_a_secret_field_goes_altogether() -> None:
    found = rows(
        element_role=["password text", "entry", "entry", None],
        element_name=["", "CVV", "Amount", None],
        value_before=[None, "1", "2", None],
        value_after=["hunter2", "123", "3", "4"],
    )
    assert [r["value_after"] for r in found] == ["[hidden]", "[hidden]", "3", "4"]
    assert [r["value_before"] for r in found] == [None, "[hidden]", "2", None]
    assert [r["redactions"] for r in found] == ["value_after", "value_before,value_after", None, None]


def test_a_secret_field_and_a_secret_text_are_both_noted() -> None:
    found = rows(element_role=["password text", "entry"], value_after=["hunter2", "PASSWORD=x"])
    assert [r["value_after"] for r in found] == ["[hidden]", "PASSWORD=[secret]"]
    assert [r["redactions"] for r in found] == ["value_after", "value_after"]


def test_attributes_stay_canonical_json() -> None:
    attributes = [
        canonical(
            {"note": f"card {CARDS[0]}", "n": int(CARDS[0]), "deep": [{"password": "x", "ok": True}], "pin": None}
        ),
        canonical({"Kennwort": "geheim"}),
        canonical({"amount": 12, "label": "été"}),
        None,
    ]
    found = rows(attributes=attributes)
    assert json.loads(found[0]["attributes"]) == {
        "note": "card [card]", "n": "[card]", "deep": [{"password": "[hidden]", "ok": True}],
    }  # fmt: skip
    assert found[0]["attributes"] == canonical(json.loads(found[0]["attributes"]))
    assert json.loads(found[1]["attributes"]) == {"Kennwort": "[hidden]"}
    assert [r["attributes"] for r in found[2:]] == attributes[2:]
    assert [r["redactions"] for r in found] == ["attributes", "attributes", None, None]


def test_overlong_attributes_lose_their_longest_texts_and_stay_json() -> None:
    many = canonical({f"k{i}": "é" * 2000 for i in range(40)} | {"a": 1})
    (found,) = rows(attributes=[many])
    assert len(found["attributes"].encode()) <= module.LONGEST_ATTRIBUTES
    assert json.loads(found["attributes"])["a"] == 1
    assert found["redactions"] == "attributes:cut"


def test_objects_are_searched_and_cut_and_keep_their_places() -> None:
    thing = {"id": "a", "type": "file", "qualifier": ""}
    objects: list[Any] = [
        None,
        [],
        [thing, {**thing, "id": f"card {CARDS[0]}"}],
        [thing],
        [{**thing, "type": "t" * 2000}],
    ]
    found = rows(objects=objects)
    assert found[0]["objects"] is None
    assert found[1]["objects"] == []
    assert found[2]["objects"][0] == thing
    assert found[2]["objects"][1]["id"].startswith("card [card ")
    assert found[3]["objects"] == [thing]
    assert len(found[4]["objects"][0]["type"]) == module.LONGEST_LABEL
    assert [r["redactions"] for r in found] == [None, None, "objects", None, "objects:cut"]


def test_long_ids_are_cut_and_stay_two() -> None:
    found = rows(case=["c:" + "x" * 5000 + end for end in "ab"])
    assert all(len(r["case"]) == module.LONGEST_LABEL for r in found)
    assert found[0]["case"] != found[1]["case"]


def test_texts_are_cut_between_characters() -> None:
    (found,) = rows(window=["é" * 2000])
    assert found["window"] == "é" * (module.LONGEST_LABEL // 2)


def test_tables_of_several_chunks_with_their_own_dictionaries() -> None:
    one, two = (raw_table({"window": [w, f"card {CARDS[0]}"]}) for w in ("a", "b"))
    clean = redact(pa.concat_tables([one, two]))
    assert clean.column("window").to_pylist() == ["a", "card [card]", "b", "card [card]"]


def test_an_empty_table_stays_one() -> None:
    assert redact(RAW_SCHEMA.empty_table()).num_rows == 0


def test_rows_for_the_quarantine_are_redacted_too() -> None:
    clean = redact_rejected(Rejected(3, "bad --password x", f"row {CARDS[0]} " + "y" * 600))
    assert clean.line == 3
    assert clean.reason == "bad --password [secret]"
    assert clean.text.startswith("row [card] yyy")
    assert len(clean.text) == 500


@given(st.lists(st.none() | words | secrets | st.text(max_size=30), min_size=1, max_size=6))
def test_columns_and_single_texts_are_redacted_alike(texts: list[str | None]) -> None:
    expected = [None if t is None else without_secrets(t) for t in texts]
    for name in ("window", "value_after"):
        assert [r[name] for r in rows(**{name: texts})] == expected
