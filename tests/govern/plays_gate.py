"""The moves of the game of `game_gate`, and where games begin."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import permutations, product

from game_gate import (
    CLASSES,
    DOCUMENTS,
    ENROLLED,
    LICENSEES,
    PURPOSES,
    START,
    USES,
    WIDER,
    WORKERS,
    DifferenceError,
    Game,
    key_of,
)
from model_gate import ALLOWING, DAY, LAWS

from guildbook.govern.acts import ActKind
from guildbook.govern.agreement.hashing import read as read_document
from guildbook.govern.collective.board import Vote, board_root, counts
from guildbook.govern.law.profiles import STEPS
from guildbook.govern.policy import decide
from guildbook.govern.world.metering import notice_hash, notice_text
from guildbook.model.decision import Request

RECIPIENTS = ("", *LICENSEES)
COLLECTIVES = ("guild", "union")


def by(game: Game, worker: str) -> str:
    """Who says what a worker says: they themselves, or the book for them while they have no key."""
    return worker if worker in ENROLLED else game.dice.choice(["", worker])


def speak(game: Game) -> None:
    kind = game.dice.choice([ActKind.PERMIT, ActKind.PERMIT, ActKind.REFUSE, ActKind.CLEAR])
    purpose = game.dice.choice(PURPOSES if kind is ActKind.PERMIT else WIDER)
    worker, to = game.dice.choice(WORKERS), game.dice.choice([*RECIPIENTS, "*"])
    said = {"worker": worker, "purpose": purpose, "class": game.dice.choice(["*", "*", *CLASSES]), "recipient": to}
    game.act(kind, by(game, worker), **said)


def halt(game: Game) -> None:
    kind, worker = game.dice.choice([ActKind.PAUSE, ActKind.RESUME]), game.dice.choice(WORKERS)
    game.act(kind, by(game, worker), worker=worker, **{"class": game.dice.choice(["*", *CLASSES])})


def come_or_go(game: Game) -> None:
    kind, worker = game.dice.choice([ActKind.JOIN, ActKind.LEAVE]), game.dice.choice(WORKERS)
    later = {"effective": game.time + game.dice.choice([1, 3]) * DAY} if game.dice.random() < 0.4 else {}
    said = later if kind is ActKind.LEAVE else {}
    game.act(kind, by(game, worker), collective=game.dice.choice(COLLECTIVES), worker=worker, **said)


def vouch(game: Game) -> None:
    """For somebody's key, or for another key than theirs."""
    worker, other = game.dice.choice(ENROLLED), game.dice.choice([*ENROLLED, *LICENSEES])
    sign = key_of(worker if game.dice.random() < 0.9 else other)
    game.act(ActKind.VOUCH, other, collective=game.dice.choice(COLLECTIVES), worker=worker, sign=sign, box="")


def delegate(game: Game) -> None:
    kind, worker = game.dice.choice([ActKind.MANDATE, ActKind.MANDATE, ActKind.UNMANDATE]), game.dice.choice(WORKERS)
    said = {"class": game.dice.choice(["*", "*", "mail"]), "purpose": game.dice.choice(["*", "*", *WIDER])}
    game.act(kind, by(game, worker), collective=game.dice.choice(COLLECTIVES), worker=worker, **said)


def forbid(game: Game) -> None:
    kind = game.dice.choice([ActKind.FORBID, ActKind.UNFORBID])
    said = {"class": game.dice.choice(["*", "mail"]), "purpose": game.dice.choice([*WIDER, "*"])}
    said["recipient"] = game.dice.choice([*RECIPIENTS, "*"])
    game.act(kind, game.dice.choice(ENROLLED), collective=game.dice.choice(COLLECTIVES), **said)


