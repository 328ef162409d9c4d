"""Live capture: sources, what they may not take, and the outbox that keeps what they took until the book has it.

Everything goes one way: a source makes an entry, the guard drops or cleans it, the outbox makes it durable, the
delivery brings it to the book, once. Nothing here knows the store; the app hands in how a batch is taken into the book.
"""
