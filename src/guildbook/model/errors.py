"""Errors a user may meet: each says what happened, how to mend it, and a stable code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class GuildbookError(Exception):
    """The root of every error Guildbook raises on purpose.

    `what` states the fact, `fix` names the remedy, `code` is stable for programs. The command line prints
    the first two and exits with 1 (2 for `UsageError`).
    """

    what: str
    fix: str
    code: str

    def __str__(self) -> str:
        """Both sentences, since a log line may be all that is seen."""
        return f"{self.what} {self.fix}".strip()


class UsageError(GuildbookError):
    """The call itself was wrong (exit status 2)."""

    def __init__(self, what: str, fix: str = "See --help.", code: str = "usage") -> None:
        super().__init__(what, fix, code)


class InputError(GuildbookError):
    """A file or folder that cannot be read as what it claims to be."""

    def __init__(self, what: str, fix: str, code: str = "input") -> None:
        super().__init__(what, fix, code)


class StoreError(GuildbookError):
    """The book on disk is damaged, locked or not what it should be."""

    def __init__(self, what: str, fix: str, code: str = "store") -> None:
        super().__init__(what, fix, code)


class BookBusyError(StoreError):
    """Another process is writing to this book."""

    def __init__(self, home: str) -> None:
        super().__init__(
            f"Another process is writing to the book at {home}.",
            "Wait for it to end, or give --wait SECONDS.",
            "book-busy",
        )


class DeniedError(GuildbookError):
    """The gate said no. Nothing was read."""

    def __init__(self, what: str, fix: str, code: str = "denied") -> None:
        super().__init__(what, fix, code)


class UnknownNameError(GuildbookError):
    """A worker, practice, setting or importer of that name does not exist."""

    def __init__(self, kind: str, name: str, known: list[str] | None = None) -> None:
        shown = ", ".join(sorted(known or [])[:12])
        super().__init__(f"There is no {kind} called {name!r}.", f"Known: {shown}." if shown else "", f"unknown-{kind}")
