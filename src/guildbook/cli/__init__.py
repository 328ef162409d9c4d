"""The command line: a thin shell that parses, calls `app` and presents."""

from guildbook.cli.main import main

__all__ = ["main"]
