"""A worker's statement of a period: complete, proved, signed; and appeals against what stands in it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guildbook.app import auditing
from guildbook.app.persons import NOBODY
from guildbook.app.stated import markdown
from guildbook.govern.acts import ActKind
from guildbook.govern.identity.person import Role
from guildbook.model import DeniedError, InputError, Purpose, UnknownNameError, UsageError
from guildbook.model.agreement import Party
from guildbook.model.time import now


@pytest.fixture
def guild(hall: Any, tmp_path: Path) -> Any:
    """Ann, Bo and Cy bargain with Acme, which has read everything but what Bo refuses; something was paid."""
    hall.found()
    hall.agree(hall.terms(derivative_depth=2, title="Help <b>all</b> | of us"))
    hall.book.govern.decide("Bo", "train-substitute", allow=False, signer=hall.actor("Bo").signer)
    hall.book.hand("Acme", "train-augment", "train", "parquet", tmp_path / "out.parquet", hall.actor("Acme"))
    hall.book.lineage.derive("assistant", "model", [str(tmp_path / "out.parquet")], hall.actor("Acme"))
    hall.book.govern.grant(Purpose.TRAIN_SUBSTITUTE, stage="test", artefact="test")
    pay(hall, 1001)
    return hall


def pay(hall: Any, cents: int) -> None:
    ids = sorted(hall.book.persons.person(name) for name in hall.MEMBERS)
    each, left = divmod(cents, 3)
    body = {
        "payout": f"p{cents}", "agreement": "a1", "rule": "equal", "amount": cents, "fund": 0,
        "shares": {who: each + (place < left) for place, who in enumerate(ids)}, "inputs": {},
    }  # fmt: skip
    hall.book.govern.register.act(ActKind.PAYOUT, body)


def stated(hall: Any, name: str = "Bo", since: int = 0) -> dict[str, Any]:
    return hall.book.statements.statement(hall.actor(name), since, now() + 1)


def of(said: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [line for line in said["lines"] if line["kind"] == kind]


def check(said: Any, tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "statement.json"
    path.write_text(json.dumps(said))
    return auditing.check_proof(path, [])


def test_everything_of_theirs_is_in_it_and_is_proved(guild: Any, tmp_path: Path) -> None:
    said = stated(guild)
    (used,) = of(said, "use")
    assert (used["purpose"], used["rows"], used["clauses"]) == ("train-augment", 3, "a1#purposes.train-augment")
    assert said["names"][used["recipient"]] == "Acme"
    assert said["names"]["a1"] == "Help <b>all</b> | of us"
    (refused,) = of(said, "refused")
    assert (refused["purpose"], refused["reasons"]) == ("train-substitute", ["worker-refusal"])
    assert [(one["what"], one["depth"]) for one in of(said, "derived")] == [("handed", 0), ("model", 1)]
    (paid,) = of(said, "payout")
    assert (paid["amount"], paid["share"] in {333, 334}) == (1001, True)
    assert [(one["said"], one["purpose"]) for one in of(said, "said")] == [("refuse", "train-substitute")]
    assert sorted(p["seq"] for p in said["proofs"]) == [line["entry"] for line in said["lines"]]
    found = check(said, tmp_path)
    assert (found["holds"], found["faults"]) == (True, [])
    assert found["entries"] == [line["entry"] for line in said["lines"]]
    receipts = [u for u in guild.book.govern.uses("Bo") if u.reason != "own-right"]
    assert sum(line["rows"] for line in of(said, "use")) == sum(u.rows for u in receipts)


def test_nothing_of_others_is_opened(guild: Any) -> None:
    said = stated(guild)
    text = json.dumps(said)
    for name in ("Ann", "Cy"):
        assert guild.book.persons.person(name) not in text
        assert f'"{name}"' not in text
    opened = {p["seq"] for p in said["proofs"] if "opening" in p}
    kinds = {line["kind"] for line in said["lines"] if line["entry"] not in opened}
    assert kinds == {"refused", "payout", "derived"}  # of what was derived only the reading is closed


def test_only_the_worker_has_it(guild: Any) -> None:
    for who in ("Eve", "Acme"):
        with pytest.raises(DeniedError, match="Nothing is held"):
            stated(guild, who)
    with pytest.raises(UsageError, match="who you are"):
        guild.book.statements.statement(NOBODY, 0, now())
    with pytest.raises(UsageError, match="empty"):
        guild.book.statements.statement(guild.actor("Bo"), 5, 5)


def test_a_period_has_what_lies_in_it(guild: Any) -> None:
    middle = now()
    pay(guild, 300)
    before, after = guild.book.statements.statement(guild.actor("Bo"), 0, middle), stated(guild, since=middle)
    assert [one["payout"] for one in of(before, "payout")] == ["p1001"]
    assert [(one["payout"], one["share"]) for one in after["lines"]] == [("p300", 100)]
    whole = [line["entry"] for line in stated(guild)["lines"]]
    assert [line["entry"] for said in (before, after) for line in said["lines"]] == whole
    assert stated(guild, since=now() - 1)["lines"] == []


def rows_more(said: Any) -> None:
    of(said, "use")[0]["rows"] = 1


def another_clause(said: Any) -> None:
    of(said, "use")[0]["clauses"] = "a9#purposes.research"


def less_paid(said: Any) -> None:
    of(said, "payout")[0]["share"] = 0


def a_line_less(said: Any) -> None:
    del said["lines"][0]


def a_proof_less(said: Any) -> None:
    del said["proofs"][0]


def another_place(said: Any) -> None:
    said["lines"][0]["entry"] += 1


def another_worker(said: Any) -> None:
    said["worker"] = "somebody"


def no_signature(said: Any) -> None:
    said["signature"]["signature"] = "00" * 64


CHANGES: list[Callable[[Any], None]] = [
    rows_more, another_clause, less_paid, a_line_less, a_proof_less, another_place, another_worker, no_signature,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_statement_that_was_changed_does_not_hold(guild: Any, tmp_path: Path, change: Callable[[Any], None]) -> None:
    said = copy.deepcopy(stated(guild))
    change(said)
    assert not check(said, tmp_path)["holds"]


def test_a_book_that_signs_what_its_log_does_not_say_is_found_out(guild: Any, tmp_path: Path) -> None:
    """The operator has the book's key, and signs whatever; what is opened is worked out again."""
    from guildbook.govern import statement
    from guildbook.govern.audit.checkpoint import signing_key

    said = stated(guild)
    with guild.store.change() as ledger:
        key = signing_key(guild.store, ledger)
    for change in (rows_more, another_clause, a_proof_less, another_place, another_worker):
        lie = copy.deepcopy(said)
        change(lie)
        del lie["signature"]
        signed = statement.signed(lie, key.public_key().public_bytes_raw().hex(), key.sign)
        assert not check(signed, tmp_path)["holds"]
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    other = Ed25519PrivateKey.generate()
    del said["signature"]
    forged = statement.signed(said, other.public_key().public_bytes_raw().hex(), other.sign)
    assert "not signed with the key of the book" in " ".join(check(forged, tmp_path)["faults"])


