"""A small office and its truth, made once."""

from __future__ import annotations

import pyarrow as pa
import pytest

from guildbook.record.office import Truth, generate, truth

SEED, EVENTS = 5, 30_000


@pytest.fixture(scope="session")
def office() -> pa.Table:
    """One office's events."""
    return pa.concat_tables([c.events for c in generate(seed=SEED, events=EVENTS)]).unify_dictionaries()


@pytest.fixture(scope="session")
def office_truth() -> Truth:
    """What is planted in `office`."""
    return truth(SEED, events=EVENTS)
