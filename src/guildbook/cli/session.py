"""What every command needs: the book, a way to show data, and progress on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from guildbook.app import Book
    from guildbook.app.progress import Progress

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]

_INTERRUPTED: Final = 130
_PIPE_WIDTH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line."""

    home: Path | None = None
    overrides: Mapping[str, str] = field(default_factory=dict[str, str])

    @contextmanager
    def book(self, *, create: bool = False) -> Generator[Book]:
        """The book, open. Without `create` a missing one is an error that says how to begin."""
        from guildbook.app import open_book

        lean()
        try:
            with open_book(self.home, overrides=self.overrides, create=create) as opened:
                yield opened
        except KeyboardInterrupt:
            say("Stopped. What was acknowledged is kept; the same command goes on where it was.")
            raise typer.Exit(_INTERRUPTED) from None


def session(context: typer.Context) -> Session:
    """The session the root callback made."""
    found = context.find_object(Session)
    return found if found is not None else Session()


def lean() -> None:
    """Let Arrow take no more than a command needs. Every command that opens a book does so."""
    from guildbook.columns.memory import one_heap, without_pandas

    one_heap()
    without_pandas()


def say(text: str) -> None:
    """Words for people go to standard error, so that data can be piped."""
    typer.echo(text, err=True)


def say_withheld(book: Book) -> None:
    """Say so where what was learnt is not shown whole, because traces in it may not be used now."""
    if why := book.distil.withheld():
        say(why)


def show(value: Any) -> None:
    """Data as JSON on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=False, default=str))


def line(value: Any) -> None:
    """Data as one line of JSON on standard output, at once: for what goes on and on."""
    typer.echo(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))
    sys.stdout.flush()


def console() -> Console:
    """Where people's tables go (standard output), without markup in data."""
    from rich.console import Console

    # In a pipe nothing is folded: whoever reads it wants whole cells.
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def lines(text: str) -> None:
    """Words as data, line by line, each safe for a terminal."""
    from guildbook.teach.text import clean

    typer.echo("\n".join(clean(line) for line in text.splitlines()))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A plain table on standard output; hostile text is cleaned."""
    from rich.table import Table
    from rich.text import Text

    from guildbook.teach.text import clean

    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*[Text(clean(str(cell))) for cell in row])
    console().print(made)


@contextmanager
def progress() -> Generator[Progress]:
    """A progress bar on standard error while at a terminal, silence otherwise."""
    if not sys.stderr.isatty():
        yield lambda _stage, _share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    ) as bar:  # fmt: skip
        jobs: dict[str, Any] = {}

        def report(stage: str, share: float) -> None:
            if stage not in jobs:
                jobs[stage] = bar.add_task(stage, total=1.0)
            bar.update(jobs[stage], completed=share)

        yield report