def vote(game: Game, collective: str, subject: str, steward: str) -> str:
    """A ballot from opening to count; its id."""
    name, dice = game.name("ballot"), game.dice
    roll = sorted(game.model.members(collective, game.time + 1_000))
    opened = game.act(
        ActKind.BALLOT_OPEN, steward, collective=collective, ballot=name, subject=subject, roll=roll,
        closes=game.time + DAY, question="?", options=["yes", "no"], key="00", box="", sealed="", roots=[],
    )  # fmt: skip
    if opened and dice.random() < 0.95:
        game.time += DAY if dice.random() < 0.9 else 0
        casting = len(roll) if dice.random() < 0.8 else dice.randint(0, len(roll))
        choices = [dice.choice(["yes"] * 7 + ["no"]) for _ in range(casting)]
        votes = [Vote(f"{i:064x}", choice, "", "") for i, choice in enumerate(choices)]
        game.act(
            ActKind.BALLOT_CLOSE, steward, collective=collective, ballot=name, counts=counts(votes), void=0,
            board=[v.line() for v in votes], board_root=board_root(votes), requests=[[m, "", ""] for m in roll],
        )  # fmt: skip
    return name


def bargain(game: Game) -> None:
    """Some steps towards an agreement, in any order."""
    dice = game.dice
    wanted = dice.choice(list(DOCUMENTS))
    offered, _, collective, licensee = DOCUMENTS[wanted]
    steward = {"guild": "ann", "union": "bo"}[collective] if dice.random() < 0.95 else dice.choice(ENROLLED)
    name = game.name("deal")
    said = {"agreement": name, "hash": wanted}
    moves: list[Callable[[], object]] = [
        lambda: game.act(ActKind.OFFER, dice.choice([steward, licensee]), collective=collective, licensee=licensee,
                         document=offered, **said),
        lambda: game.act(ActKind.RATIFY, steward, ballot=vote(game, collective, wanted, steward), **said),
        lambda: game.act(ActKind.SIGN, steward, **said),
        lambda: game.act(ActKind.SIGN, licensee, **said),
    ]  # fmt: skip
    if dice.random() < 0.2:
        dice.shuffle(moves)
    for move in moves[: 4 if dice.random() < 0.7 else dice.randint(1, 4)]:
        move()


def trouble(game: Game) -> None:
    """An agreement is suspended, taken up again, terminated, countered or signed once more."""
    if not game.model.deals:
        return
    dice, deal = game.dice, game.dice.choice(list(game.model.deals.values()))
    clause = dice.choice(["", "purposes.train-augment"])
    who = dice.choice(["ann", "bo", deal.licensee])
    kind = dice.choice([ActKind.SUSPEND, ActKind.UNSUSPEND, ActKind.TERMINATE, ActKind.COUNTER, ActKind.SIGN])
    if kind is ActKind.SUSPEND:
        game.act(kind, dice.choice(["", who]), agreement=deal.id, clause=clause, why="a breach")
    elif kind is ActKind.UNSUSPEND:
        game.act(kind, who, agreement=deal.id, clause=clause)
    elif kind is ActKind.TERMINATE:
        game.act(kind, who, agreement=deal.id, effective=game.time + dice.choice([1, 31, 40]) * DAY)
    elif kind is ActKind.SIGN:
        game.act(kind, who, agreement=deal.id, hash=dice.choice(deal.hashes))
    else:
        fit = [h for h, (_, _, c, to) in DOCUMENTS.items() if (c, to) == (deal.collective, deal.licensee)]
        wanted = dice.choice(fit)
        game.act(kind, who, agreement=deal.id, hash=wanted, document=DOCUMENTS[wanted][0])


