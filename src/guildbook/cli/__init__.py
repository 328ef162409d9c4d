"""The command line: a thin shell that parses, calls `app` and presents."""


def main() -> None:
    """Entry point of the `guildbook` command."""
