from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.neural.text import WIDTH, vectors


@given(st.lists(st.text(max_size=40), max_size=5))
def test_vectors_have_length_one_or_none(texts: list[str]) -> None:
    found = vectors(texts)
    assert found.shape == (len(texts), WIDTH)
    lengths = np.linalg.norm(found, axis=1)
    assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))


def test_like_names_are_near_and_letter_case_does_not_matter() -> None:
    a, b, c, d = vectors(["Approve invoice", "approve invoices", "write letter", "APPROVE INVOICE"])
    assert a @ b > 0.7
    assert a @ c < 0.3
    assert np.array_equal(a, d)
