from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.segment.units import LONG, days_of, long_episodes, long_units, week, week_name
from guildbook.model.time import DAY, MINUTE, SECOND, to_micros

IDLE = 30 * MINUTE


@given(moment=st.datetimes(datetime(1900, 1, 8), datetime(2199, 12, 25)))  # noqa: DTZ001 - strategies take no zone
def test_weeks_are_those_of_iso_8601(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    (number,) = week(np.array([to_micros(moment)])).tolist()
    year, place, day = moment.isocalendar()
    assert week_name(number) == f"{year}-W{place:02}"
    first = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days_of(number)[day - 1])
    assert first.date() == moment.date()


def test_a_unit_is_looked_at_only_for_a_long_episode() -> None:
    week_of_monday = 4 * DAY
    long = week_of_monday + np.arange(LONG + 1) * SECOND
    short = week_of_monday + DAY + np.arange(LONG) * SECOND
    apart = week_of_monday + np.arange(2 * LONG) * 15 * MINUTE
    late = week_of_monday + 7 * DAY + np.arange(3) * SECOND
    time = np.concatenate([long, short, late, short, apart])
    worker = np.repeat([0, 0, 0, 1, 2], [len(long), len(short), 3, len(short), len(apart)])
    loose = np.ones(len(time), dtype=bool)
    order = np.random.default_rng(1).permutation(len(time))
    found = long_units(worker[order], time[order], loose, IDLE)
    assert (found == ((worker == 0) & (time < late[0]))[order] | (worker == 2)[order]).all()
    assert len(long_episodes(worker, time, loose, IDLE)) == 2  # of the third's two days only the first is long enough
    with_case = loose.copy()
    with_case[0] = False
    assert not long_units(worker, time, with_case, IDLE)[worker == 0].any()
