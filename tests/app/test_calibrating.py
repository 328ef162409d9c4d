"""What was measured of a team becomes the rates of its occupation, behind a grant, and of groups alone."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from guildbook.app import Book, open_book
from guildbook.app.calibrating import Wanted
from guildbook.app.learning import Wanted as Learning
from guildbook.app.measuring_exposure import Forecast
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model import DeniedError, InputError, UsageError
from guildbook.model.time import now
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.published import built_in
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.twin import Twin
from guildbook.simulate.worldfile import write

STEPS = ("open", "check", "ask", "settle", "post")


def log(path: Path, *, alike: bool, people: int = 6) -> Path:
    """Two hundred cases: all alike, or each its own way."""
    rng = random.Random(7)
    lines = ["case,time,worker,activity"]
    for number in range(200):
        steps: list[str] = list(STEPS) if alike else [rng.choice(STEPS) for _ in STEPS]
        if not alike:
            steps[-1] = f"end {rng.randrange(6)}"
        lines += [
            f"claim:{number},2026-03-{1 + number % 28:02}T{9 + k}:{number % 60:02}:00Z,P{(number + k) % people},{step}"
            for k, step in enumerate(steps)
        ]
    path.write_text("\n".join(lines) + "\n")
    return path


def learnt(folder: Path, book: Book, **said: Any) -> None:
    book.learn(Learning(paths=(log(folder / "log.csv", **said),)))


def office(**changes: Any) -> Wanted:
    said: dict[str, Any] = {"coverage": 1.0}
    return Wanted("43-0000", built_in(), **(said | changes))


def test_work_that_ai_does_well_gets_more_exposure_than_work_it_does_badly(tmp_path: Path) -> None:
    found: dict[str, Any] = {}
    for name, alike in (("alike", True), ("varied", False)):
        (tmp_path / name).mkdir()
        with open_book(tmp_path / name / "book") as book:
            learnt(tmp_path / name, book, alike=alike)
            found[name] = book.measure.calibrated(office())
            path = tmp_path / name / "world.json"
            write(found[name].world, found[name].made, path)
    at = built_in().world.codes.index("43-0000")
    exposure = {name: float(one.world.exposure[at]) for name, one in found.items()}
    reached = {name: float(one.world.extracted[at]) for name, one in found.items()}
    assert exposure["alike"] > 0.9
    assert exposure["varied"] < 0.3
    assert reached["varied"] < reached["alike"] - 0.1
    said = found["alike"].made["book"]
    assert said["measured"]["workers"] == 6
    assert said["measured"]["held_back"] == 40
    assert said["rates"]["low"]["exposure"] <= exposure["alike"] <= said["rates"]["high"]["exposure"]
    # In the worlds made of it AI makes more of the work that it does well, and more of what people know gets out.
    ran: dict[str, Twin] = {}
    made: dict[str, float] = {}
    for name in found:
        world = Scenario(world=str(tmp_path / name / "world.json")).occupations()
        ran[name] = Twin(world, Parameters(), 1e6)
        made[name] = float([ran[name].month() for _ in range(24)][-1].fallbacks.ai_output[at])
    assert made["alike"] > 3 * made["varied"]
    assert ran["alike"].economy.outside[at] > ran["varied"].economy.outside[at]


def test_the_ends_of_what_was_measured_are_ordered_and_coverage_counts(tmp_path: Path) -> None:
    with open_book(tmp_path / "book") as book:
        learnt(tmp_path, book, alike=True)
        at = built_in().world.codes.index("43-0000")
        worlds = [book.measure.calibrated(office(end=end, coverage=0.4)) for end in ("low", "middle", "high")]
        low, middle, high = (float(one.world.exposure[at]) for one in worlds)
        assert low == pytest.approx(0.4, abs=0.05)
        assert middle == pytest.approx(0.4 + 0.6 * 0.521, abs=0.05)
        assert high == pytest.approx(1.0)
        tasks = tmp_path / "job.csv"
        tasks.write_text("Task ID,Task\n1,Open and check claims and settle them\n2,Conduct orchestras\n")
        by_job = book.measure.calibrated(office(coverage=None, job=Forecast(tasks)))
        assert 0 <= by_job.made["book"]["measured"]["coverage"] <= 0.5
        with pytest.raises(UsageError, match="How much of the job"):
            book.measure.calibrated(office(coverage=None))
        parted = book.measure.calibrated(Wanted("43-9041", built_in(), coverage=1.0, jobs=200_000))
        assert len(parted.world) == 23


def test_work_of_those_who_refuse_sets_no_rates(tmp_path: Path) -> None:
    with open_book(tmp_path / "book") as book:
        learnt(tmp_path, book, alike=True)
        everybody = book.measure.calibrated(office()).made["book"]
        book.terms.say("P0", "train-people", allow=False)
        without = book.measure.calibrated(office()).made["book"]
        assert (everybody["measured"]["workers"], without["measured"]["workers"]) == (6, 5)
        assert everybody["model"] != without["model"]
        for worker in range(1, 6):
            book.terms.say(f"P{worker}", "train-people", allow=False)
        with pytest.raises(InputError, match="admitted"):
            book.measure.calibrated(office())


def test_few_people_are_shown_to_nobody_else(tmp_path: Path) -> None:
    with open_book(tmp_path / "book") as book:
        learnt(tmp_path, book, alike=True, people=3)
        assert book.measure.calibrated(office()).made["book"]["measured"]["data_exponent"] is None
        book.persons.enrol(Identity.make("P1", Role.WORKER, now()))
        with pytest.raises(DeniedError):
            book.measure.calibrated(office())
