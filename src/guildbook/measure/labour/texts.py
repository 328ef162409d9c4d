"""How alike short texts about work are: statements of what is done in a job, and tasks found in traces.

Words are folded to plain stems and weighed by how rare they are (tf-idf: Spärck Jones, *J. Documentation* 28, 1972),
and two texts are compared by the cosine of their weights. Nothing is downloaded, and nothing is learnt from the book.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Final, Self

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_CAMEL: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")
_STOP: Final = frozenset({
    "according", "all", "and", "any", "appropriate", "are", "based", "for", "from", "handle", "has", "have", "include",
    "includes", "including", "into", "may", "necessary", "not", "other", "per", "regarding", "related", "required",
    "specific", "such", "that", "the", "their", "this", "use", "used", "using", "various", "when", "which", "who",
    "whom", "with", "work",
})  # fmt: skip
_ENDINGS: Final = ("ations", "ation", "ments", "ment", "ings", "ing", "ities", "ity", "ies", "ers", "ors", "ed", "er",
                   "or", "es", "s", "e", "y")  # fmt: skip
_STEM: Final = 4
"""Letters that stay at least."""

# Fitted by benchmarks/exposure.py on statements of O*NET matched to occupations, half of which were there to be found.
CONFIDENCE: Final = (-2.93, 13.39, 14.38)
"""Intercept, weight of the cosine, weight of its lead over the next best."""
CONFIDENCE_MEANT: Final = (-3.84, 10.16, 12.2)
"""The same where the cosine of an embedding counts as well."""


def stems(text: str) -> list[str]:
    """The words of a text, in small letters and without common endings."""
    return [_stem(word) for word in _WORD.findall(_CAMEL.sub(" ", text).casefold()) if word not in _STOP]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM:
            return word[: -len(ending)]
    return word


@dataclass(frozen=True, slots=True)
class Rarity:
    """How rare words are, by the texts they occur in."""

    texts: int
    within: Mapping[str, int]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """From a body of texts."""
        count, within = 0, Counter[str]()
        for text in texts:
            count += 1
            within.update(set(stems(text)))
        return cls(count, within)

    def weights(self, text: str) -> dict[str, float]:
        """The weight of each stem of a text; their squares add to 1."""
        found = {w: (1 + log(n)) * self.idf(w) for w, n in Counter(stems(text)).items()}
        norm = sqrt(sum(v * v for v in found.values()))
        return {w: v / norm for w, v in found.items()} if norm else {}

    def idf(self, stem: str) -> float:
        """log((N + 1) / (n + 1)) + 1, so that a stem nobody has seen weighs most."""
        return log((self.texts + 1) / (self.within.get(stem, 0) + 1)) + 1


@dataclass(frozen=True, slots=True)
class Match:
    """The best of some candidates for a text."""

    place: int
    """Among the candidates; −1 where none shares a word."""
    score: float
    """Cosine."""
    confidence: float
    """That the two are about the same, as far as such scores have been right."""
    words: tuple[str, ...]
    """Stems that both have, those that tell most first."""


def best(
    rarity: Rarity, text: str, candidates: Sequence[Mapping[str, float]], meant: Sequence[float] | None = None
) -> Match:
    """Which candidate (as `Rarity.weights` gives them) is most like a text; ties to the first.

    `meant`: how alike the text and each candidate are by an embedding (`meanings`); the mean of both counts then.
    """
    mine = rarity.weights(text)
    scores = [sum(v * other.get(w, 0.0) for w, v in mine.items()) for other in candidates]
    if meant is not None:
        scores = [(score + by) / 2 for score, by in zip(scores, meant, strict=True)]
    if not scores or max(scores) <= 0:
        return Match(-1, 0.0, 0.0, ())
    place = max(range(len(scores)), key=lambda at: (scores[at], -at))
    # A single candidate is ahead of nothing: how far it leads would say nothing.
    second = max((s for at, s in enumerate(scores) if at != place), default=scores[place])
    shared = sorted(mine.keys() & candidates[place].keys(), key=lambda w: (-mine[w] * candidates[place][w], w))
    curve = CONFIDENCE if meant is None else CONFIDENCE_MEANT
    return Match(place, scores[place], confidence(scores[place], scores[place] - second, curve), tuple(shared[:6]))


def confidence(score: float, lead: float, curve: tuple[float, float, float] = CONFIDENCE) -> float:
    """How often a best match with this score, so far ahead of the next, has been right."""
    first, by_score, by_lead = curve
    return 1 / (1 + exp(-(first + by_score * score + by_lead * lead)))
