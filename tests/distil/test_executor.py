from __future__ import annotations

import os

import pytest

from guildbook.distil.executor import InProcess, executor


def test_one_job_stays_in_this_process() -> None:
    with executor() as pool:
        assert isinstance(pool, InProcess)
        assert pool.submit(os.getpid).result() == os.getpid()
        assert list(pool.map(abs, [-1, 2])) == [1, 2]


def test_errors_come_out_where_they_were_asked_for() -> None:
    with executor() as pool, pytest.raises(ValueError, match="invalid literal"):
        pool.submit(int, "x")


def test_more_jobs_are_other_processes() -> None:
    with executor(2) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
