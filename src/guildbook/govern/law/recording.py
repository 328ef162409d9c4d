"""What a law profile asks for outside the book, as a steward records it: the side it protects says that it was done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from guildbook.govern.acts import Act
from guildbook.govern.law.profiles import STEPS, Duty
from guildbook.govern.world.authority import agreement, collective
from guildbook.govern.world.parts import LegalStep
from guildbook.govern.world.state import World
from guildbook.model.errors import DeniedError

_SHA: Final = re.compile(r"[0-9a-f]{64}")
_LONGEST: Final = 500


def law_step(world: World, act: Act, body: Mapping[str, Any]) -> None:
    """Take in `law-step`: `step` was done for an agreement (empty: for all), or with `done` false no longer holds."""
    found, name, step = collective(world, body["collective"]), str(body.get("agreement", "")), str(body["step"])
    duty = STEPS.get(step)
    if duty is None:
        raise DeniedError(f"No law profile asks for {step!r}.", f"Steps: {', '.join(STEPS)}.", "bad-step")
    if name and agreement(world, name).collective != found.id:
        raise DeniedError("That is another collective's agreement.", "Name one of its own.", "wrong-parties")
    held = found.recorded.get(name, {})
    if not body["done"]:
        if step not in held:
            raise DeniedError(f"{step} is not recorded there.", "See: guildbook law status.", "no-step")
        del held[step]
        return
    made = LegalStep(body["value"], body["document"], body["reference"], act.by, act.time)
    _check(duty, made)
    found.recorded.setdefault(name, held)[step] = made


def _check(duty: Duty, made: LegalStep) -> None:
    if made.value not in duty.values:
        raise DeniedError(
            f"Of {duty.id} there is no {made.value!r}.", f"It is one of: {', '.join(duty.values)}.", "bad-step"
        )
    papers = made.value in duty.papers
    if papers != bool(made.document) or (papers and not _SHA.fullmatch(made.document)):
        needs = "is recorded with its paper" if papers else "has no paper"
        raise DeniedError(
            f"{duty.id} as {made.value!r} {needs}.", "guildbook law record … --document FILE.", "bad-step"
        )
    if len(made.reference) > _LONGEST:
        raise DeniedError("A reference has at most 500 letters.", "Say it shorter.", "bad-step")
