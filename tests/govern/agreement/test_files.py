"""Agreements in files: YAML or a document; anything else is refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guildbook.govern.agreement.files import load
from guildbook.govern.agreement.hashing import document
from guildbook.govern.agreement.yaml import write
from guildbook.model.agreement import Agreement
from guildbook.model.errors import InputError


def test_both_kinds_are_read(agreement: Agreement, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(write(agreement), encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(document(agreement)), encoding="utf-8")
    assert load(tmp_path / "a.yaml") == load(tmp_path / "a.json") == agreement


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "5", "{" * 10, '{"format": 1.5, "machine": 2, "plain": 3}', "[" * 100_000]
)
def test_what_is_no_document_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        load(tmp_path / "a.json")


def test_a_changed_text_is_found_out(agreement: Agreement, tmp_path: Path) -> None:
    forged = document(agreement)
    forged["plain"] = forged["plain"].replace("5 %", "1 %")
    (tmp_path / "a.json").write_text(json.dumps(forged), encoding="utf-8")
    with pytest.raises(InputError, match="plain text"):
        load(tmp_path / "a.json")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load(tmp_path / "absent.yaml")
    (tmp_path / "latin").write_bytes(b"title: \xe4")
    with pytest.raises(InputError, match="UTF-8"):
        load(tmp_path / "latin")
    (tmp_path / "big").write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match="too large"):
        load(tmp_path / "big")
