from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from guildbook.app.bench_outcomes import outcomes
from guildbook.app.book import open_book
from guildbook.app.learning import Wanted
from guildbook.model.errors import InputError
from guildbook.model.knowledge import Kind


def write(path: Path, size: int = 160, *, always: str | None = None) -> Path:
    """People enter an amount into a form; when they leave out the minus, it mostly ends badly."""
    rng = np.random.default_rng(5)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("run", "time", "action", "tag", "element", "value", "request", "ended"))
        for run in range(size):
            wanted = f"-{run + 10}.50"
            fine = rng.random() < 0.7
            ended = always or ("ok" if rng.random() < (0.95 if fine else 0.1) else "failed")
            steps = [("click", "INPUT", "sum", ""), ("enter", "INPUT", "sum", wanted if fine else wanted[1:])]
            for place, step in enumerate([*steps, ("click", "BUTTON", "book it", "")]):
                when = f"2024-03-{1 + run % 28:02d} 10:{run // 28:02d}:{place:02d}"
                table.writerow((f"r{run}", when, *step, f"Please enter {wanted} as the sum and book it", ended))
    return path


MAP = {"case": "run", "outcome": "ended", "element_name": "element"}


def test_good_cases_are_told_from_bad_and_the_cause_is_named(tmp_path: Path) -> None:
    found = outcomes(write(tmp_path / "sums.csv"), MAP)
    assert list(found)[:7] == ["auc", "auc_low", "auc_high", "episodes", "good", "bad", "seconds"]
    assert found["episodes"] == found["good"] + found["bad"] == 160
    assert 0.75 < found["auc_low"] < found["auc"] < found["auc_high"] < 1
    assert "see to it before “click book it” that “sum” holds what was asked for" in found["top_practices"][0]["title"]


def test_the_practice_has_evidence_and_contributors(tmp_path: Path) -> None:
    path = write(tmp_path / "sums.csv")
    with open_book(tmp_path / "book") as book:
        known = book.learn(Wanted(paths=(path,), mapping=MAP, worker="Ann")).knowledge
        again = book.learn(Wanted())
    practice = next(p for p in known.practices if p.kind is Kind.QUALITY)
    assert len(practice.evidence) == 8
    assert all(len(span.events) == 1 for span in practice.evidence)
    assert practice.contributors[0][1] > 90
    assert not again.changed


def test_one_sided_outcomes_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to tell apart"):
        outcomes(write(tmp_path / "sums.csv", 30, always="ok"), MAP)


def test_steps_settle_cases_of_a_log_without_outcomes_and_are_no_practices(tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    rng = np.random.default_rng(6)
    with path.open("w", newline="") as file:
        log = csv.writer(file)
        log.writerow(("case", "time", "activity"))
        for case in range(200):
            checked = rng.random() < 0.5
            fine = rng.random() < (0.9 if checked else 0.4)
            steps = ["open", *(["check"] if checked else []), "weigh", "A_PAID" if fine else "A_DENIED", "archive"]
            for place, step in enumerate(steps):
                log.writerow((f"{case}", f"2024-03-{1 + case % 28:02d} {8 + case // 28:02d}:00:{place:02d}", step))
    with pytest.raises(InputError, match="nothing to tell apart"):
        outcomes(path)
    found = outcomes(path, good_steps=["paid"], bad_steps=["denied"])
    assert 0.6 < found["auc"] < 0.9
    assert found["quality_practices"] == 1
    assert "do “check” before “weigh”" in found["top_practices"][0]["title"]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "episodes", "causes"),
    [
        ("enter-time", 261, ("twelve hours off", "left empty or half filled in", "press the button")),
        (
            "email-inbox-nl-turk",
            345,
            ("to the last full stop", "capital letters and small ones", "is entered at all", "with no slip"),
        ),
    ],
)
def test_people_at_small_web_tasks(shared_data: Path, name: str, episodes: int, causes: tuple[str, ...]) -> None:
    found = outcomes(shared_data / f"outcomes/{name}.csv.gz")
    assert (found["episodes"], found["good"]) == (episodes, 220)
    assert found["auc"] > 0.9
    assert found["auc_low"] > 0.85
    titles = [practice["title"] for practice in found["top_practices"]]
    assert len(titles) == 3
    assert all(any(cause in title for cause in causes) for title in titles)
