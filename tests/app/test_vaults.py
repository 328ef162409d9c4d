"""A vault from making to end, and attempts to get more out of it than scores."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guildbook.app import Book, open_book
from guildbook.app.auditing import Auditing
from guildbook.app.persons import NOBODY, Actor
from guildbook.app.strikes import Scope as StrikeScope
from guildbook.app.vaults import Wanted
from guildbook.columns import raw_table
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model import DeniedError, Purpose
from guildbook.model.agreement import Agreement, Notice, Party, Price, Scope, Term
from guildbook.model.canonical import canonical
from guildbook.model.time import DAY, now
from guildbook.store import Store

NAMES = ("Ann", "Bo", "Cy", "Di", "Eve", "Flo", "Gus")
MEMBERS = NAMES[:6]
JANUARY = 1_767_225_600_000_000
HOUR = 3_600_000_000
STEPS = ("open", "check", "call", "mend", "test", "bill", "close")


def way(dice: random.Random) -> list[str]:
    """One case's activities."""
    made = ["open"]
    while made[-1] != "close" and len(made) < 9:
        place = STEPS.index(made[-1])
        made.append(dice.choice(STEPS[place + 1 : place + 3] or ("close",)) if dice.random() < 0.9 else "check")
    return made


def cases(number: int, seed: int = 1) -> dict[str, list[str]]:
    dice = random.Random(seed)
    return {f"job:{i}": way(dice) for i in range(number)}


def trained(ways: Iterable[Sequence[str]], depth: int = 3) -> list[dict[str, Any]]:
    """A table as somebody would make it from cases: contexts of up to so many labels."""
    counts: Counter[tuple[tuple[str, ...], str]] = Counter()
    for steps in ways:
        line = ["", *steps, ""]
        for place in range(2, len(line)):
            for back in range(min(depth, place) + 1):
                counts[tuple(line[place - back : place]), line[place]] += 1
    return [{"context": list(c), "next": n, "count": k} for (c, n), k in counts.items()]