def measure(game: Game) -> None:
    """Somebody measures what a licensee's model does alone; some say that it is another than it is, or of old terms."""
    dice = game.dice
    deals = [deal for deal in game.model.deals.values() if deal.force] or list(game.model.deals.values())
    if not deals:
        return
    deal = dice.choice(deals)
    terms = deal.force if deal.force and dice.random() < 0.95 else deal.hashes[0]
    high = dice.choice([0, 50_000, 50_001, 400_000])
    body = {
        "agreement": deal.id, "hash": terms, "measure": game.name("measure"), "purpose": "train-augment", "grant": "",
        "value": high // 2, "low": 0, "high": high, "traces": 50, "bound": 50_000,
        "crossed": (high > 50_000) ^ (dice.random() < 0.05),
    }  # fmt: skip
    said = read_document(DOCUMENTS[terms][0])
    body["notice"] = notice_hash(notice_text(said, deal.id, body))
    game.act(ActKind.MEASURE, dice.choice(["", "ann", "bo", deal.licensee]), **body)


def strike(game: Game) -> None:
    """From the proposal to the call, or as far as it comes."""
    dice, name = game.dice, game.name("strike")
    collective = dice.choice(COLLECTIVES)
    members = sorted(game.model.members(collective, game.time)) or ["ann"]
    shares = [f"{i:02x}{game.number:06x}" for i in range(len(members))]
    caller = dice.choice(members)
    game.act(
        ActKind.STRIKE_PROPOSE, caller, strike=name, collective=collective, threshold=dice.randint(1, len(members)),
        shares=[_place(share) for share in shares], purposes=[dice.choice([*WIDER, "any", "*"])],
        classes=[dice.choice(["*", "*", "mail"])], recipients=[dice.choice(["*", "*", *RECIPIENTS])], key="",
        carve_outs=dice.choice([[], [], [["mail", "*", "*"]], [["*", "coach", ""]], [["*", "train-ai", "beta"]]]),
    )  # fmt: skip
    for share in shares[: dice.randint(0, len(shares)) if dice.random() < 0.3 else len(shares)]:
        game.act(ActKind.PLEDGE, "", strike=name, share=share)
    joining = members[: dice.randint(1, len(members))] if dice.random() < 0.4 else members
    pledges = [[member, game.pledge(name, member)] for member in joining if member in ENROLLED]
    begins = game.time + dice.choice([0, 1, 2, 3]) * DAY + 1_000_000
    game.act(ActKind.STRIKE_CALL, caller, strike=name, pledges=pledges, begins=begins)


def end_strike(game: Game) -> None:
    if game.model.strikes:
        name, found = game.dice.choice(list(game.model.strikes.items()))
        game.act(ActKind.STRIKE_END, game.dice.choice(["ann", "bo"]), strike=name, collective=found.body["collective"])


def notify(game: Game) -> None:
    worker, to = game.dice.choice(ENROLLED), game.dice.choice(LICENSEES)
    said = {"worker": worker, "recipient": to, "hash": game.dice.choice(["aa", "bb"])}
    of = [deal for deal in game.model.deals.values() if deal.licensee == to]
    if of and game.dice.random() < 0.7:  # of one agreement, and not of any
        deal = game.dice.choice(of)
        said |= {"agreement": deal.id, "terms": game.dice.choice(deal.hashes)}
    if game.dice.random() < 0.7:
        game.act(ActKind.NOTICE, "", **said)
    game.act(ActKind.ACKNOWLEDGE, by(game, worker), **{k: v for k, v in said.items() if k != "terms"})


def record(game: Game) -> None:
    """A steward, or somebody else, records what a law profile asks for, or takes it back."""
    dice = game.dice
    collective = dice.choice(COLLECTIVES)
    who = {"guild": "ann", "union": "bo"}[collective] if dice.random() < 0.9 else dice.choice([*ENROLLED, ""])
    about = dice.choice(["", *game.model.deals])
    steps = sorted(set().union(*LAWS.values()))
    for step in steps if dice.random() < 0.5 else [dice.choice([*steps, "a-favour"])]:
        done_so(game, who, collective, about, step, done=dice.random() < 0.8)


