"""Whoever signs acts with a key of their own."""

from __future__ import annotations

from typing import Protocol

from guildbook.govern.acts import Act


class Signer(Protocol):
    """A person whose key is unlocked."""

    @property
    def person(self) -> str:
        """Their id in the book."""
        ...

    def signed(self, act: Act, book: str) -> Act:
        """The act with their key and signature."""
        ...
