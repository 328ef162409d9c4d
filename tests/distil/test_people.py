"""Profiles of people are exact counts from the sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from guildbook.distil.people import people
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import Sums
from guildbook.model.ids import symbol
from guildbook.model.time import DAY, MINUTE

Table = Callable[[Sequence[dict[str, Any]]], pa.Table]


@pytest.fixture
def sums(table: Table, monday: int) -> Sums:
    """Ann asks Bob twice in one claim, on two days; Cyd only reads mail."""

    def event(worker: str, minute: int, action: str, **more: Any) -> dict[str, Any]:
        return {"worker": worker, "time": monday + minute * MINUTE, "action": action, "app": "claims", **more}

    day = DAY // MINUTE
    return summarise_table(
        table(
            [
                event("ann", 0, "open", case="claim:1"),
                event("ann", 1, "ask", case="claim:1", to=["bob"]),
                event("bob", 3, "answer", case="claim:1"),
                event("ann", 10, "ask", case="claim:1", to=["bob"]),
                event("ann", day, "open", case="claim:2"),
                event("cyd", 5, "read"),
            ]
        ),
        Settings(),
    )


def test_what_a_person_did_and_with_whom(sums: Sums) -> None:
    ann, bob, cyd = people(sums)
    assert (ann.name, ann.events, ann.days) == ("ann", 4, 2)
    assert ann.tasks == (("claim", 4),)
    assert ann.works_with == (("bob", 1),)
    assert (ann.asked_about, ann.answers_in) == ((), None)
    assert bob.asked_about == (("ask in claims", 2),)
    assert bob.answers_in == pytest.approx(120, rel=0.1)
    assert (cyd.name, cyd.tasks) == ("cyd", (("work in claims", 1),))


def test_titles_of_tasks_are_used(sums: Sums) -> None:
    ann, *_ = people(sums, {symbol("claim"): "Settle claim"})
    assert ann.tasks == (("Settle claim", 4),)


def test_nobody_is_nobody() -> None:
    assert people(Sums()) == ()


def test_a_speciality_is_done_well_above_the_expected(table: Table, monday: int) -> None:
    rows = [
        {"worker": worker, "time": monday + number * MINUTE, "action": action, "case": f"claim:{number}"}
        for number, (worker, action) in enumerate(
            [("ann", "settle")] * 30
            + [("bob", "settle")] * 30
            + [("bob", "fraud check")] * 6
            + [("ann", "fraud check")]
        )
    ]
    found = {p.name: p.known_for for p in people(summarise_table(table(rows), Settings()))}
    assert found == {"ann": (), "bob": ()}  # six of seven, where half was expected, is not yet twice
    rows += [
        {"worker": "cyd", "time": monday + n * MINUTE, "action": "fraud check", "case": f"claim:{n}"} for n in range(20)
    ]
    found = {p.name: p.known_for for p in people(summarise_table(table(rows), Settings()))}
    assert found == {"ann": (), "bob": (), "cyd": (("fraud check", 20),)}


def test_alone_nobody_is_special(table: Table, monday: int) -> None:
    rows = [{"worker": "ann", "time": monday + n * MINUTE, "action": "settle", "case": "claim:1"} for n in range(20)]
    (ann,) = people(summarise_table(table(rows), Settings()))
    assert ann.known_for == ()