class Guild:
    """Six members with 300 jobs between them, Gus who is none, Acme who tests models."""

    def __init__(self, book: Book, store: Store, folder: Path) -> None:
        self.book, self.store, self.folder = book, store, folder
        self.keys: dict[str, Identity] = {}
        self.ways = cases(300)
        self.take_in("all", self.ways, MEMBERS)
        for name in NAMES:
            self.enrol(name, Role.WORKER)
        self.enrol("Acme", Role.LICENSEE)
        book.collective.found("The guild", self.actor("Ann"), {"notice_days": 0, "admission": "open"}, "guild")
        for name in MEMBERS:
            if name != "Ann":
                book.collective.join("guild", self.actor(name))
            book.collective.mandate("guild", self.actor(name), purpose="evaluate")

    def enrol(self, name: str, role: Role) -> None:
        self.keys[name] = Identity.make(name, role, now())
        self.book.persons.enrol(self.keys[name])

    def actor(self, name: str) -> Actor:
        return self.book.persons.actor(name, lambda who: self.keys[who])

    def take_in(self, source: str, ways: dict[str, list[str]], people: Sequence[str], start: int = JANUARY) -> None:
        dice = random.Random(source)
        rows = [
            (dice.choice(people), start + number * HOUR + step * 60_000_000, label, case)
            for number, (case, steps) in enumerate(ways.items())
            for step, label in enumerate(steps)
        ]
        worker, time, action, case = (list(column) for column in zip(*rows, strict=True))
        begun = self.store.begin_import(source="test", fingerprint=source, path="x", terms=None)
        columns = {"worker": worker, "time": time, "action": action, "case": case, "source": ["test"] * len(rows)}
        self.store.append(begun.id, 0, raw_table(columns), ())
        self.store.finish_import(begun.id)
        self.store.seal()

    def agree(self, name: str = "a1", **changes: Any) -> None:
        """Acme may evaluate for 2.50 a score."""
        said: dict[str, Any] = {
            "title": "Scores", "collective": Party(id="guild", name="The guild"),
            "licensee": Party(id="Acme", name="Acme"), "purposes": ("evaluate",), "uses": ("evaluate",),
            "scope": Scope(classes=("*",)), "term": Term(first_day="2026-01-01", last_day="2099-12-31"),
            "price": Price(kind="per-use", amount=250), "notice": Notice(workers_days=1, end_days=0),
        }  # fmt: skip
        desk = self.book.agreements
        desk.offer(Agreement(**said | changes), self.actor("Acme"), name)
        desk.open_ballot(name, self.actor("Ann"), now() + 60_000_000, f"on-{name}")
        for member in MEMBERS:
            self.book.ballots.ask(f"on-{name}", self.actor(member))
        self.book.ballots.issue(f"on-{name}", self.actor("Ann"))
        for member in MEMBERS:
            self.book.ballots.vote(f"on-{name}", "yes", self.actor(member))
        self.book.ballots.close(f"on-{name}", self.actor("Ann"))
        desk.sign(name, self.actor("Ann"))
        desk.sign(name, self.actor("Acme"))

    def make(self, name: str = "v1", **wanted: Any) -> dict[str, Any]:
        said: dict[str, Any] = {"share": 0.3} | wanted
        return self.book.vaults.make(name, "guild", self.actor("Ann"), Wanted(**said), learn=False)

    def file(self, rows: list[dict[str, Any]], name: str = "model") -> Path:
        path = self.folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    def score(self, rows: list[dict[str, Any]] | None = None, by: str = "Acme", vault: str = "v1") -> dict[str, Any]:
        model = trained(cases(200, 2).values()) if rows is None else rows
        return self.book.vaults.score(vault, self.file(model), self.actor(by))

    def held(self) -> set[str]:
        """Cases that are held out, by what the segments say."""
        ids = [row.id for row in self.store.segments() if "held:" in row.terms]
        return {c for _, table in self.store.read_many(ids, ["case"]) for c in table["case"].to_pylist()}

    def learnable(self, purpose: Purpose = Purpose.TRAIN_PEOPLE, **asked: Any) -> set[str]:
        admitted = self.book.govern.grant(purpose, stage="test", artefact="test", **asked)
        return set(admitted.table(["case"])["case"].to_pylist())


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def guild(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Guild]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    with open_book(tmp_path / "book", overrides={"store.ledger_url": url} if url else {}) as book:
        yield Guild(book, getattr(book, "_store"), tmp_path)  # noqa: B009 - a test looks behind the desk


@pytest.fixture
def open_vault(guild: Guild) -> Guild:
    guild.agree()
    guild.make()
    return guild


def uses(guild: Guild, artefact: str) -> set[str]:
    return {use.worker for use in guild.book.govern.uses() if use.artefact == artefact and use.rows}


def sound(guild: Guild) -> None:
    """The log follows, and the tables are what it says."""
    audit: Auditing = guild.book.audit
    assert audit.replay().findings == []


def test_from_making_to_end(guild: Guild) -> None:
    guild.agree()
    before = guild.learnable()
    made = guild.make()
    assert (made["state"], made["cases"], made["candidates"], made["chosen"]) == ("open", 90, 300, 90)
    newest = {f"job:{i}" for i in range(210, 300)}
    assert guild.held() == newest
    assert guild.learnable() == before - newest
    told = guild.score()
    assert 0.3 < told["accuracy"] <= told["top3"] <= 1
    low, high = told["interval"]
    assert low < told["accuracy"] < high
    assert (told["cases"], told["workers"], told["contaminated"], told["cached"]) == (90, 6, False, False)
    assert told["queries"] == {"used": 1, "left": 19, "days": 30}
    assert told["price"] == {"a1": 250}
    assert uses(guild, "vault:v1") == set(MEMBERS)
    assert guild.score(by="Ann")["queries"] is None
    sound(guild)
    assert guild.book.vaults.end("v1", guild.actor("Ann"))["state"] == "ended"
    assert guild.learnable() == before
    with pytest.raises(DeniedError, match="no more"):
        guild.score()
    sound(guild)


