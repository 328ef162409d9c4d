from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from guildbook.distil.knowledge import derive, knowledge
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.model.knowledge import Knowledge

Table = Callable[[Sequence[dict[str, Any]]], pa.Table]


def known(table: pa.Table) -> Knowledge:
    found = derive(summarise_table(table, Settings()), Settings())
    return knowledge(found, found.practices, None)


def test_notes_say_what_could_not_be_learnt(table: Table, monday: int) -> None:
    loose = [{"worker": "ann", "time": monday + n, "app": "mail"} for n in range(2)]
    assert len(known(table(loose)).notes) == 4
    cases = [{"worker": w, "time": monday + n, "case": "a:1", "outcome": "good"} for n, w in enumerate("ab")]
    notes = known(table(cases)).notes
    assert any("All known outcomes are good" in note for note in notes)
    assert not any("Nobody asks" in note for note in notes)
    assert known(table([])).notes == ("No events are admitted, so there is nothing to learn from.",)


def test_settings_go_through_json() -> None:
    settings = Settings(episode_gap_minutes=5, good_outcomes=("Fine", "ok"))
    assert Settings.from_json(_fields(settings)) == settings
    assert settings.shape() == Settings(episode_gap_minutes=5, good_outcomes=("OK", "fine")).shape()
    assert settings.shape() != Settings().shape()


def _fields(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}
