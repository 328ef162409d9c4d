"""The composition root: `open_book(home)` gives a `Book` whose attributes are the stages."""

from guildbook.app.book import Book, open_book

__all__ = ["Book", "open_book"]
