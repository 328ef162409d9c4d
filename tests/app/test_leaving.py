"""Leaving and being forgotten, in a book: what a grant admits, and what a replay of it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guildbook.app.strikes import Scope
from guildbook.model import DeniedError, Purpose


@pytest.fixture
def guild(hall: Any) -> Any:
    hall.found()
    return hall


def admitted(guild: Any, purpose: str = "train-people") -> set[str]:
    found = guild.book.govern.grant(Purpose(purpose), stage="test", artefact="test")
    return {segment.worker for segment in found.grant.segments}


def test_who_leaves_ends_their_part_in_the_strike(guild: Any) -> None:
    book = guild.book
    running = book.govern.grant(Purpose.TRAIN_PEOPLE, stage="test", artefact="test")
    book.strikes.propose("guild", guild.actor("Ann"), Scope((), (), (), ()), 2)
    for name in ("Bo", "Cy"):
        book.strikes.pledge(None, guild.actor(name))
    book.strikes.call(None, guild.actor("Ann"))
    assert admitted(guild) == {"Ann"}
    with pytest.raises(DeniedError):
        running.table(["time"])
    book.collective.leave("guild", guild.actor("Bo"))
    assert admitted(guild) == {"Ann", "Bo"}
    book.collective.join("guild", guild.actor("Bo"))
    assert admitted(guild) == {"Ann", "Bo"}
    book.strikes.end(None, guild.actor("Ann"))
    assert admitted(guild) == {"Ann", "Bo", "Cy"}
    assert running.table(["time"]).num_rows == 9
    assert book.audit.replay().sound


def test_what_was_permitted_before_does_not_count_after_coming_back(guild: Any, tmp_path: Path) -> None:
    book, bo = guild.book, guild.actor("Bo")
    for name in ("Ann", "Bo"):
        book.govern.decide(name, "export", allow=True, signer=guild.actor(name).signer)
    book.govern.decide("Bo", "research", allow=False, signer=bo.signer)
    assert book.export("parquet", tmp_path / "before.parquet")[0] == 6
    book.forget("Bo", signer=bo.signer)
    book.readmit("Bo", bo.signer)
    guild.take_in("Bo", 7)
    assert admitted(guild) == {"Ann", "Bo", "Cy"}
    assert admitted(guild, "export") == {"Ann"}
    assert [(said.purpose, said.decision) for said in book.govern.decisions("Bo")] == [("research", "refuse")]
    assert book.audit.replay().sound  # what was exported before was permitted when it was
