"""Files that are no next-step table are told apart from those that are, with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guildbook.measure.vault import read_table
from guildbook.model import InputError


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "says nothing"),
        ("import os\n", "Expecting value"),
        ('{"context": [], "next": "a"}\n', "neither or both"),
        ('{"context": [], "next": "a", "count": 1, "p": 1}\n', "neither or both"),
        ('{"next": "a", "count": 1}\n', "lacks 'context'"),
        ('{"context": "abc", "next": "a", "count": 1}\n', "no list"),
        ('{"context": [], "next": "a", "count": -1}\n', "no number from 0 on"),
        ('{"context": [], "next": "a", "count": NaN}\n', "no number from 0 on"),
        ('{"context": [], "next": "a", "count": 1e999}\n', "no number from 0 on"),
        ('{"context": ["a", ""], "next": "a", "count": 1}\n', "middle of a context"),
        ('{"context": [1], "next": "a", "count": 1}\n', "no text"),
        (json.dumps({"context": ["a"] * 9, "next": "a", "count": 1}), "more than 8"),
        ("[" * 100_000, ""),
        ('[{"context": []}]\n', "no JSON object"),
        ("PAR1 and no more", ""),
    ],
)
def test_what_is_no_table(tmp_path: Path, text: str, match: str) -> None:
    file = tmp_path / "model"
    file.write_text(text)
    with pytest.raises(InputError, match=f"is no next-step table.*{match}"):
        read_table(file)
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "none")
