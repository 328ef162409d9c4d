from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from guildbook.distil.maps import ELLIPSIS, maps, tasks, titles
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import VARIANT_LIMIT, Sums
from guildbook.model.time import MINUTE, SECOND

Row = dict[str, Any]
Table = Callable[[Sequence[Row]], pa.Table]


def case(number: int, start: int, steps: Sequence[tuple[str | None, str]], outcome: str | None = None) -> list[Row]:
    rows: list[Row] = [
        {"worker": "ann", "time": start + n * MINUTE, "case": f"claim:{number}", "app": app, "action": action, "seq": n}
        for n, (app, action) in enumerate(steps)
    ]
    rows[-1]["outcome"] = outcome
    return rows


@pytest.fixture
def sums(table: Table, monday: int) -> Sums:
    short = [("claims", "open"), ("mail", "read"), ("claims", "type"), ("claims", "settle")]
    long = [("claims", "open"), ("mail", "read"), ("mail", "read"), ("claims", "settle")]
    rows = [row for n in range(3) for row in case(n, monday, short, "good")]
    rows += case(9, monday, long, "declined")
    rows += [{"worker": "bob", "time": monday + n * SECOND, "app": "mail", "action": "read"} for n in range(2)]
    return summarise_table(table(rows), Settings())


def test_titles_say_verb_object_and_app(sums: Sums) -> None:
    assert sorted(titles(sums).values()) == ["Settle claim in claims", "Work in mail"]


def test_process_logs_have_no_app(table: Table, monday: int) -> None:
    rows = case(1, monday, [(None, "Register"), (None, "Close")])
    for row in rows:
        row["case"] = "loan_application:1"
    assert list(titles(summarise_table(table(rows), Settings())).values()) == ["Handle loan application"]


def test_tasks_count_episodes_and_outcomes(sums: Sums) -> None:
    claim, mail = tasks(sums)
    assert (claim.episodes, claim.good, claim.bad) == (4, 3, 1)
    assert dict(claim.activities) == {"claims: open": 4, "claims: settle": 4, "mail: read": 4, "claims: type": 3}
    assert claim.activities[-1] == ("claims: type", 3)
    assert claim.median_seconds == pytest.approx(180, rel=0.1)
    assert (mail.title, mail.episodes) == ("Work in mail", 1)


def test_maps_count_steps_and_variants(sums: Sums) -> None:
    claim = maps(sums)[0]
    nodes = {node.label: (node.count, node.episodes) for node in claim.nodes}
    assert nodes == {
        "claims: open": (4, 4),
        "mail: read": (5, 4),
        "claims: type": (3, 3),
        "claims: settle": (4, 4),
    }
    edges = {(edge.source, edge.target): edge.count for edge in claim.edges}
    assert edges["", "claims: open"] == edges["claims: settle", ""] == edges["claims: open", "mail: read"] == 4
    assert edges["mail: read", "mail: read"] == 1
    timed = next(edge for edge in claim.edges if edge.target == "claims: type")
    assert timed.median_seconds == pytest.approx(60, rel=0.1)
    assert next(edge for edge in claim.edges if not edge.source).median_seconds is None
    assert claim.variants[0] == (("claims: open", "mail: read", "claims: type", "claims: settle"), 3)
    assert sum(count for _, count in claim.variants) == 4


def test_a_cut_variant_says_so(table: Table, monday: int) -> None:
    rows = case(1, monday, [(None, "again")] * (VARIANT_LIMIT + 1))
    (steps, _), *_ = maps(summarise_table(table(rows), Settings()))[0].variants
    assert len(steps) == VARIANT_LIMIT + 1
    assert steps[-1] == ELLIPSIS


def test_nothing_learnt_has_no_maps() -> None:
    assert tasks(Sums()) == maps(Sums()) == ()


def test_a_verb_of_the_hand_does_not_title_a_task_however_it_is_written(table: Table, monday: int) -> None:
    rows = [
        {"worker": "ann", "time": monday + n, "action": "clickButton", "app": "Web", "case": f"form:{n}"}
        for n in range(9)
    ]
    (task,) = tasks(summarise_table(table(rows), Settings()))
    assert task.title == "Handle form in Web"
