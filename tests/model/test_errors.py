"""Errors say what happened and how to mend it."""

from __future__ import annotations

import pickle

import pytest

from guildbook.model import errors
from guildbook.model.errors import BookBusyError, GuildbookError, UnknownNameError

KINDS = [
    GuildbookError("It broke.", "Mend it.", "broke"),
    errors.UsageError("It broke.", "Mend it."),
    errors.InputError("It broke.", "Mend it."),
    errors.StoreError("It broke.", "Mend it."),
    errors.DeniedError("It broke.", "Mend it."),
]


@pytest.mark.parametrize("error", KINDS, ids=lambda e: type(e).__name__)
def test_both_sentences_are_shown(error: GuildbookError) -> None:
    assert str(error) == "It broke. Mend it."
    assert error.code


def test_a_busy_book_names_itself() -> None:
    assert "/books/mine" in BookBusyError("/books/mine").what
    assert BookBusyError("x").code == "book-busy"


def test_an_unknown_name_lists_what_there_is() -> None:
    error = UnknownNameError("worker", "Adda", ["Bo", "Ada"])
    assert str(error) == "There is no worker called 'Adda'. Known: Ada, Bo."
    assert error.code == "unknown-worker"
    assert not UnknownNameError("worker", "Ada").fix


def test_errors_can_be_raised_from_another_process() -> None:
    """A pool pickles what its workers raise."""
    for error in KINDS:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.code) == (type(error), str(error), error.code)
