from __future__ import annotations

from pathlib import Path

import pytest

from guildbook.app import open_book
from guildbook.app.learning import Learnt, Wanted
from guildbook.store import Store

FORMER = Path(__file__).parents[1] / "distil" / "data" / "state-1.bin"
"""What `learn` of the same office kept when sums had format 1."""
OFFICE = Wanted(office=(5, 1000))


def again(home: Path) -> Learnt:
    with open_book(home) as book:
        return book.learn()


def test_a_book_of_an_earlier_format_is_learnt_again_and_says_why(tmp_path: Path) -> None:
    with open_book(tmp_path) as book:
        now = book.learn(OFFICE)
    with Store.open(tmp_path) as store:
        store.put_artefact("state-train-people", "sums", FORMER.read_bytes(), "grant")
    found = again(tmp_path)
    assert [note for note in found.notes if "since format 2" in note]
    assert found.knowledge == now.knowledge
    assert not again(tmp_path).notes


def test_what_an_earlier_miner_found_is_derived_again_without_a_look_at_the_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, open_book(tmp_path) as book:
        patch.setattr("guildbook.distil.state.DERIVED_VERSION", 0)
        now = book.learn(OFFICE)
    found = again(tmp_path)
    assert [note for note in found.notes if "derived again" in note]
    assert found.changed
    assert found.knowledge == now.knowledge
    assert not again(tmp_path).changed


def test_knowledge_that_cannot_be_read_is_taken_from_the_state(tmp_path: Path) -> None:
    with open_book(tmp_path) as book:
        now = book.learn(OFFICE)
    with Store.open(tmp_path) as store:
        store.put_artefact("knowledge-train-people", "knowledge", b"[]", "grant")
    found = again(tmp_path)
    assert not found.changed
    assert found.knowledge == now.knowledge
    with open_book(tmp_path, create=False) as book:
        assert book.distil.knowledge() == now.knowledge