def test_what_is_learnt_afterwards_is_as_if_they_had_never_been(guild: Guild, tmp_path: Path) -> None:
    guild.book.learn()
    assert guild.book.distil.knowledge() is not None
    guild.book.vaults.make("v1", "guild", guild.actor("Ann"), Wanted(0.3))
    known = guild.book.distil.knowledge()
    with open_book(tmp_path / "other") as book:
        other = Guild.__new__(Guild)
        other.book, other.store = book, getattr(book, "_store")  # noqa: B009
        other.take_in("all", guild.ways, MEMBERS)
        hold = {case for case in guild.ways if case not in guild.held()}
        with open_book(tmp_path / "third") as plain:
            third = Guild.__new__(Guild)
            third.book, third.store = plain, getattr(plain, "_store")  # noqa: B009
            dice = random.Random("all")
            rows = [
                (dice.choice(MEMBERS), JANUARY + number * HOUR + step * 60_000_000, label, case)
                for number, (case, steps) in enumerate(guild.ways.items())
                for step, label in enumerate(steps)
            ]
            kept = [row for row in rows if row[3] in hold]
            worker, time, action, case = (list(column) for column in zip(*kept, strict=True))
            begun = third.store.begin_import(source="test", fingerprint="x", path="x", terms=None)
            columns = {"worker": worker, "time": time, "action": action, "case": case, "source": ["test"] * len(kept)}
            third.store.append(begun.id, 0, raw_table(columns), ())
            third.store.finish_import(begun.id)
            assert known is not None
            assert plain.learn().knowledge.model_hash == known.model_hash
        assert book.learn().knowledge.model_hash != known.model_hash
    guild.book.vaults.end("v1", guild.actor("Ann"))
    with open_book(tmp_path / "other") as book:
        whole = book.distil.knowledge()
        assert whole is not None
        assert guild.book.learn().knowledge.model_hash == whole.model_hash


def test_taking_cases_out_of_what_was_learnt_costs_those_cases(guild: Guild) -> None:
    guild.book.learn()
    guild.make()
    done = guild.book.distil.refresh()
    assert (done.touched, done.notes, done.changed) == (90, (), True)
    guild.book.vaults.end("v1", guild.actor("Ann"))
    done = guild.book.distil.refresh()
    assert (done.touched, done.notes) == (90, ())


def test_nobody_gets_the_rows(open_vault: Guild) -> None:
    guild, held = open_vault, open_vault.held()
    person = guild.book.persons.person
    for member in MEMBERS:
        for purpose in ("evaluate", "research", "export", "train-augment"):
            for to in (None, "Acme"):
                guild.book.terms.say(member, purpose, allow=True, recipient=to, signer=guild.actor(member).signer)
    for purpose in Purpose:
        if purpose is Purpose.UNLEARN:
            continue
        for recipient in ("", person("Acme")):
            found = (
                guild.learnable(purpose, recipient=recipient, use="evaluate") if recipient else guild.learnable(purpose)
            )
            assert not held & found, (purpose, recipient)
            if purpose is not Purpose.EVALUATE:
                assert guild.learnable(purpose, recipient=recipient, use="evaluate", vault="v1") == set()
    written = guild.folder / "handed.parquet"
    manifest = guild.book.hand("Acme", "evaluate", "evaluate", "parquet", written, guild.actor("Acme"))
    assert manifest["events"] == sum(len(steps) for case, steps in guild.ways.items() if case not in held)
    assert guild.book.export("parquet", guild.folder / "all.parquet")[0] == manifest["events"]
    ann = guild.folder / "ann"
    guild.book.export_portable("Ann", guild.actor("Ann"), ann)  # one's own is one's own
    told = guild.book.vaults.show("v1", guild.actor("Ann"))
    assert told["yours"] > 0
    sound(guild)


