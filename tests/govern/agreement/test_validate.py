"""The validator: each error and warning, its clause, and that nothing with an error is enforced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.agreement.base import BASE_POLICY
from guildbook.govern.agreement.clauses import ORDER
from guildbook.govern.agreement.rules import rules
from guildbook.govern.agreement.templates import templates
from guildbook.govern.agreement.validate import Severity, errors, validate
from guildbook.model.agreement import Agreement
from guildbook.model.errors import InputError

Change = Callable[[Agreement], Agreement]


def part(name: str, /, **changed: Any) -> Change:
    return lambda a: replace(a, **{name: replace(getattr(a, name), **changed)})


def top(**changed: Any) -> Change:
    return lambda a: replace(a, **changed)


ERRORS: list[tuple[str, str, Change]] = [
    ("party-missing", "parties", part("licensee", id="")),
    ("party-missing", "parties", part("collective", name="")),
    ("party-missing", "parties", part("licensee", id="*")),
    ("one-party", "parties", part("licensee", id="adjusters")),
    ("untitled", "parties", top(title="")),
    ("no-purpose", "purposes", top(purposes=())),
    ("purpose-group", "purposes", top(purposes=("train-ai",))),
    ("unlearn", "purposes", top(purposes=("unlearn",))),
    ("unknown-purpose", "purposes", top(purposes=("profit",))),
    ("no-use", "uses", top(uses=())),
    ("unknown-use", "uses", top(uses=("sell", "train"))),
    ("purpose-without-use", "uses", top(purposes=("coach", "train-augment"))),
    ("no-classes", "classes", part("scope", classes=())),
    ("no-tasks", "tasks", part("scope", tasks=())),
    ("all-and-some", "classes", part("scope", classes=("*", "excel"))),
    ("nothing-left", "carve-outs", part("scope", classes=("excel",), without_classes=("excel", "word"))),
    ("nothing-left", "carve-outs", part("scope", without_classes=("*",))),
    ("months-reversed", "period", part("scope", first_month="2026-05", last_month="2026-04")),
    ("no-beginning", "term", part("term", first_day="")),
    ("no-end", "term", part("term", last_day="")),
    ("term-reversed", "term", part("term", last_day="2026-12-31")),
    ("no-price", "price", part("price", amount=0)),
    ("no-price", "price", part("price", kind="royalty", amount=0, every_days=0)),
    ("idle-price", "price", part("price", kind="free")),
    ("currency", "price", part("price", currency="Euro")),
    ("blend", "payout", part("payout", contribution=0)),
    ("blend", "payout", part("payout", rule="equal")),
    ("cap-below-floor", "payout", part("payout", floor=5, cap=4)),
    ("no-depth", "depth", top(derivative_depth=None)),
    ("depth-0", "depth", top(derivative_depth=0)),
    ("no-retention", "retention", top(retention_days=None)),
    ("no-log", "audit", part("audit", log=False)),
    ("no-ablation", "ablation", part("audit", ablation_days=0)),
    ("no-bound", "substitution", part("substitution", bound=None)),
    ("no-human", "human-gate", part("substitution", human_gate="none")),
    ("no-notice", "notice", part("notice", workers_days=0)),
    ("no-hash", "supersedes", top(supersedes="ABC")),
]
WARNINGS: list[tuple[str, str, Change]] = [
    ("substitution-allowed", "purposes", top(purposes=("train-substitute",))),
    ("no-ablation", "ablation", lambda a: part("audit", ablation_days=0)(top(purposes=("train-substitute",))(a))),
    ("bound-without-effect", "substitution", top(purposes=("train-augment", "train-substitute"))),
    ("idle-use", "uses", top(uses=("teach", "train"))),
    ("idle-carve-out", "carve-outs", part("scope", classes=("excel",), without_classes=("word",))),
    ("long-term", "term", part("term", last_day="2035-01-01")),
    ("free-training", "price", part("price", kind="free", amount=0, every_days=0)),
    ("large-fund", "fund", part("payout", fund=500_001)),
    ("deep", "depth", top(derivative_depth=3)),
    ("long-retention", "retention", top(retention_days=1_000)),
    ("no-inspection", "audit", part("audit", inspections=0)),
    ("high-bound", "substitution", part("substitution", bound=500_001)),
    ("bound-without-teeth", "substitution", part("substitution", crossing="notify")),
    ("no-period-of-notice", "notice", part("notice", end_days=0)),
    ("long-notice", "notice", part("notice", end_days=400)),
    ("outlives", "remedies", part("remedies", delete_on_end=False)),
]


@pytest.mark.parametrize(("code", "clause", "change"), ERRORS, ids=[f"{c}-{i}" for i, (c, _, _) in enumerate(ERRORS)])
def test_each_error_is_found_under_its_clause(agreement: Agreement, code: str, clause: str, change: Change) -> None:
    changed = change(agreement)
    found = [f for f in validate(changed) if f.code == code]
    assert [(f.severity, f.clause) for f in found] == [(Severity.ERROR, clause)] * len(found)
    assert found
    assert found[0].number == ORDER.index(clause) + 1
    assert found[0].what.endswith(".")
    with pytest.raises(InputError, match=f"clause {found[0].number}: "):
        rules(changed)


@pytest.mark.parametrize(("code", "clause", "change"), WARNINGS, ids=[c for c, _, _ in WARNINGS])
def test_each_warning_forbids_nothing(agreement: Agreement, code: str, clause: str, change: Change) -> None:
    changed = change(agreement)
    found = validate(changed)
    assert [(f.severity, f.clause) for f in found if f.code == code] == [(Severity.WARNING, clause)]
    assert errors(found) == ()
    assert rules(changed)


@pytest.mark.parametrize("clause", BASE_POLICY, ids=lambda c: c.id)
def test_what_is_below_base_policy_is_refused(agreement: Agreement, clause: Any) -> None:
    changed = [part("scope", classes=("excel", name))(agreement) for name in clause.classes]
    changed += [top(purposes=("train-augment", name))(agreement) for name in clause.purposes]
    for made in changed:
        found = errors(validate(made))
        assert [f.code for f in found] == [clause.id]
        assert clause.source in found[0].why
        with pytest.raises(InputError):
            rules(made)


@pytest.mark.parametrize("name", [t.name for t in templates()])
def test_templates_want_their_parties_and_nothing_else(name: str, drafted: Callable[[str], Agreement]) -> None:
    assert validate(drafted(name)) == ()


@given(data=st.data())
def test_what_is_generated_as_valid_is(agreements: st.SearchStrategy[Agreement], data: st.DataObject) -> None:
    assert errors(validate(data.draw(agreements))) == ()


@given(data=st.data())
def test_any_record_is_judged_and_errors_come_first(records: st.SearchStrategy[Agreement], data: st.DataObject) -> None:
    made = data.draw(records)
    found = validate(made)
    grave = [f.severity is Severity.ERROR for f in found]
    assert grave == sorted(grave, reverse=True)
    assert all(f.clause in ORDER for f in found)
    if errors(found):
        with pytest.raises(InputError):
            rules(made)
    else:
        assert rules(made)
