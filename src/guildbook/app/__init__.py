"""The composition root: `open_book(home)` gives a `Book` whose attributes are the stages."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guildbook.app.book import Book, open_book

__all__ = ["Book", "open_book"]


def __getattr__(name: str) -> Any:
    """What a book needs is loaded with the first book: the recorder, which runs all day, does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from guildbook.app import book  # noqa: PLC0415 - as said above

    return getattr(book, name)
