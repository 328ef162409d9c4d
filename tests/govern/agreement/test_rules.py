"""Rules: exactly what was agreed, to the µs, the month and the class."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.agreement.rules import clause_of, day_begins, day_ends, rules
from guildbook.model.agreement import EVERYTHING, Agreement, Scope
from guildbook.model.purpose import Purpose
from guildbook.model.time import LATEST, from_micros, to_micros
from guildbook.model.use import SERVES, UseKind


def test_the_last_day_is_included(agreement: Agreement) -> None:
    (rule,) = rules(agreement)
    first = to_micros(datetime(2027, 1, 1, tzinfo=UTC))
    last = to_micros(datetime(2027, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    assert (rule.begins, rule.ends) == (first, last + 1)
    assert rule.applies("train", "excel", "2026-11", first)
    assert rule.applies("train", "excel", "2026-11", last)
    assert not rule.applies("train", "excel", "2026-11", first - 1)
    assert not rule.applies("train", "excel", "2026-11", last + 1)
    assert not rule.applies("teach", "excel", "2026-11", first)
    assert (rule.recipient, rule.purpose, rule.clause) == ("acme", "train-augment", "purposes.train-augment")
    assert day_ends("") == LATEST


def test_months_carve_outs_and_an_unknown_month(agreement: Agreement) -> None:
    scope = Scope(classes=("*",), without_classes=("word",), first_month="2026-03", last_month="2026-05")
    (rule,) = rules(replace(agreement, scope=scope))
    months = {"2026-02": False, "2026-03": True, "2026-05": True, "2026-06": False, "": False}
    assert {m: rule.applies("train", "excel", m, rule.begins) for m in months} == months
    assert not rule.applies("train", "word", "2026-03", rule.begins)
    only_to = replace(agreement, scope=replace(scope, first_month=""))
    assert not rules(only_to)[0].applies("train", "excel", "", rule.begins)


@given(data=st.data())
def test_rules_allow_what_the_agreement_says_and_nothing_else(
    agreements: st.SearchStrategy[Agreement], data: st.DataObject
) -> None:
    made = data.draw(agreements)
    found = {rule.purpose: rule for rule in rules(made)}
    assert [clause_of(p) for p in found] == [r.clause for r in rules(made)] == sorted(r.clause for r in rules(made))
    purpose, use = data.draw(st.sampled_from(list(Purpose))), data.draw(st.sampled_from(list(UseKind)))
    name = data.draw(st.sampled_from(["excel", "outlook", "sap", "other"]))
    month = data.draw(st.sampled_from(["1980-01", "2000-06", "2030-01", "2110-01"]))
    begins = day_begins(made.term.first_day)
    time = data.draw(st.one_of(st.integers(begins - 10**14, begins + 10**15), st.just(day_ends(made.term.last_day))))
    day = str(from_micros(time).date())
    scope = made.scope
    wanted = (
        purpose in made.purposes
        and use in made.uses
        and use in SERVES[purpose]
        and (EVERYTHING in scope.classes or name in scope.classes)
        and name not in scope.without_classes
        and (scope.first_month or "0") <= month <= (scope.last_month or "9999")
        and made.term.first_day <= day <= made.term.last_day
    )
    rule = found.get(purpose)
    assert (rule is not None and rule.applies(use, name, month, time)) == wanted


def test_days_are_days() -> None:
    assert from_micros(day_ends("2028-02-29")) - from_micros(day_begins("2028-02-29")) == timedelta(days=1)
