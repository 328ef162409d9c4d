"""Sweeps: which points, which runs, what is compared; who runs them, and what a killed one leaves."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook import __version__
from guildbook.model import GuildbookError, InputError, UsageError
from guildbook.simulate.journal import FILE, Journal
from guildbook.simulate.measures import MEASURES, ended
from guildbook.simulate.parameters import Parameters
from guildbook.simulate.players import Task, players
from guildbook.simulate.running import ends, simulated
from guildbook.simulate.scenario import Scenario
from guildbook.simulate.study import write
from guildbook.simulate.sweep import Sweep, Swept, drawn, load, of, swept

SMALL: dict[str, Any] = {"world": "one", "workers": 300, "months": 14, "seeds": 3, "parameters": {"best_ai": 0}}
THREE: dict[str, Any] = {
    "base": SMALL, "grid": {"phi": [0.4, 0.6]},
    "policies": {"none": None, "licence": {"licence": 0.8}, "late": {6: {"licence": 0.8}, 9: {"royalty": 0.1}}},
}  # fmt: skip


def here(asked: Sweep, folder: Path | None = None, jobs: int = 1) -> Swept:
    with Journal(folder) as journal, players(journal, jobs) as hands:
        return swept(asked, hands)


def test_every_point_under_every_policy_over_every_seed_and_without_chance() -> None:
    asked = of(
        THREE | {"list": [{"beta": 0.4}, {"beta": 0.5, "psi": 1}], "random": {"over": {"fee": [0.1, 0.2]}, "points": 3}}
    )
    assert len(asked.points) == 2 * 2 * 3
    tasks = asked.tasks()
    assert len(tasks) == 12 * 3 * 4
    assert [task.seed for task in tasks[:4]] == [0, 1, 2, None]
    late = asked.at({"phi": 0.4}, "late")
    assert (late.parameters.phi, late.parameters_in(5).licence, late.parameters_in(6).licence) == (0.4, 0, 0.8)
    assert (late.parameters_in(8).royalty, late.parameters_in(9).royalty) == (0, 0.1)
    assert asked.at({}, "licence").parameters.licence == 0.8
    assert [point["goods"] for point in of({"grid": {"goods": [False, True]}}).points] == [0, 1]
    assert of({}).tasks()[-1] == Task(Scenario(name="sweep: base"), None)


def test_points_are_spread_evenly_whichever_way() -> None:
    for method in ("sobol", "lhs"):
        points = drawn({"phi": (0.2, 0.8), "every": (6, 24)}, method, 32, 1)
        values = np.array([point["phi"] for point in points])
        assert (np.bincount(((values - 0.2) / 0.6 * 8).astype(int), minlength=8) == 4).all()
        assert all(isinstance(point["every"], int) and 6 <= point["every"] <= 24 for point in points)
        assert points == drawn({"phi": (0.2, 0.8), "every": (6, 24)}, method, 32, 1)
    assert len(drawn({"phi": (0, 1)}, "sobol", 5, 0)) == 5


@settings(max_examples=30)
@given(st.integers(1, 100), st.integers(0, 5), st.sampled_from(["sobol", "lhs"]))
def test_as_many_points_as_were_asked_for_inside_the_range(count: int, seed: int, method: str) -> None:
    points = drawn({"phi": (0.2, 0.8)}, method, count, seed)
    assert len(points) == count
    assert all(0.2 <= point["phi"] <= 0.8 for point in points)


def test_policies_are_compared_seed_by_seed() -> None:
    come = here(of(THREE))
    said = come.to_dict()
    point = said["points"][1]
    assert point["at"] == {"phi": 0.6}
    base, licence = (
        np.array([ended(simulated(come.sweep.at({"phi": 0.6}, name), seed))["wage"] for seed in range(3)])
        for name in ("none", "licence")
    )
    told = point["policies"]["licence"]["difference"]["wage"]
    assert told["median"] == pytest.approx(np.median(licence - base), rel=1e-12)
    assert told["low"] == pytest.approx(np.quantile(licence - base, 0.05), rel=1e-12)
    assert point["policies"]["none"]["last_year"]["wage"]["median"] == pytest.approx(np.median(base))
    assert "difference" not in point["policies"]["none"]
    assert point["policies"]["licence"]["twin_difference"]["wage"] > 0
    only_twin = here(of(THREE | {"agents": False})).to_dict()
    assert only_twin["points"][1]["policies"]["licence"]["twin"] == point["policies"]["licence"]["twin"]
    assert "last_year" not in only_twin["points"][1]["policies"]["licence"]


def test_what_is_kept_of_a_run_is_its_last_year() -> None:
    run = simulated(Scenario(world="one", workers=500, months=15), 1)
    found = ended(run)
    assert list(found) == list(MEASURES)
    assert found["wage"] == ends([run])[0][2]
    assert found["employment"] == pytest.approx(1 - found["unemployment"])
    assert found["income"] == pytest.approx(found["wage"] * found["employment"], rel=1e-2)


def test_every_row_says_how_to_get_it_again(tmp_path: Path) -> None:
    come = here(of(THREE))
    paths = write(come.table(), tmp_path, "sweep")
    rows = pq.read_table(paths[0])
    assert rows.num_rows == len(come.tasks) == len(paths[1].read_text().splitlines()) - 1
    assert all(rows[name].null_count == 0 for name in rows.schema.names if name != "seed")
    row = rows.slice(17, 1).to_pylist()[0]
    setting = json.loads(row["setting"])
    again = Scenario(
        world=setting["world"], workers=row["workers"], months=row["months"],
        parameters=Parameters(**json.loads(row["parameters"])),
        changes={int(month): change for month, change in setting["changes"].items()},
    )  # fmt: skip
    assert again.digest() == row["scenario_hash"]
    assert ended(simulated(again, row["seed"]))["wage"] == row["wage"]
    assert (row["version"], row["policy"], row["at_phi"], row["point"]) == (__version__, "licence", 0.6, 1)


def test_processes_say_what_this_one_says(tmp_path: Path) -> None:
    alone, two = here(of(THREE)), here(of(THREE), tmp_path, jobs=2)
    assert alone.results == two.results
    assert len((tmp_path / FILE).read_text().splitlines()) == len(two.tasks)


def test_a_cluster_says_what_this_process_says() -> None:
    distributed = pytest.importorskip("distributed")
    asked = of(THREE)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="inproc"
        ) as cluster,
        Journal() as journal, players(journal, dask=cluster.scheduler_address) as hands,
    ):  # fmt: skip
        assert swept(asked, hands).results == here(asked).results


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guildbook.simulate.players._PATIENCE", 0.3)
    with (
        Journal() as journal,
        pytest.raises(InputError, match="no Dask cluster"),
        players(journal, dask="tcp://127.0.0.1:9"),
    ):
        pass


def test_what_was_run_is_not_run_again(tmp_path: Path) -> None:
    asked = of(THREE)
    first = here(asked, tmp_path)
    kept = (tmp_path / FILE).read_text()
    assert here(asked, tmp_path).results == first.results
    assert (tmp_path / FILE).read_text() == kept
    lines = kept.splitlines(keepends=True)
    damaged = [*lines[:5], "{}\n", lines[6].replace(__version__, "0.0.0"), *lines[7:9], lines[9][:30]]
    (tmp_path / FILE).write_text("".join(damaged))
    with Journal(tmp_path) as journal:
        assert len(journal) == 7
    assert here(asked, tmp_path).results == first.results
    assert len((tmp_path / FILE).read_text().splitlines()) == 9 + len(lines) - 7


def test_one_at_a_time_writes_in_a_folder(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(InputError, match="Another"), Journal(tmp_path):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), Journal(tmp_path / "file"):
        pass


def test_a_killed_sweep_goes_on_where_it_was_and_leaves_nobody_behind(tmp_path: Path) -> None:
    path, folder = tmp_path / "s.yaml", tmp_path / "out"
    path.write_text("base: {world: one, workers: 3000, months: 60, seeds: 20}\ngrid: {phi: [0.4, 0.5, 0.6, 0.7]}\n")
    command = [
        sys.executable,
        "-m",
        "guildbook",
        "simulate",
        "sweep",
        str(path),
        "-o",
        str(folder),
        "--json",
        "--jobs",
        "2",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    group = process.pid
    until = time.monotonic() + 120
    while time.monotonic() < until and (not (folder / FILE).exists() or len(lines(folder)) < 5):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = lines(folder)
    assert 5 <= len(before) < 84
    until = time.monotonic() + 20
    while _anybody(group) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _anybody(group)
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    after = lines(folder)
    assert after[: len(before)] == before
    assert len({json.loads(line)["run"] for line in after}) == len(after) == 84
    said = json.loads(told.stdout)
    assert said == json.loads((folder / "sweep.json").read_text())
    alone = here(replace(load(path), agents=False))
    assert said["points"][2]["policies"]["base"]["twin"] == alone.results[2]


def lines(folder: Path) -> list[str]:
    """The whole ones."""
    text = (folder / FILE).read_text()
    return text[: text.rfind("\n") + 1].splitlines()


def _anybody(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_of_the_pool_that_is_ended_is_told_of(tmp_path: Path) -> None:
    asked = of({"base": SMALL | {"workers": 200_000, "months": 200, "seeds": 50}})
    with Journal(tmp_path) as journal, players(journal, 2) as hands:
        hands.play(asked.tasks()[-1:])
        for process in multiprocessing.active_children():
            process.kill()
        with pytest.raises(GuildbookError, match="was ended"):
            hands.play(asked.tasks())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("grid: {phy: [1]}", "phy"), ("grid: {phi: 3}", "phi"), ("grid: {phi: [9]}", "phi"), ("grid: []", "grid"),
        ("list: {}", "list"), ("list: [3]", "3"), ("random: {over: {phi: [0, 1]}, way: x}", "random"),
        ("random: {over: {phi: [0, 1]}, method: dice}", "dice"), ("a: [", "read"),
        ("random: {over: {phi: [0, 1]}, points: no}", "points"),
        ("{grid: {phi: [0.1]}, list: [{phi: 0.2}]}", "twice"), ("policies: []", "policies"), ("agents: 2", "agents"),
        ("policies: {a: {phy: 1}}", "phy"), ("policies: {a: 3}", "3"), ("policies: {a: {500: {phi: 1}}}", "500"),
        ("random: {over: {phi: [0, 1]}, points: 2000000}", "2,000,000"), ("base: none.yaml", "none.yaml"),
        ("grid: {phi: [yes]}", "phi"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises((InputError, UsageError), match=named):
        load(path)


def test_a_base_may_be_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("months: 31\n")
    (tmp_path / "s.yaml").write_text("base: base.yaml\n")
    assert load(tmp_path / "s.yaml").base.months == 31