@pytest.mark.parametrize("broken", [{}, {"checkpoint": "x"}, {"signature": None}, {"lines": 3}, {"proofs": [None]}])
def test_what_is_no_statement_is_told(guild: Any, tmp_path: Path, broken: dict[str, Any]) -> None:
    said = stated(guild) | broken if broken else {"format": "guildbook-statement-1"}
    with pytest.raises(InputError):
        check(said, tmp_path)


def test_in_words_it_is_text_and_no_markup(guild: Any) -> None:
    guild.book.statements.appeal(0, "<script>alert(1)</script> | `x` [y](http://z)", guild.actor("Bo"))
    told = markdown(stated(guild))
    assert re.search(r"(?<!\\)<", told) is None
    assert re.search(r"(?<!\\)`", told) is None
    assert "](" not in told.replace("\\]", "")
    for words in ("Used", "Asked for and refused", "Paid", "3.3", "Help", "mine appeal ENTRY", "check-proof"):
        assert words in told
    rows = [line for line in told.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {3, 4, 6, 7, 9}


def test_an_appeal_is_seen_by_stewards_and_answered(guild: Any) -> None:
    book, bo, ann = guild.book, guild.actor("Bo"), guild.actor("Ann")
    entry = of(stated(guild), "payout")[0]["entry"]
    state = book.govern.register.world().policy_hash
    made = book.statements.appeal(entry, "I worked twice as much.", bo)
    assert (made["collective"], made["line"]["kind"], made["upheld"]) == ("The guild", "payout", None)
    assert book.govern.register.world().policy_hash == state  # it bears on no decision
    assert [a["text"] for a in book.statements.appeals(None, ann)] == ["I worked twice as much."]
    assert book.statements.appeals("guild", bo) == book.statements.appeals(None, ann)
    for who in ("Cy", "Eve", "Acme"):
        assert book.statements.appeals(None, guild.actor(who)) == []
        with pytest.raises(DeniedError):
            book.statements.answer(made["appeal"][:8], "No.", guild.actor(who), upheld=False)
    assert book.statements.appeals(None, NOBODY) == []
    with pytest.raises(DeniedError):
        book.statements.answer(made["appeal"], " ", ann, upheld=True)
    book.statements.answer(made["appeal"][:8], "It is by heads.", ann, upheld=False)
    with pytest.raises(DeniedError, match="once"):
        book.statements.answer(made["appeal"], "Again.", ann, upheld=True)
    said = stated(guild)
    assert [one["text"] for one in (*of(said, "appeal"), *of(said, "answer"))] == [
        "I worked twice as much.", "It is by heads.",
    ]  # fmt: skip
    assert [a["answer"] for a in book.statements.appeals(None, bo)] == ["It is by heads."]
    assert book.audit.replay().sound
    world = book.govern.register.world()
    for line in book.audit.entries(50, guild.actor("Cy").person, world):
        assert line["kind"] not in {"appeal", "answer"}  # nobody else's business


def test_appeals_that_are_none(guild: Any) -> None:
    book = guild.book
    with pytest.raises(UnknownNameError):
        book.statements.appeal(10_000, "x", guild.actor("Bo"))
    for text in ("", "   ", "x" * 2001):
        with pytest.raises(DeniedError):
            book.statements.appeal(1, text, guild.actor("Bo"))
    with pytest.raises(UnknownNameError):
        book.statements.appeal(1, "x", guild.actor("Bo"), "another collective")
    with pytest.raises(DeniedError):  # by the operator in her name
        book.govern.register.act(ActKind.APPEAL, {
            "worker": guild.actor("Bo").person, "collective": "guild", "appeal": "a", "entry": 0, "text": "x",
        })  # fmt: skip
    mine = book.statements.appeal(1, "My own.", guild.actor("Ann"))
    with pytest.raises(DeniedError, match="of their own"):
        book.statements.answer(mine["appeal"], "Yes.", guild.actor("Ann"), upheld=True)
    book.collective.leave("guild", guild.actor("Cy"))
    with pytest.raises(DeniedError, match="collective of one's own"):
        book.statements.appeal(1, "x", guild.actor("Cy"))


def test_a_measure_of_ones_agreement_is_told_with_its_interval(guild: Any) -> None:
    from guildbook.govern.statement import line_of

    act = {"kind": "measure", "body": {
        "agreement": "a1", "purpose": "train-augment", "value": 10, "low": 5, "high": 20, "bound": 50, "crossed": False,
    }}  # fmt: skip
    found = line_of(act, "w", ["a1"])
    assert found is not None
    assert (found["kind"], found["low"], found["high"]) == ("measure", 5, 20)
    assert line_of(act, "w", ["a2"]) is None


def test_other_peoples_licensees_are_not_in_it(guild: Any) -> None:
    guild.enrol("Lab", Role.LICENSEE)
    terms = guild.terms(licensee=Party(id="Lab", name="Lab"))
    guild.book.agreements.offer(terms, guild.actor("Lab"), "a2")
    assert "a2" not in stated(guild)["names"]
