from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from guildbook.app.bench_segment import Options, learnt, load, measure, scores, task_scores
from guildbook.app.segment_trials import interleaved, noisy, shared_out
from guildbook.model.errors import UsageError

LOGS = {
    "L1.csv": ("Task", "idx"),
    "L2.csv": ("Task", "idx"),
    "log1_segmented.csv": ("caseID",),
    "log2_segmented.csv": ("caseID",),
    "Reimbursement_segmented.csv": ("caseID",),
    "StudentRecord_segmented.csv": ("caseID",),
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    lines = ["when,app,action,field,Task,number"]
    for number in range(30):
        task, size = (("one", 6), ("two", 9))[int("011010001110100101101110010010"[number])]
        lines += [f"2026-01-01T00:{number:02}:{i:02}Z,App,do,{task} {chr(97 + i)},{task},{number}" for i in range(size)]
    lines += ["2026-01-02T00:00:00Z,App,do,stray,,"]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines))
    return path


def test_truth_is_hidden_and_rows_without_it_are_not_scored(log: Path) -> None:
    trial = load(log, ("Task", "number"))
    assert trial.segment[-1] == -1
    assert len(np.unique(trial.segment)) == 31
    assert trial.events.column("attributes").null_count == trial.events.column("case").null_count == len(trial.events)


def test_a_clean_log_is_found_whole(log: Path) -> None:
    found = measure(log, ("Task", "number"))
    assert found["f1"] == found["task_f1"] == 1.0
    assert (found["segments_found"], found["segments_true"], found["tasks_found"]) == (30, 30, 2)


def test_noise_and_interleaving_keep_the_truth_and_the_seed_decides(log: Path) -> None:
    trial = load(log, ("Task", "number"))
    once, again = noisy(trial, 0.2, 4), noisy(trial, 0.2, 4)
    assert once.events.equals(again.events)
    assert (once.segment >= 0).sum() == (trial.segment >= 0).sum()
    mixed = interleaved(trial, 4)
    for number in range(30):
        fields = mixed.events.column("element_name").to_numpy()[mixed.segment == number].tolist()
        assert fields == sorted(fields)
    assert (np.diff(mixed.segment) != 0).sum() > 80
    assert measure(log, ("Task", "number"), Options(noise=0.2, even_times=True))["f1"] > 0.8


def test_interleaving_needs_tasks_and_columns_must_exist(log: Path) -> None:
    with pytest.raises(UsageError):
        measure(log, ("number",), Options(interleave=True))
    with pytest.raises(UsageError):
        load(log, ("nothing",))


def test_cutting_too_much_and_too_little_both_cost() -> None:
    truth = np.repeat([0, 1, 2, 3], 5)
    assert scores(truth, truth) == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "exact": 1.0}
    assert scores(truth, np.arange(20))["f1"] == pytest.approx(2 * 0.2 / 1.2, abs=1e-4)
    assert scores(truth, np.zeros(20, np.int64))["f1"] == pytest.approx(0.25 * 0.4, abs=1e-4)


def test_a_found_task_is_taken_for_the_commonest_true_one() -> None:
    truth = np.array([0, 0, 0, 0, 1, 1])
    assert task_scores(truth, np.array([3, 3, 2, 2, 0, 0]))["f1"] == 1.0
    merged = task_scores(truth, np.zeros(6, np.int64))
    assert merged["recall"] == pytest.approx(4 / 6, abs=1e-4)


@pytest.mark.data
@pytest.mark.parametrize("name", LOGS)
def test_real_logs_reach_their_figures(shared_data: Path, name: str) -> None:
    path, truth = shared_data / "uilogs" / name, LOGS[name]
    least = {"L1.csv": 0.99, "L2.csv": 0.985}.get(name, 0.95)
    assert measure(path, truth)["f1"] >= least
    assert measure(path, truth, Options(even_times=True))["f1"] >= least


@pytest.mark.data
@pytest.mark.parametrize("name", ["L1.csv", "L2.csv"])
def test_two_interleaved_tasks_are_told_apart(shared_data: Path, name: str) -> None:
    assert measure(shared_data / "uilogs" / name, LOGS[name], Options(interleave=True))["f1"] >= 0.9


@pytest.mark.data
def test_a_log_with_fewer_columns_under_other_names_is_cut_as_well(shared_data: Path, tmp_path: Path) -> None:
    with (shared_data / "uilogs" / "L1.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    path = tmp_path / "bare.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["timeStamp", "eventType", "alpha", "beta", "Task", "idx"])
        for row in rows:
            field = row["target.name"] or row["target.innerText"]
            out.writerow([row["timeStamp"], row["eventType"], field, row["target.sheetName"], row["Task"], row["idx"]])
    assert measure(path, ("Task", "idx"), Options(even_times=True))["f1"] >= 0.95


def test_columns_can_be_named(log: Path) -> None:
    """What is called `field` is taken for the element's id."""
    events = load(log, ("Task", "number"), {"element_id": "field"}).events
    assert events.column("element_id").null_count == 0


def test_what_learning_makes_of_it_is_told_beside(log: Path) -> None:
    found = measure(log, ("Task", "number"))
    assert found["learnt_f1"] == found["learnt_task_f1"] == 1.0
    assert found["learnt_segments_found"] == 30


@pytest.mark.data
@pytest.mark.parametrize("name", ["L1.csv", "log1_segmented.csv"])
def test_learning_finds_the_performances_of_real_logs(name: str, shared_data: Path) -> None:
    found = measure(shared_data / "uilogs" / name, LOGS[name])
    assert found["learnt_f1"] >= 0.98
    assert found.get("learnt_task_f1", 1.0) >= 0.99


@pytest.mark.data
@pytest.mark.parametrize(("name", "tasks"), [("L1.csv", 4), ("L2.csv", 5), ("log2_segmented.csv", 1)])
def test_a_routine_of_several_people_in_several_weeks_is_one_task(name: str, tasks: int, shared_data: Path) -> None:
    """In L1 and L2 a log-in that fails is a task of its own."""
    found = learnt(shared_out(load(shared_data / "uilogs" / name, LOGS[name]), 2, 2, 1))
    assert (found["f1"], found["tasks_found"], found.get("task_f1", 1.0)) == (1.0, tasks, 1.0)
