"""The composition root: `open_book(home)` gives a `Book` whose attributes are the stages."""