def test_the_same_model_is_answered_once(open_vault: Guild) -> None:
    rows = trained(cases(200, 2).values())
    first = open_vault.score(rows)
    shuffled = [row | {"count": row["count"] * 7} for row in rows]
    random.Random(3).shuffle(shuffled)
    doubled = [*rows, *rows, {"context": ["never"], "next": "seen", "count": 0}]
    for same in (rows, shuffled, doubled):
        again = open_vault.score(same)
        assert again["cached"]
        assert {k: v for k, v in again.items() if k != "cached"} == {k: v for k, v in first.items() if k != "cached"}
    account = open_vault.book.vaults.account("v1", open_vault.actor("Acme"))
    assert account["licensees"] == [{"licensee": "Acme", "scores": 1, "used": 1, "left": 19, "due": {"a1": 250}}]


def test_over_budget_nothing_is_read(guild: Guild) -> None:
    guild.agree()
    guild.make(queries=2)
    for seed in (2, 3):
        guild.score(trained(cases(50, seed).values()))
    receipts = len(guild.book.govern.uses())
    with pytest.raises(DeniedError, match="All 2 scores of 30 days") as caught:
        guild.score(trained(cases(50, 4).values()))
    assert caught.value.code == "over-budget"
    assert len(guild.book.govern.uses()) == receipts
    assert guild.score(trained(cases(50, 3).values()))["cached"]
    (told,) = guild.book.vaults.account("v1", guild.actor("Ann"))["licensees"]
    assert (told["licensee"], told["left"], told["due"]) == ("Acme", 0, {"a1": 500})


