"""A score that does not follow from the log is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guildbook.govern.vault.replaying import fault
from guildbook.model.agreement import Price
from guildbook.model.decision import Request
from guildbook.model.purpose import Purpose

GROUPS = [
    (f"w{i}", "stated:held:v1,unstated", "mail", "", 2, 40, "agreement", ("a1#purposes.evaluate",)) for i in range(6)
]
BODY: dict[str, Any] = {"vault": "v1", "licensee": "acme", "root": "r", "workers": 6, "cases": 40, "price": {"a1": 250}}
ASKED = Request("", "", Purpose.EVALUATE, 1, "acme", "evaluate", vault="v1")


@pytest.fixture
def world(stage: Any, drafted: Any) -> Any:
    stage.collective("ann", "bo", "cy")
    stage.enrol("acme", "licensee")
    terms = drafted(purposes=("evaluate",), uses=("evaluate",), price=Price(kind="per-use", amount=250))
    stage.agree("a1", terms)
    return stage.world


def test_one_that_follows(world: Any) -> None:
    assert fault(world, ASKED, "r", GROUPS, BODY) == ""
    free = [(*group[:6], "worker-permit", ()) for group in GROUPS]
    assert fault(world, ASKED, "r", free, BODY | {"price": {}}) == ""


@pytest.mark.parametrize(
    ("asked", "root", "changes", "match"),
    [
        (None, "r", {}, "never given"),
        (replace(ASKED, vault=""), "r", {}, "something else"),
        (replace(ASKED, recipient="beta"), "r", {}, "something else"),
        (replace(ASKED, purpose="research"), "r", {}, "something else"),
        (ASKED, "r", {"vault": "v2"}, "something else"),
        (ASKED, "s", {}, "other segments"),
        (ASKED, "r", {"workers": 7}, "more workers"),
        (ASKED, "r", {"price": {}}, "not charged"),
        (ASKED, "r", {"price": {"a1": 249}}, "not charged"),
        (ASKED, "r", {"price": {"a1": 250, "a2": 1}}, "not charged"),
    ],
)
def test_one_that_does_not(world: Any, asked: Request | None, root: str, changes: dict[str, Any], match: str) -> None:
    assert match in fault(world, asked, root, GROUPS, BODY | changes)


def test_what_was_refused_is_no_worker_of_a_score(world: Any) -> None:
    some = [*GROUPS[:4], *((*group[:6], "strike", ("s1",)) for group in GROUPS[4:])]
    assert "more workers" in fault(world, ASKED, "r", some, BODY)
