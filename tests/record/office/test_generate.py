from __future__ import annotations

import json
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.columns import RAW_SCHEMA
from guildbook.model import UsageError
from guildbook.model.time import DAY, HOUR
from guildbook.record.office import generate
from guildbook.record.office.generate import START, head_count


def whole(**arguments: int | range | None) -> pa.Table:
    chunks = [c.events for c in generate(**arguments)]  # pyright: ignore[reportArgumentType]
    return pa.concat_tables(chunks) if chunks else RAW_SCHEMA.empty_table()


def query(events: pa.Table, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as con:
        con.register("events", events)
        return con.sql(sql).fetchall()


def test_chunks_follow_the_contract() -> None:
    chunks = list(generate(seed=3, events=70_000))
    assert all(c.events.schema.equals(RAW_SCHEMA) and c.events.num_rows <= 65_536 for c in chunks)
    progress = [c.progress for c in chunks]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    for c in chunks:
        c.events.validate(full=True)


@pytest.mark.parametrize("events", [3_000, 20_000, 120_000])
def test_size_is_about_what_was_asked(events: int) -> None:
    assert whole(seed=2, events=events).num_rows == pytest.approx(events, rel=0.08)


def test_same_arguments_same_events_and_another_seed_others() -> None:
    first, again, other = (whole(seed=s, events=2_000) for s in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


@settings(max_examples=15)
@given(st.integers(0, 50), st.lists(st.integers(1, 41), max_size=3, unique=True))
def test_days_of_a_partition_make_up_the_whole(seed: int, cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), 42]
    parts = [whole(seed=seed, events=1_500, days=range(a, b)) for a, b in pairwise(bounds)]
    together = pa.concat_tables(parts)
    assert (
        together.sort_by("seq").combine_chunks().equals(whole(seed=seed, events=1_500).sort_by("seq").combine_chunks())
    )


def test_one_more_day_is_a_working_day(office: pa.Table) -> None:
    day = whole(seed=5, events=30_000, days=range(41, 42))
    assert office.num_rows / 60 < day.num_rows < office.num_rows / 15
    times = day["time"].cast(pa.int64()).to_numpy()
    assert (times >= START + 41 * DAY).all()
    assert (times < START + 42 * DAY).all()


def test_people_work_in_working_hours_and_not_at_weekends(office: pa.Table) -> None:
    since = office["time"].cast(pa.int64()).to_numpy() - START
    assert ((since // DAY + 2) % 7 < 5).all()
    clock = since % DAY
    assert (clock > 7 * HOUR).all()
    assert (clock < 18 * HOUR).all()


def test_people_have_names_of_their_own_and_different_amounts_of_work(office: pa.Table) -> None:
    counts = query(office, "select worker, count(*) from events group by 1")
    assert len(counts) == head_count(30_000, None, 6)
    assert all(isinstance(name, str) and " " in name for name, _ in counts)


def test_cases_of_every_type_pass_through_several_hands(office: pa.Table) -> None:
    rows = query(
        office,
        """select split_part("case", ':', 1), avg(n) from
           (select "case", count(distinct worker) n from events where "case" is not null group by 1) group by 1""",
    )
    hands = {str(task): float(str(n)) for task, n in rows}
    assert set(hands) == {"claim", "invoice", "report", "complaint"}
    assert hands["claim"] > 4
    assert hands["report"] > 1.5


def test_cases_interleave_in_a_persons_day(office: pa.Table) -> None:
    [(cases, switches)] = query(
        office,
        """select median(cases), median(switches) from (
             select worker, cast(time as date) d, count(distinct "case") cases,
                    count(*) filter ("case" is distinct from before) switches
             from (select *, lag("case") over (partition by worker, cast(time as date) order by time, seq) before
                   from events) group by 1, 2)""",
    )
    assert float(str(switches)) > 1.2 * float(str(cases)) > 5


def test_exactly_the_last_event_of_a_settled_case_has_an_outcome(office: pa.Table) -> None:
    rows = query(
        office,
        """select "case", count(outcome), arg_max(outcome, (time, seq)) from events
           where "case" is not null group by 1""",
    )
    assert {n for _, n, _ in rows} == {0, 1}
    assert all(last in {"good", "bad"} for _, n, last in rows if n)
    ends = [last for _, n, last in rows if n]
    assert 0.3 < ends.count("good") / len(ends) < 0.8
    assert len(ends) > 0.9 * len(rows)


def test_case_attributes_are_canonical_and_the_same_throughout_a_case(office: pa.Table) -> None:
    pairs = query(office, """select distinct "case", attributes from events where "case" is not null""")
    assert len({case for case, _ in pairs}) == len(pairs)
    for _, text in pairs:
        known = json.loads(str(text))
        assert set(known) == {"case:amount", "case:channel", "case:customer_kind", "case:product"}
        assert json.dumps(known, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == text
    assert query(office, """select count(*) from events where "case" is null and attributes is not null""") == [(0,)]


def test_a_share_of_steps_is_done_by_an_assistant(office: pa.Table) -> None:
    shares = query(office, "select avg(cast(origin = 'agent' as int)) from events group by worker")
    assert all(0.02 < float(str(s)) < 0.20 for (s,) in shares)


def test_objects_name_the_case_and_the_person_addressed(office: pa.Table) -> None:
    people = {str(w) for (w,) in query(office, "select distinct worker from events")}
    seen: set[str] = set()
    for case, worker, objects in zip(
        office["case"].to_pylist(), office["worker"].to_pylist(), office["objects"].to_pylist(), strict=True
    ):
        assert [o["id"] for o in objects if o["qualifier"] == "case"] == ([case] if case else [])
        for other in (o for o in objects if o["type"] == "person"):
            seen.add(other["qualifier"])
            assert other["id"] in people - {worker}
    assert seen == {"to", "from"}


def test_requests_are_answered(office: pa.Table) -> None:
    [(asked, answered)] = query(
        office,
        """select count(*) filter (action = 'ask'), count(*) filter (action = 'answer')
           from events where app = 'chat'""",
    )
    assert int(str(asked)) > 500
    assert int(str(answered)) > 0.95 * int(str(asked))


def test_sequence_numbers_follow_time_within_a_branch(office: pa.Table) -> None:
    times = office["time"].cast(pa.int64()).to_numpy()
    assert (np.diff(times) >= 0).all()
    assert (office["seq"].to_numpy() == np.arange(office.num_rows)).all()
    assert (office["duration"].to_numpy() > 0).all()


def test_large_offices_have_branches_that_share_neither_people_nor_cases() -> None:
    chunks = [c.events for c in generate(seed=1, events=4_000, people=70)]
    assert len(chunks) == 3
    for column in ("worker", "case", "device"):
        words = [set(c[column].drop_null().to_pylist()) for c in chunks]
        assert sum(map(len, words)) == len(set().union(*words))


@pytest.mark.parametrize(
    ("events", "people", "weeks", "why"),
    [
        (1_000, 3, 6, "at least 12"),
        (10**6, 20, 6, "cannot leave"),
        (0, None, 6, "cannot be"),
        (100, None, 0, "cannot be"),
    ],
)
def test_sizes_that_cannot_be_are_refused_at_once(events: int, people: int | None, weeks: int, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        generate(seed=1, events=events, people=people, weeks=weeks)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(12, 40), st.integers(1, 8))
def test_any_seed_and_size_makes_an_office(seed: int, people: int, weeks: int) -> None:
    events = whole(seed=seed, events=400, people=people, weeks=weeks)
    assert events.schema.equals(RAW_SCHEMA)
    assert events.num_rows > 0
