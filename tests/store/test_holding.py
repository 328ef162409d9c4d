"""Cases held out: just their rows, all of them, also those that come later; and everything as before when freed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.model.ids import symbol
from guildbook.store import Held, Plan, Scope, SegmentRow, decode_terms, encode_terms
from guildbook.store.files import Change
from guildbook.store.rows import free_terms, hold_terms

Make = Callable[..., pa.Table]
DAY = 86_400_000_000
JANUARY = 1_767_225_600_000_000
PEOPLE = ("Ann", "Bob", "Cy")


def anything(_: SegmentRow, __: str) -> bool:
    return True


def at_once(store: Any) -> Callable[[Any, Change], None]:
    def run(_: Any, change: Change) -> None:
        with store.change() as connection:
            change(connection)

    return run


def hold(store: Any, **plan: Any) -> Held | None:
    said: dict[str, Any] = {"name": "v1", "may": anything, "share": 250_000}
    return store.hold(Plan(**said | plan), at_once(store))


def free(store: Any, name: str = "v1") -> None:
    def transact(change: Change) -> None:
        at_once(store)(None, change)

    store.free(name, transact)


def cases(store: Any, *, held: bool) -> list[str]:
    """The case of every event that is held out, or of every other."""
    ids = [row.id for row in store.segments() if (free_terms(row.terms) != row.terms) == held]
    return [case for _, table in store.read_many(ids, ["case"]) for case in table["case"].to_pylist()]


@pytest.mark.parametrize("stated", [None, (), ("coach",), ("evaluate", "research")])
def test_terms_come_back(stated: tuple[str, ...] | None) -> None:
    plain = encode_terms(stated)
    out = hold_terms(plain, "v1")
    assert "held:v1" in (decode_terms(out) or ())
    assert free_terms(out) == plain
    assert free_terms(plain) == plain


def test_whole_cases_are_held_and_nothing_else(books: Any, events: Make, take: Any, everything: Any) -> None:
    store: Any = books.open()
    take(store, events(120, worker=PEOPLE, step=DAY // 8), terms=("research",))
    store.seal()
    before, digests = everything(store), {row.id: row.digest for row in store.segments()}
    made = hold(store)
    assert made is not None
    assert (made.candidates, len(made.cases)) == (30, 7)
    newest = {f"claim:{i}" for i in range(23, 30)}
    assert set(cases(store, held=True)) == newest
    assert set(map(symbol, newest)) == set(made.cases.tolist())
    assert len(cases(store, held=True)) == 28
    assert not newest & set(cases(store, held=False))
    assert everything(store) == before
    assert {row.id for row in store.segments() if row.terms != encode_terms(("research",))} == {
        row.id for row in made.segments
    }
    assert set(made.split) <= set(digests)
    free(store)
    assert cases(store, held=True) == []
    assert everything(store) == before
    assert {row.terms for row in store.segments()} == {encode_terms(("research",))}
    assert store.check() == []


def test_what_comes_later_of_a_held_case_is_held_too(books: Any, events: Make, take: Any) -> None:
    store: Any = books.open()
    take(store, events(40, worker=PEOPLE))
    store.seal()
    made = hold(store, cases=frozenset({"claim:3", "claim:4"}))
    assert made is not None
    take(store, events(8, worker=["Ann", "Zed"], start=JANUARY + DAY, case=["claim:3", "claim:99"] * 4), "later")
    take(store, events(40, worker=PEOPLE), "again", terms=("coach",))
    report = store.seal()
    assert (report.rows, report.duplicates) == (8, 40)
    out = cases(store, held=True)
    assert (out.count("claim:3"), out.count("claim:4"), len(out)) == (8, 4, 12)
    assert "claim:3" not in cases(store, held=False)
    free(store)
    take(store, events(4, worker="Ann", start=JANUARY + 2 * DAY, case=["claim:3"] * 4), "after")
    store.seal()
    assert cases(store, held=True) == []


def test_merging_small_segments_mixes_nothing(books: Any, events: Make, take: Any, everything: Any) -> None:
    store: Any = books.open()
    for part in range(6):
        take(store, events(40, worker="Ann", start=JANUARY + part * DAY), str(part))
        store.seal()
    hold(store, cases=frozenset({"claim:2"}))
    out, before = sorted(cases(store, held=True)), everything(store)
    assert len(out) == 24
    assert store.compact(at_least=2).before == 12
    assert len(store.segments()) == 2
    assert sorted(cases(store, held=True)) == out
    assert everything(store) == before


def test_only_cases_all_of_which_is_eligible(books: Any, events: Make, take: Any) -> None:
    store: Any = books.open()
    take(store, events(40, worker=PEOPLE, app=["mail", "sheet", "sheet", "sheet"] * 10))
    take(store, events(20, worker="Zed", start=JANUARY + DAY, case=[f"claim:{i}" for i in range(5)] * 4), "zed")
    store.seal()
    zed = store.worker_id("Zed")

    def not_zed(row: SegmentRow, _: str) -> bool:
        return row.worker != zed

    def zed_but_mail(row: SegmentRow, name: str) -> bool:
        return row.worker == zed and name != "mail"

    def sheets(_: SegmentRow, name: str) -> bool:
        return name == "sheet"

    made = hold(store, may=not_zed, share=1_000_000)
    assert made is not None
    assert set(cases(store, held=True)) == {f"claim:{i}" for i in range(5, 10)}
    assert hold(store, name="v2", may=not_zed) is None  # there is nothing left
    assert hold(store, name="v2", may=zed_but_mail) is None
    free(store)
    assert hold(store, may=sheets) is None  # each case has a mail in it


def test_a_case_is_in_one_vault(books: Any, events: Make, take: Any) -> None:
    store: Any = books.open()
    take(store, events(40, worker=PEOPLE))
    store.seal()
    one, two = hold(store, share=500_000), hold(store, name="v2", share=500_000)
    assert one is not None
    assert two is not None
    assert (len(one.cases), len(two.cases), two.candidates) == (5, 2, 5)
    assert not set(one.cases.tolist()) & set(two.cases.tolist())
    more = hold(store, share=500_000)  # again into the first
    assert more is not None
    take(store, events(10, worker="Ann", start=JANUARY + DAY, case=[f"claim:{i}" for i in range(10)]), "later")
    store.seal()
    words = [row.terms for row in store.segments()]
    assert {tuple(w for w in decode_terms(each) or () if w.startswith("held:")) for each in words} == {
        (), ("held:v1",), ("held:v2",)
    }  # fmt: skip
    free(store, "v2")
    assert {free_terms(each) == each for each in words} == {True, False}
    assert not any("held:v2" in row.terms for row in store.segments())
    assert any("held:v1" in row.terms for row in store.segments())


def test_by_seed_by_type_and_by_time(books: Any, events: Make, take: Any) -> None:
    store: Any = books.open()
    names = [f"{'claim' if i % 2 else 'ticket'}:{i // 4}" for i in range(160)]
    take(store, events(160, worker=PEOPLE, step=3_600_000_000, case=names))
    store.seal()
    chosen: dict[str, frozenset[str]] = {}
    for seed in ("one", "two", "one"):
        hold(store, seed=seed)
        found = frozenset(cases(store, held=True))
        assert len(found) == 20
        assert chosen.setdefault(seed, found) == found
        free(store)
    assert chosen["one"] != chosen["two"]
    hold(store, types=frozenset({"ticket"}), share=1_000_000)
    assert {name.split(":")[0] for name in cases(store, held=True)} == {"ticket"}
    free(store)
    hold(store, first=JANUARY + DAY, until=JANUARY + 2 * DAY, share=1_000_000)
    inside = set(cases(store, held=True))
    assert inside == {name for i, name in enumerate(names) if 24 <= i < 48}
    assert len(inside) == 12


def test_nothing_is_changed_when_it_is_refused_or_killed(books: Any, events: Make, take: Any, everything: Any) -> None:
    store: Any = books.open()
    take(store, events(40, worker=PEOPLE))
    store.seal()
    before, rows = everything(store), store.segments()

    def refuse(_: Held, __: Change) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.hold(Plan("v1", anything, 250_000), refuse)
    assert (store.segments(), everything(store)) == (rows, before)
    again: Any = books.open()
    assert again.check() == []
    take(again, events(4, worker="Ann", start=JANUARY + DAY, case=["claim:9"] * 4), "later")
    again.seal()
    assert cases(again, held=True) == []


def test_erasing_reaches_what_is_held(books: Any, events: Make, take: Any) -> None:
    store: Any = books.open()
    take(store, events(40, worker=PEOPLE))
    store.seal()
    hold(store, share=1_000_000)
    ann, bob = store.worker_id("Ann"), store.worker_id("Bob")
    made = store.part(Scope(bob, until=JANUARY + 10 * 60_000_000), at_once(store))
    assert made is not None
    store.destroy(made.id, at_once(store))
    with store.change() as told:
        store.begin_erase(ann, told)
    store.erase(ann)
    rows = store.segments()
    assert {row.worker for row in rows} == {bob, store.worker_id("Cy")}
    assert all("held:v1" in row.terms for row in rows)
    assert sum(row.rows for row in rows) == 23


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_choice_keeps_every_event(
    tmp_path_factory: pytest.TempPathFactory, events: Make, take: Any, everything: Any, data: st.DataObject
) -> None:
    from guildbook.store import Store

    with Store.open(tmp_path_factory.mktemp("book")) as store:
        rows = data.draw(st.integers(1, 60))
        named = data.draw(st.lists(st.sampled_from([None, "a:1", "a:2", "b:1", "b:2"]), min_size=rows, max_size=rows))
        take(store, events(rows, worker=PEOPLE, step=DAY * 3, case=named), terms=data.draw(st.sampled_from([None, ()])))
        store.seal()
        before = everything(store)
        wanted = data.draw(st.sets(st.sampled_from(["a:1", "a:2", "b:1", "b:2"]), min_size=1))
        held = hold(store, cases=frozenset(wanted))
        assert everything(store) == before
        assert (held is None) == (not wanted & set(named))
        assert sorted(cases(store, held=True)) == sorted(n for n in named if n in wanted)
        assert store.check() == []
