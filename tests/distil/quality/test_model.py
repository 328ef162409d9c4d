from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.traces import by_task
from guildbook.distil.quality.model import cross_validated, episodes, fitted
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.model.ids import symbol

Form = Callable[..., pa.Table]


def office(form: Form, size: int, seed: int, right: float = 0.9, wrong: float = 0.1) -> pa.Table:
    """Cases in which the right entry mostly ends well and a wrong one mostly badly."""
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(size):
        fine = bool(rng.random() < 0.6)
        value = str(number) if fine else str(number + 1000)
        good = rng.random() < (right if fine else wrong)
        extra = [("click", "help", None, None)] if rng.random() < 0.5 else []
        steps = [*extra, ("enter", "amount", value, None), ("click", "submit", None, None)]
        cases.append((f"Enter {number} as the amount and submit it", steps, "1" if good else "0"))
    return form(cases)


def test_episodes_are_ranked_by_models_that_never_saw_them(form: Form) -> None:
    found = cross_validated(summarise_table(office(form, 240, 1), Settings()))
    assert found.logits.shape == found.folds.shape == (3, 240)
    area, low, high = found.auc()
    assert 0.8 < low < area < high < 1.0
    assert abs(found.chances.mean() - found.good.mean()) < 0.03


def test_tossed_coins_are_not_told_apart(form: Form) -> None:
    found = cross_validated(summarise_table(office(form, 240, 2, right=0.5, wrong=0.5), Settings()))
    assert abs(found.auc()[0] - 0.5) < 0.15


def test_a_step_that_records_the_outcome_is_not_used(form: Form) -> None:
    cases = []
    for number in range(80):
        good = number % 2 == 0
        steps = [("click", "start", None, None), ("click", "paid out" if good else "sent back", None, None)]
        cases.append(("Settle the claim of the customer now", steps, "1" if good else "0"))
    known = episodes(by_task(summarise_table(form(cases), Settings()).profiles, MiningSettings())[0], {})
    assert not fitted(known).slopes.any()


def test_a_task_with_few_of_a_side_gets_its_base_rate(form: Form) -> None:
    cases = [("Press the button right now", [("click", "go", None, None)], "1" if n else "0") for n in range(12)]
    found = cross_validated(summarise_table(form(cases), Settings()))
    assert np.allclose(found.chances, 11.5 / 13)
    assert found.auc()[0] == 0.5


def test_nothing_learnt_is_nothing_ranked(form: Form) -> None:
    sums = summarise_table(form([("Press it at once please", [("click", "go", None, None)], None)]), Settings())
    found = cross_validated(sums)
    assert len(found.good) == 0
    assert found.auc() == (0.5, 0.0, 1.0)


def test_features_have_names(form: Form) -> None:
    sums = summarise_table(office(form, 60, 3), Settings())
    known = episodes(by_task(sums.profiles, MiningSettings())[0], sums.texts)
    assert known.columns.shape == (60, len(known.names))
    assert "✓ “amount” holds what was asked for" in known.names
    assert "click help" in known.names


def test_steps_that_the_outcome_was_read_from_are_no_features(form: Form) -> None:
    cases = [
        ("Settle the claim of the customer", [("click", "start", None, None), ("click", "pay", None, None)], "1"),
        ("Settle the claim of the customer", [("click", "start", None, None), ("click", "deny", None, None)], "0"),
        ("Settle the claim of the customer", [("click", "pay", None, None)], "1"),
    ] * 12
    sums = summarise_table(form(cases), Settings())
    block = by_task(sums.profiles, MiningSettings())[0]
    named = frozenset(symbol(f"click {word}") for word in ("pay", "deny"))
    assert any("click pay" in name for name in episodes(block, sums.texts).names)
    assert not any("click pay" in name or "click deny" in name for name in episodes(block, sums.texts, named).names)
