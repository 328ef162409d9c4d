from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, select

from guildbook.app import Book, open_book
from guildbook.app.persons import NOBODY, Actor
from guildbook.app.strikes import Scope
from guildbook.columns import raw_table
from guildbook.govern.acts import ActKind
from guildbook.govern.identity.boxes import open_sealed
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity, KeySigner
from guildbook.govern.withholding import pledges, shamir
from guildbook.model import DeniedError, InputError, Purpose, UnknownNameError, UsageError
from guildbook.model.time import DAY, now
from guildbook.store import Store, tables

NAMES = ("Ann", "Bo", "Cy", "Di", "Eve")


class Guild:
    """A book in which five people work, each with a key and in a collective."""

    def __init__(self, book: Book, store: Store) -> None:
        self.book, self.store = book, store
        self.keys = {name: Identity.make(name, Role.WORKER, now()) for name in NAMES}
        for number, name in enumerate(NAMES):
            take_in(store, name, number)
        for identity in self.keys.values():
            book.persons.enrol(identity)

    def actor(self, name: str) -> Actor:
        return self.book.persons.actor(name, lambda who: self.keys[who])

    def act(self, name: str, kind: ActKind, **body: Any) -> None:
        self.book.govern.register.act(kind, body, self.actor(name).signer)

    def found(self, **charter: Any) -> None:
        person = self.book.persons.person
        settings = {"name": "The guild", "notice_days": 0, "strike_threshold_ppm": 600_000} | charter
        self.act("Ann", ActKind.FOUND, collective="guild", founder=person("Ann"), charter=settings)
        for name in NAMES[1:]:
            self.act(name, ActKind.JOIN, collective="guild", worker=person(name))

    def readable(self, purpose: Purpose = Purpose.COACH) -> set[str]:
        admitted = self.book.govern.grant(purpose, stage="test", artefact="test")
        return set(admitted.table(["value_after"])["value_after"].to_pylist())


def take_in(store: Store, worker: str, number: int) -> None:
    row = store.begin_import(source="test", fingerprint=f"import {number}", path="x", terms=None)
    columns: dict[str, Any] = {
        "worker": [worker] * 3,
        "time": [number * 3_600_000_000 + i for i in range(3)],
        "action": ["work"] * 3,
        "source": ["test"] * 3,
        "app": ["mail", "sheet", "sheet"],
        "value_after": [f"{worker}'s {app}" for app in ("mail", "sheet", "sheet")],
    }
    store.append(row.id, 0, raw_table(columns), ())
    store.finish_import(row.id)
    store.seal()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def guild(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Guild]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    with open_book(tmp_path / "book", overrides={"store.ledger_url": url} if url else {}) as book:
        store: Store = getattr(book, "_store")  # noqa: B009 - a test looks behind the desk
        made = Guild(book, store)
        made.found()
        yield made


def everything_but(*names: str) -> set[str]:
    return {f"{name}'s {app}" for name in NAMES if name not in names for app in ("mail", "sheet")}


def test_of_several_strikes_one_has_to_be_named(hall: Any) -> None:
    hall.found()
    for _ in range(2):
        hall.book.strikes.propose("guild", hall.actor("Ann"))
    with pytest.raises(UsageError, match="2 strikes"):
        hall.book.strikes.status()


def test_a_strike_is_pledged_called_and_ended(guild: Guild) -> None:
    strikes = guild.book.strikes
    proposed = strikes.propose("The guild", guild.actor("Ann"))
    assert (proposed["state"], proposed["pledged"], proposed["threshold"]) == ("gathering pledges", 0, 3)
    for number, name in enumerate(("Di", "Bo"), 1):
        assert strikes.pledge(None, guild.actor(name))["pledged"] == number
    with pytest.raises(DeniedError, match="2 of 3 pledges"):
        strikes.call(None, guild.actor("Ann"))
    assert guild.readable() == everything_but()
    assert strikes.pledge(None, guild.actor("Eve"))["state"] == "enough pledges"
    assert strikes.call(None, guild.actor("Ann"))["state"] == "running"
    assert guild.readable() == everything_but("Di", "Bo", "Eve")
    with pytest.raises(DeniedError, match="steward"):
        strikes.end(None, guild.actor("Bo"))
    assert strikes.end(None, guild.actor("Ann"))["state"] == "ended"
    assert guild.readable() == everything_but()
    assert strikes.status()["strike"] == strikes.list()[0]["strike"]


