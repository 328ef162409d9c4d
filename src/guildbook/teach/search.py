"""Full-text search over what a book knows: SQLite's FTS5 in memory, or counted words where it is missing."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Protocol

_WORD: Final = re.compile(r"[^\W_]+")
# Scripts written without spaces: each character is its own word, in the documents and in the question.
_UNSPACED: Final = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f])")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PREFIX_FROM: Final = 4
"""Shorter words must match whole: `ann` is not `annual`."""
_WEIGHTS: Final = (4.0, 2.0, 1.0)
"""Of a word in the title, in the key words and in the body."""
_STEM: Final = 5


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one thing that can be found; its position in the sequence is its name."""

    title: str
    words: str = ""
    body: str = ""


class Index(Protocol):
    """Finds documents by groups of words of like meaning."""

    def find(self, group: Iterable[str]) -> Mapping[int, float]:
        """Positions of the documents that hold any word of the group, with a score above 0 (higher is better)."""
        ...


def words_of(text: str) -> list[str]:
    """The words of a text in order, lower case, letters and digits only, in a form the index shares."""
    folded = unicodedata.normalize("NFKC", text)
    return _WORD.findall(_spread(folded).lower())


def open_index(documents: Sequence[Document]) -> Index:
    """An index of the documents; with FTS5 when this SQLite has it."""
    try:
        return FullText(documents)
    except sqlite3.OperationalError:
        return Counted(documents)


class FullText:
    """SQLite FTS5 in memory: Porter stems, accents ignored, BM25 with a weight for each column."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._base = sqlite3.connect(":memory:")
        self._base.execute(
            "CREATE VIRTUAL TABLE d USING fts5(title, words, body, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        rows = ((i, *(" ".join(words_of(part)) for part in _parts(d))) for i, d in enumerate(documents))
        self._base.executemany("INSERT INTO d(rowid, title, words, body) VALUES (?, ?, ?, ?)", rows)

    def find(self, group: Iterable[str]) -> Mapping[int, float]:
        """See `Index.find`. Words are cut to letters and digits and quoted, so none is an FTS5 operator."""
        match = " OR ".join(_quoted(part) for word in group for part in words_of(word))
        if not match:
            return {}
        sql = "SELECT rowid, bm25(d, ?, ?, ?) FROM d WHERE d MATCH ?"
        with closing(self._base.execute(sql, (*_WEIGHTS, match))) as rows:
            # BM25 in SQLite is negative, and about 0 for a word that most documents hold.
            return {int(row): max(-float(score), 0.0) + 1e-3 for row, score in rows}

    def __del__(self) -> None:
        self._base.close()


class Counted:
    """The same without FTS5: words of the same first letters, weighed by how few documents hold them."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._places: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        self._size = len(documents)
        for position, document in enumerate(documents):
            for part, weight in zip(_parts(document), _WEIGHTS, strict=True):
                for word in words_of(part):
                    self._places[_stem(word)][position] += weight

    def find(self, group: Iterable[str]) -> Mapping[int, float]:
        """See `Index.find`."""
        found: dict[int, float] = defaultdict(float)
        for stem in {_stem(word) for word in group}:
            places = self._places.get(stem, {})
            for position, weight in places.items():
                found[position] += weight * (1 + self._size / len(places)) / (weight + 2)
        return dict(found)


def _parts(document: Document) -> tuple[str, str, str]:
    return document.title, document.words, document.body


def _spread(text: str) -> str:
    return _CAMEL.sub(" ", _UNSPACED.sub(r" \1 ", text))


def _quoted(word: str) -> str:
    return f'"{word}"*' if len(word) >= _PREFIX_FROM and word.isalpha() else f'"{word}"'


def _stem(word: str) -> str:
    """Accents off and the first letters only: `approving` and `approval` meet."""
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return bare[:_STEM] if bare.isalpha() else bare
