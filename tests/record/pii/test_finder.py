"""What is not looked at in time is withheld; what is known is not asked again; the process ends and comes again."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guildbook.record.pii.finder import LONGEST, WITHHELD, Finder

ANSWERS = """
import json, sys
for line in sys.stdin:
    texts = json.loads(line)
    with open({log!r}, "a") as log:
        log.write(str(len(texts)) + "\\n")
    print(json.dumps([text.replace("Ada", "[person]") for text in texts]), flush=True)
"""
DIES = "import sys; sys.stdin.readline()"
HANGS = "import time; time.sleep(600)"
LIES = "import sys\nfor line in sys.stdin: print('[]', flush=True)"
Made = Callable[..., Finder]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    finders: list[Finder] = []

    def make(text: str, patience: float = 30.0) -> Finder:
        script = tmp_path / f"{len(finders)}.py"
        script.write_text(text.replace("{log!r}", repr(str(tmp_path / "log"))), "utf-8")
        finders.append(Finder(patience=patience, command=[sys.executable, str(script)]))
        return finders[-1]

    yield make
    for finder in finders:
        finder.close()


def test_each_text_is_asked_once(made: Made, tmp_path: Path) -> None:
    finder = made(ANSWERS)
    assert finder.cleaned(["Mail of Ada", "Claim", "Mail of Ada", ""]) == [
        "Mail of [person]", "Claim", "Mail of [person]", "",
    ]  # fmt: skip
    assert finder.cleaned(["Claim", "Call Ada"]) == ["Claim", "Call [person]"]
    assert (tmp_path / "log").read_text().split() == ["2", "1"]
    assert (finder.withheld, finder.trouble) == (0, "")


def test_many_long_texts_fit(made: Made) -> None:
    texts = [f"{number} Ada ü{'x' * 5_000}" for number in range(60)]
    assert made(ANSWERS).cleaned(texts) == [text.replace("Ada", "[person]") for text in texts]


def test_what_lies_beyond_is_withheld(made: Made) -> None:
    [said] = made(ANSWERS).cleaned(["y" * LONGEST + "Ada"])
    assert said == "y" * LONGEST + f" {WITHHELD}"


@pytest.mark.parametrize("text", [DIES, HANGS, LIES])
def test_no_answer_withholds(made: Made, text: str) -> None:
    finder = made(text, 2.0)
    begun = time.monotonic()
    assert finder.cleaned(["Ada", "Bo"]) == [WITHHELD, WITHHELD]
    assert finder.cleaned(["Cy"]) == [WITHHELD]  # and nobody waits again
    assert time.monotonic() - begun < 20
    assert finder.withheld == 3
    assert finder.trouble
    assert not finder.running


def test_one_that_ended_is_started_again(made: Made) -> None:
    finder = made(ANSWERS.replace("for line in sys.stdin:", "for line in [sys.stdin.readline()]:"))
    for number in range(3):
        assert finder.cleaned([f"Ada {number}"]) == [f"[person] {number}"]
        while finder.running:
            time.sleep(0.02)


def test_answers_are_what_json_says(made: Made) -> None:
    text = 'quote " backslash \\ tab \t ü 漢 \u2028'
    assert made(ANSWERS).cleaned([text]) == [text]
    assert json.loads(json.dumps(text)) == text