def test_a_strike_has_a_scope_exceptions_and_notice(guild: Guild) -> None:
    strikes = guild.book.strikes
    scope = Scope(purposes=("teach-people",), classes=("mail",), carve_outs=("*:train-people:in-house",))
    strikes.propose("guild", guild.actor("Ann"), scope)
    for name in ("Ann", "Bo", "Cy"):
        strikes.pledge(None, guild.actor(name))
    begins = now() + DAY
    told = strikes.call(None, guild.actor("Bo"), begins)
    assert (told["state"], told["except"]) == ("called", [["*", "train-people", "in-house"]])
    assert guild.readable() == everything_but()
    found = next(iter(guild.book.govern.register.world().strikes.values()))
    assert found.covers("mail", ("coach", "teach-people", "any"), "", begins)
    assert not found.covers("mail", ("train-people", "teach-people", "any"), "", begins)
    assert not found.covers("sheet", ("coach", "teach-people", "any"), "", begins)


def test_traces_withheld_from_one_recipient_go_to_another(guild: Guild) -> None:
    """Redirection: the same traces, offered to two; one is struck, the other reads on."""
    stranger(guild, "Acme")
    stranger(guild, "Beta")
    for name in NAMES:
        for recipient in ("Acme", "Beta"):
            guild.book.terms.say(
                name, "research", allow=True, recipient=recipient, signer=guild.actor(name).signer
            )  # fmt: skip
    strikes = guild.book.strikes
    strikes.propose("guild", guild.actor("Ann"), Scope(recipients=("Acme",)))
    for name in ("Ann", "Bo", "Cy"):
        strikes.pledge(None, guild.actor(name))

    def read(recipient: str) -> set[str]:
        to = guild.book.persons.person(recipient)
        admitted = guild.book.govern.grant(Purpose.RESEARCH, stage="t", artefact="t", recipient=to, use="analyse")
        return set(admitted.table(["value_after"])["value_after"].to_pylist())

    assert read("Acme") == read("Beta") == everything_but()
    strikes.call(None, guild.actor("Di"))
    assert read("Acme") == everything_but("Ann", "Bo", "Cy")
    assert read("Beta") == everything_but()
    assert guild.readable() == everything_but()
    strikes.end(None, guild.actor("Ann"))
    assert read("Acme") == everything_but()


def test_a_job_that_reads_is_stopped_while_another_process_holds_the_writer_lock(guild: Guild) -> None:
    """Acts do not wait for writers: a strike counts at the next reading, however long something is being written."""
    strikes = guild.book.strikes
    strikes.propose("guild", guild.actor("Ann"))
    for name in ("Ann", "Bo", "Cy"):
        strikes.pledge(None, guild.actor(name))
    admitted = guild.book.govern.grant(Purpose.COACH, stage="t", artefact="t")
    kept, struck = (
        [s.id for s in admitted.grant.segments if s.worker in who] for who in (("Di", "Eve"), ("Ann", "Bo", "Cy"))
    )
    assert admitted.table(["value_after"]).num_rows == 15
    with writer(guild.store.home):
        strikes.call(None, guild.actor("Ann"))
        assert admitted.table(["value_after"], kept).num_rows == 6
        for segment in struck:
            with pytest.raises(DeniedError, match="no longer"):
                admitted.table(["value_after"], [segment])
        strikes.end(None, guild.actor("Ann"))
        assert admitted.table(["value_after"]).num_rows == 15


