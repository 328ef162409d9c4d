"""What the page shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from guildbook.model import Effect, Kind, Knowledge, Person, Practice, ProcessMap, Status, Task
from guildbook.teach.report import view


def test_practices_by_kind_with_links_both_ways(knowledge: Knowledge) -> None:
    groups = view.groups(knowledge)
    assert [group.kind for group in groups] == list(Kind)
    workflow = groups[2].cards[0]
    tool = groups[3].cards[0]
    assert [link.anchor for link in workflow.needs] == [tool.anchor, groups[1].cards[0].anchor]
    assert [link.anchor for link in tool.leads_to] == [workflow.anchor]
    assert workflow.seen == "Ann (30), Bo (12)"


def test_lower_layers_come_first_and_retired_ones_go(
    build: Callable[..., Knowledge], practice: Callable[..., Practice]
) -> None:
    book = build(practices=(practice(1, layer=3), practice(2, layer=1), practice(3, status=Status.RETIRED)))
    assert [card.practice.layer for card in view.groups(book)[1].cards] == [1, 3]
    assert ("2", "practices") in view.figures(book)


@pytest.mark.parametrize(
    ("metric", "difference", "low", "high", "tone"),
    [
        ("good-rate", 0.1, 0.05, 0.2, "better"),
        ("good-rate", -0.1, -0.2, -0.05, "worse"),
        ("duration", -0.1, -0.2, -0.05, "better"),
        ("response", 0.1, 0.05, 0.2, "worse"),
        ("duration", 0.0, -0.2, 0.2, "plain"),
        ("share", 0.1, 0.05, 0.2, "plain"),
    ],
)
def test_the_tone_of_an_effect(
    build: Callable[..., Knowledge],
    practice: Callable[..., Practice],
    measured: Callable[..., Effect],
    metric: str,
    difference: float,
    low: float,
    high: float,
    tone: str,
) -> None:
    book = build(practices=(practice(effect=measured(metric=metric, difference=difference, low=low, high=high)),))
    interval = view.groups(book)[1].cards[0].interval
    assert interval is not None
    assert interval.tone == tone
    assert 0 <= interval.low <= interval.middle <= interval.high <= 100


@pytest.mark.parametrize("low", [float("nan"), float("-inf")])
def test_an_unbounded_effect_is_not_drawn(
    build: Callable[..., Knowledge], practice: Callable[..., Practice], measured: Callable[..., Effect], low: float
) -> None:
    book = build(practices=(practice(effect=measured(low=low)),))
    assert view.groups(book)[1].cards[0].interval is None


def test_tasks_find_their_maps_by_id_or_title(
    build: Callable[..., Knowledge], process_map: Callable[..., ProcessMap]
) -> None:
    book = build(maps=(process_map("task-2", 4, 5), process_map("Settle a claim", 5, 6), process_map("stray", 3, 4)))
    shown = {task.task.title: task.map for task in view.tasks(book)}
    assert shown == {"Settle a claim": 1, "Pay an invoice": 0, "stray": 2}


def test_people_stand_by_name_not_by_rank(knowledge: Knowledge) -> None:
    assert [person.person.name for person in view.people(knowledge)] == ["Ann", "Bo", "Çelik"]


def test_what_is_left_out_is_said(build: Callable[..., Knowledge]) -> None:
    crowd = tuple(Person(f"P{i}", 1, 1, (), (), ()) for i in range(view.MOST_PEOPLE + 5))
    assert view.omissions(build(people=crowd)) == (
        f"This page shows {view.MOST_PEOPLE} of {view.MOST_PEOPLE + 5} people; the command line has them all.",
    )
    assert len(view.people(build(people=crowd))) == view.MOST_PEOPLE


def test_bars_grow_with_time(knowledge: Knowledge) -> None:
    longest, shorter = view.task_bars(knowledge)
    assert (longest.label, longest.time, longest.width) == ("Pay an invoice", "3 days", 100.0)
    assert 0 < shorter.width < 100
    assert all(0 <= bar.width <= 100 for task in view.tasks(knowledge) for bar in task.bars)


def test_period(knowledge: Knowledge, build: Callable[..., Knowledge]) -> None:
    assert view.period(knowledge) == "2011-10-01 to 2012-03-14"
    assert view.period(build(period=None)) == ""
    assert view.period(build(period=(0, 1))) == "1970-01-01"


def test_a_task_with_no_time_or_map(build: Callable[..., Knowledge]) -> None:
    (task,) = view.tasks(build(tasks=(Task("t", "Idle", 1, ()),), maps=()))
    assert (task.median, task.map, task.steps, task.bars) == ("", None, (), ())