def done_so(game: Game, who: str, collective: str, about: str, step: str, *, done: bool = True) -> None:
    value, paper = STEPS[step].values[0] if step in STEPS else "", step in STEPS and bool(STEPS[step].papers)
    game.act(
        ActKind.LAW_STEP, who, collective=collective, agreement=about, step=step, value=value, done=done,
        document="ab" * 32 if paper else "", reference="",
    )  # fmt: skip


def forget(game: Game) -> None:
    worker = game.dice.choice(WORKERS)
    kind = game.dice.choice([ActKind.ERASE_BEGIN, ActKind.READMIT])
    game.act(kind, by(game, worker), worker=worker)


def come_back(game: Game) -> None:
    """Somebody permits something, is forgotten and readmitted."""
    dice, worker = game.dice, game.dice.choice(WORKERS)
    purpose, to = dice.choice(PURPOSES), dice.choice(RECIPIENTS)
    word = {"worker": worker, "purpose": purpose, "class": "*", "recipient": dice.choice([to, "*"])}
    game.act(dice.choice([ActKind.PERMIT, ActKind.PERMIT, ActKind.REFUSE]), by(game, worker), **word)
    for kind in (ActKind.ERASE_BEGIN, ActKind.READMIT):
        game.act(kind, by(game, worker), worker=worker)
    same(game, Request(worker, "mail", purpose, game.time, to, "train" if to else "", "2026-02", ()))


def walk_out(game: Game) -> None:
    """Somebody on strike leaves the collective, and perhaps joins it again."""
    dice, running = game.dice, [s for s in game.model.strikes.values() if s.workers and not s.over]
    if not running:
        return
    found = dice.choice(running)
    said = {"collective": found.body["collective"], "worker": dice.choice(sorted(found.workers))}
    later = {"effective": game.time + DAY} if dice.random() < 0.3 else {}
    game.act(ActKind.LEAVE, said["worker"], **said, **later)
    if dice.random() < 0.5:
        game.time += dice.choice([0, 2]) * DAY
        game.act(ActKind.JOIN, said["worker"], **said)
    to = dice.choice([r for r in found.body["recipients"] if r != "*"] or RECIPIENTS)
    asked = Request(said["worker"], "mail", "coach", max(game.time, found.begins or 0), to, "teach" if to else "")
    for purpose in ("coach", "train-augment", "research"):
        same(game, replace(asked, purpose=purpose))


def tell(game: Game) -> None:
    """Somebody is told of one of the agreements with a licensee, and of no other."""
    dice, forces = game.dice, [d for d in game.model.deals.values() if d.force]
    if not forces:
        return
    deal, worker = dice.choice(forces), dice.choice(ENROLLED)
    said = {"worker": worker, "recipient": deal.licensee, "hash": "cc", "agreement": deal.id}
    game.act(ActKind.NOTICE, "", terms=deal.force, **said)
    game.act(ActKind.ACKNOWLEDGE, worker, **said)
    for purpose, uses in game.model.terms[deal.force].uses.items():
        use = min(uses)
        for days in (0, 15):
            same(game, Request(worker, "mail", purpose, game.time + days * DAY, deal.licensee, use, "2026-02"))


def vault(game: Game) -> None:
    """A steward, or somebody else, makes, withholds, releases or ends a vault; or somebody has a score."""
    dice = game.dice
    side, name = dice.choice([("guild", "v1"), ("union", "v2"), ("guild", "v3"), ("union", "v1")])
    said = {"collective": side, "vault": name}
    who = {"guild": "ann", "union": "bo"}[side] if dice.random() < 0.9 else dice.choice([*ENROLLED, *LICENSEES, ""])
    if dice.random() < 0.5:
        to = dice.choice([*LICENSEES, *LICENSEES, ""])
        asker = (to or who) if dice.random() < 0.95 else dice.choice(LICENSEES)
        game.act(
            ActKind.VAULT_SCORE, asker, licensee=to, model="m", grant="", segments=1, root="", price={}, alarm=False,
            workers=dice.choice([4, 5, 6, 6]), cases=dice.choice([29, 30, 31]), commitment="", **said,
        )  # fmt: skip
    kind = dice.choice([
        ActKind.VAULT_MAKE, ActKind.VAULT_WITHHOLD, ActKind.VAULT_RELEASE, ActKind.VAULT_RELEASE, ActKind.VAULT_END,
    ])  # fmt: skip
    if kind is not ActKind.VAULT_END or dice.random() < 0.3:
        game.act(kind, who, queries=2, days=30, cases=40, **said)


