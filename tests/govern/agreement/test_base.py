"""The base policy: what it closes, under which names, and that it says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.agreement.base import BASE_POLICY, BaseClause, base_clause, forbidden
from guildbook.model.purpose import Purpose
from guildbook.model.use import UseKind


@pytest.mark.parametrize("clause", BASE_POLICY, ids=lambda c: c.id)
def test_each_clause_closes_what_it_names_for_everything_else(clause: BaseClause) -> None:
    for name in clause.classes:
        for purpose in Purpose:
            for use in UseKind:
                assert forbidden(purpose, use, name) == clause.id
                assert forbidden(purpose, use, f"{name.upper()}/anything") == clause.id
    for name in clause.purposes:
        assert forbidden(name, "train", "excel") == clause.id
    assert clause.classes | clause.purposes
    assert clause.reason.endswith(".")
    assert clause.source
    assert base_clause(clause.id) is clause


def test_nothing_is_closed_twice() -> None:
    names = [n for c in BASE_POLICY for n in c.classes] + [n for c in BASE_POLICY for n in c.purposes]
    assert len(set(names)) >= len(names) - 1  # `emotion` is both a class and a purpose


@given(st.sampled_from(list(Purpose)), st.sampled_from(list(UseKind)), st.text(max_size=12))
def test_ordinary_work_is_open(purpose: Purpose, use: UseKind, app: str) -> None:
    assert forbidden(purpose, use, f"excel {app}") is None


def test_what_only_begins_alike_is_open() -> None:
    assert forbidden("coach", "teach", "unionpay") is None
    assert forbidden("coach", "teach", "union: minutes") == "base/union"
    assert forbidden("automated-hr", "", "*") == "base/automated-hr"
