"""Forgetting a part of somebody's traces: what was learnt equals that of a book that never had it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.app import Book, auditing, erasures, open_book
from guildbook.app.forgetting import Part
from guildbook.app.learning import Wanted
from guildbook.govern.acts import ActKind
from guildbook.govern.audit.checkpoint import Checkpoint
from guildbook.model import DeniedError, UnknownNameError, UsageError
from guildbook.model.time import DAY, MINUTE
from guildbook.store import Scope, Store

MARCH = 1_772_323_200_000_000
"""2026-03-01, µs UTC."""
STEPS = ("open", "check", "ask", "fix", "close")
APPS = ("Mail", "Sheet", "Chat")
Row = tuple[int, int, str, str, str, str]
ROW = st.tuples(
    st.integers(0, 5),  # case; 0: none
    st.integers(0, 60 * 24 * 3),  # minute
    st.sampled_from(("Ada", "Bo", "Cy")),
    st.sampled_from(STEPS),
    st.sampled_from(APPS),
    st.sampled_from(("", "good", "bad")),
)
FILES = st.lists(st.lists(ROW, min_size=1, max_size=15), min_size=1, max_size=3)
PARTS = st.tuples(st.integers(0, 70), st.integers(1, 70), st.sampled_from((None, *APPS)))


def write(folder: Path, name: str, rows: Sequence[Row], second: int = 0) -> Path:
    """One CSV; `second` tells files apart, so that no two rows of one case are at the very same time."""
    path = folder / name
    lines = ["case,time,worker,activity,app,outcome"]
    for case, minute, worker, step, app, outcome in rows:
        day, rest = divmod(minute, 60 * 24)
        when = f"2026-03-{day + 1:02}T{rest // 60:02}:{rest % 60:02}:{second:02}Z"
        lines.append(f"{f'ticket:{case}' if case else ''},{when},{worker},{step},{app},{outcome}")
    path.write_text("\n".join(lines) + "\n")
    return path


def inside(book: Any) -> Any:
    """The store of a book."""
    return book._store


def learn(book: Book, *paths: Path) -> str:
    return book.learn(Wanted(paths=paths, jobs=1)).knowledge.model_hash


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=FILES, part=PARTS, split=st.integers(0, 3))
def test_the_model_equals_that_of_a_book_that_never_had_it(
    files: list[list[Row]], part: tuple[int, int, str | None], split: int
) -> None:
    begin, hours, app = part
    first, until = MARCH + begin * 60 * MINUTE, MARCH + (begin + hours) * 60 * MINUTE

    def goes(row: Row) -> bool:
        here = first <= MARCH + row[1] * MINUTE < until
        return row[2] == "Ada" and here and app in {None, row[4]}

    if not any(row[2] == "Ada" for rows in files for row in rows):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [write(folder, f"part{i}.csv", rows, i) for i, rows in enumerate(files)]
        (folder / "kept").mkdir()
        kept = [
            write(folder / "kept", f"part{i}.csv", left, i)
            for i, rows in enumerate(files)
            if (left := [row for row in rows if not goes(row)])
        ]
        with open_book(folder / "book") as book:
            learn(book, *paths[:split])
            before = learn(book, *paths[split:])
            done = book.forget("Ada", Part(first, until, app))
            after = book.teach.knowledge()
            assert learn(book) == after.model_hash == done.model_hash
            assert book.govern.register.log.size(inside(book).engine.connect())
        assert bool(done.erasure) == any(goes(row) for rows in files for row in rows)
        if not done.erasure:
            assert done.model_hash == before
        with open_book(folder / "never") as other:
            never = learn(other, *kept)
            assert after.practices == other.teach.knowledge().practices if kept else True
        assert not kept or after.model_hash == never


ROWS: list[Row] = [
    (1 + i % 6, i * 97 % (60 * 24 * 3), ("Ada", "Bo")[i % 2], STEPS[i % 5], APPS[i % 3], ("", "good", "bad")[i % 3])
    for i in range(120)
]


@pytest.fixture
def book(tmp_path: Path) -> Any:
    with open_book(tmp_path / "book") as opened:
        learn(opened, write(tmp_path, "a.csv", ROWS))
        yield opened


def test_what_is_refused_and_what_is_empty(book: Book) -> None:
    with pytest.raises(UnknownNameError):
        book.forget("Zed", Part(app="mail"))
    with pytest.raises(UsageError, match="empty"):
        book.forget("Ada", Part(MARCH, MARCH))
    before = book.teach.knowledge().model_hash
    done = book.forget("Ada", Part(until=MARCH - DAY))
    assert (done.erasure, done.events, done.model_hash) == ("", 0, before)
    assert book.erasures.listed() == []


def test_a_certificate_is_checked_without_the_book(book: Book, tmp_path: Path) -> None:
    book.govern.decide("Ada", "export", allow=True)
    book.export("parquet", tmp_path / "out.parquet")
    done = book.forget("Ada", Part(app="mail"))
    assert (done.exports, done.events) == (1, 20)
    made = book.erasures.certificate(done.erasure[:20], "Ada")
    assert made["destroyed"]["events"] == 20
    assert len(made["destroyed"]["keys"]) == done.keys
    assert made["model"] == done.model_hash
    assert made["exports"][0]["into"] == "export:parquet"
    files = erasures.write(made, tmp_path / "ada.json")
    told = files[1].read_text()
    assert "Of: Ada" in told
    assert "20 events" in told
    assert made["destroyed"]["keys"][0] in told
    found = auditing.check_proof(files[0], ())
    assert (found["holds"], found["proof"], found["act"]["kind"]) == (True, "erasure", "erased-part")
    later = book.audit.checkpoint(tmp_path / "c.txt")
    assert later.size == made["proof"]["size"]
    assert auditing.check_proof(files[0], [tmp_path / "c.txt"])["holds"]
    changes: list[Callable[[dict[str, Any]], None]] = [
        lambda c: c["destroyed"].update(events=19),
        lambda c: c.update(worker="somebody"),
        lambda c: c["scope"].update({"class": "*"}),
        lambda c: c["proof"]["opening"]["act"].update(kind="erased"),
        lambda c: c["proof"].update(seq=c["proof"]["seq"] - 1),
        lambda c: c["proof"].pop("opening"),
    ]
    for change in changes:
        forged = json.loads(files[0].read_text())
        change(forged)
        (tmp_path / "forged.json").write_text(json.dumps(forged))
        assert not auditing.check_proof(tmp_path / "forged.json", ())["holds"]


def test_a_whole_worker_gets_a_certificate_too(book: Book, tmp_path: Path) -> None:
    done = book.forget("Ada")
    made = book.erasures.certificate(done.erasure, "Ada Lovelace")
    assert (made["name"], made["destroyed"]["events"]) == ("Ada Lovelace", 60)
    assert made["proof"]["opening"]["act"]["kind"] == str(ActKind.ERASED)
    assert Checkpoint.parse(made["checkpoint"]).book == made["book"]
    assert auditing.check_proof(erasures.write(made, tmp_path / "c.json")[0], ())["holds"]
    assert [e["state"] for e in book.erasures.listed()] == ["done"]


def test_what_was_erased_comes_back_only_when_it_is_readmitted(book: Book, tmp_path: Path) -> None:
    whole = book.teach.knowledge().model_hash
    without = book.forget("Ada", Part(app="mail")).model_hash
    assert without != whole
    more: list[Row] = [*ROWS, (6, 60 * 24 * 3 + 5, "Bo", "close", "Sheet", "good")]
    (tmp_path / "new").mkdir()
    grown = write(tmp_path / "new", "a.csv", more)
    assert book.learn(Wanted(paths=(grown,))).inputs[0].forgotten == 20
    mails = book.govern.admission("train-people")
    assert not any(
        name == "mail"
        for each in mails.ruled
        if each.group.worker == inside(book).worker_id("Ada")
        for name in each.classes
    )
    book.readmit("Ada")
    full = learn(book, write(tmp_path / "new", "a.csv", more))
    with open_book(tmp_path / "other") as other:
        assert learn(other, grown) == full


def test_only_the_worker_and_whoever_runs_the_book_forget(book: Book, tmp_path: Path) -> None:
    from guildbook.govern.identity.folder import Folder
    from guildbook.govern.identity.person import Role
    from guildbook.govern.identity.signing import KeySigner

    folder = Folder(tmp_path / "keys", cost=10)
    signers = {}
    for name, role in (("Ada", Role.WORKER), ("Bo", Role.WORKER), ("Op", Role.OPERATOR), ("Lic", Role.LICENSEE)):
        identity = folder.new(name, role, "correct horse battery").unlock("correct horse battery")
        book.persons.enrol(identity)
        signers[name] = KeySigner(identity, book.persons.person(name))
    for name in ("Bo", "Lic"):
        with pytest.raises(DeniedError, match="somebody else"):
            book.forget("Ada", Part(app="mail"), signer=signers[name])
        with pytest.raises(DeniedError, match="somebody else"):
            book.forget("Ada", signer=signers[name])
    assert book.erasures.listed() == []
    assert book.forget("Ada", Part(app="mail"), signer=signers["Ada"]).events == 20
    assert book.forget("Ada", Part(app="chat"), signer=signers["Op"]).events == 20
    with pytest.raises(DeniedError):
        book.readmit("Ada")
    book.readmit("Ada", signers["Ada"])


@pytest.mark.parametrize("step", [1, 2, 3])
def test_killed_between_the_steps_the_next_learn_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    path = write(tmp_path, "a.csv", ROWS)
    (tmp_path / "kept").mkdir()
    kept = write(tmp_path / "kept", "a.csv", [r for r in ROWS if (r[2], r[4]) != ("Ada", "Mail")])
    with open_book(tmp_path / "never") as other:
        never = learn(other, kept)

    def die(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with open_book(tmp_path / "book") as book, monkeypatch.context() as patch:
        learn(book, path)
        if step == 1:
            patch.setattr(type(book.distil), "refresh", die)
        elif step == 2:
            patch.setattr(type(book.nets), "take", die)
        else:
            patch.setattr(Store, "destroy", die)
        with pytest.raises(KeyboardInterrupt):
            book.forget("Ada", Part(app="mail"))
    with open_book(tmp_path / "book") as book:
        assert [e["state"] for e in book.erasures.listed()] == ["begun"]
        rows = {r.id: r.rows for r in inside(book).segments() if r.worker == inside(book).worker_id("Ada")}
        assert sum(rows.values()) == 40  # what goes is out of reach already
        assert learn(book) == never
        (one,) = book.erasures.listed()
        assert one["state"] == "done"
        assert book.erasures.certificate(one["id"])["destroyed"]["events"] == 20
        assert inside(book).check() == []


def test_an_older_grant_reads_nothing_of_it(book: Book) -> None:
    from guildbook.model import Purpose

    grant = book.govern.grant(Purpose.TRAIN_PEOPLE, stage="t", artefact="t")
    store: Store = inside(book)
    book.forget("Ada", Part(app="mail"))
    with pytest.raises(DeniedError):
        grant.table(["app"])
    assert store.parts() == []
    assert Scope("x").trace_class == "*"