def wait(game: Game) -> None:
    game.time += game.dice.choice([1, 2, 10, 40, 200]) * DAY


def ask(game: Game) -> Request:
    """A request to read, mostly one that somebody could mean."""
    dice = game.dice
    if dice.random() < 0.2:
        purpose = "evaluate" if dice.random() < 0.9 else dice.choice(PURPOSES)
        to, use = dice.choice(RECIPIENTS), "evaluate" if dice.random() < 0.9 else dice.choice(USES)
        return Request("", "", purpose, game.time, to, use, vault=dice.choice(["v1", "v1", "v2", "v3"]))
    if dice.random() < 0.6 and game.model.deals:
        deal = dice.choice(list(game.model.deals.values()))
        purpose, uses = dice.choice(list(game.model.terms[deal.hashes[-1]].uses.items()))
        return Request("", "", purpose, game.time, deal.licensee, dice.choice([*sorted(uses), "measure"]))
    to = dice.choice(["", "", *LICENSEES])
    return Request("", "", dice.choice(PURPOSES), game.time, to, dice.choice([*USES, "measure"]) if to else "")


def read(game: Game) -> None:
    """Ask for a grant and read it, and read what was granted earlier once more."""
    for request, admitted in game.open:
        game.read(request, admitted, fresh=False)
    request = ask(game)
    admitted = game.grant(request)
    game.read(request, admitted, fresh=True)
    game.open = [*game.open[-1:], (request, admitted)]


def single(game: Game) -> None:
    """One decision on one request, with its reason."""
    dice = game.dice
    request = ask(game)
    asked = Request(
        dice.choice(WORKERS), dice.choice(["mail", "sheet", "sheet", "mail", "private-chat"]), request.purpose,
        game.time + dice.choice([0, 0, DAY, 100 * DAY]),
        request.recipient, request.use, dice.choice(["", "2026-01", "2026-02", "2026-03", "2026-04"]),
        dice.choice([None, None, (), ("coach", "research"), ("held:v1", "unstated"), ("held:v2", "evaluate")]),
        request.vault,
    )  # fmt: skip
    same(game, asked)


def same(game: Game, asked: Request) -> str:
    """Hold one decision against the model; its reason."""
    found = decide(game.world, asked)
    reason, clauses = game.model.decide(asked)
    if (found.reason, found.allow) != (reason, reason in ALLOWING):
        raise DifferenceError(f"{asked}: {found}, but {reason}")
    if clauses and found.clauses[0] not in clauses:
        raise DifferenceError(f"{asked}: cites {found.clauses}, not one of {clauses}")
    return reason


MOVES = (
    (speak, 5), (halt, 1), (come_or_go, 2), (vouch, 1.5), (delegate, 2), (forbid, 1), (bargain, 1), (trouble, 1.5),
    (measure, 1), (strike, 1.5), (end_strike, 1), (notify, 1.5), (record, 1), (forget, 0.3),
    (come_back, 0.3), (walk_out, 0.7), (tell, 0.5), (vault, 1), (wait, 1), (read, 6), (single, 6),
)  # fmt: skip
_NAMES, _WEIGHTS = zip(*MOVES, strict=True)


def calm(seed: str) -> random.Random:
    """Chance under which nothing goes wrong yet."""
    dice = random.Random(seed)
    dice.random = lambda: 0.5  # on the object: a class with its own `random` would choose by it as well
    return dice


