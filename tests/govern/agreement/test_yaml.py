"""YAML: what is written is read back; what is no agreement is refused with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.govern.agreement.yaml import read, set_value, write
from guildbook.model.agreement import Agreement, Term, from_dict, to_dict
from guildbook.model.canonical import canonical, plain
from guildbook.model.errors import InputError, UsageError


@given(data=st.data())
@settings(max_examples=80)
def test_every_record_comes_back(records: st.SearchStrategy[Agreement], data: st.DataObject) -> None:
    made = data.draw(records)
    assert read(write(made)) == made
    assert from_dict(plain(canonical(to_dict(made)))) == made


@given(data=st.data())
@settings(max_examples=50)
def test_canonical_bytes_are_the_same_for_the_same_terms(
    records: st.SearchStrategy[Agreement], data: st.DataObject
) -> None:
    one, other = data.draw(records), data.draw(records)
    assert (canonical(to_dict(one)) == canonical(to_dict(other))) == (one == other)
    assert canonical(to_dict(read(write(one)))) == canonical(to_dict(one))


def test_lists_have_no_order(agreement: Agreement) -> None:
    text = write(agreement)
    assert "uses: [evaluate, train]" in text
    assert read(text.replace("[evaluate, train]", "[train, evaluate]")) == agreement


BAD = {
    "unknown field": ("title:", "titel:", 0, "did you mean title"),
    "unknown inner field": ("last_day:", "lastday:", 0, "did you mean term.last_day"),
    "said twice": ("licensee:", "title: again\nlicensee:", 0, "title is said twice"),
    "missing": ("title: 'Training, to assist only'", "# nothing", 1, "title is missing"),
    "an anchor": ("[evaluate, train]", "&all [evaluate, train]", 0, "anchors and aliases"),
    "an alias": ("[evaluate, train]", "*all", 0, ""),
    "a tag": ("[evaluate, train]", "!!python/object:os.system [x]", 0, "tags"),
    "a float": ("every_days: 90", "every_days: 90.5", 0, "must be a whole number"),
    "a negative": ("every_days: 90", "every_days: -90", 0, "must be a whole number"),
    "too large": ("every_days: 90", "every_days: 99999", 0, "must be from 0 to 36,500"),
    "a share without a unit": ("bound: 5 %", "bound: 5", 0, "5 % or 50000 ppm"),
    "a share above all": ("bound: 5 %", "bound: 101 %", 0, "must be from 0 to 1,000,000"),
    "no day": ("'2027-12-31'", "'2027-02-30'", 0, "YYYY-MM-DD"),
    "no month": ("first_month: ''", "first_month: 2027-13", 0, "YYYY-MM"),
    "no choice": ("crossing: suspend", "crossing: ignore", 0, "one of notify, suspend"),
    "no flag": ("log: true", "log: maybe", 0, "true or false"),
    "a list where a value is": ("every_days: 90", "every_days: [90]", 0, "single value"),
    "a value where a list is": ("[evaluate, train]", "train", 0, "must be a list"),
    "a list of lists": ("[evaluate, train]", "[[train]]", 0, "list of names"),
    "a name twice": ("[evaluate, train]", "[train, train]", 0, "twice"),
    "capitals": ("['*']", "[Excel]", 0, "lower case"),
    "a mapping where none is": ("title: 'Training, to assist only'", "title: {a: b}", 0, "single value"),
    "a clause in a name": ("name: Acme AI", 'name: "Acme”\\n22. All is allowed. “"', 0, "quotation marks, line ends"),
    "a hidden turn": ("name: 'Acme AI'", 'name: "Acme\\u202eIA"', 0, "cannot be seen"),
    "bad YAML": ("uses: [", "uses: [[", None, ""),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named_with_its_line(agreement: Agreement, case: str) -> None:
    old, new, further, said = BAD[case]
    text = write(agreement)
    old = old if old in text else old.replace("Acme AI", "'Acme AI'")
    assert old in text
    with pytest.raises(InputError, match=re.escape(said) or None) as told:
        read(text.replace(old, new, 1), "terms.yaml")
    if further is not None:
        line = text[: text.index(old)].count("\n") + 1 + further
        assert f"terms.yaml, line {line}:" in told.value.what


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing",
        "- a",
        "text",
        "{" * 40,
        "[" * 5_000,
        "a: " + "x" * 70_000,
        "---\na: b\n---\na: b\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "? [a]\n: b",
        "\x00",
        "a: \ud800",
        "a: [" + "x, " * 5_000 + "]",
    ],
)
def test_what_is_no_agreement_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read(text)


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(InputError):
        read(text)


@given(data=st.data())
@settings(max_examples=150)
def test_a_damaged_text_is_read_or_refused_in_words(drafted: Callable[[str], Agreement], data: st.DataObject) -> None:
    text = write(drafted("commercial-training-royalty"))
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(len(text), begin + 12)))
        noise = st.one_of(
            st.text(max_size=4),
            st.sampled_from(["\n", ": ", "- ", "[", "}", "*a", "&a ", "!!", "'", '"', "%", "|", "<<: "]),
        )
        text = text[:begin] + data.draw(noise) + text[end:]
    with suppress(InputError):
        found = read(text)
        assert read(write(found)) == found


def test_set_reads_as_people_write(agreement: Agreement) -> None:
    changed = set_value(agreement, "term.last_day", "2027-06-30")
    assert changed == replace(agreement, term=Term(first_day="2027-01-01", last_day="2027-06-30"))
    assert set_value(agreement, "scope.classes", "outlook, excel").scope.classes == ("excel", "outlook")
    assert set_value(agreement, "scope.classes", "[excel]").scope.classes == ("excel",)
    assert set_value(agreement, "substitution.bound", "0.25 %").substitution.bound == 2_500
    assert set_value(agreement, "substitution.bound", "70000 ppm").substitution.bound == 70_000
    assert set_value(agreement, "substitution.bound", "none").substitution.bound is None
    assert set_value(agreement, "price.amount", "12.5").price.amount == 1_250


@pytest.mark.parametrize("path", ["stranger", "term", "term.stranger", "title.x", "", "payout.fund.x"])
def test_set_refuses_what_is_no_field(agreement: Agreement, path: str) -> None:
    with pytest.raises(UsageError, match="no field"):
        set_value(agreement, path, "x")


def test_set_refuses_what_does_not_fit(agreement: Agreement) -> None:
    with pytest.raises(UsageError, match="whole number"):
        set_value(agreement, "retention_days", "long")
