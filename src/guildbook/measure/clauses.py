"""The clauses that follow from what was measured, each with its reason and the field of an agreement that it sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from guildbook.measure.estimate import Estimate

BOUND: Final = 0.05
"""The substitution bound that is proposed where nothing else is said."""
ABLATION_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Clause:
    """One proposal."""

    path: str
    """The field of the agreement, as `agreement draft --set` takes it."""
    value: str
    because: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"path": self.path, "value": self.value, "because": self.because}


def clauses(
    *, alone: Estimate, yearly: float | None, currency: str, laundered: float | None, critical: float | None
) -> tuple[Clause, ...]:
    """What to ask for.

    `alone`: S of everybody's model; `yearly`: the middle price, where there is one in money; `laundered`: share of the
    value that a kept model's own writing would give back; `critical`: share of members whose strike costs half.
    """
    out = [
        Clause(
            "substitution.bound", f"{BOUND:.0%}".replace("%", " %"),
            f"A model of this work takes {_percent(alone.value)} of episodes to their end alone (up to "
            f"{_percent(alone.high)})" + (
                ": above the bound, so nothing may be trained before steps are withheld: guildbook measure frontier."
                if alone.high > BOUND else ": below the bound, which keeps it so."
            ),
        ),
        Clause(
            "substitution.crossing", "suspend", "A bound that only notifies does not bind: guildbook measure bound."
        ),
        Clause(
            "substitution.human_gate", "step" if alone.high > BOUND else "result",
            "What a person approves is not done alone; but a gate falls with the weights, so it stands beside a bound.",
        ),
        Clause(
            "audit.ablation_days", str(ABLATION_DAYS),
            "What the traces are worth is measured by leaving them out; who trains does so as often as this.",
        ),
    ]  # fmt: skip
    if yearly is not None:
        quarter = yearly * ABLATION_DAYS / 365
        out += [
            Clause("price.kind", "flat", "A price of its own, whatever the licensee makes of it."),
            Clause(
                "price.amount", f"{quarter:.2f}", f"The middle of the range, for {ABLATION_DAYS} days ({currency})."
            ),
            Clause("price.every_days", str(ABLATION_DAYS), "With each ablation, so that it can be spoken of again."),
        ]
    if laundered is not None:
        out.append(
            Clause(
                "remedies.delete_on_end", "true",
                f"A model that is kept can write traces which give back {_percent(laundered)} of what leaving costs; "
                "so it goes when the agreement ends.",
            )
        )  # fmt: skip
    if critical is not None:
        out.append(
            Clause(
                "", f"--threshold {critical:.2f}",
                f"For the charter: a random strike of {_percent(critical)} of the members costs half of the value.",
            )
        )  # fmt: skip
    return tuple(out)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