@contextmanager
def writer(home: Path) -> Generator[None]:
    """Hold the writer lock of a book, as another process would."""
    with (home / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def test_the_charters_notice_is_kept(guild: Guild) -> None:
    person = guild.book.persons.person("Ann")
    charter = {"name": "Slow", "notice_days": 7, "strike_threshold_ppm": 1_000_000}
    guild.act("Ann", ActKind.FOUND, collective="slow", founder=person, charter=charter)
    strikes = guild.book.strikes
    strikes.propose("Slow", guild.actor("Ann"))
    strikes.pledge(None, guild.actor("Ann"))
    with pytest.raises(DeniedError, match="7 days of notice"):
        strikes.call(None, guild.actor("Ann"), now() + 6 * DAY)
    assert strikes.call(None, guild.actor("Ann"))["state"] == "called"
    assert guild.readable() == everything_but()


def test_below_the_threshold_nothing_in_the_book_tells_who_pledged(guild: Guild) -> None:
    """With the ledger, the log and the book's key at hand: each member could be the one who pledged."""
    strikes, world = guild.book.strikes, guild.book.govern.register.world
    strikes.propose("guild", guild.actor("Ann"))
    strikes.pledge(None, guild.actor("Cy"))
    strikes.pledge(None, guild.actor("Di"))
    made = [one for one in guild.book.audit.openings() if one.act["kind"] == "pledge"]
    assert [(one.act["by"], one.act["key"]) for one in made] == [("", ""), ("", "")]
    written = json.dumps([one.act for one in made])
    ids = [guild.book.persons.person(name) for name in NAMES]
    assert not any(word in written for word in (*ids, *NAMES))
    found = next(iter(world().strikes.values()))
    with guild.store.engine.connect() as ledger:
        boxes = list(ledger.execute(select(tables.strike_pledges)))
        shares = {row.member for row in ledger.execute(select(tables.strike_shares))}
    assert shares == set(ids)
    assert len({len(row.sealed) for row in boxes}) == 1
    assert [row.place for row in boxes] == sorted(row.place for row in boxes)
    for guessed in (bytes(32), shamir_of(found.handed)):
        for row in boxes:
            with pytest.raises(InputError):
                open_sealed(
                    X25519PrivateKey.from_private_bytes(guessed), row.sealed, f"guildbook-strike-pledge-1 {found.id}"
                )
    for key in guild.keys.values():
        for row in boxes:  # no member opens what another (or they themselves) pledged
            with pytest.raises(InputError):
                key.open(row.sealed, f"guildbook-strike-pledge-1 {found.id}")


def shamir_of(handed: dict[str, str]) -> bytes:
    """What too few shares give, cut to the length of a key."""
    try:
        return shamir.join([bytes.fromhex(share) for share in handed.values()])
    except InputError:
        return bytes(range(32))


def test_pledges_are_the_members_own_and_made_once(guild: Guild) -> None:
    strikes = guild.book.strikes
    strikes.propose("guild", guild.actor("Ann"))
    strikes.pledge(None, guild.actor("Bo"))
    with pytest.raises(DeniedError, match="does not count"):
        strikes.pledge(None, guild.actor("Bo"))
    with pytest.raises(DeniedError, match="No share"):
        strikes.pledge(None, stranger(guild))
    # Somebody who runs the machine and has the book, but not Cy's key, cannot pledge for Cy.
    thief = Actor("Cy", guild.book.persons.person("Cy"), KeySigner(guild.keys["Bo"], guild.book.persons.person("Cy")))
    with pytest.raises(DeniedError, match="not enrolled with this key"):
        strikes.pledge(None, thief)
    with pytest.raises(DeniedError, match="key of their own"):
        strikes.pledge(None, Actor("Cy", guild.book.persons.person("Cy"), None))
    assert strikes.status()["pledged"] == 1


def stranger(guild: Guild, name: str = "Zoe") -> Actor:
    identity = Identity.make(name, Role.LICENSEE, now())
    guild.book.persons.enrol(identity)
    return Actor(name, guild.book.persons.person(name), KeySigner(identity, guild.book.persons.person(name)))


def test_a_pledge_is_taken_back_while_there_are_not_enough(guild: Guild) -> None:
    strikes = guild.book.strikes
    strikes.propose("guild", guild.actor("Ann"))
    for name in ("Bo", "Cy"):
        strikes.pledge(None, guild.actor(name))
    with guild.store.engine.connect() as ledger:
        copied = [dict(row) for row in ledger.execute(select(tables.strike_pledges)).mappings()]
    told = strikes.unpledge(None, guild.actor("Bo"))
    assert (told["pledged"], told["taken_back"]) == (1, 1)
    for name in ("Bo", "Di"):
        with pytest.raises(DeniedError, match="no such pledge"):
            strikes.unpledge(None, guild.actor(name))
    with pytest.raises(DeniedError, match="does not count"):
        strikes.pledge(None, guild.actor("Bo"))
    for name in ("Di", "Eve"):
        strikes.pledge(None, guild.actor(name))
    with pytest.raises(DeniedError, match="they stand"):
        strikes.unpledge(None, guild.actor("Di"))
    # A copy of the box that was taken out, put in again by whoever has the ledger, is void.
    with guild.store.change() as ledger:
        ledger.execute(delete(tables.strike_pledges))
        ledger.execute(tables.strike_pledges.insert(), copied)
    with pytest.raises(DeniedError, match="taken back"):
        strikes.call(None, guild.actor("Ann"))


def test_a_call_is_made_of_pledges_alone(guild: Guild) -> None:
    strikes = guild.book.strikes
    strikes.propose("guild", guild.actor("Ann"))
    found = next(iter(guild.book.govern.register.world().strikes.values()))
    with pytest.raises(DeniedError, match="0 of 3"):
        guild.act("Ann", ActKind.STRIKE_CALL, strike=found.id, pledges=[], begins=0)
    for name in ("Bo", "Cy", "Di"):
        strikes.pledge(None, guild.actor(name))
    own = [guild.book.persons.person("Eve"), "00" * 64]
    with pytest.raises(DeniedError, match="not signed by its member"):
        guild.act("Ann", ActKind.STRIKE_CALL, strike=found.id, pledges=[own], begins=0)
    with pytest.raises(DeniedError, match="Only a member"):
        strikes.call(None, NOBODY)
    with guild.store.change() as ledger:  # a box with nothing in it: its share counts, its pledge does not
        place = ledger.execute(select(tables.strike_pledges.c.place)).scalars().first()
        ledger.execute(tables.strike_pledges.update().where(tables.strike_pledges.c.place == place).values(sealed=b"x"))
    with pytest.raises(DeniedError, match="3 of 3 pledges"):
        strikes.call(None, guild.actor("Ann"))
    assert guild.readable() == everything_but()


def test_shares_that_were_dealt_wrongly_are_noticed(guild: Guild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shamir, "split", _unfit(shamir.split))
    guild.book.strikes.propose("guild", guild.actor("Ann"))
    for name in ("Bo", "Cy", "Di"):
        guild.book.strikes.pledge(None, guild.actor(name))
    with pytest.raises((DeniedError, InputError), match="shares"):
        guild.book.strikes.call(None, guild.actor("Ann"))


def _unfit(split: Callable[[bytes, int, int], list[bytes]]) -> Callable[[bytes, int, int], list[bytes]]:
    return lambda secret, k, n: split(bytes(reversed(secret)), k, n)


def test_a_pledge_is_for_the_terms_that_were_proposed(guild: Guild) -> None:
    guild.book.strikes.propose("guild", guild.actor("Ann"), Scope(purposes=("research",)))
    found = next(iter(guild.book.govern.register.world().strikes.values()))
    terms = pledges.terms_of(found) | {"purposes": ["any"], "strike": "made-up"}
    guild.act("Ann", ActKind.STRIKE_PROPOSE, **terms)
    with pytest.raises(DeniedError, match="not the terms"):
        guild.book.strikes.pledge("made-up", guild.actor("Bo"))


def test_what_cannot_be_proposed_is_told(guild: Guild) -> None:
    strikes = guild.book.strikes
    with pytest.raises(DeniedError, match="Only a member"):
        strikes.propose("guild", NOBODY)
    with pytest.raises(DeniedError, match="charter asks for 3"):
        strikes.propose("guild", guild.actor("Ann"), threshold=2)
    with pytest.raises(DeniedError, match="takes 6 pledges"):
        strikes.propose("guild", guild.actor("Ann"), threshold=6)
    with pytest.raises(UnknownNameError):
        strikes.propose("no such", guild.actor("Ann"))
    with pytest.raises(UnknownNameError):
        strikes.propose("guild", guild.actor("Ann"), Scope(recipients=("Nobody",)))
    for bad in ("mail", "mail:no-such:*"):
        with pytest.raises(UsageError):
            strikes.propose("guild", guild.actor("Ann"), Scope(carve_outs=(bad,)))
    with pytest.raises(DeniedError, match="No strike was proposed"):
        strikes.status()
