"""Every number the simulator starts from: its symbol, unit, range, and its source or the word "assumption"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from guildbook.model.errors import UsageError

ASSUMPTION: Final = "assumption"
MOBILITY: Final = "del Rio-Chanona, Mealy, Beguerisse-Díaz, Lafond, Farmer, J. R. Soc. Interface 18 (2021), 20200898"
CHINCHILLA: Final = "Hoffmann et al., Training Compute-Optimal Large Language Models (2022), eq. 10"
TASKS: Final = "form: Acemoglu and Restrepo, Am. Econ. Rev. 108 (2018), 1488; value: assumption"
MOBILITY_WEEKS: Final = 6.75
"""The step of the source's rates, weeks."""
MONTH_WEEKS: Final = 52 / 12
_LAST_OF_FIRST: Final = "royalty"
"""Up to here parameters are part of every scenario's hash; see `Parameters.hashed`."""
SWITCH: Final = "switch"
"""The unit of what is either 0 (off) or 1 (on)."""


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a parameter beside its value."""

    symbol: str
    what: str
    unit: str
    low: float
    high: float
    source: str = ASSUMPTION


def _number(
    default: float, symbol: str, what: str, low: float, high: float, unit: str = "", source: str = ASSUMPTION
) -> Any:
    return field(default=default, metadata={"about": About(symbol, what, unit, low, high, source)})


@dataclass(frozen=True, slots=True)
class Parameters:
    """One world. Money is in shares of the occupation's mean wage at the start unless its unit says otherwise."""

    # What an hour's work is worth, and to whom it goes
    plain: float = _number(1.55, "zg", "what anybody makes in the job", 0.01, 100, "of the mean wage")
    beta: float = _number(0.5, "β", "worker's share of the surplus", 0, 1)
    phi: float = _number(0.6, "φ", "worth of expertise, beside what anybody can do", 0, 5)
    psi: float = _number(0.0, "ψ", "how much expertise in a head and outside it complement each other", 0, 5)
    outside: float = _number(0.6, "r", "what a worker has without a job", 0, 1, "of the mean wage")
    replacing: float = _number(0.1, "k", "cost of putting another in the job", 0, 2, "of the mean wage")
    # Who could do it instead
    reach: float = _number(0.7, "ρ", "output of a worker elsewhere, against one here", 0, 1)
    wage_elsewhere: float = _number(0.35, "w_g", "wage of a worker elsewhere", 0, 2, "of the mean wage")
    moving: float = _number(0.2, "k_g", "cost of sending work elsewhere", 0, 2, "of the mean wage")
    best_ai: float = _number(4.0, "A_max", "output of AI at exposure 1, of an expert's; 1/e of it at the start", 0, 50)
    fee: float = _number(0.3, "θ", "the operator's share of what AI makes", 0, 1)
    # The contest for a job
    every: int = _number(12, "n_c", "months between looks at whether to keep a worker", 1, 120, "months")
    friction: float = _number(0.1, "F", "loss that is borne before a worker is replaced", 0, 5, "of the mean wage")
    noise: float = _number(0.1, "σ_q", "error of one look at a worker's output", 0, 2, "log points")
    bias: float = _number(0.1, "σ_b", "spread of how workers are thought of", 0, 2, "log points")
    client: float = _number(0.3, "ω_c", "weight of what clients see: output without bias", 0, 1)
    boss: float = _number(0.5, "ω_b", "weight of what the boss thinks; the rest is that of peers", 0, 1)
    # Searching
    separation: float = _number(0.016, "δ_u", "jobs that end", 0, 0.5, "per 6.75 weeks", MOBILITY)
    opening: float = _number(0.012, "δ_v", "vacancies that open", 0, 0.5, "per 6.75 weeks", MOBILITY)
    adjusting: float = _number(0.16, "γ", "how fast jobs follow demand", 0, 1, "per 6.75 weeks", MOBILITY)
    keeps_within: float = _number(0.7, "", "expertise kept in a new job of the same occupation", 0, 1)
    keeps_across: float = _number(0.2, "", "expertise kept in another occupation", 0, 1)
    # Knowing
    learning: float = _number(0.02, "λ", "expertise learnt by doing, of what is left to learn", 0, 1, "per month")
    taught: float = _number(1.0, "λ_X", "how much faster with all expertise outside", 0, 20)
    forgetting: float = _number(0.01, "δ_h", "expertise lost without a job", 0, 1, "per month")
    ceiling: float = _number(0.9, "h_max", "expertise that practice leads to", 0, 1)
    start: float = _number(0.75, "h_0", "expertise at the start, mean", 0, 1)
    spread: float = _number(0.1, "", "expertise at the start, half-width", 0, 1)
    skill: float = _number(0.1, "σ_s", "spread of skill, its mean being 1", 0, 1, "log points")
    # Expertise leaves heads
    extraction: float = _number(0.3, "κ", "how good the extraction of expertise is", 0, 10, "per month")
    seed_expertise: float = _number(0.02, "x_0", "expertise outside that extraction starts from", 0, 1)
    rot: float = _number(0.002, "δ_X", "expertise outside that goes stale", 0, 1, "per month")
    # Traces and the operator
    data_exponent: float = _number(0.28, "α_D", "loss falls with data to this power", 0, 1, "", CHINCHILLA)
    capital_exponent: float = _number(0.34, "α_C", "loss falls with capital to this power", 0, 1, "", CHINCHILLA)
    trace_rot: float = _number(0.02, "δ_Q", "traces that go stale", 0, 1, "per month")
    across: float = _number(0.2, "", "weight of other occupations' traces", 0, 1)
    reinvested: float = _number(0.3, "s", "the operator's revenue that becomes capital", 0, 1)
    wear: float = _number(0.01, "δ_K", "capital that wears out", 0, 1, "per month")
    worth_of_capital: float = _number(
        1.0, "", "capital of 1 costs this share of all yearly wages at the start", 0.001, 100, "of all wages"
    )
    # Levers
    consent_augment: float = _number(1.0, "m_aug", "traces that may be used to help people", 0, 1)
    consent_substitute: float = _number(1.0, "m_sub", "traces that may be used to do without them", 0, 1)
    licence: float = _number(0.0, "u", "expertise outside that is under collective licence", 0, 1)
    strike_augment: float = _number(0.0, "f_aug", "people on strike with traces that help", 0, 1)
    strike_substitute: float = _number(0.0, "f_sub", "people on strike with traces that substitute", 0, 1)
    royalty: float = _number(0.0, "", "the operator's revenue that is paid to contributors", 0, 1)
    augment_only: int = _number(
        0, "", "the operator may train only on traces that may be used to help people", 0, 1, SWITCH
    )
    helper: float = _number(1.0, "ψ_+", "what its helpers add to ψ, if it may only train to help people", 0, 5)
    # Tasks before jobs (off: 0 tasks)
    tasks: int = _number(0, "n", "tasks of an occupation, of which AI takes some before it takes the job", 0, 64)
    task_spread: float = _number(0.5, "", "how far exposures of tasks lie around the occupation's, where unrated", 0, 1)
    refocus: float = _number(
        0.5, "ω_t", "worth of time that AI's tasks set free: 1 − 1/σ with σ between tasks", 0, 0.95, source=TASKS
    )
    # Several operators (off: a scenario names none)
    competition: float = _number(1.0, "", "how far the lead over the second best bounds the fee", 0, 1)
    access: float = _number(
        0.0, "", "traces of others that an operator may use, too: 0 exclusive, 1 all have all", 0, 1
    )
    # Firms that grow, goods that are bought (each off)
    bottleneck: float = _number(
        0.0, "b", "jobs whose number is limited by the attention of experts; 0: off", 0, 1, "of jobs"
    )
    rent: float = _number(0.2, "m", "what that scarcity adds to prices at the start (bottleneck)", 0, 0.5, "of prices")
    new_jobs: float = _number(
        0.0, "ν", "new jobs that expertise outside opens as it goes from none to all; 0: off", 0, 2, "of jobs"
    )
    goods: int = _number(0, "", "prices follow costs, and jobs what is bought at them", 0, 1, SWITCH)
    elasticity: float = _number(
        1.0, "ε", "how much more is bought of what gets cheaper (goods, bottleneck)", 0, 5, "% for 1 %"
    )
    passed_on: float = _number(1.0, "", "of a change of costs, what prices follow (goods)", 0, 1)
    spending: int = _number(0, "", "what is bought follows what is earned", 0, 1, SWITCH)
    spent: float = _number(1.0, "", "income of firms and operators that buys goods (spending)", 0, 1)
    follows: float = _number(0.0, "ξ", "how far r follows what people earn, idle ones counted; 0: off", 0, 1)

    def __post_init__(self) -> None:
        for each in fields(self):
            about: About = each.metadata["about"]
            value = getattr(self, each.name)
            if not about.low <= value <= about.high:
                raise UsageError(
                    f"{each.name} is {value!r}; it must lie between {about.low:g} and {about.high:g}.",
                    f"It is {about.what}.",
                )
            if about.unit == SWITCH and value not in (0, 1):
                raise UsageError(f"{each.name} is {value!r}; it is a switch: 0 or 1.", f"It is {about.what}.")

    @property
    def pace(self) -> float:
        """The share of the source's step that a month is."""
        return MONTH_WEEKS / MOBILITY_WEEKS

    @property
    def levels(self) -> bool:
        """Whether prices, income and what one has without a job answer, without which levels mean nothing."""
        return bool(self.goods and self.spending and self.follows > 0)

    def having(self, **changes: float) -> Parameters:
        """The same but for what is named. Raises `UsageError` for a name there is not."""
        known = [each.name for each in fields(self)]
        for name in changes:
            if name not in known:
                raise UsageError(f"There is no parameter called {name!r}.", f"Parameters: {', '.join(known)}.")
        return replace(self, **changes)

    def to_dict(self) -> dict[str, float]:
        """JSON-ready."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def hashed(self) -> dict[str, float]:
        """What a scenario's hash hangs on: the first parameters there were, of later ones what is not as by default.

        So a mechanism that was added later, and is off, leaves every earlier hash as it was.
        """
        known = [each.name for each in fields(self)]
        first = known.index(_LAST_OF_FIRST) + 1
        return {
            each.name: getattr(self, each.name)
            for place, each in enumerate(fields(self))
            if place < first or getattr(self, each.name) != each.default
        }


def table() -> Mapping[str, tuple[float, About]]:
    """Every parameter with its default and what is said of it, in order."""
    plain = Parameters().to_dict()
    return {each.name: (plain[each.name], each.metadata["about"]) for each in fields(Parameters)}
