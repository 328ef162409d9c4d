"""The net through a whole book: trained on request, kept with its lineage, continued, and gone with who is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import pytest

from guildbook.app import Book, open_book
from guildbook.app.forgetting import Part
from guildbook.app.learning import Wanted
from guildbook.app.neural import ARTEFACT, Held, Nets, groups_of
from guildbook.app.next import Asked
from guildbook.distil import neural
from guildbook.model.errors import UsageError
from guildbook.model.purpose import Purpose
from guildbook.store import Store

Row = tuple[int, str, str]
"""Case, who, what; a case begins every four hours, a step takes a minute."""
KINDS = (("look at", "approve"), ("check over", "refuse"))


@pytest.fixture(autouse=True)
def torch_is_there(missing_part: Callable[[str, str], NoReturn]) -> None:
    if not neural.available():
        missing_part("torch", "torch not installed")


@pytest.fixture(autouse=True)
def tiny(torch_is_there: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nets that train in a moment, judged by few cases."""
    from guildbook.distil.neural import gate

    monkeypatch.setattr(gate, "BLOCKS", 4)
    monkeypatch.setattr(gate, "FEWEST", 7)
    small = neural.NeuralSettings(units=24, epochs=20, later_epochs=4, batch=16, rate=1e-2, least_replay=8)

    def settings(_: Nets) -> neural.NeuralSettings:
        return replace(small, device="cpu")

    monkeypatch.setattr(Nets, "_settings", settings)


def cases(first: int, count: int, people: Sequence[str]) -> list[Row]:
    """What comes second hangs on a word of the first step, whose name never comes again: counts can't know it."""
    rows: list[Row] = []
    for number in range(first, first + count):
        kind = KINDS[number * 7919 % 5 % 2]
        who = people[number % len(people)]
        rows += [(number, who, f"{kind[0]} file {number * 7907 % 9973}"), (number, who, kind[1])]
    return rows


EARLY = cases(0, 50, ("ann", "bob", "cyd", "dee")) + cases(50, 50, ("cyd", "ann", "dee", "bob"))
LATE = cases(100, 3, ("ann",)) + cases(103, 3, ("cyd", "dee"))
GROUPS = "ann=north, bob=north, cyd=south, dee=south"


def write(folder: Path, name: str, rows: Sequence[Row], without: str = "") -> Path:
    lines = ["case,time,worker,activity"]
    for place, (case, who, what) in enumerate(rows):
        day, hour = divmod(case, 6)
        when = f"2026-{1 + day // 28:02}-{1 + day % 28:02}T{4 * hour:02}:{place % 2:02}:00Z"
        if who != without:
            lines.append(f"ticket:{case},{when},{who},{what}")
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


def opened(home: Path, model: str = "neural", **more: str) -> Book:
    return open_book(home, overrides={"next.model": model, "next.groups": GROUPS} | more)


def ledger(book: Book) -> Store:
    return getattr(book, "_store")  # noqa: B009 - what is kept is looked at from within


def held(book: Book) -> Held:
    found = book.nets.held()
    assert found is not None
    return found


def learnt(folder: Path, parts: Sequence[Sequence[Row]], model: str = "neural", without: str = "", **more: str) -> Book:
    """A book that learnt these parts one after another."""
    book = opened(folder / "book", model, **more)
    for number, rows in enumerate(parts):
        book.learn(Wanted(paths=(write(folder, f"part{number}.csv", rows, without),)))
    return book


@pytest.mark.slow
@pytest.mark.parametrize("model", ["neural", "mixed"])
def test_who_is_forgotten_was_never_there(tmp_path: Path, model: str) -> None:
    with learnt(tmp_path / "never", [EARLY, LATE], model, without="cyd") as never:
        wanted = held(never).body
    with learnt(tmp_path / "with", [EARLY, LATE], model) as book:
        before = held(book)
        assert len(before.lineage.rounds) == 2
        assert before.body != wanted
        assert b"cyd" in before.body
        book.forget("cyd")
        after = held(book)
        assert after.body == wanted
        assert after.lineage.segments == {s.id for s in ledger(book).segments()}
        assert b"cyd" not in after.body
        assert book.next.foresee(Asked(("look at file 1",))).model == model


