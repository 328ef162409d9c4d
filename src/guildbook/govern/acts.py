"""Acts: everything that changes who may use what, as one record that can be signed, logged and replayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from guildbook.model.canonical import canonical

_CONTEXT: Final = b"guildbook-act-1\n"
"""Goes before what is signed, so that a signature made for something else is none here."""


class ActKind(StrEnum):
    """The kinds of act. The body of each is described where it is folded (`govern.world`)."""

    ENROL = "enrol"
    REKEY = "rekey"
    PERMIT = "permit"
    REFUSE = "refuse"
    CLEAR = "clear"
    PAUSE = "pause"
    RESUME = "resume"
    ERASE_BEGIN = "erase-begin"
    ERASE_PART = "erase-part"
    ERASED = "erased"
    READMIT = "readmit"
    FOUND = "found"
    JOIN = "join"
    ADMIT = "admit"
    VOUCH = "vouch"
    LEAVE = "leave"
    OFFICE = "office"
    MANDATE = "mandate"
    UNMANDATE = "unmandate"
    FORBID = "forbid"
    UNFORBID = "unforbid"
    BALLOT_OPEN = "ballot-open"
    BALLOT_CLOSE = "ballot-close"
    OFFER = "offer"
    COUNTER = "counter"
    RATIFY = "ratify"
    SIGN = "sign"
    TERMINATE = "terminate"
    SUSPEND = "suspend"
    UNSUSPEND = "unsuspend"
    STRIKE_PROPOSE = "strike-propose"
    PLEDGE = "pledge"
    UNPLEDGE = "unpledge"
    STRIKE_CALL = "strike-call"
    STRIKE_END = "strike-end"
    VAULT_MAKE = "vault-make"
    VAULT_HOLD = "vault-hold"
    VAULT_SCORE = "vault-score"
    VAULT_LEND = "vault-lend"
    VAULT_ALARM = "vault-alarm"
    VAULT_WITHHOLD = "vault-withhold"
    VAULT_RELEASE = "vault-release"
    VAULT_END = "vault-end"
    NOTICE = "notice"
    ACKNOWLEDGE = "acknowledge"
    LAW_STEP = "law-step"
    GRANT = "grant"
    USE = "use"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    DERIVE = "derive"
    ERASED_PART = "erased-part"
    PAYOUT = "payout"
    MEASURE = "measure"
    APPEAL = "appeal"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `key` and `signature` are empty where the person has no key of their own and the book acts for them."""

    kind: ActKind
    time: int
    """When, µs UTC."""
    by: str
    """Id of the person who acts; empty: the book itself."""
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    key: str = ""
    """Public Ed25519 key, hex."""
    signature: str = ""
    """Hex."""

    def to_sign(self, book: str) -> bytes:
        """What a signature of this act in that book covers."""
        signed = {"book": book, "kind": self.kind, "time": self.time, "by": self.by, "body": dict(self.body)}
        return _CONTEXT + canonical(signed)

    def to_dict(self) -> dict[str, Any]:
        """As it is logged."""
        return {
            "kind": str(self.kind), "time": self.time, "by": self.by, "body": dict(self.body), "key": self.key,
            "signature": self.signature,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The act that `to_dict` wrote. Raises KeyError or ValueError for anything else."""
        return cls(
            ActKind(data["kind"]), int(data["time"]), str(data["by"]), dict(data["body"]), str(data["key"]),
            str(data["signature"]),
        )  # fmt: skip
