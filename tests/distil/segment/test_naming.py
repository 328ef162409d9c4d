from __future__ import annotations

import numpy as np

from guildbook.columns import raw_table
from guildbook.distil.segment.naming import Name, marks_of, shared, shown


def test_marks_tell_steps_and_not_whose_or_with_what() -> None:
    table = raw_table(
        {
            "app": ["Form"] * 4,
            "action": ["type"] * 4,
            "element_id": ["field_1", "field_1", "field_2", "A17"],
            "document": ["ann.xlsx", "bob.xlsx", None, None],
            "value_after": ["secret", "other", None, None],
        },
        4,
    )
    codes, hashes = marks_of(table)
    assert codes[0].tolist() == codes[1].tolist()
    assert codes[0, 0] != codes[2, 0]
    assert codes[0, 1] == codes[2, 1]
    assert len(np.unique(hashes)) == len(hashes) == 5
    often = shared(np.arange(4), np.array([0, 1, 1, 1]), (codes, hashes))
    assert often == tuple(sorted(hashes[[codes[0, 0], codes[0, 1], codes[2, 0], codes[3, 0], codes[3, 1]]].tolist()))
    assert shared(np.arange(3), np.array([0, 1, 2]), (codes, hashes)) == tuple(
        sorted(hashes[[codes[0, 0], codes[0, 1]]].tolist())
    )


def test_a_name_is_read_back_and_a_title_has_no_numbers() -> None:
    name = Name("work in Form", shown("Type field_17 in Form of ann@example.org"), (3, 9))
    assert Name.read(str(name)) == name
    assert name.title == "Type field_# in Form of <address>"
    assert Name.read("claim") is None
