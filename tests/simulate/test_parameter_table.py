"""The description of the model says of parameters what the parameters say."""

from __future__ import annotations

from pathlib import Path

from guildbook.simulate.parameter_table import markdown
from guildbook.simulate.parameters import table
from guildbook.simulate.running import FIELDS

PAGE = Path(__file__).parents[2] / "docs" / "simulate-model.md"


def test_the_page_ends_with_what_is_made_from_the_code() -> None:
    """If it does not: replace what comes after the mark by what `guildbook simulate parameters --markdown` prints."""
    made = markdown()
    mark = made.splitlines()[0]
    _, found = PAGE.read_text("utf-8").split(mark)
    assert mark + found == made


def test_there_is_a_row_for_each_parameter_and_each_field() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    names = [row.split("`")[1] for row in rows]
    assert names == [*table(), *FIELDS]
    assert {row.count(" | ") for row in rows[: len(table())]} == {6}
