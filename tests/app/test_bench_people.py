"""Figures of recovered groups against hand-counted ones, and the whole way from a log."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.app.bench_people import agreement, people, read_truth
from guildbook.model.errors import InputError


def test_figures_are_those_of_the_formulas() -> None:
    # Six people, one of them in the wrong group: pairs together in both, in each, and of all.
    found = ["a", "a", "a", "b", "b", "b"]
    true = ["x", "x", "y", "y", "y", "y"]
    figures = agreement(found, true)
    pairs, rows, columns, every = 1 + 3, 3 + 3, 1 + 6, 15
    chance = rows * columns / every
    assert figures["ari"] == pytest.approx((pairs - chance) / ((rows + columns) / 2 - chance), abs=1e-4)
    assert figures["purity"] == pytest.approx(5 / 6, abs=1e-4)
    assert (figures["groups_found"], figures["groups_true"], figures["workers"]) == (2, 2, 6)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=40))
def test_figures_do_not_depend_on_names(pairs: list[tuple[int, int]]) -> None:
    found, true = [f"f{a}" for a, _ in pairs], [f"t{b}" for _, b in pairs]
    figures = agreement(found, true)
    assert agreement([f"other {4 - a}" for a, _ in pairs], true) == figures
    assert agreement(true, found)["ari"] == figures["ari"]
    assert -0.51 <= figures["ari"] <= 1
    assert 0 <= figures["nmi"] <= 1.0001
    assert agreement(true, true) == figures | {
        "ari": 1.0,
        "nmi": 1.0,
        "purity": 1.0,
        "groups_found": len(set(true)),
        "groups_true": len(set(true)),
    }


def test_truth_names_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("\ufeffWorker,team,role\nAnn, red ,lead\nBob,blue,\n", encoding="utf-8")
    assert read_truth(path) == {"team": {"Ann": "red", "Bob": "blue"}, "role": {"Ann": "lead"}}
    path.write_text("name,team\nAnn,red\n", encoding="utf-8")
    with pytest.raises(InputError, match="who belongs where"):
        read_truth(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_truth(tmp_path / "nowhere.csv")


def test_teams_and_roles_of_a_log_are_recovered(tmp_path: Path) -> None:
    log, truth = _office(tmp_path, teams=3, seed=5)
    result = people(log, truth)
    assert result["grouping"] == "teams"
    assert result["ari"] == 1.0
    assert result["columns"]["role"]["grouping"] == "roles"
    assert result["columns"]["role"]["roles"]["ari"] == 1.0
    assert {"ari", "nmi", "purity", "groups_found", "groups_true", "workers", "seconds"} <= result.keys()


def test_a_truth_of_strangers_is_an_error(tmp_path: Path) -> None:
    log, truth = _office(tmp_path, teams=1, seed=1)
    truth.write_text("worker,team\nnobody,red\n", encoding="utf-8")
    with pytest.raises(InputError, match="names nobody"):
        people(log, truth)


def _office(folder: Path, *, teams: int, seed: int) -> tuple[Path, Path]:
    """Teams in which two take orders, two pack and one signs; one case in ten borrows someone from elsewhere."""
    rng = random.Random(seed)
    roles = {"taker": ("take order", "ask back"), "packer": ("fetch", "pack"), "signer": ("sign",)}
    staff = [(f"{role} {t}{i}", t, role) for t in range(teams) for role in roles for i in range(1 + (role != "signer"))]
    log, truth = folder / "log.csv", folder / "truth.csv"
    with log.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(("case", "worker", "activity", "time"))
        at = datetime(2026, 3, 2, 8, tzinfo=UTC)
        for case in range(80 * teams):
            team = case % teams
            for role, steps in roles.items():
                own = rng.random() < 0.9
                name = rng.choice([n for n, t, r in staff if r == role and (t == team or not own)])
                for step in steps:
                    at += timedelta(minutes=7)
                    rows.writerow((f"order-{case}", name, step, at.isoformat()))
    with truth.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(("worker", "team", "role"))
        rows.writerows((name, f"team {t}", role) for name, t, role in staff)
    return log, truth
