"""What was made of what: chains of things, the terms they inherit, and attempts to get round them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from guildbook.app import open_book
from guildbook.app.learning import Wanted
from guildbook.app.persons import NOBODY, Actor
from guildbook.govern.acts import ActKind
from guildbook.govern.audit.replay import replay
from guildbook.govern.identity.person import Role
from guildbook.model import DeniedError, UnknownNameError, UsageError
from guildbook.model.agreement import Party, Remedies, Scope, Term
from guildbook.model.time import DAY, iso, now
from guildbook.store import tables


@pytest.fixture
def guild(hall: Any) -> Any:
    hall.found()
    hall.agree(hall.terms(derivative_depth=3, retention_days=30))
    return hall


def handed(guild: Any, path: Path, who: str = "Acme", purpose: str = "train-augment") -> str:
    return guild.book.hand(who, purpose, "train", "parquet", path, guild.actor(who))["grant"]


def derive(guild: Any, name: str, *made_of: str, who: str = "Acme", **more: Any) -> Any:
    return guild.book.lineage.derive(name, more.pop("kind", "model"), made_of, guild.actor(who), **more)


def sound(guild: Any) -> bool:
    found = guild.book.audit.replay()
    assert not found.findings
    return found.sound


def test_terms_are_inherited_through_a_chain(guild: Any, tmp_path: Path) -> None:
    grant = handed(guild, tmp_path / "out.parquet")
    manifest = json.loads((tmp_path / "out.parquet.manifest.json").read_text())
    assert manifest["lineage"]["terms"]["depth_left"] == 3
    (tmp_path / "model.bin").write_bytes(b"weights")
    made = [
        derive(guild, "set", str(tmp_path / "out.parquet"), kind="training-set"),
        derive(guild, "teacher", "set", file=tmp_path / "model.bin"),
        derive(guild, "pupil", "teacher", grant[:12]),
    ]
    assert [each["depth"] for each in made] == [1, 2, 3]
    assert [each["depth_left"] for each in made] == [2, 1, 0]
    for each in made:
        terms = each["terms"]
        assert (terms["purposes"], terms["recipients"]) == (["train-augment"], ["Acme"])
        assert (terms["retention_days"], terms["bound"], terms["delete_on_end"]) == (30, 50_000, True)
        assert terms["clauses"] == ["a1#purposes.train-augment"]
        assert terms["ends"].startswith("2100-01-01")
        assert each["readings"][0]["grant"] == grant
    assert {each["name"] for each in made[2]["made_of"]} == {"teacher", "set", grant}
    with pytest.raises(DeniedError, match="depth") as denied:
        derive(guild, "too-far", "pupil")
    assert denied.value.code == "depth"
    assert {row["name"]: row["state"] for row in guild.book.lineage.list()} == {
        grant: "in use", "set": "in use", "teacher": "in use", "pupil": "in use",
    }  # fmt: skip
    assert sound(guild)


def test_only_who_holds_it_makes_something_of_it(guild: Any, tmp_path: Path) -> None:
    grant = handed(guild, tmp_path / "out.parquet")
    guild.enrol("Lab", Role.LICENSEE)
    for who in ("Lab", "Ann", "Eve"):
        with pytest.raises(DeniedError):
            derive(guild, "mine", grant, who=who)
    with pytest.raises(DeniedError, match="somebody else"):
        guild.book.lineage.derive("ours", "model", [grant], NOBODY)
    with pytest.raises(DeniedError):  # a stranger with a forged name
        guild.book.lineage.derive("ours", "model", [grant], Actor("Acme", guild.book.persons.person("Acme"), None))
    derive(guild, "model", grant)
    with pytest.raises(DeniedError, match="that name already"):
        derive(guild, "model", grant)
    with pytest.raises(UnknownNameError):
        derive(guild, "other", "nothing-of-that-name")
    for name in ("", "a b", "state@3", "../x"):
        with pytest.raises(UsageError):
            derive(guild, name, grant)


def test_what_was_given_for_different_purposes_is_not_joined(guild: Any, tmp_path: Path) -> None:
    terms = guild.terms(title="Research", purposes=("research",), uses=("analyse",), derivative_depth=2)
    guild.agree(terms, "a2")
    one = handed(guild, tmp_path / "one.parquet")
    two = guild.book.hand("Acme", "research", "analyse", "parquet", tmp_path / "two.parquet", guild.actor("Acme"))
    with pytest.raises(DeniedError, match="different purposes"):
        derive(guild, "both", one, two["grant"])
    assert derive(guild, "one", one)["terms"]["purposes"] == ["train-augment"]
    assert derive(guild, "two", two["grant"])["terms"]["depth_left"] == 1


@pytest.mark.parametrize("how", ["pause", "refuse", "suspend", "strike", "forget"])
def test_what_is_withheld_flags_all_that_was_made_of_it(guild: Any, tmp_path: Path, how: str) -> None:
    grant = handed(guild, tmp_path / "out.parquet")
    derive(guild, "teacher", grant)
    derive(guild, "pupil", "teacher")
    book, bo = guild.book, guild.actor("Bo")
    if how == "pause":
        book.terms.pause("Bo", signer=bo.signer)
    elif how == "refuse":
        book.govern.decide("Bo", "train-ai", allow=False, signer=bo.signer)
    elif how == "suspend":
        book.govern.register.act(ActKind.SUSPEND, {"agreement": "a1", "clause": "", "why": "breach"})
    elif how == "strike":
        strike(guild)
    else:
        book.govern.begin_forgetting(bo.person, bo.signer)
    reason = {
        "pause": "paused", "refuse": "worker-refusal", "suspend": "suspended", "strike": "strike", "forget": "erasing",
    }[how]  # fmt: skip
    for name in (grant, "teacher", "pupil"):
        found = book.lineage.show(name)
        assert (found["state"], found["reasons"]) == ("withheld", [reason])
        with pytest.raises(DeniedError, match="withheld"):
            derive(guild, f"more-{name[:8]}", name)
    if how == "forget":  # and that stays so when they come back: it holds what was erased
        book.govern.readmit(bo.person, bo.signer)
        assert book.lineage.show("pupil")["state"] == "withheld"
    if how == "refuse":
        book.terms.clear("Bo", "train-ai", recipient="*", signer=bo.signer)
        assert book.lineage.show("pupil")["state"] == "in use"
    assert sound(guild)


def strike(guild: Any) -> None:
    from guildbook.app.strikes import Scope as Struck

    book = guild.book
    book.strikes.propose("guild", guild.actor("Ann"), Struck((), (), (), ()), 2)
    for name in ("Bo", "Cy"):
        book.strikes.pledge(None, guild.actor(name))
    book.strikes.call(None, guild.actor("Ann"))


def test_after_the_end_it_is_deleted_or_kept_as_agreed(guild: Any, tmp_path: Path, monkeypatch: Any) -> None:
    stays = Remedies(delete_on_end=False)
    guild.enrol("Lab", Role.LICENSEE)
    guild.book.agreements.offer(
        guild.terms(
            licensee=Party(id="Lab", name="Lab"), remedies=stays, retention_days=400, derivative_depth=2,
            term=Term(first_day="2026-01-01", last_day=iso(now() + 300 * DAY)[:10]),
        ), guild.actor("Ann"), "a2",
    )  # fmt: skip
    guild.book.agreements.open_ballot("a2", guild.actor("Ann"), now() + 60_000_000, "b2")
    guild.hold("b2", "yes", "yes", "yes")
    for name in ("Ann", "Lab"):
        guild.book.agreements.sign("a2", guild.actor(name))
    one, two = handed(guild, tmp_path / "1.parquet"), handed(guild, tmp_path / "2.parquet", "Lab")
    derive(guild, "acmes", one)
    derive(guild, "labs", two, who="Lab")
    guild.book.agreements.terminate("a1", guild.actor("Acme"), now() + 31 * DAY)
    later = now()

    def at(days: int) -> dict[str, str]:
        monkeypatch.setattr("guildbook.app.lineage.now", lambda: later + days * DAY)
        return {row["name"]: row["state"] for row in guild.book.lineage.list()}

    assert set(at(0).values()) == {"in use"}
    assert at(32) == {one: "may be kept", two: "in use", "acmes": "to delete", "labs": "in use"}
    assert at(62) == {one: "to delete", two: "in use", "acmes": "to delete", "labs": "in use"}
    assert at(600) == {one: "to delete", two: "may be kept", "acmes": "to delete", "labs": "may be kept"}
    assert at(900) == {one: "to delete", two: "to delete", "acmes": "to delete", "labs": "may be kept"}
    with pytest.raises(DeniedError, match="may be kept"):
        derive(guild, "more", "labs", who="Lab")
    with pytest.raises(DeniedError):
        guild.book.lineage.withdraw("acmes", guild.actor("Lab"))
    guild.book.lineage.withdraw("acmes", guild.actor("Acme"))
    guild.book.lineage.withdraw(one, guild.actor("Acme"))
    assert at(600) == {one: "gone", two: "may be kept", "acmes": "gone", "labs": "may be kept"}
    with pytest.raises(DeniedError):
        guild.book.lineage.withdraw("acmes", guild.actor("Acme"))


def test_a_log_that_says_wider_terms_is_found_out(guild: Any, tmp_path: Path) -> None:
    """Whoever writes a derivation past the desk is found by the replay."""
    grant = handed(guild, tmp_path / "out.parquet")
    made = derive(guild, "teacher", grant)
    acme, register = guild.actor("Acme"), guild.book.govern.register
    honest = json.loads(json.dumps({
        "artefact": "x", "kind": "model", "from": ["teacher"], "digest": "",
        "terms": made["terms"] | {"recipients": [acme.person], "depth_left": 1, "ends": 4_102_444_800_000_000},
    }))  # fmt: skip
    for change in ({"depth_left": 9}, {"purposes": ["train-substitute"]}, {"bound": None}, {"delete_on_end": False}):
        lie = honest | {"artefact": f"lie-{next(iter(change))}", "terms": honest["terms"] | change}
        register.act(ActKind.DERIVE, lie, acme.signer)
    register.act(ActKind.DERIVE, honest, acme.signer)
    register.act(ActKind.DERIVE, honest | {"artefact": "y", "from": ["never-made"]}, acme.signer)
    found = replay(guild.store.book_id, guild.book.audit.openings())
    assert len(found.findings) == 5
    assert {each.kind for each in found.findings} == {"derive"}
    assert "never-made" in found.findings[-1].what


def test_what_the_book_keeps_goes_back_to_the_traces(guild: Any) -> None:
    book = guild.book
    book.learn(Wanted())
    found = {row["name"]: row for row in book.lineage.list()}
    state, known = found["state-train-people"], found["knowledge-train-people"]
    assert (state["kind"], state["depth"], known["kind"], known["depth"]) == ("sums", 1, "knowledge", 2)
    shown = book.lineage.show("knowledge-train-people", segments=True)
    (reading,) = shown["readings"]
    assert reading["segments"] == len(shown["segments"]) == 3
    assert reading["workers"] is None  # three people with keys: too few to tell
    assert reading["classes"] == ["mail", "sheet"]
    guild.store.drop_artefact("knowledge-train-people")
    assert book.lineage.show("knowledge-train-people")["state"] == "gone"
    assert sound(guild)


def test_what_somebody_was_shown_of_their_own_is_not_listed(guild: Any, tmp_path: Path) -> None:
    ann = guild.actor("Ann")
    guild.book.mine.traces(ann)
    guild.book.export_portable("Ann", ann, tmp_path / "ann")
    assert guild.book.lineage.list() == []


def test_an_export_is_listed(guild: Any, tmp_path: Path) -> None:
    for name in guild.MEMBERS:
        guild.book.govern.decide(name, "export", allow=True, signer=guild.actor(name).signer)
    guild.book.export("parquet", tmp_path / "all.parquet")
    (row,) = guild.book.lineage.list()
    assert (row["kind"], row["depth"], row["recipients"], row["purposes"]) == ("export", 0, ["in-house"], ["export"])
    made = guild.book.lineage.derive("index", "index", [row["name"]], NOBODY)
    assert (made["depth"], made["depth_left"]) == (1, None)


def test_terms_that_cover_less_are_inherited_by_class(guild: Any, tmp_path: Path) -> None:
    guild.agree(guild.terms(title="Less", scope=Scope(classes=("sheet",)), derivative_depth=1), "a2")
    grant = handed(guild, tmp_path / "out.parquet")
    assert derive(guild, "m", grant)["depth_left"] >= 0


def test_without_a_grant_row_nothing_breaks(guild: Any, tmp_path: Path) -> None:
    """What is shown comes from the log; the ledger's table only adds how many segments."""
    grant = handed(guild, tmp_path / "out.parquet")
    with guild.store.change() as ledger:
        ledger.execute(update(tables.grants).values(admitted=99))
    assert guild.book.lineage.show(grant)["readings"][0]["segments"] == 99


def test_a_practice_goes_back_to_the_traces_of_those_it_rests_on(tmp_path: Path) -> None:
    with open_book(tmp_path / "office") as book:
        book.learn(Wanted(office=(5, 20_000)))
        known = book.distil.knowledge()
        assert known is not None
        practice = next(p for p in known.practices if p.contributors)
        shown = book.lineage.show(practice.id, segments=True)
        assert (shown["kind"], shown["depth"], shown["in"]) == ("practice", 2, "knowledge-train-people")
        assert shown["readings"][0]["workers"] == len(practice.contributors)
        whole = book.lineage.show("knowledge-train-people", segments=True)
        assert set(shown["segments"]) <= set(whole["segments"])
        assert shown["title"] == practice.title
        name = practice.contributors[0][0]
        book.terms.pause(name)  # what rests on them is not shown, and says so
        held = book.lineage.show(practice.id)
        assert (held["state"], held["title"]) == ("withheld", "")
        book.terms.resume(name)
        assert book.lineage.show(practice.id, segments=True) == shown
        with pytest.raises(UnknownNameError):
            book.lineage.show("people-0000000000")
