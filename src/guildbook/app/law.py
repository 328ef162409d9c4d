"""The law desk: which profiles there are, what each asks, and what was recorded for an agreement. No legal advice."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from guildbook.app.agreements import Agreements
from guildbook.app.collectives import collective_named
from guildbook.app.persons import Actor
from guildbook.govern import Gate
from guildbook.govern.acts import ActKind
from guildbook.govern.law.profiles import DISCLAIMER, PROFILES, STEPS, Kept, Profile, profile
from guildbook.govern.law.sources import CHECKED, SOURCES
from guildbook.govern.world.parts import Collective
from guildbook.model.errors import DeniedError, InputError, UnknownNameError
from guildbook.model.time import iso


@dataclass(frozen=True, slots=True)
class Laws:
    """Law profiles in one book."""

    _gate: Gate
    _agreements: Agreements

    @staticmethod
    def list() -> list[dict[str, Any]]:
        """The profiles there are."""
        return [
            {"profile": each.id, "title": each.title, "steps": sorted(each.steps), "checked": CHECKED}
            for each in PROFILES.values()
        ]

    @staticmethod
    def show(name: str) -> dict[str, Any]:
        """One profile: each duty, who sees to it, where it comes from. Raises `UsageError` for an unknown one."""
        found = profile(name)
        cited = sorted({source for duty in found.duties for source in duty.sources})
        return {
            "profile": found.id, "title": found.title, "notice": DISCLAIMER,
            "duties": [asdict(duty) | {"kept": str(duty.kept)} for duty in found.duties],
            "sources": [asdict(SOURCES[one]) | {"id": one, "checked": CHECKED} for one in cited],
        }  # fmt: skip

    def record(
        self, step: str, value: str, actor: Actor, *,
        collective: str = "", agreement: str = "", document: Path | None = None, reference: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """A steward says that a step was done, for one agreement or for all of a collective's.

        `document`: its paper, of which the SHA-256 is kept and nothing else. Raises `DeniedError`.
        """
        paper = "" if document is None else _digest(document)
        said = {"done": True, "value": value, "document": paper, "reference": reference}
        return self._say(step, collective, agreement, actor, said)

    def withdraw(self, step: str, actor: Actor, *, collective: str = "", agreement: str = "") -> dict[str, Any]:
        """A steward says that it holds no longer: from then on nobody outside reads. Raises `DeniedError`."""
        return self._say(step, collective, agreement, actor, {"done": False})

    def status(self, collective: str = "", agreement: str = "") -> dict[str, Any]:
        """What was recorded for an agreement (or all of a collective's), what is missing, how many were told."""
        side, name = self._about(collective, agreement)
        law = PROFILES.get(side.charter.law)
        told: dict[str, Any] = {
            "collective": side.id, "agreement": name, "profile": side.charter.law, "notice": DISCLAIMER,
            "recorded": self._recorded(side, name),
            "missing": [] if law is None else _missing(law, side, name),
        }  # fmt: skip
        if name:
            shown = self._agreements.show(name)
            told |= {key: shown[key] for key in ("state", "notices_acknowledged", "notices_missing")}
        return told

    def _say(self, step: str, collective: str, agreement: str, actor: Actor, said: dict[str, Any]) -> dict[str, Any]:
        if step not in STEPS:
            raise UnknownNameError("step", step, list(STEPS))
        side, name = self._about(collective, agreement)
        body = {"collective": side.id, "agreement": name, "step": step} | said
        self._gate.register.act(ActKind.LAW_STEP, body, actor.signer)
        return self.status(side.id, name)

    def _about(self, collective: str, agreement: str) -> tuple[Collective, str]:
        world = self._gate.register.world()
        if agreement:
            found = self._agreements.show(agreement)
            return world.collectives[found["collective"]], found["agreement"]
        if not collective and len(world.collectives) != 1:
            raise DeniedError(
                "There is not just one collective in this book.", "Name one: --collective; or --agreement.", "which"
            )
        return collective_named(world, collective or next(iter(world.collectives))), ""

    def _recorded(self, side: Collective, name: str) -> list[dict[str, Any]]:
        return [
            {
                "step": step, "value": made.value, "for": about or "all agreements", "document": made.document or None,
                "reference": made.reference or None, "by": self._gate.label(made.by), "time": iso(made.time),
            }
            for about in dict.fromkeys(("", name))
            for step, made in sorted(side.recorded.get(about, {}).items())
        ]  # fmt: skip


def _missing(law: Profile, side: Collective, name: str) -> list[dict[str, Any]]:
    lacking = side.lacking(law.steps, name)
    return [
        {"step": duty.id, "what": duty.what, "values": list(duty.values), "papers": list(duty.papers)}
        for duty in law.duties
        if duty.kept is Kept.STEP and duty.id in lacking
    ]


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Give another --document FILE.") from error