def day(number: int) -> int:
    """When that day of the rows begins, µs UTC."""
    return 1_767_225_600_000_000 + number * 86_400_000_000


@pytest.mark.slow
@pytest.mark.parametrize(("model", "first", "until"), [("neural", 10, None), ("mixed", 10, None), ("neural", 3, 8)])
def test_what_is_forgotten_in_part_was_never_there(tmp_path: Path, model: str, first: int, until: int | None) -> None:
    """A period of somebody's in the middle, or to the end, so that one of their two rounds goes altogether."""

    def stays(row: Row) -> bool:
        return row[1] != "cyd" or not first <= row[0] // 6 < (until or 99)

    rest = [list(filter(stays, part)) for part in (EARLY, LATE)]
    assert [len(part) < len(whole) for part, whole in zip(rest, (EARLY, LATE), strict=True)] == [True, until is None]
    with learnt(tmp_path / "never", rest, model) as never:
        wanted, rounds = held(never).body, [len(part) for part in held(never).lineage.rounds]
    with learnt(tmp_path / "with", [EARLY, LATE], model) as book:
        before = held(book)
        assert before.body != wanted
        book.forget("cyd", Part(first=day(first), until=None if until is None else day(until)))
        after, segments = held(book), ledger(book).segments()
        assert after.body == wanted
        assert after.lineage.segments == {s.id for s in segments}
        assert [len(part) for part in after.lineage.rounds] == rounds
        ours = {s.id for s in segments if s.worker == ledger(book).worker_id("cyd")}
        assert ours
        assert ours.isdisjoint(before.lineage.segments)  # written anew, in the place of the old
        assert b"cyd" in after.body
        book.learn()
        assert held(book) == after  # and nothing more is to be done
        shown = book.lineage.show(ARTEFACT, segments=True)
        assert set(shown["segments"]) == after.lineage.segments
        assert shown["shards"] == {"north": 3, "south": 4 if until else 3}


@pytest.mark.slow
def test_only_the_groups_touched_are_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from guildbook.distil.neural.shard import Shard

    with learnt(tmp_path, [EARLY]) as book:
        names: list[str] = []
        usual = Shard.trained

        def trained(shard: Shard, part: Any, name: str) -> Shard:
            names.append(name)
            return usual(shard, part, name)

        monkeypatch.setattr(Shard, "trained", trained)
        book.forget("dee")
        assert names == ["south"]
        book.learn(Wanted(paths=(write(tmp_path, "late.csv", cases(100, 6, ("ann",))),)))
        assert names == ["south", "north"]


@pytest.mark.slow
def test_a_refusal_is_heard_before_the_net_is_asked_again(tmp_path: Path) -> None:
    with learnt(tmp_path / "never", [EARLY], without="cyd") as never:
        wanted = held(never).body
    with learnt(tmp_path / "with", [EARLY]) as book:
        book.govern.decide("cyd", "train-people", allow=False)
        book.next.foresee(Asked(("look at file 1",)))
        assert held(book).body == wanted
        book.govern.decide("cyd", "train-people", allow=True)
        book.learn()
        assert b"cyd" in held(book).body
        book.govern.decide("cyd", "train-people", allow=False)
        book.learn()
        assert held(book).body == wanted


@pytest.mark.slow
def test_after_a_pause_it_is_the_very_net_it_was(tmp_path: Path) -> None:
    with learnt(tmp_path, [EARLY, LATE]) as book:
        before = held(book)
        book.terms.pause("cyd")
        book.learn()
        assert b"cyd" not in held(book).body
        book.terms.resume("cyd")
        book.learn()
        after = held(book)
        assert after.body == before.body
        assert replace(after.lineage, grant="") == replace(before.lineage, grant="")


@pytest.mark.slow
def test_it_is_mixed_in_where_it_helps_and_both_are_heard(tmp_path: Path) -> None:
    with learnt(tmp_path, [EARLY], "mixed") as book:
        found = book.next.foresee(Asked(("look at file 31",), to_end=True))
        assert found.model == "mixed"
        first = found.expected[0]
        assert first.step == "approve"
        assert set(first.said) == {"counts", "net"}
        assert first.said["counts"] < first.probability
        assert found.ways[0].steps[0] == "approve"
        counts = book.next.foresee(Asked(("look at file 31",), model="counts"))
        assert (counts.model, counts.expected[0].said) == ("counts", {})
        used = [use for use in book.govern.uses() if use.artefact == "net"]
        assert {use.grant for use in used} == {held(book).lineage.grant}


