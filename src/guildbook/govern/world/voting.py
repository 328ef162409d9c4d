"""Ballots: who may open and count one, what a count must show, and what follows from it.

A count carries its evidence: the board of cast votes, and the members who asked for a paper with their signatures. So
the log alone says whether it is right, and a steward cannot put more votes on the board than members asked for papers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from guildbook.govern.acts import Act
from guildbook.govern.collective.blind import PublicKey
from guildbook.govern.collective.board import OPTIONS, YES, Vote, board_root, counts, request_text
from guildbook.govern.world.authority import collective, signed_by
from guildbook.govern.world.parts import Ballot
from guildbook.govern.world.state import World
from guildbook.model.errors import DeniedError

_SHARE: Final = 1_000_000


def open_ballot(world: World, act: Act, body: Mapping[str, Any]) -> None:
    """Take in `ballot-open`: who may vote on what until when, and the keys of the ballot."""
    found = collective(world, body["collective"])
    roll = frozenset(found.members(act.time))
    if frozenset(body["roll"]) != roll:
        raise DeniedError("The ballot's roll is not that of the collective.", "Open it again.", "wrong-roll")
    if body["ballot"] in world.ballots or int(body["closes"]) <= act.time:
        raise DeniedError("A ballot needs an id of its own and time to vote.", "Open another.", "bad-ballot")
    if tuple(body["options"]) != OPTIONS:
        raise DeniedError("What is voted is yes or no.", "Ask a question of that kind.", "bad-ballot")
    world.ballots[body["ballot"]] = Ballot(
        body["ballot"], found.id, str(body["subject"]), int(body["closes"]), roll, question=str(body["question"]),
        by=act.by, opened=act.time, key=str(body["key"]), box=str(body["box"]), sealed=str(body["sealed"]),
    )  # fmt: skip


def close_ballot(world: World, act: Act, body: Mapping[str, Any]) -> None:
    """Take in `ballot-close`: the count, and so the result."""
    ballot = world.ballots.get(body["ballot"])
    if ballot is None or ballot.collective != body["collective"] or ballot.result:
        raise DeniedError("There is no such ballot open.", "See: guildbook collective ballot list.", "no-ballot")
    if act.by != ballot.by:
        raise DeniedError("Who opened a ballot counts it.", "Act as them: --as NAME.", "not-steward")
    votes = [Vote.of(line) for line in body["board"]]
    askers = [str(member) for member, _, _ in body["requests"]]
    if len(votes) > len(ballot.eligible):
        raise DeniedError("More votes than members.", "The count was tampered with.", "bad-count")
    if not _counted(body, votes) or not set(askers) <= ballot.eligible or len(set(askers)) < len(askers):
        raise DeniedError("The count is not that of the board.", "The count was tampered with.", "bad-count")
    if len(votes) > len(askers):
        raise DeniedError("More votes than papers asked for.", "The count was tampered with.", "bad-count")
    if act.time < ballot.closes and len(votes) < len(ballot.eligible):
        raise DeniedError("The ballot is still open.", "Wait until it closes, or until all have voted.", "still-open")
    charter = world.collectives[ballot.collective].charter
    ballot.counts, ballot.papers, ballot.root, ballot.closed = counts(votes), len(askers), body["board_root"], act.time
    if len(votes) * _SHARE < charter.quorum_ppm * len(ballot.eligible) or not votes:
        ballot.result = "no-quorum"
    else:
        ballot.result = "yes" if ballot.counts[YES] * _SHARE > charter.majority_ppm * len(votes) else "no"


def check_keys(_: World, act: Act) -> None:
    """Raise `DeniedError` unless the ballot's key hides who a paper was for."""
    body = act.body
    try:
        sound = PublicKey(int(body["key"], 16)).sound([str(root) for root in body["roots"]])
    except ValueError:
        sound = False
    if not sound:
        raise DeniedError("The ballot's key does not keep votes secret.", "Open another ballot.", "bad-ballot-key")


def check_evidence(world: World, act: Act) -> None:
    """Raise `DeniedError` unless every vote of a count bears a paper, and every paper was asked for by its member."""
    body = act.body
    ballot = world.ballots.get(body["ballot"])
    if ballot is None:
        return  # told when it is folded
    key = PublicKey(int(ballot.key, 16))
    if not all(Vote.of(line).holds(world.book, ballot.id, key) for line in body["board"]):
        raise DeniedError("A vote on the board was not cast with a paper.", "The board was tampered with.", "bad-vote")
    for member, blinded, proof in body["requests"]:
        if not _asked(world, ballot, member, blinded, proof):
            raise DeniedError(
                "A paper was given out that its member did not ask for.", "The count was tampered with.", "bad-request"
            )


def _counted(body: Mapping[str, Any], votes: Sequence[Vote]) -> bool:
    tokens = [vote.token for vote in votes]
    ordered = all(a < b for a, b in pairwise(tokens))
    return ordered and body["counts"] == counts(votes) and body["board_root"] == board_root(votes)


def _asked(world: World, ballot: Ballot, member: str, blinded: str, proof: str) -> bool:
    """Whether the member signed a request, with a key they had at any time since the ballot was opened."""
    person = world.people.get(member)
    if person is None:
        return False
    text = request_text(world.book, ballot.id, member, blinded)
    keys = [person.sign, *(key for key, until in person.former.items() if until >= ballot.opened)]
    return any(signed_by(key, proof, text) for key in keys)
