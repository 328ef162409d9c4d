"""The terms desk: what workers allow, refuse and pause, and what would be decided now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guildbook.app.persons import Persons
from guildbook.app.strikes import IN_HOUSE_WORD, recipient_named
from guildbook.govern import Gate
from guildbook.govern.acts import ActKind
from guildbook.govern.permissions import Said, class_given, purpose_named
from guildbook.govern.signer import Signer
from guildbook.model.decision import EVERY, IN_HOUSE, Decision, Request
from guildbook.model.time import iso, now


@dataclass(frozen=True, slots=True)
class Terms:
    """Permissions, refusals and pauses of one book. Names of workers; `*` or None: every class."""

    _gate: Gate
    _persons: Persons

    def show(self, worker: str | None = None) -> list[dict[str, Any]]:
        """What was allowed, refused and paused, by worker."""
        said = [self._told(each) for each in self._gate.decisions(worker)]
        world = self._gate.register.world()
        only = None if worker is None else self._gate.known(worker)
        paused = [
            {"worker": self._gate.label(who), "decision": "pause", "purpose": EVERY, "class": name, "recipient": EVERY}
            for who, names in sorted(world.paused.items())
            if only in {None, who}
            for name in sorted(names)
        ]
        return sorted([*said, *paused], key=lambda each: (each["worker"], each["decision"], each["purpose"]))

    def say(
        self,
        worker: str,
        purpose: str,
        *,
        allow: bool,
        trace_class: str | None = None,
        recipient: str | None = None,
        signer: Signer | None = None,
    ) -> dict[str, Any]:
        """Allow or refuse a purpose; by default an allowance is for the book's own use, a refusal for everybody."""
        to = None if recipient is None else recipient_named(self._gate, self._persons, recipient)
        return self._told(
            self._gate.decide(worker, purpose, allow=allow, trace_class=trace_class, recipient=to, signer=signer)
        )

    def clear(
        self,
        worker: str,
        purpose: str,
        *,
        trace_class: str | None = None,
        recipient: str | None = None,
        signer: Signer | None = None,
    ) -> dict[str, Any]:
        """Take back what was said of a purpose, class and recipient; by default to everybody."""
        to = EVERY if recipient is None else recipient_named(self._gate, self._persons, recipient)
        body = {
            "worker": self._gate.known(worker), "purpose": purpose_named(purpose, permit=False),
            "class": class_given(trace_class), "recipient": to,
        }  # fmt: skip
        self._gate.register.act(ActKind.CLEAR, body, signer)
        return {"worker": worker, "decision": "none"} | {k: v for k, v in body.items() if k in {"purpose", "class"}}

    def pause(self, worker: str, trace_class: str | None = None, signer: Signer | None = None) -> dict[str, Any]:
        """Nothing of this class is given to anybody for anything, until `resume`."""
        return self._paused(ActKind.PAUSE, worker, trace_class, signer)

    def resume(self, worker: str, trace_class: str | None = None, signer: Signer | None = None) -> dict[str, Any]:
        """End a pause; of every class, all of them."""
        return self._paused(ActKind.RESUME, worker, trace_class, signer)

    def check(
        self, worker: str, purpose: str, *, trace_class: str | None = None, recipient: str | None = None, use: str = ""
    ) -> list[dict[str, Any]]:
        """What would be decided now on the worker's traces, by class and terms; of a class nothing is held of, too."""
        named = purpose_named(purpose, permit=True)
        to = IN_HOUSE if recipient is None else recipient_named(self._gate, self._persons, recipient)
        person, only = self._gate.known(worker), class_given(trace_class)
        found: dict[tuple[str, Decision], list[int]] = {}
        for each in self._gate.ruled(Request(person, "", named, now(), to, use)):
            for name, decision in zip(each.classes, each.decisions, strict=True):
                if only in {EVERY, name}:
                    sums = found.setdefault((name, decision), [0])
                    sums[0] += each.group.segments
        if not found:
            asked = "" if only == EVERY else only
            found[asked, self._gate.may(Request(person, asked, named, now(), to, use))] = [0]
        return [
            {
                "worker": worker, "class": name, "purpose": named, "use": use,
                "recipient": IN_HOUSE_WORD if to == IN_HOUSE else self._gate.label(to), "allow": decision.allow,
                "reason": str(decision.reason), "clauses": list(decision.clauses), "segments": sums[0],
                "policy_hash": decision.policy_hash,
            }
            for (name, decision), sums in sorted(found.items(), key=lambda item: (item[0][0], item[0][1].reason))
        ]  # fmt: skip

    def _paused(self, kind: ActKind, worker: str, trace_class: str | None, signer: Signer | None) -> dict[str, Any]:
        body = {"worker": self._gate.known(worker), "class": class_given(trace_class)}
        act = self._gate.register.act(kind, body, signer)
        return {"worker": worker, "decision": str(kind), "class": body["class"], "since": iso(act.time)}

    @staticmethod
    def _told(said: Said) -> dict[str, Any]:
        return {
            "worker": said.worker, "decision": "allow" if said.decision == "permit" else said.decision,
            "purpose": said.purpose, "class": said.trace_class, "recipient": said.recipient or IN_HOUSE_WORD,
            "since": iso(said.time),
        }  # fmt: skip
