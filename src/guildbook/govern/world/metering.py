"""What a measure of a model's substitution does to an agreement: above the bound, the clause is suspended.

The rule is that of `model.purpose.trained_for`: what counts is the upper end of the interval, so that a vague measure
counts against whoever trains. Only assisting (`train-augment`) is bounded: where replacing was agreed as well, what is
measured is still assisting no longer. A crossing takes something away, so whoever runs the book may bring it to
light; only a steward's measure gives back what an earlier one has taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from guildbook.govern.acts import Act
from guildbook.govern.agreement.rules import clause_of
from guildbook.govern.world.authority import agreement
from guildbook.govern.world.parts import STEWARD, Agreement, Reading
from guildbook.govern.world.state import World
from guildbook.model.agreement import Agreement as Terms
from guildbook.model.errors import DeniedError
from guildbook.model.purpose import DEFAULT_BOUND_PPM, PPM, Purpose, trained_for
from guildbook.model.time import DAY, iso

BOUNDED: Final = Purpose.TRAIN_AUGMENT
_SUSPENDS: Final = "suspend"


def bound_of(terms: Terms) -> int:
    """The bound that holds, in ppm: the one agreed, else the one everybody has."""
    return DEFAULT_BOUND_PPM if terms.substitution.bound is None else terms.substitution.bound


def crosses(terms: Terms, high: int) -> bool:
    """Whether a model whose substitution is at most `high` (ppm, upper end of its interval) is above the bound."""
    return trained_for(high, bound_of(terms)) is not BOUNDED


def due(found: Agreement) -> int | None:
    """When the next measure is due, µs UTC; None where none was agreed."""
    days = found.latest.terms.audit.ablation_days
    if not days or not found.force:
        return None
    last = [each.time for each in found.readings if each.terms == found.force]
    return (last[-1] if last else found.since) + days * DAY


def reading(act: Act) -> Reading:
    """What a measure act says. Raises KeyError, TypeError or ValueError."""
    said = act.body
    return Reading(
        str(said["measure"]), str(said["hash"]), str(said["purpose"]), int(said["value"]), int(said["low"]),
        int(said["high"]), int(said["traces"]), int(said["bound"]), bool(said["crossed"]), act.time, act.by,
    )  # fmt: skip


def notice_text(terms: Terms, name: str, said: Mapping[str, Any]) -> str:
    """What both sides are told of a measure: rendered from the figures, so that it can say nothing else."""
    value, low, high, bound = (f"{int(said[key]) / PPM:.2%}" for key in ("value", "low", "high", "bound"))
    told = [
        f"Notice to {terms.collective.name} and to {terms.licensee.name} (guildbook-meter-1)",
        "",
        f"Under the agreement “{terms.title}” ({name}) {terms.licensee.name} may train assistants. A model trained on",
        f"what is admitted for that was left alone on {int(said['traces'])} held-back episodes. It takes {value} of",
        f"them to an acceptable end with no human step (95 % interval {low} to {high}). At most {bound} was agreed,",
        "for the upper end of the interval.",
        "",
    ]
    if not said["crossed"]:
        told.append("That is not above the bound. From a steward it takes up again what an earlier measure suspended.")
    elif terms.substitution.crossing == _SUSPENDS:
        told.append(f"That is above the bound: {clause_of(BOUNDED)} is suspended until a measure is below it again.")
    else:
        told.append("That is above the bound. It was agreed that the collective is told; nothing is suspended.")
    told += ["", f"Measure again: guildbook measure bound {name} --enforce. What it rests on: guildbook audit show."]
    return "\n".join(told)


def meter_text(found: Agreement, each: Reading) -> str:
    """The notice of a measure that the log holds, rendered once more."""
    terms = next(version.terms for version in found.versions if version.hash == each.terms)
    figures = {"value": each.value, "low": each.low, "high": each.high, "bound": each.bound}
    return notice_text(terms, found.id, figures | {"traces": each.traces, "crossed": each.crossed})


def notice_hash(text: str) -> str:
    """SHA-256 of a notice, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def measure(world: World, act: Act, body: Mapping[str, Any]) -> None:
    """Take in a measure: the bound is held against it here, and nowhere else."""
    found, made = agreement(world, body["agreement"]), reading(act)
    if not found.force or made.terms != found.force:
        raise DeniedError("That is not what is in force.", "See: guildbook agreement show.", "old-version")
    terms = next(version.terms for version in found.versions if version.hash == found.force)
    if made.purpose != BOUNDED or BOUNDED not in terms.purposes:
        raise DeniedError("No bound was agreed for that purpose.", f"Only {BOUNDED} is bounded.", "no-bound")
    if not 0 <= made.low <= made.value <= made.high <= PPM or made.traces < 1:
        raise DeniedError("These are no shares of episodes.", "Measure again: guildbook measure bound.", "bad-measure")
    if (made.bound, made.crossed) != (bound_of(terms), crosses(terms, made.high)):
        raise DeniedError("The bound says something else of this figure.", "Measure again.", "wrong-verdict")
    if body["notice"] != notice_hash(notice_text(terms, found.id, body)):
        raise DeniedError("The notice says something else than the figures.", "Measure again.", "wrong-notice")
    if any(each.id == made.id for each in found.readings):
        raise DeniedError("There is such a measure already.", "Measure again.", "exists")
    found.readings.append(made)
    clause = clause_of(BOUNDED)
    if made.crossed and terms.substitution.crossing == _SUSPENDS:
        found.metered.add(clause)
    elif not made.crossed and world.collectives[found.collective].holds(act.by, STEWARD, act.time):
        found.metered.discard(clause)
    (world.metered.add if found.metered else world.metered.discard)(found.id)
    world.reindex(found)


def check_lifted(found: Agreement, clause: str) -> None:
    """Raise `DeniedError` where somebody would take up by hand what only a measure below the bound takes up."""
    if clause in found.metered and clause not in found.suspended:
        last = found.readings[-1]
        raise DeniedError(
            f"A measure of {iso(last.time)} was above the bound.",
            f"It is taken up by one that is not: guildbook measure bound {found.id} --enforce.",
            "above-bound",
        )
