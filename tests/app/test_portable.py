from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from guildbook.app import Book, open_book
from guildbook.app.learning import Wanted
from guildbook.app.persons import NOBODY, Actor
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity, KeySigner
from guildbook.model import DeniedError, InputError, Purpose, UnknownNameError, UsageError
from guildbook.model.time import now
from guildbook.record import portable


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("office") / "book"
    with open_book(home) as book:
        book.learn(Wanted(office=(5, 1500)))
    return home


@pytest.fixture
def home(office: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(office, tmp_path / "book"))


def first(book: Book) -> str:
    return book.workers()[0]["name"]


def held(book: Book, worker: str) -> set[bytes]:
    person = book.persons.person(worker)
    grant = book.govern.grant(Purpose.EXPORT, stage="t", artefact="t", worker=worker, recipient=person)
    return set(grant.table(["id"])["id"].to_pylist())


def test_everything_of_a_worker_goes_into_another_book_with_its_ids(home: Path, tmp_path: Path) -> None:
    with open_book(home) as book:
        name = first(book)
        book.terms.pause(name)  # withheld from all others, and not from the worker
        told = book.export_portable(name, NOBODY, tmp_path / "out")
        mine = held(book, name)
        receipt = book.govern.uses(name)[-1]
        assert (receipt.purpose, receipt.reason, receipt.recipient) == ("export", "own-right", name)
    assert told["events"] == len(mine) == pq.read_metadata(tmp_path / "out" / "events.parquet").num_rows
    read = {each.stem: json.loads(each.read_text()) for each in (tmp_path / "out").glob("*.json")}
    assert set(read) == {"manifest", "permissions", "receipts", "practices"}
    assert read["permissions"][0]["decision"] == "pause"
    assert {each["reason"] for each in read["receipts"]} == {"own-purpose", "own-right"}
    assert {who for p in read["practices"] for who, _ in p["contributors"]} <= {name}
    events = {event for p in read["practices"] for span in p["evidence"] for event in span["events"]}
    assert events <= {each.hex() for each in mine}
    with open_book(tmp_path / "other") as other:
        once = other.learn(Wanted(paths=(tmp_path / "out",)))
        assert held(other, name) == mine
        assert once.inputs[0].events == len(mine)
        again = other.learn(Wanted(paths=(tmp_path / "out",)))
        assert (again.changed, again.knowledge.model_hash) == (False, once.knowledge.model_hash)
        assert other.terms.show() == []  # what was said in one book is not said in another
    with open_book(home) as book:
        book.terms.resume(name)
        before = book.learn().knowledge.model_hash
        assert book.learn(Wanted(paths=(tmp_path / "out",))).knowledge.model_hash == before


def test_who_has_a_key_takes_their_traces_with_it(home: Path, tmp_path: Path) -> None:
    with open_book(home) as book:
        name, other = (worker["name"] for worker in book.workers()[:2])
        keys = {who: Identity.make(who, Role.WORKER, now()) for who in (name, other)}
        for identity in keys.values():
            book.persons.enrol(identity)
        person = book.persons.person
        for actor in (NOBODY, Actor(other, person(other), KeySigner(keys[other], person(other)))):
            with pytest.raises(DeniedError, match="worker alone"):
                book.export_portable(name, actor, tmp_path / "out")
        told = book.export_portable(
            name, Actor(name, person(name), KeySigner(keys[name], person(name))), tmp_path / "out"
        )
        assert told["signed_by"][1] == {"by": "worker", "key": keys[name].public.sign.hex()}
        # What is the worker's own right is nobody else's: not another worker's, not under the worker's own id.
        grant = book.govern.grant(Purpose.EXPORT, stage="t", artefact="t", recipient=person(name))
        assert {s.worker for s in grant.grant.segments} <= {
            name,
            book.persons.person(f"{person(name)}\0{person(name)}"),
        }
        with pytest.raises(DeniedError):
            book.govern.grant(Purpose.EXPORT, stage="t", artefact="t", worker=other, recipient=person(name)).table(
                ["id"], [s.id for s in grant.grant.segments]
            )
    assert portable.read(tmp_path / "out").signers[1][0] == "worker"


def _edit(name: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        path = folder / name
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return do


def _flip(folder: Path) -> None:
    path = folder / "events.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _one_less(folder: Path) -> None:
    (folder / "practices.json").unlink()


def _no_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('"guildbook-portable-1"')


def _other_file(folder: Path) -> None:
    (folder / "events.parquet").rename(folder / "real.parquet")
    (folder / "events.parquet").symlink_to(folder / "real.parquet")


@pytest.mark.parametrize(
    "tamper",
    [
        _flip,
        _other_file,
        _one_less,
        _edit("receipts.json", lambda _: []),
        _edit("manifest.json", lambda m: m | {"worker": "Somebody else"}),
        _edit("manifest.json", lambda m: m | {"signatures": []}),
        _edit("manifest.json", lambda m: m | {"files": {}}),
        _edit("manifest.json", lambda m: {k: v for k, v in m.items() if k != "signatures"}),
        _edit("manifest.json", lambda m: m | {"signatures": [m["signatures"][0] | {"signature": "00" * 64}]}),
        _edit("manifest.json", lambda m: m | {"signatures": [m["signatures"][0] | {"key": "zz"}]}),
        _no_manifest,
    ],
)
def test_what_was_changed_is_not_imported(home: Path, tmp_path: Path, tamper: Callable[[Path], None]) -> None:
    with open_book(home) as book:
        book.export_portable(first(book), NOBODY, tmp_path / "out")
    tamper(tmp_path / "out")
    with open_book(tmp_path / "other") as other, pytest.raises(InputError, match="was changed"):
        other.learn(Wanted(paths=(tmp_path / "out",)))


def test_what_cannot_be_written_is_told(home: Path, tmp_path: Path) -> None:
    with open_book(home) as book:
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "something").touch()
        for folder in ("full", "full/something"):
            with pytest.raises(UsageError, match="exists"):
                book.export_portable(first(book), NOBODY, tmp_path / folder)
        with pytest.raises(UnknownNameError):
            book.export_portable("Nobody", NOBODY, tmp_path / "out")
        (tmp_path / "empty").mkdir()
        assert book.export_portable(first(book), NOBODY, tmp_path / "empty")["events"]
