"""Work on a small form: what is asked, what is entered, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from guildbook.columns import ADMITTED_SCHEMA, raw_table

Step = tuple[Any, ...]


def make_form(cases: Sequence[tuple[str, Sequence[Step], str | None]]) -> pa.Table:
    """Cases as (request, steps, outcome), a step being (action, element, value, words it shows)."""
    rows: dict[str, list[Any]] = {
        name: []
        for name in ("worker", "time", "action", "element_role", "element_name", "value_after", "case", "outcome")
    }
    attributes: list[str] = []
    for number, (asked, steps, outcome) in enumerate(cases):
        for place, (action, element, value, shown) in enumerate(steps):
            rows["worker"].append("Ann")
            rows["time"].append(1_000_000 * (100 * number + place))
            rows["action"].append(action)
            rows["element_role"].append("INPUT" if action == "enter" else "BUTTON")
            rows["element_name"].append(element)
            rows["value_after"].append(value)
            rows["case"].append(f"form:{number}")
            rows["outcome"].append(outcome if place == len(steps) - 1 else None)
            request = asked.replace("\\", "\\\\").replace('"', '\\"')
            more = f',"text":"{shown}"' if shown else ""
            attributes.append(f'{{"case:instruction":"{request}"{more}}}')
    table = raw_table({**rows, "attributes": attributes, "source": ["test"] * len(attributes)})
    ids = pa.array([n.to_bytes(16, "big") for n in range(len(table))], pa.binary(16))
    return table.add_column(0, ADMITTED_SCHEMA.field("id"), ids)


@pytest.fixture
def form() -> Callable[..., pa.Table]:
    """`form([(request, [(action, element, value, shown), …], outcome), …])`."""
    return make_form
