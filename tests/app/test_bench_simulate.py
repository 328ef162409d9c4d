"""How fast the simulator is: figures that a test can hold without a clock."""

from __future__ import annotations

import json

import numba
import pytest
from typer.testing import CliRunner

from guildbook.app.bench_simulate import simulate
from guildbook.cli.main import app
from guildbook.model.errors import UsageError


def test_figures_of_a_small_world() -> None:
    threads = numba.get_num_threads()
    found = simulate(20_000, months=3)
    assert numba.get_num_threads() == threads
    assert found["worker_steps_per_cpu_second"] > 0
    assert found["twin_cpu_milliseconds_per_month"] > 0
    assert found["bytes_per_worker"] <= found["bytes_per_worker_in_all"] <= 24
    assert (found["workers"], found["occupations"], found["months"], found["threads"]) == (20_000, 22, 3, 1)


def test_more_threads_than_there_are_is_an_error() -> None:
    with pytest.raises(UsageError, match="fewer than"):
        simulate(1_000, months=1, threads=100_000)


def test_the_command_says_it_as_json() -> None:
    result = CliRunner().invoke(app, ["bench", "simulate", "--workers", "5000", "--months", "2", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["worker_steps_per_cpu_second"] > 0
    assert found["bytes_per_worker"] == 23
