"""What you read is what is enforced: one hash over both views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.agreement.clauses import clauses
from guildbook.govern.agreement.hashing import agreement_hash, check, document, document_hash, read
from guildbook.model.agreement import Agreement
from guildbook.model.agreement_fields import specs
from guildbook.model.errors import InputError


def changes(record: Any, values: Callable[[Any], Any]) -> list[tuple[str, Any]]:
    """The record with one field after the other changed, with the clause that speaks of it."""
    found: list[tuple[str, Any]] = []
    for name, spec in specs(type(record)).items():
        old = getattr(record, name)
        if spec.record is not None:
            found += [(clause, replace(record, **{name: inner})) for clause, inner in changes(old, values)]
        else:
            new = next(c for c in spec.choices if c != old) if spec.choices else values(old)
            found.append((spec.clause, replace(record, **{name: new})))
    return found


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return {"2027-01-01": "2027-01-02", "2027-12-31": "2027-12-30", "": "2027-05"}.get(value, f"{value}x")
    return (*value, "teach") if isinstance(value, tuple) else (value or 0) + 1


def test_changing_any_field_changes_the_hash_and_its_own_clause(agreement: Agreement) -> None:
    before = {c.id: c.text for c in clauses(agreement)}
    made = changes(agreement, other)
    assert len({agreement_hash(changed) for _, changed in made} | {agreement_hash(agreement)}) == len(made) + 1
    for clause, changed in made:
        assert {c.id: c.text for c in clauses(changed)}[clause] != before[clause]


@given(data=st.data())
def test_a_document_is_read_back_and_checked(records: st.SearchStrategy[Agreement], data: st.DataObject) -> None:
    made = data.draw(records)
    offered = document(made)
    assert check(offered, agreement_hash(made)) == read(offered) == made


def test_a_text_that_says_something_else_is_found_out(agreement: Agreement) -> None:
    offered = document(agreement)
    for text in (
        offered["plain"].replace("at most 5 %", "at most 1 %"),
        offered["plain"] + " ",
        offered["plain"].replace("guildbook-plain-1", "guildbook-plain-0"),
        "",
        None,
    ):
        forged = offered | {"plain": text}
        for hashed in (document_hash(forged), agreement_hash(agreement)):
            with pytest.raises(InputError) as told:
                check(forged, hashed)
            assert told.value.code == "agreement-text"


def test_another_hash_is_found_out(agreement: Agreement) -> None:
    with pytest.raises(InputError) as told:
        check(document(agreement), "0" * 64)
    assert told.value.code == "agreement-hash"


def test_terms_that_say_something_else_than_the_text_are_found_out(agreement: Agreement) -> None:
    offered = document(agreement)
    machine = offered["machine"] | {"derivative_depth": 9}
    forged = offered | {"machine": machine}
    assert document_hash(forged) != document_hash(offered)
    with pytest.raises(InputError):
        check(forged, document_hash(forged))


def without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}


def spoiled(offered: dict[str, Any]) -> list[dict[str, Any]]:
    """The document, each time with something else wrong with it."""
    machine = offered["machine"]
    wrong: list[Any] = [
        [],
        without(machine, "title"),
        machine | {"stranger": 1},
        machine | {"title": 5},
        machine | {"title": "x" * 201},
        machine | {"title": " x"},
        machine | {"retention_days": True},
        machine | {"retention_days": 1.0},
        machine | {"retention_days": -1},
        machine | {"purposes": "coach"},
        machine | {"purposes": [1]},
        machine | {"purposes": [str(i) for i in range(501)]},
        machine | {"audit": machine["audit"] | {"log": 1}},
        machine | {"audit": []},
        machine | {"term": without(machine["term"], "last_day")},
    ]
    return [
        offered | {"format": "another"}, offered | {"more": 1}, without(offered, "plain"),
        *(offered | {"machine": m} for m in wrong),
    ]  # fmt: skip


def test_what_is_no_document_is_refused(agreement: Agreement) -> None:
    for bad in spoiled(document(agreement)):
        with pytest.raises(InputError) as told:
            read(bad)
        assert told.value.code == "agreement-document"
