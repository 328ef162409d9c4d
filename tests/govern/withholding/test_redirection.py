"""The same traces under two agreements: a strike against one licensee leaves the other what was agreed with them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from guildbook.govern.acts import ActKind
from guildbook.govern.policy import decide
from guildbook.govern.world.bargaining import pledge_text
from guildbook.model.agreement import Agreement, Party, Price
from guildbook.model.decision import Reason, Request

Drafted = Callable[..., Agreement]


def ask(stage: Any, worker: str, recipient: str) -> tuple[bool, Reason, tuple[str, ...]]:
    found = decide(stage.world, Request(worker, "mail", "train-augment", stage.time, recipient, "train", "2026-02"))
    return found.allow, found.reason, found.clauses


def strike(stage: Any, recipients: list[str]) -> None:
    shares = {member: f"{i:02x}" for i, member in enumerate(("ann", "bo"))}
    stage.act(
        ActKind.STRIKE_PROPOSE, "ann", strike="s1", collective="guild", threshold=2, purposes=["any"], classes=["*"],
        recipients=recipients, carve_outs=[],
        shares=[hashlib.sha256(bytes.fromhex(share)).hexdigest() for share in shares.values()],
    )  # fmt: skip
    for share in shares.values():
        stage.act(ActKind.PLEDGE, strike="s1", share=share)
    pledges = [[m, stage.players[m].key.sign(pledge_text("book-1", "s1", m)).hex()] for m in shares]
    stage.act(ActKind.STRIKE_CALL, "ann", strike="s1", pledges=pledges, begins=0)


def test_what_is_withheld_from_one_licensee_is_given_to_another(stage: Any, drafted: Drafted) -> None:
    stage.collective("ann", "bo", "cy")
    for name in ("acme", "beta"):
        stage.enrol(name, "licensee")
    stage.agree("first", drafted())
    stage.agree("second", drafted(licensee=Party(id="beta", name="Beta"), price=Price(kind="flat", amount=900_000)))
    for recipient, agreement in (("acme", "first"), ("beta", "second")):
        allow, reason, clauses = ask(stage, "ann", recipient)
        assert (allow, reason) == (True, Reason.AGREEMENT)
        assert clauses[0].startswith(f"{agreement}#")
    before = ask(stage, "ann", "beta")
    strike(stage, ["acme"])
    assert ask(stage, "ann", "acme") == (False, Reason.STRIKE, ("s1",))
    assert ask(stage, "ann", "beta") == before
    assert ask(stage, "cy", "acme")[0]  # who has not pledged goes on
    stage.act(ActKind.STRIKE_END, "ann", collective="guild", strike="s1")
    assert ask(stage, "ann", "acme")[0]
