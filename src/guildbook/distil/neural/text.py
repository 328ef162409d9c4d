"""Labels as vectors by what they are made of, so that a new label near a known one is not a stranger.

Words and runs of three to five characters are hashed into signed places (feature hashing: Weinberger et al., ICML
2009; character n-grams as sub-words: Bojanowski et al., TACL 2017). Deterministic and free of any download.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guildbook.model.ids import symbol

WIDTH: Final = 192
_WORD: Final = re.compile(r"[^\W_]+", re.UNICODE)
_SIZES: Final = (3, 4, 5)


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """(n, WIDTH): one vector of length 1 a text; zeros for a text without letters or digits."""
    out = np.zeros((len(texts), WIDTH), np.float32)
    for row, text in zip(out, texts, strict=True):
        for part in _parts(text):
            code = symbol(part)
            row[code % WIDTH] += 1.0 if code >> 63 else -1.0
    lengths = np.linalg.norm(out, axis=1, keepdims=True)
    out /= np.where(lengths > 0, lengths, 1)
    return out


def _parts(text: str) -> Iterator[str]:
    for word in _WORD.findall(text.casefold()):
        yield f"word {word}"
        marked = f"<{word}>"
        for size in _SIZES:
            for start in range(len(marked) - size + 1):
                yield f"part {marked[start : start + size]}"
