"""Labels and numbers as words."""

from __future__ import annotations

import pytest

from guildbook.distil.practices.wording import Names, condition, length, share, situation, step, steps, where
from guildbook.model.knowledge import When


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("claims: check Exclusions", "check Exclusions in claims"),
        ("spreadsheet: open Sheet (spreadsheet)", "open Sheet in spreadsheet"),
        ("Take in charge ticket", "take in charge ticket"),
        ("W_Nabellen offertes+START", "W Nabellen offertes (start)"),
        ("A_SUBMITTED", "A SUBMITTED"),
        ("createOrder", "create Order"),
    ],
)
def test_a_step_in_words(label: str, words: str) -> None:
    assert step(label) == words


def test_steps_in_one_app_name_it_once() -> None:
    assert steps(("mail: open", "mail: send")) == "open, then send in mail"
    assert steps(("mail: open", "chat: ask")) == "open in mail, then ask in chat"
    assert steps(("open", "send")) == "open, then send"


def test_conditions_in_words() -> None:
    assert condition("amount", "≥5000") == "amount is at least 5000"
    assert condition("customer_kind", "corporate") == "customer kind is corporate"
    assert condition("express", "true") == "express is so"
    assert condition("express", "false") == "express is not so"
    assert where([("a", "1"), ("b", "2")]) == " where a is 1 and b is 2"
    assert where([]) == ""


def test_symbols_read_back_as_conditions_and_workers() -> None:
    names = Names({1: "product=marine", 2: "amount≥10", 3: "worker:Ann", 4: "urgent", 5: "a=b≥c"})
    assert names.condition(1) == ("product", "marine")
    assert names.condition(2) == ("amount", "≥10")
    assert names.condition(4) == ("urgent", "true")
    assert names.condition(5) == ("a", "b≥c")
    assert names.worker(3) == "Ann"
    assert names.label(255) == "#ff"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0.4 seconds"),
        (12.2, "12 seconds"),
        (89.0, "89 seconds"),
        (150.0, "2.5 minutes"),
        (7200.0, "2 hours"),
        (4e5, "4.6 days"),
    ],
)
def test_lengths_in_their_unit(seconds: float, words: str) -> None:
    assert length(seconds) == words


def test_shares_near_the_ends_keep_a_tenth() -> None:
    assert [share(v) for v in (0.0, 0.004, 0.5, 0.994, 1.0)] == ["0 %", "0.4 %", "50 %", "99.4 %", "100 %"]


def test_a_situation_says_task_case_and_what_was_done() -> None:
    when = When("Settle claim", "", (("product", "marine"),), ("claims: check cover",))
    assert situation(when) == "When you settle claim where product is marine and have done “check cover in claims”"
