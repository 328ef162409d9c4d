"""From a log with a known change to a dated sentence, and to retired practices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from guildbook.distil.drift import changes, retired
from guildbook.distil.knowledge import derive, knowledge
from guildbook.distil.maps import titles
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Effect, Kind, Practice, Status, When, knowledge_from_dict
from guildbook.model.process import Change
from guildbook.record import reader

Changing = Callable[..., Sums]
AT = date(2024, 1, 1) + timedelta(weeks=25)


def found(sums: Sums) -> tuple[Change, ...]:
    return changes(sums, titles(sums), 0.05)


def practice(step: str, task: str = "Handle order") -> Practice:
    effect = Effect("duration", -0.3, -0.4, -0.2, 100, 0.001)
    return Practice("workflow-1", Kind.WORKFLOW, "t", When(task=task, activity="decide"), (step,), (), effect)


@pytest.mark.parametrize("seed", range(4))
def test_what_follows_a_step_changes_on_a_known_monday(changing: Changing, seed: int) -> None:
    (change,) = found(changing(seed))
    assert (change.kind, change.activity, change.task) == ("follows", "check", "Handle order")
    assert abs((date.fromisoformat(change.date) - AT).days) <= 7
    assert change.low <= change.date <= change.high
    assert dict(change.before)["review"] == pytest.approx(0.3, abs=0.08)
    assert dict(change.after)["review"] == pytest.approx(0.7, abs=0.1)
    assert f"Since {change.date} “check” is followed by" in change.words
    assert change.p < 0.001


def test_a_steady_process_has_no_changes(changing: Changing) -> None:
    assert sum(bool(found(changing(100 + seed, before=0.4, after=0.4))) for seed in range(20)) <= 1


def test_a_step_goes_out_of_use(changing: Changing) -> None:
    listed = found(changing(7, before=0.4, after=0.4, gone=True))
    (gone,) = [change for change in listed if change.kind != "lasts"]
    assert (gone.kind, gone.activity) == ("disappears", "note")
    assert abs((date.fromisoformat(gone.date) - AT).days) <= 7
    assert gone.words.startswith(f"Since {gone.date} “note” is no longer done")


def test_cases_take_longer_from_a_known_monday(changing: Changing) -> None:
    (change,) = found(changing(5, before=0.4, after=0.4, hours=9))
    assert (change.kind, change.activity) == ("lasts", "")
    assert abs((date.fromisoformat(change.date) - AT).days) <= 7
    assert change.words.startswith(f"Cases that begin since {change.date} take")
    assert sum(share for _, share in change.before) == pytest.approx(1.0, abs=0.01)


def test_practices_of_a_step_that_is_gone_are_retired(changing: Changing) -> None:
    listed = found(changing(7, before=0.4, after=0.4, gone=True))
    kept, gone, elsewhere = retired([practice("check"), practice("note"), practice("note", "Work in mail")], listed)
    assert kept == practice("check")
    assert elsewhere.status is Status.PROPOSED
    day = next(change.date for change in listed if change.kind == "disappears")
    assert gone == replace(practice("note"), status=Status.RETIRED, retired=day)
    assert retired([gone], listed) == (gone,)


def test_a_short_log_has_no_changes(changing: Changing) -> None:
    assert found(changing(1, weeks=6, at=3)) == found(Sums()) == ()


def test_changes_are_known_and_read_back(changing: Changing) -> None:
    known = knowledge(derive(changing(2), Settings()), (), None)
    assert len(known.changes) == 1
    assert knowledge_from_dict(known.to_dict()) == known


@pytest.mark.data
def test_helpdesk_changed_at_what_follows_wait(shared_data: Path) -> None:
    log = shared_data / "eventlogs" / "Helpdesk.xes.gz"
    chunks = [chunk.events for item in reader.plan((log,)) for chunk in reader.read(item)]
    listed = found(summarise_table(pa.concat_tables(chunks).unify_dictionaries(), Settings()))
    (change,) = [c for c in listed if c.activity == "Wait" and c.date[:4] == "2011"]
    assert change.date == "2011-06-27"
    assert dict(change.before)["Resolve ticket"] < 0.05
    assert dict(change.after)["Resolve ticket"] > 0.75
