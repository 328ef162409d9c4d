"""An import without persons: what is free text is looked at, noted where it changed, and never passed on unseen."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from guildbook.columns import RAW_SCHEMA
from guildbook.model.errors import InputError
from guildbook.plugins import Chunk, Rejected
from guildbook.record.pii.columns import without_persons


class Names:
    """Knows one person, and may be away."""

    def __init__(self) -> None:
        self.withheld = 0
        self.away = False

    def cleaned(self, texts: Sequence[str]) -> list[str]:
        self.withheld += len(texts) if self.away else 0
        return [text.replace("Ada", "[person]") for text in texts]


def chunk(**columns: list[str | None]) -> Chunk:
    rows = len(next(iter(columns.values())))
    empty = pa.Table.from_pylist([{}] * rows, schema=RAW_SCHEMA)
    for name, values in columns.items():
        field = RAW_SCHEMA.field(name)
        made = pa.array(values, pa.string())
        made = made.dictionary_encode() if pa.types.is_dictionary(field.type) else made
        empty = empty.set_column(RAW_SCHEMA.get_field_index(name), field, made)
    return Chunk(empty, (Rejected(1, "no time", "row of Ada"),), 1.0)


def test_free_text_changes_and_is_noted() -> None:
    given = chunk(
        window=["Mail of Ada", "Claim", None], value_after=["x", None, "Ada"], case=["Ada:1", "2", "3"],
        attributes=['{"case":"Ada","subject":"To Ada"}', None, "{}"],
    )  # fmt: skip
    [found] = list(without_persons(Names(), iter([given])))
    said = found.events.to_pylist()
    assert found.events.schema == RAW_SCHEMA
    assert [row["window"] for row in said] == ["Mail of [person]", "Claim", None]
    assert [row["value_after"] for row in said] == ["x", None, "[person]"]
    assert [row["case"] for row in said] == ["Ada:1", "2", "3"]
    assert said[0]["attributes"] == '{"case":"Ada","subject":"To [person]"}'
    assert [row["redactions"] for row in said] == ["window,attributes", None, "value_after"]
    assert found.rejected[0].text == "row of [person]"


def test_nothing_is_passed_on_unseen() -> None:
    names = Names()
    names.away = True
    with pytest.raises(InputError, match="could not be looked for"):
        list(without_persons(names, iter([chunk(window=["Mail of Ada"])])))
