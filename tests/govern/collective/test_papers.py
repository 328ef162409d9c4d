from __future__ import annotations

from dataclasses import replace

import pytest

from guildbook.govern.collective import board
from guildbook.govern.collective.board import Vote, blinded_digest, board_root, counts, request_text
from guildbook.govern.collective.paper import Paper, Secrets, sealed_vote
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.govern.world.authority import signed_by
from guildbook.model import DeniedError, InputError

BOOK, BALLOT = "book-1", "b1"


@pytest.fixture(scope="module")
def secrets() -> Secrets:
    return Secrets.make()


@pytest.fixture(scope="module")
def ada() -> Identity:
    return Identity.make("Ada", Role.WORKER, 0)


def vote(secrets: Secrets, who: Identity, choice: str = "yes") -> Vote:
    paper = Paper.of(who, BOOK, BALLOT, secrets.key.public)
    return paper.vote(choice, secrets.key.sign(paper.blinded.message))


def test_a_paper_asked_for_signed_blindly_and_voted_with_counts(secrets: Secrets, ada: Identity) -> None:
    made = vote(secrets, ada)
    assert made.holds(BOOK, BALLOT, secrets.key.public)
    assert Vote.of(made.line()) == made
    assert counts([made, vote(secrets, ada, "no")]) == {"yes": 1, "no": 1}
    assert board_root([made]) != board_root([vote(secrets, ada, "no")])


def test_a_voter_has_one_token_a_ballot_and_finds_it_again(secrets: Secrets, ada: Identity) -> None:
    key = secrets.key.public
    one, again = Paper.of(ada, BOOK, BALLOT, key), Paper.of(ada, BOOK, BALLOT, key)
    assert (one.token, one.place, one.blinded) == (again.token, again.place, again.blinded)
    others = [
        Paper.of(ada, BOOK, "b2", key),
        Paper.of(ada, "book-2", BALLOT, key),
        Paper.of(Identity.make("Ada", Role.WORKER, 0), BOOK, BALLOT, key),
    ]
    assert len({one.token, *(other.token for other in others)}) == 4


def test_nothing_of_a_line_can_be_changed(secrets: Secrets, ada: Identity) -> None:
    key, made = secrets.key.public, vote(secrets, ada)
    other = vote(secrets, Identity.make("Bo", Role.WORKER, 0), "no")
    changed = [
        replace(made, choice="no"),
        replace(made, choice="maybe"),
        replace(made, token=other.token),
        replace(made, paper=other.paper),
        replace(made, signature=other.signature),
        replace(made, paper=""),
        replace(made, token=made.token.upper()),
        replace(made, token="01" + 31 * "00"),
        replace(made, signature="zz"),
    ]
    assert not any(one.holds(BOOK, BALLOT, key) for one in changed)
    assert not made.holds(BOOK, "b2", key)
    assert not made.holds("book-2", BALLOT, key)
    assert not made.holds(BOOK, BALLOT, Secrets.make().key.public)


def test_a_vote_without_the_stewards_signature_is_none(secrets: Secrets, ada: Identity) -> None:
    paper = Paper.of(ada, BOOK, BALLOT, secrets.key.public)
    for forged in (paper.blinded.message, bytes(len(paper.blinded.message)), b""):
        with pytest.raises(DeniedError, match="not signed with the ballot's key"):
            paper.vote("yes", forged)


def test_a_request_is_signed_by_the_member_for_one_ballot(secrets: Secrets, ada: Identity) -> None:
    paper = Paper.of(ada, BOOK, BALLOT, secrets.key.public)
    proof, blinded = paper.asked_by(ada, "ada").hex(), blinded_digest(paper.blinded.message)
    sign = ada.public.sign.hex()
    assert signed_by(sign, proof, request_text(BOOK, BALLOT, "ada", blinded))
    assert not signed_by(sign, proof, request_text(BOOK, BALLOT, "bo", blinded))
    assert not signed_by(sign, proof, request_text(BOOK, "b2", "ada", blinded))
    assert not signed_by(sign, proof, request_text(BOOK, BALLOT, "ada", "00"))


def test_votes_are_sealed_alike_and_open_for_the_steward_alone(secrets: Secrets, ada: Identity) -> None:
    steward, stranger = Identity.make("Cy", Role.STEWARD, 0), Identity.make("Eve", Role.OPERATOR, 0)
    box = secrets.said()["box"]
    made = [vote(secrets, ada), vote(secrets, ada, "no")]
    boxes = [sealed_vote(one, box, BALLOT) for one in made]
    assert len({len(one) for one in boxes}) == 1
    sealed = secrets.sealed_for(steward.public.box.hex(), BALLOT)
    found, void = Secrets.opened(steward, sealed, BALLOT).votes(BALLOT, [*boxes, b"", b"x" * 99])
    assert (found, void) == (sorted(made), 2)
    for who, ballot in ((stranger, BALLOT), (steward, "b2")):
        with pytest.raises(InputError, match="does not open"):
            Secrets.opened(who, sealed, ballot)
    assert secrets.votes("b2", boxes) == ([], 2)


def test_what_voters_sign_is_said_apart() -> None:
    texts = {
        board.paper_text(BOOK, BALLOT, b"t"), board.vote_text(BOOK, BALLOT, "yes"), request_text(BOOK, BALLOT, "a", "b")
    }  # fmt: skip
    assert len({text.partition(b"\n")[0] for text in texts}) == 3
