"""The public files, and the table that comes with Guildbook."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from guildbook.model import InputError
from guildbook.simulate.majors import ROWS, majors
from guildbook.simulate.public import exposures, jobs, network
from guildbook.simulate.public import majors as published


@pytest.mark.data
def test_jobs_and_wages_are_those_published(shared_data: Path) -> None:
    rows = jobs(shared_data / "labour")
    whole = rows[0]
    assert (whole.level, whole.jobs, whole.wage) == ("total", 154_187_380, 67.92)
    assert sum(row.level == "detailed" for row in rows) == 831
    assert sum(row.jobs for row in rows if row.level == "major") == pytest.approx(whole.jobs, rel=1e-6)


@pytest.mark.data
@pytest.mark.parametrize(("rater", "wanted"), [("people", (0.149, 0.308, 0.468)), ("gpt-4", (0.140, 0.348, 0.556))])
def test_exposure_is_that_published(shared_data: Path, rater: str, wanted: tuple[float, float, float]) -> None:
    found = exposures(shared_data / "labour", rater)["all"]
    assert (round(found.alpha, 3), round(found.beta, 3), round(found.gamma, 3)) == wanted


@pytest.mark.data
def test_the_network_is_that_published(shared_data: Path) -> None:
    world = network(shared_data / "labour")
    assert (len(world), len(world.targets)) == (539, 15_426)
    assert np.add.reduceat(world.weights, world.starts[:-1]) == pytest.approx(np.ones(539))
    assert (world.exposure > 0).mean() > 0.95


@pytest.mark.data
def test_the_table_that_comes_with_guildbook_is_made_of_the_published_files(shared_data: Path) -> None:
    for (code, _, held, wage, exposure), own in zip(published(shared_data / "labour"), ROWS, strict=True):
        assert (code, held, wage) == (own[0], own[2], own[3])
        assert exposure == pytest.approx(own[4], abs=0.0005)


def test_the_built_in_world() -> None:
    world = majors()
    assert len(world) == 22
    assert world.jobs.sum() == pytest.approx(154_187_380, rel=1e-6)
    assert float((world.jobs * world.wage).sum() / world.jobs.sum()) == pytest.approx(67.92, abs=0.01)
    assert world.scaled(1_000).sum() == 1_000


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="full_labelset"):
        exposures(tmp_path)
    (tmp_path / "full_labelset.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="SOC Code"):
        exposures(tmp_path)
    with pytest.raises(InputError, match="ratings by"):
        exposures(tmp_path, "me")