@cache
def beginnings(count: int = 48) -> tuple[bytes, ...]:
    """Games some way in: people enrolled, collectives founded, some agreements in force."""
    made: list[bytes] = []
    for seed in range(count):
        game = Game(calm(f"beginning {seed}"), time=START)
        begin(game)
        made.append(game.kept())
    return tuple(made)


def prepare(game: Game) -> None:
    """Much of what law profiles ask is recorded, served and acknowledged."""
    dice = game.dice
    for name, founder in (("guild", "ann"), ("union", "bo")):
        if dice.randint(0, 2):
            for step in sorted(set().union(*LAWS.values())):
                done_so(game, founder, name, "", step)
    for worker, to in product(ENROLLED, LICENSEES):
        if dice.randint(0, 2):
            game.act(ActKind.NOTICE, "", worker=worker, recipient=to, hash="aa")
            game.act(ActKind.ACKNOWLEDGE, worker, worker=worker, recipient=to, hash="aa")


def begin(game: Game) -> None:
    """Everybody is enrolled, collectives are founded, something is agreed, and there are segments."""
    dice = game.dice
    for who in (*ENROLLED, *LICENSEES):
        role = "licensee" if who in LICENSEES else "worker"
        game.act(ActKind.ENROL, who, person=who, role=role, sign=key_of(who), box="")
    for name, founder, law in (
        ("guild", "ann", ["", "", "eu-employment", "us-state"]),
        ("union", "bo", ["", "eu-employment"]),
    ):
        charter = {"name": name, "notice_days": dice.choice([0, 2]), "law": dice.choice(law)}
        charter["admission"] = dice.choice(["open", "open", "vouched"])
        game.act(ActKind.FOUND, founder, collective=name, founder=founder, charter=charter)
        for member in ENROLLED:
            if member != founder and dice.randint(0, 4):
                game.act(ActKind.JOIN, member, collective=name, worker=member)
        for one, other in permutations(ENROLLED, 2):
            if charter["admission"] == "vouched" and dice.randint(0, 9):
                game.act(ActKind.VOUCH, one, collective=name, worker=other, sign=key_of(other), box="")
        for member in ENROLLED:
            if dice.randint(0, 4):
                everything = {"class": "*", "purpose": "*"}
                game.act(ActKind.MANDATE, member, collective=name, worker=member, **everything)
    prepare(game)
    for _ in range(dice.randint(1, 4)):
        bargain(game)
    months = ("2026-01", "2026-02", "2026-03", "2026-04")
    for name, steward, vault in (("guild", "ann", "v1"), ("union", "bo", "v2")):
        if dice.randint(0, 4):
            game.act(ActKind.VAULT_MAKE, steward, collective=name, vault=vault, queries=2, days=30, cases=40)
    stated = (
        None, None, (), ("coach", "research"), ("train-augment",), ("held:v1", "unstated"), ("held:v1", "evaluate"),
        ("held:v2", "unstated"),
    )  # fmt: skip
    game.segments = [
        (
            f"{worker}-{i}", worker, dice.choice(months), dice.choice(stated),
            dice.choice([("mail",), ("sheet",), ("mail", "sheet"), ("mail", "private-chat")]),
        )
        for worker in WORKERS
        for i in range(2)
    ]  # fmt: skip


def draw(dice: random.Random, count: int) -> list[Callable[[Game], None]]:
    """So many moves."""
    return dice.choices(_NAMES, _WEIGHTS, k=count)


def play(seed: int, moves: int = 12) -> Game:
    """One game. Raises `DifferenceError`."""
    dice = random.Random(seed)
    game = Game.resumed(dice.choice(beginnings()), dice)
    for move in draw(dice, moves):
        try:
            move(game)
        except DifferenceError as found:
            raise DifferenceError(f"game {seed}: {found}") from found
    read(game)
    return game


def _place(share: str) -> str:
    return hashlib.sha256(bytes.fromhex(share)).hexdigest()
