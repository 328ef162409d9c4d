"""`learn` and `tour`: the main job."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guildbook.cli.session import Json, lean, line, progress, say, session, show

if TYPE_CHECKING:
    from guildbook.app.learning import Learnt, Wanted
    from guildbook.distil.companion import Companion


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("learn")(learn)
    app.command("tour")(tour)


def learn(
    context: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Files, folders or repositories to learn from.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Read the input with this importer; do not guess.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Correct a guessed column.")
    ] = None,
    worker: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose work it is, where the input names nobody.")
    ] = None,
    case_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Object type that is the case (object-centric logs).")
    ] = None,
    terms: Annotated[
        str | None,
        typer.Option(metavar="PURPOSE,…", help="What the workers agreed these traces may be used for."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that summarise; 1: also none beside for mining."),
    ] = None,
    pii: Annotated[
        bool, typer.Option("--pii", help="Take names, numbers and addresses of persons out of texts (extra pii).")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Stay, and learn again whenever something is new; Ctrl-C ends it.")
    ] = False,
    every: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="With --follow: between looks.")] = 60.0,
    json: Json = False,
) -> None:
    """Import, distil, and say what was learnt. With no path: from what the book already holds."""
    from guildbook.app.learning import Wanted

    wanted = Wanted(
        paths=tuple(Path(p) for p in paths or ()),
        importer=kind,
        mapping=columns_of(mapping or []),
        worker=worker,
        case_type=case_type,
        terms=None if terms is None else tuple(t.strip() for t in terms.split(",") if t.strip()),
        jobs=jobs,
        pii=pii,
    )
    if follow:
        _follow(context, wanted, every, json)
    else:
        _learn(context, wanted, json)


def tour(
    context: typer.Context,
    seed: Annotated[int, typer.Option(help="Which sample office.")] = 1,
    events: Annotated[int, typer.Option(min=1000, help="About how many events.")] = 60_000,
    write: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Only write the office's files (and its truth) there.")
    ] = None,
    json: Json = False,
) -> None:
    """The same on a sample office that Guildbook makes itself; no files needed.

    The office goes into a book of its own beside yours (`BOOK-tour`), so that it never mixes with real work.
    """
    from guildbook.app.tour import tour_home, write_office
    from guildbook.cli.session import Session

    if write is not None:
        written = write_office(write, seed=seed, events=events)
        show([str(p) for p in written]) if json else say("Wrote " + ", ".join(str(p) for p in written))
        return
    from guildbook.app.learning import Wanted

    home = tour_home(session(context).home, seed, events)
    context.obj = Session(home, session(context).overrides)
    _learn(context, Wanted(office=(seed, events)), json)
    if not json:
        say(f"Look around:  guildbook --home {home} practices list")
        say(f'              guildbook --home {home} ask "who should I ask about a fraud check?"')
        say(f"              guildbook --home {home} report -o report.html")


def columns_of(pairs: list[str]) -> dict[str, str]:
    """What `--map FIELD=COLUMN` said. Raises `UsageError` for anything else."""
    from guildbook.model.errors import UsageError

    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals or not name or not column:
            raise UsageError(f"--map {pair!r} is not FIELD=COLUMN.", "For example: --map worker=Resource")
        found[name.strip()] = column.strip()
    return found


def _learn(context: typer.Context, wanted: Wanted, json: bool) -> None:
    with _beside(wanted) as helper, session(context).book(create=True) as book, progress() as report:
        result = book.learn(wanted, report, helper)
        if json:
            show(result.to_dict())
        else:
            _present(result, book.config.import_.max_rejected)


def _beside(wanted: Wanted) -> AbstractContextManager[Companion | None]:
    """A second process to mine with. To be begun before all else: it is forked before a file is open or a thread runs.

    Loading kernels before the fork would spare a third of a second of processor time, and cost a tenth of real time.
    """
    from guildbook.distil.companion import companion

    lean()
    return companion(wanted=wanted.jobs != 1)


def _follow(context: typer.Context, wanted: Wanted, every: float, json: bool) -> None:
    """One line of JSON, or words, each time; until it is told to end."""
    import signal

    from guildbook.model.errors import GuildbookError

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        _beside(wanted) as helper,
        session(context).book(create=True) as book,
        suppress(KeyboardInterrupt),
        progress() as report,
    ):
        for result in book.follow(wanted, every, report, helper).run():
            if isinstance(result, GuildbookError):
                say(f"{result.what} {result.fix}")
            elif json:
                line(result.to_dict())
            else:
                _present(result, book.config.import_.max_rejected)


def _present(result: Learnt, listed: int) -> None:
    from guildbook.teach.text import clean

    for item in result.inputs:
        say(clean(item.sentence()))
    for row in result.rejected_rows[:listed]:
        say(clean(f"  rejected: {row}"))
    if result.rejected > listed:
        say(f"  … {result.rejected - listed} more: guildbook quarantine list")
    found = result.knowledge
    say("")
    say(
        f"Learnt from {_counted(found.events, 'event')} of {_counted(found.workers, 'worker')}: "
        f"{_counted(found.cases, 'case')}, {_counted(found.episodes, 'episode')}, "
        f"{_counted(len(found.tasks), 'task')}. {result.seconds:.1f} s"
        + ("" if result.changed else "; nothing had changed") + "."
    )  # fmt: skip
    for task in found.tasks[:8]:
        say(clean(f"  task: {task.title} ({_counted(task.episodes, 'episode')})"))
    counts = result.counts()
    say(
        f"{_counted(sum(counts.values()), 'practice')}: " + ", ".join(f"{n} {kind}" for kind, n in counts.items()) + "."
    )
    for practice in found.practices[:12]:
        say(clean(f"  {practice.id:<24} {practice.title}"))
    for note in (*result.notes, *found.notes):
        say(clean(f"  note: {note}"))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
