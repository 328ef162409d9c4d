"""Who a person is: keys they hold outside the book, and what can be done with them."""