def test_two_who_ask_at_once_do_not_share_the_last_score(guild: Guild, monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget is looked at again in the transaction of the act: what was found before it may be old."""
    from guildbook.app import vaults

    guild.agree()
    guild.make(queries=1)

    def unlooked(*_: object) -> None:
        """As if nobody had asked in between."""

    monkeypatch.setattr(vaults, "check_open", unlooked)
    guild.score(trained(cases(50, 2).values()))
    with pytest.raises(DeniedError, match="All 1 scores"):
        guild.score(trained(cases(50, 3).values()))
    (told,) = guild.book.vaults.account("v1", guild.actor("Acme"))["licensees"]
    assert (told["scores"], told["due"]) == (1, {"a1": 250})
    sound(guild)


def test_an_answer_can_be_shown_to_be_the_one_in_the_log(open_vault: Guild) -> None:
    told = open_vault.score()
    (act,) = [one.act for one in open_vault.book.audit.openings() if one.act["kind"] == "vault-score"]
    body = act["body"]
    assert (act["by"], body["licensee"], body["model"]) == (body["licensee"], body["licensee"], told["model"])
    assert act["signature"]
    said = {
        "model": told["model"], "contaminated": told["contaminated"], "accuracy": round(100 * told["accuracy"]),
        "top3": round(100 * told["top3"]), "log_loss": round(100 * told["log_loss"]),
        "interval": [round(100 * each) for each in told["interval"]], "cases": told["cases"], "steps": told["steps"],
        "workers": told["workers"], "salt": told["salt"],
    }  # fmt: skip
    assert hashlib.sha256(canonical(said)).hexdigest() == told["commitment"] == body["commitment"]
    assert told["salt"] not in json.dumps(body)
    assert not {"accuracy", "top3", "log_loss"} & body.keys()


def test_withheld_at_once(open_vault: Guild) -> None:
    open_vault.score()
    desk, ann = open_vault.book.vaults, open_vault.actor("Ann")
    assert desk.withhold("v1", ann)["state"] == "withheld"
    for by in ("Acme", "Ann"):
        with pytest.raises(DeniedError, match="withheld"):  # also what was answered before
            open_vault.score(by=by)
    assert desk.release("v1", ann)["state"] == "open"
    assert open_vault.score()["cached"]
    sound(open_vault)


def test_withheld_while_a_score_is_on_its_way(open_vault: Guild, monkeypatch: pytest.MonkeyPatch) -> None:
    from guildbook.app import vaults

    desk, real = open_vault.book.vaults, vaults.evaluate

    def slow(*asked: Any) -> Any:
        found = real(*asked)
        desk.withhold("v1", open_vault.actor("Ann"))
        return found

    monkeypatch.setattr(vaults, "evaluate", slow)
    with pytest.raises(DeniedError):
        open_vault.score()
    assert not open_vault.book.govern.register.world().vaults["v1"].answers
    sound(open_vault)


def test_a_strike_or_a_refusal_is_out_of_every_later_score(open_vault: Guild) -> None:
    guild, rows = open_vault, trained(cases(200, 2).values())
    assert guild.score(rows)["workers"] == 6
    guild.book.terms.say("Flo", "evaluate", allow=False, signer=guild.actor("Flo").signer)
    after = guild.score(rows)
    assert (after["workers"], after["cached"], after["queries"]["used"]) == (5, False, 2)
    guild.book.strikes.propose("guild", guild.actor("Ann"), StrikeScope(recipients=("Acme",)), 3)
    for name in ("Bo", "Cy", "Di"):
        guild.book.strikes.pledge(None, guild.actor(name))
    guild.book.strikes.call(None, guild.actor("Ann"))
    with pytest.raises(DeniedError, match="Too little is left") as caught:
        guild.score(rows)
    assert caught.value.code == "too-few"
    guild.book.strikes.end(None, guild.actor("Ann"))
    assert guild.score(rows)["cached"]
    assert uses(guild, "vault:v1") == set(MEMBERS)
    guild.book.terms.pause("Eve", signer=guild.actor("Eve").signer)
    with pytest.raises(DeniedError, match="Too little"):
        guild.score(rows)
    sound(guild)


def test_a_vault_made_during_a_strike_is_asked_when_it_is_over(guild: Guild) -> None:
    guild.agree()
    guild.book.strikes.propose("guild", guild.actor("Ann"), StrikeScope(), 3)
    for name in MEMBERS:
        guild.book.strikes.pledge(None, guild.actor(name))
    guild.book.strikes.call(None, guild.actor("Ann"))
    assert guild.make()["cases"] == 90
    for by in ("Acme", "Ann"):
        with pytest.raises(DeniedError, match="Nothing of this vault"):
            guild.score(by=by)
    guild.book.strikes.end(None, guild.actor("Ann"))
    assert guild.score()["workers"] == 6
    sound(guild)


def test_when_the_agreement_ends_so_do_the_scores(open_vault: Guild, monkeypatch: pytest.MonkeyPatch) -> None:
    open_vault.score()
    open_vault.book.agreements.terminate("a1", open_vault.actor("Ann"))
    assert open_vault.score()["cached"]
    for module in ("gate", "receipts", "register"):
        monkeypatch.setattr(f"guildbook.govern.{module}.now", lambda: now() + DAY)
    with pytest.raises(DeniedError, match="Nothing of this vault"):
        open_vault.score()
    assert open_vault.score(by="Ann")["workers"] == 6


def test_who_may_do_what(open_vault: Guild) -> None:
    guild, desk = open_vault, open_vault.book.vaults
    model = guild.file(trained(cases(50).values()))
    guild.enrol("Other", Role.LICENSEE)
    for name in ("Bo", "Acme", "Gus"):
        actor = guild.actor(name)
        with pytest.raises(DeniedError, match="steward"):
            desk.make("v2", "guild", actor, Wanted(0.2), learn=False)
        for act in (desk.withhold, desk.release, desk.end):
            with pytest.raises(DeniedError, match="steward"):
                act("v1", actor)
        with pytest.raises(DeniedError, match="steward"):
            desk.canary("v1", model, actor)
        with pytest.raises(DeniedError, match="steward"):
            desk.lend("v1", "Tester", guild.folder / "copy", actor)
    assert not (guild.folder / "copy").exists()
    for actor in (NOBODY, guild.actor("Bo"), guild.actor("Gus"), replace(guild.actor("Acme"), person="")):
        with pytest.raises(DeniedError, match="licensee with a key"):
            desk.score("v1", model, actor)
    with pytest.raises(DeniedError, match="Nothing of this vault"):
        desk.score("v1", model, guild.actor("Other"))
    with pytest.raises(DeniedError, match="no vault"):
        desk.score("v9", model, guild.actor("Acme"))
    assert len(guild.held()) == 90
    assert guild.book.vaults.list()[0]["state"] == "open"


def test_only_cases_of_people_who_are_in_it(guild: Guild) -> None:
    guild.take_in("late", cases(40, 9) | {}, (*MEMBERS, "Gus"), JANUARY + 400 * HOUR)
    guild.book.terms.say("Eve", "evaluate", allow=False, signer=guild.actor("Eve").signer)
    with pytest.raises(DeniedError, match="too few"):
        guild.make(share=0.01)
    made = guild.make(share=1.0)
    assert made["candidates"] < 250
    people = {
        row.worker for row in guild.store.segments() if "held:" in row.terms
    }  # fmt: skip
    assert people == {guild.store.worker_id(name) for name in MEMBERS if name != "Eve"}
    with pytest.raises(DeniedError, match="no case that only people in it"):
        guild.make("v2", share=1.0)
    assert [vault["vault"] for vault in guild.book.vaults.list()] == ["v1"]


def test_cases_that_ended_since_are_added(open_vault: Guild) -> None:
    guild = open_vault
    later = {f"late:{i}": steps for i, steps in enumerate(cases(60, 5).values())}
    guild.take_in("later", later, MEMBERS, JANUARY + 500 * HOUR)
    guild.take_in("more of it", {"job:299": ["again"]}, ("Gus",), JANUARY + 600 * HOUR)
    assert "job:299" not in guild.learnable(worker="Ann")
    assert guild.score()["cases"] == 90
    made = guild.book.vaults.add("v1", guild.actor("Ann"), Wanted(1.0, types=("late",)), learn=False)
    assert (made["cases"], made["chosen"]) == (150, 60)
    assert guild.score()["cases"] == 150
    sound(guild)


@pytest.mark.usefixtures("same_canaries")
def test_a_copy_that_was_lent_gives_whoever_trains_on_it_away(open_vault: Guild) -> None:
    guild, desk, ann = open_vault, open_vault.book.vaults, open_vault.actor("Ann")
    copy, other = guild.folder / "one.jsonl", guild.folder / "two.jsonl"
    with pytest.raises(DeniedError):  # scores alone is what they agreed to
        desk.lend("v1", "Tester", copy, ann)
    assert not copy.exists()
    for to in ("Tester", "Somebody"):
        guild.enrol(to, Role.LICENSEE)
        for name in MEMBERS:
            guild.book.terms.say(name, "export", allow=True, recipient=to, signer=guild.actor(name).signer)
    made = desk.lend("v1", "Tester", copy, ann)
    desk.lend("v1", "Somebody", other, ann)
    lines = [json.loads(line)["steps"] for line in copy.read_text().splitlines()]
    assert (made["cases"], made["lines"], len(lines)) == (90, 114, 114)
    honest = guild.score()
    assert not honest["contaminated"]
    assert not desk.canary("v1", guild.file(trained(cases(200, 2).values())), ann)["alarm"]
    guilty = guild.score(trained(lines))
    assert guilty["contaminated"]
    told = desk.canary("v1", guild.file(trained([*cases(200, 3).values(), *lines])), ann)
    assert told["alarm"]
    found = {each["lent_to"]: each for each in told["copies"]}
    assert min(found["Tester"]["exposure"], found[""]["exposure"]) > 9  # which canaries there are is chance
    assert found["Tester"]["p"] < 0.001 < found["Somebody"]["p"]
    assert desk.list()[0]["alarms"] == 1
    acts = [opened.act["kind"] for opened in guild.book.audit.openings()]
    assert (acts.count("vault-lend"), acts.count("vault-alarm")) == (2, 2)
    guild.book.terms.say("Bo", "export", allow=False, recipient="Tester", signer=guild.actor("Bo").signer)
    less = desk.lend("v1", "Tester", guild.folder / "three.jsonl", ann)
    assert 30 <= less["cases"] < 90
    lent = [row for row in guild.book.lineage.list() if row["kind"] == "vault-copy"]
    assert [row["recipients"] for row in lent] == [["Tester"], ["Somebody"], ["Tester"]]
    assert {(row["depth"], row["depth_left"], row["state"]) for row in lent} == {(0, 0, "in use")}
    assert len(guild.book.lineage.list()) == 3  # that something was scored gave nobody anything
    sound(guild)
