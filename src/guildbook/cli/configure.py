"""`config show` and `config set`."""

from __future__ import annotations

from typing import Annotated

import typer

from guildbook.cli.session import Json, say, session, show, table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    config = typer.Typer(no_args_is_help=True, help="The settings in force.")
    config.command("show")(show_config)
    config.command("set")(set_config)
    app.add_typer(config, name="config")


def show_config(
    context: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
    json: Json = False,
) -> None:
    """Show every setting and its value."""
    from guildbook.config import load

    rows = load(session(context).home, session(context).overrides).rows()
    if json:
        show([
            {"key": setting.key, "value": value, "env": setting.env}
            | ({"origin": str(where.layer), "where": where.where} if origin else {})
            for setting, value, where in rows
        ])  # fmt: skip
    elif origin:
        table(("setting", "value", "from"), [(s.key, value, where) for s, value, where in rows])
    else:
        table(("setting", "value", "environment"), [(s.key, value, s.env) for s, value, _ in rows])


def set_config(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="For example distil.jobs.")],
    value: Annotated[str, typer.Argument(help="Lists are comma-separated.")],
    json: Json = False,
) -> None:
    """State a setting in the book's file."""
    from guildbook.config import load

    path = load(session(context).home, session(context).overrides).set(key, value)
    show({"key": key, "value": value, "file": str(path)}) if json else say(f"{key} is now stated in {path}.")
