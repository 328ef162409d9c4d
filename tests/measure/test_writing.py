"""What a model writes by itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from guildbook.measure.model import Shape, Table
from guildbook.measure.work import Work, joined, retasked, united, work
from guildbook.measure.writing import WRITER, written

Maker = Callable[..., Work]


def test_what_is_written_is_like_what_was_learnt(random_work: Maker) -> None:
    work = random_work(1, 400)
    model = Table.of(work, Shape(3))
    made = written(model, work, 3_000, seed=4)
    assert made.agent.all()
    assert {made.workers[code] for code in np.unique(made.worker).tolist()} == {WRITER}
    usual = np.bincount(work.act, minlength=len(work.acts)) / work.events
    shares = np.bincount(made.act, minlength=len(work.acts)) / made.events
    assert np.abs(usual - shares).max() < 0.03
    assert abs(made.events / len(made) - work.events / len(work)) < 0.3
    assert made.time.min() > work.time.max()


def test_the_same_seed_writes_the_same(random_work: Maker) -> None:
    work = random_work(2)
    model = Table.of(work, Shape(3))
    one, same, other = (written(model, work, 50, seed=seed) for seed in (1, 1, 2))
    assert one.act.tolist() == same.act.tolist()
    assert one.act.tolist() != other.act.tolist()


def test_bodies_of_work_are_united_by_their_words(random_work: Maker) -> None:
    here, there = random_work(1, acts=5), random_work(2, acts=7, workers=9)
    one, other = united(here, there)
    assert one.acts == other.acts == tuple(sorted({*here.acts, *there.acts}))
    for before, after in ((here, one), (there, other)):
        assert [before.acts[c] for c in before.act.tolist()] == [after.acts[c] for c in after.act.tolist()]
        assert [before.workers[c] for c in before.worker.tolist()] == [after.workers[c] for c in after.worker.tolist()]
        assert [before.tasks[c] for c in before.task.tolist()] == [after.tasks[c] for c in after.task.tolist()]
    both = joined(one, other)
    assert both.events == here.events + there.events
    assert len(both) == len(here) + len(there)
    apart = Table.of(one, Shape(3))
    apart.add(other)
    assert Table.of(both, Shape(3)).digest() == apart.digest()


def test_tasks_from_elsewhere_are_known_by_their_acts() -> None:
    here = work(
        [("claims", [("open", "Ada", 1), ("pay", "Ada", 2)]), ("mail", [("read", "Ada", 3), ("send", "Bo", 4)])]
    )
    there = work([
        ("july.csv", [("open", "Zoe", 1), ("pay", "Zoe", 2), ("lose", "Zoe", 3)]),
        ("mail", [("open", "Zoe", 1)]),
        ("zoo", [("feed", "Zoe", 1)]),
    ])  # fmt: skip
    found = retasked(there, here)
    assert [found.tasks[code] for code in found.task.tolist()] == ["claims", "mail", "zoo"]