def test_what_does_not_help_stays_out_and_a_note_says_so(tmp_path: Path) -> None:
    coin = Random(4)
    rows = [(case, "ann", step) for case in range(90) for step in ("open", coin.choice(("good", "bad")))]
    with learnt(tmp_path, [rows], "mixed") as book:
        found = book.next.foresee(Asked(("open",)))
        assert found.model == "counts"
        assert "does not surely help" in found.notes[0]
    with learnt(tmp_path / "few", [rows[:20]], "mixed") as book:
        assert "too few" in book.next.foresee(Asked(("open",))).notes[0]


def test_it_is_kept_for_as_long_as_the_same_is_admitted(tmp_path: Path) -> None:
    with learnt(tmp_path, [EARLY[:60]], "counts") as book:
        assert book.nets.held() is None
        book.next.foresee(Asked(("look at file 1",), model="neural"))
        first = held(book)
        book.next.foresee(Asked(("look at file 2",), model="neural"))
        book.learn()
        assert held(book) == first
        book.learn(Wanted(paths=(write(tmp_path, "late.csv", LATE),)))
        assert held(book) == first  # settings ask for none: it waits until it is asked for
        book.next.foresee(Asked(("look at file 1",), model="neural"))
        assert len(held(book).lineage.rounds) == 2
        store = ledger(book)
        with store.writing():
            store.put_artefact(ARTEFACT, "net", (store.get_artefact(ARTEFACT) or b"")[:90], "grant")
        assert book.nets.held() is None
        assert book.next.foresee(Asked(("look at file 1",), model="neural")).model == "neural"
        book.forget("ann")
        assert store.get_artefact(ARTEFACT) is None


def test_without_torch_it_is_dropped_and_a_note_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with learnt(tmp_path, [EARLY[:60]]) as book:
        monkeypatch.setattr(neural, "available", lambda: False)
        assert "so it could not be made anew" in book.forget("ann").notes[0]
        assert ledger(book).get_artefact(ARTEFACT) is None
        assert "counts alone" in book.learn().notes[0]
        with pytest.raises(neural.MissingExtraError):
            book.next.foresee(Asked(("look at file 1",)))
        mixed = book.next.foresee(Asked(("look at file 1",), model="mixed"))
        assert mixed.model == "counts"
        assert "PyTorch" in mixed.notes[0]


def test_forgetting_that_was_cut_short_leaves_no_net(tmp_path: Path) -> None:
    with learnt(tmp_path, [EARLY[:60]]) as book:
        store = ledger(book)
        with store.change() as told:
            store.begin_erase(store.worker_id("ann"), told)
        book.learn()
        assert b"ann" not in held(book).body
        assert held(book).lineage.segments == {s.id for s in store.segments()}


def test_nothing_of_an_erased_worker_is_kept_by_a_slow_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with learnt(tmp_path, [EARLY[:60]], "counts") as book:
        admitted = book.govern.grant(Purpose.TRAIN_PEOPLE, stage="distil", artefact="net")
        table = admitted.table

        def slowly(*words: Any) -> Any:
            found = table(*words)
            book.forget("ann")
            return found

        monkeypatch.setattr(admitted, "table", slowly)
        book.nets.brought("neural", admitted)
        assert ledger(book).get_artefact(ARTEFACT) is None


def test_groups_are_as_stated_or_by_the_name_alone() -> None:
    people = {f"worker {n}" for n in range(40)}
    assert groups_of(people, (), 1) == {}
    spread = groups_of(people, (), 3)
    assert set(spread.values()) == {"#1", "#2", "#3"}
    fewer = groups_of(people - {"worker 7"}, (), 3)
    assert fewer == {name: group for name, group in spread.items() if name != "worker 7"}
    assert groups_of(people, (" worker 2 = x", "stranger=x"), 3) == spread | {"worker 2": "x"}
    with pytest.raises(UsageError, match=r"next\.groups"):
        groups_of(people, ("ann",), 1)
