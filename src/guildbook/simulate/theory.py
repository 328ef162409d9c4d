"""Results in closed form that the simulator is held against, and that stand on their own.

Each names its source. Nothing here is fitted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from scipy.integrate import quad


def intrafirm_wage(marginal: Callable[[float], float], workers: float, beta: float, reserve: float) -> float:
    """The wage where a firm bargains with each of its workers, and again with the rest if one leaves.

    `w(n) = (1 − β)·r + n^(−1/β) ∫₀ⁿ x^(1/β − 1) F′(x) dx`: Stole and Zwiebel, Intra-firm Bargaining under Non-binding
    Contracts, Rev. Econ. Stud. 63 (1996), for any share β in (0, 1] (Cahuc, Marque and Wasmer, Int. Econ. Rev. 2008).
    """

    def weighed(share: float) -> float:
        return share ** (1 / beta - 1) * marginal(share * workers)

    return (1 - beta) * reserve + float(quad(weighed, 0, 1)[0])


def intrafirm_wage_of_power(scale: float, power: float, workers: float, beta: float, reserve: float) -> float:
    """`intrafirm_wage` where output is `scale·n^power`: `(1 − β)r + αβ/(1 − β + αβ)·A·n^(α − 1)`."""
    return (1 - beta) * reserve + power * beta / (1 - beta + power * beta) * scale * workers ** (power - 1)


def shapley_of_firm(output: Sequence[float], reserve: float) -> tuple[float, float]:
    """Shapley values (firm, each worker): k of n alike workers make `output[k]` with the firm, `reserve` each without.

    Shapley, A Value for n-Person Games (1953): the firm comes last before k workers with chance 1/(n + 1) each.
    """
    count = len(output) - 1
    firm = math.fsum(output[k] - k * reserve for k in range(count + 1)) / (count + 1)
    return firm, (output[count] - firm) / count if count else 0.0


def tfp_gain(exposed: float, profitable: float, saving: float, labour: float) -> float:
    """Gain in total factor productivity: the share of tasks done by AI times what each costs less times labour's share.

    Acemoglu, The Simple Macroeconomics of AI (2024), from Hulten's theorem; his figures: .199 · .23 · .27 · .535.
    """
    return exposed * profitable * saving * labour


def best_split(data_exponent: float, capital_exponent: float) -> tuple[float, float]:
    """Powers of compute by which model and data should grow: `(αD, αC) / (αC + αD)`.

    Hoffmann et al. (2022), eq. 4, with `αC` for the size of the model.
    """
    both = data_exponent + capital_exponent
    return data_exponent / both, capital_exponent / both


def capital_at_rest(invested: float, wear: float, power: float) -> float:
    """Where `dK/dt = sR·K^e − δK` comes to rest for e < 1: `(sR/δ)^(1/(1 − e))`. Infinite where it does not."""
    if power >= 1 or wear <= 0:
        return math.inf
    return (invested / wear) ** (1 / (1 - power))


def singularity(invested: float, power: float, capital: float) -> float:
    """When `dK/dt = sR·K^e` passes all bounds for e > 1: `1/((e − 1)·sR·K₀^(e − 1))`; infinite for e ≤ 1."""
    if power <= 1 or invested <= 0:
        return math.inf
    return 1 / ((power - 1) * invested * capital ** (power - 1))
