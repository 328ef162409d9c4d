"""The plain view: it speaks of everything, nothing can be slipped into it, and its wording is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.govern.agreement.clauses import ORDER, clauses, number_of
from guildbook.govern.agreement.plain import plain
from guildbook.govern.agreement.rules import rules
from guildbook.govern.agreement.templates import templates
from guildbook.model.agreement import EVERYTHING, Agreement
from guildbook.model.agreement_fields import specs

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", [t.name for t in templates()])
def test_the_wording_of_each_template_is_kept(name: str, drafted: Callable[[str], Agreement]) -> None:
    """Signed hashes cover these sentences: another wording needs another `plain.WORDING`."""
    told, kept = plain(drafted(name)), GOLDEN / f"{name}.txt"
    if os.environ.get("GUILDBOOK_GOLDEN") == "write":
        kept.write_text(told, encoding="utf-8")
    assert told == kept.read_text(encoding="utf-8")


@given(data=st.data())
@settings(max_examples=80)
def test_two_that_differ_read_differently(records: st.SearchStrategy[Agreement], data: st.DataObject) -> None:
    one, other = data.draw(records), data.draw(records)
    assert (plain(one) == plain(other)) == (one == other)


@given(data=st.data())
def test_every_clause_is_one_line_with_its_number(records: st.SearchStrategy[Agreement], data: st.DataObject) -> None:
    lines = plain(data.draw(records)).splitlines()[2:]
    assert len(lines) == len(ORDER)
    for number, line in enumerate(lines, start=1):
        assert line.startswith(f"{number}. ")
        assert line.endswith(".]")


@given(data=st.data())
def test_every_rule_is_spoken_of(agreements: st.SearchStrategy[Agreement], data: st.DataObject) -> None:
    made = data.draw(agreements)
    told = {c.id: c.text for c in clauses(made)}
    found = rules(made)
    assert {r.purpose for r in found} == set(made.purposes)
    for rule in found:
        assert f"“{rule.purpose}”" in told["purposes"]
        sentence = next(s for s in told["uses"].split("For ") if s.startswith(f"“{rule.purpose}”"))
        assert all(f"“{use}”" in sentence for use in rule.uses)
        for name in rule.classes | rule.without | rule.tasks | rule.without_tasks:
            assert name == EVERYTHING or f"“{name}”" in told["classes"] + told["tasks"] + told["carve-outs"]
        assert rule.first_month in told["period"]
        assert rule.last_month in told["period"]
        assert made.term.first_day in told["term"]
        assert made.term.last_day in told["term"]
        assert f"“{rule.recipient}”" in told["parties"]


def test_every_field_has_a_clause_that_speaks_of_it() -> None:
    def walk(record: type[object]) -> set[str]:
        found: set[str] = set()
        for spec in specs(record).values():
            found |= walk(spec.record) if spec.record is not None else {spec.clause}
            assert spec.doc.endswith(".")
        return found

    assert walk(Agreement) == set(ORDER) - {"limits"}
    assert number_of("parties") == 1
    assert number_of("limits") == len(ORDER)
    assert number_of("stranger") == 0
