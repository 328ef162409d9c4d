from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from guildbook.distil.practices import MiningSettings, mine, mining
from guildbook.distil.practices.task import Mined, Task
from guildbook.distil.sums import Sums

OFFICE = """
import pyarrow as pa
from guildbook.distil.companion import companion
from guildbook.distil.practices import mine, ready
from guildbook.distil.practices import mining
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.record import office

class Counted:
    # the companion, and how many tasks came back from it
    def __init__(self, helper):
        self.helper, self.answer, self.back = helper, helper._answer, 0
        helper._answer = self.counted
    def counted(self):
        found = self.answer()
        self.back += len(found)
        return found

with companion() as helper:
    helper.begin(ready)
    counted = Counted(helper)
    made = office.generate(seed=5, events=60_000, options=office.Options(more=True, experts=True))
    sums = summarise_table(pa.concat_tables([chunk.events for chunk in made]).unify_dictionaries(), Settings())
    titles = dict.fromkeys(sorted(set(sums.profiles.head[:, 0].tolist()))[:2], "The same title")
    for named, without in (({}, frozenset()), (titles, frozenset()), ({}, frozenset([mine(sums)[0].id]))):
        alone = mine(sums, titles=named, without=without)
        beside = mine(sums, titles=named, without=without, helper=helper)
        assert alone == beside and repr(alone) == repr(beside) and len(alone) > 10, (len(alone), len(beside))
    assert counted.back > 3, counted.back
"""
Make = Callable[..., Sums]


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_two_processes_find_the_same_to_the_last_digit() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFFICE], capture_output=True, text=True, timeout=120, check=False
    )  # pytest's own process may have threads, and then none is forked
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_task_knows_the_text_of_every_symbol_it_names(
    claims: Callable[..., Any], sums_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strict(dict[int, str]):
        def get(self, key: int, default: object = None) -> Any:
            return self[key]

        def __or__(self, other: Any) -> Any:
            return Strict({**self, **other})

    def strictly(task: Task, people: Any) -> Mined:
        return once(replace(task, texts=Strict(task.texts)), people)

    once = mining.mine_task
    sums = sums_of(claims(1, check=0.3, marine=0.35))
    usual = mine(sums, MiningSettings())
    monkeypatch.setattr(mining, "mine_task", strictly)
    assert mine(sums, MiningSettings()) == usual != []
