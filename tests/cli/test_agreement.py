"""`agreement` and `terms` on the command line: no book is needed or made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
FILLED = ("--set", "collective.id=adjusters", "--set", "collective.name=Adjusters", "--set", "licensee.id=acme",
          "--set", "licensee.name=Acme AI", "--from", "2027-01-01")  # fmt: skip


@pytest.fixture
def drafted(guildbook: Run, tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, *more: str) -> Path:
        path = tmp_path / name
        status, _, err = guildbook("agreement", "draft", "training-augment-only", "-o", path, *FILLED, *more)
        assert status == 0, err
        return path

    return make


def test_from_a_template_to_a_document(guildbook: Run, guildbook_json: Callable[..., Any], drafted: Any) -> None:
    assert len(guildbook_json("agreement", "templates")) == 6
    path = drafted("a.yaml")
    told = guildbook_json("agreement", "validate", path)
    assert (told["valid"], told["findings"], told["machine"]["term"]["last_day"]) == (True, [], "2027-12-31")
    for form in ("odrl", "json", "text", "rsl"):
        status, out, err = guildbook("agreement", "export", path, "--format", form)
        assert status == 0, err
        wrapped = guildbook_json("agreement", "export", path, "--format", form)
        assert wrapped == {"format": form, "text": out if form != "text" else wrapped["text"]}
    document = path.with_suffix(".json")
    assert guildbook("agreement", "export", path, "--format", "json", "-o", document)[0] == 0
    assert guildbook_json("agreement", "validate", document)["hash"] == told["hash"]
    assert guildbook_json("agreement", "diff", path, document) == []
    assert not (path.parent / "book").exists()


def test_differences_are_told_by_clause(guildbook: Run, guildbook_json: Callable[..., Any], drafted: Any) -> None:
    one, other = drafted("a.yaml"), drafted("b.yaml", "--set", "substitution.bound=7 %", "--set", "retention_days=0")
    found = guildbook_json("agreement", "diff", one, other)
    assert [(c["number"], c["clause"]) for c in found] == [(13, "retention"), (16, "substitution")]
    status, out, _ = guildbook("agreement", "diff", one, other)
    assert status == 0
    assert "substitution.bound: 50000 → 70000" in out


def test_errors_end_with_1_and_say_their_clause(guildbook: Run, drafted: Any) -> None:
    path = drafted("a.yaml", "--set", "scope.classes=excel, union")
    status, out, err = guildbook("agreement", "validate", path)
    assert status == 1
    assert "error, clause 4 (scope.classes): “union”" in out
    assert "cannot be offered" in err
    status, out, _ = guildbook("agreement", "validate", path, "--json")
    assert status == 1
    assert [f["code"] for f in json.loads(out)["findings"]] == ["base/union"]
    assert guildbook("agreement", "export", path, "--format", "odrl")[0] == 1


@pytest.mark.parametrize(
    "words",
    [
        ("draft", "research", "--set", "stranger=1"),
        ("draft", "research", "--set", "retention_days=long"),
        ("draft", "research", "--from", "tomorrow"),
    ],
)
def test_wrong_words_are_usage(guildbook: Run, words: tuple[str, ...]) -> None:
    assert guildbook("agreement", *words)[0] == 2


def test_what_is_missing_is_told(guildbook: Run, drafted: Any, tmp_path: Path) -> None:
    assert guildbook("agreement", "draft", "stranger")[0] == 1
    assert guildbook("agreement", "validate", tmp_path / "absent.yaml")[0] == 1
    assert guildbook("agreement", "export", drafted("a.yaml"), "--format", "stranger")[0] == 2
    assert guildbook("agreement", "export", drafted("a.yaml"), "-o", tmp_path / "no" / "such")[0] == 1


def test_purposes_in_every_form(guildbook: Run, guildbook_json: Callable[..., Any]) -> None:
    told = guildbook_json("terms", "purposes")
    assert {p["name"] for p in told["purposes"]} >= {"train-augment", "train-ai"}
    assert len(told["uses"]) == 5
    status, out, _ = guildbook("terms", "purposes")
    assert status == 0
    assert "(to refuse only)" in out
    assert "@graph" in json.loads(guildbook("terms", "purposes", "--jsonld")[1])
    assert guildbook("terms", "purposes", "--turtle")[1].startswith("@prefix")
