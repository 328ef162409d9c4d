"""Verdicts in sums that are brought up to date: the same as if all had been learnt at once."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from guildbook.distil import Settings, State, learn
from guildbook.distil.quality.verdicts import is_verdict

HERE = Settings()


def _cut(number: int) -> str:
    """Segments of every third row."""
    return str(number % 3)


@given(data=st.data())
@settings(deadline=None, max_examples=25)
def test_workers_who_come_and_go_leave_no_verdict_behind(
    data: st.DataObject, asked_logs: Any, parts: Any, admitted: Any
) -> None:
    everything: dict[str, tuple[str, pa.Table]] = parts(data.draw(asked_logs), _cut)
    state: State | None = None
    before: dict[str, tuple[str, pa.Table]] = {}
    for _ in range(3):
        names = data.draw(st.sets(st.sampled_from(sorted(everything)))) if everything else set[str]()
        now = {name: everything[name] for name in sorted(names)}
        gone = admitted({name: part for name, part in before.items() if name not in now})
        state = learn(admitted(now), state, settings=HERE, departed=gone).state
        afresh = learn(admitted(now), None, settings=HERE).state
        assert state.sums.digest() == afresh.sums.digest()
        assert {t for t in state.sums.texts.values() if is_verdict(t)} == {
            t for t in afresh.sums.texts.values() if is_verdict(t)
        }
        before = now
