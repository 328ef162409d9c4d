"""Titles, labels and values are looked at; what programs name is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from guildbook.record.live.entry import Entry
from guildbook.record.live.guard import Guard, Rule
from guildbook.record.live.packs import events_in
from guildbook.record.live.sieve import Sieve
from guildbook.record.pii.finder import WITHHELD

TIME = 1_800_000_000_000_000


class Names:
    """Knows one person."""

    def __init__(self) -> None:
        self.withheld = 0
        self.asked: list[str] = []
        self.away = False

    def cleaned(self, texts: Sequence[str]) -> list[str]:
        self.asked += texts
        self.withheld += len(texts) if self.away else 0
        return [WITHHELD if self.away else text.replace("Ada", "[person]") for text in texts]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"app": "Ada", "title": "Mail of Ada"}, {"app": "Ada", "title": "Mail of [person]"}),
        ({"value_before": "Ada", "value_after": "Bo"}, {"value_before": "[person]", "value_after": "Bo"}),
        ({"url": "https://x/Ada", "document": "file:/Ada"}, {"url": "https://x/Ada", "document": "file:/Ada"}),
        ({"objects": [{"id": "Ada", "type": "person"}]}, {"objects": [{"id": "Ada", "type": "person"}]}),
        (
            {"note": ["Ada", {"deep": "Ada", "case": "Ada"}]},
            {"note": ["[person]", {"deep": "[person]", "case": "Ada"}]},
        ),
        ({"attributes": '{"subject":"To Ada"}'}, {"attributes": '{"subject":"To [person]"}'}),
        ({"attributes": '{"subject": 3}'}, {"attributes": '{"subject": 3}'}),
        ({"attributes": "{Ada"}, {"attributes": "{[person]"}),
        ({"count": 3, "on": True, "none": None}, {"count": 3, "on": True, "none": None}),
    ],
)
def test_free_text_is_looked_at(data: dict[str, Any], wanted: dict[str, Any]) -> None:
    [found] = Guard(names=Names()).admit("w", [Entry(TIME, 5, data, 7)])
    assert found == Entry(TIME, 5, wanted, 7)


def test_what_may_not_be_recorded_is_not_even_shown() -> None:
    names = Names()
    guard = Guard((Rule("title", "secret"),), names)
    assert (
        guard.admit("w", [Entry(TIME, 0, {"title": "secret of Ada"}), Entry(TIME, 0, {"title": "InPrivate Ada"})]) == []
    )
    assert not guard.allows("w", Entry(TIME, 0, {"title": "secret of Ada"}))
    assert guard.allows("w", Entry(TIME, 0, {"title": "Ada"}))
    assert names.asked == []


def test_secrets_are_gone_before() -> None:
    names = Names()
    Guard(names=names).admit("w", [Entry(TIME, 0, {"title": "password=hunter2 Ada"})])
    assert names.asked == ["password=[secret] Ada"]


def test_a_list_is_looked_at_through_the_sieve_and_what_was_withheld_is_looked_at_again() -> None:
    names = Names()
    sieve = Sieve(Guard(names=names))
    listed = [{"timestamp": "2026-03-02T12:30:00Z", "data": {"title": f"Ada {n % 2}"}} for n in range(20)]
    names.away = True
    first = sieve.many("w", events_in(json.dumps(listed).encode()))
    names.away = False
    again = sieve.many("w", events_in(json.dumps(listed).encode()))
    assert {bytes(one.data) for one in first} == {json.dumps({"title": WITHHELD}, separators=(",", ":")).encode()}
    assert [json.loads(bytes(one.data))["title"] for one in again] == [f"[person] {n % 2}" for n in range(20)]
    asked = len(names.asked)
    sieve.many("w", events_in(json.dumps(listed).encode()))
    assert len(names.asked) == asked
