"""How alike texts are by an embedding of words, so that "settle" and "pay out" are near each other. An extra.

WordLlama (MIT) averages vectors of tokens; its weights (16 MB, 256 numbers a token) come in its wheel. Nothing is
downloaded: where its files are not, loading fails.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from guildbook.model.errors import GuildbookError

Floats = NDArray[np.float32]


class MissingMeaningError(GuildbookError):
    """Embeddings need a library that is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Guildbook is installed without support for embeddings.",
            "pip install 'guildbook[meaning]'; or leave --meaning out.",
            "extra-missing",
        )


class Meanings:
    """Vectors of texts."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @classmethod
    def load(cls) -> Self:
        """Raises `MissingMeaningError` without the extra."""
        try:
            package = importlib.import_module("wordllama")
            # Named as its cache, the package's own folder is where its files are looked for.
            folder = Path(str(package.__file__)).parent
            return cls(package.WordLlama.load(cache_dir=folder, dim=256, disable_download=True))
        except (ModuleNotFoundError, FileNotFoundError) as error:
            raise MissingMeaningError from error

    def of(self, texts: Sequence[str]) -> Floats:
        """(n, 256): unit vectors."""
        return np.asarray(self._model.embed(list(texts), norm=True), np.float32).reshape(len(texts), -1)

    def alike(self, texts: Sequence[str], others: Sequence[str]) -> list[list[float]]:
        """Cosines of each text with each of the others."""
        if not texts or not others:
            return [[] for _ in texts]
        found: list[list[float]] = (self.of(texts) @ self.of(others).T).astype(np.float64).tolist()
        return found
