"""`python -m guildbook.server`: the recorder's process, as `guildbook record start` and the systemd unit run it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from guildbook.app.recorder import Recorder
from guildbook.config import load
from guildbook.model.errors import GuildbookError
from guildbook.server.recorder import PORT, TESTING, run


def main(arguments: list[str] | None = None) -> int:
    """Record until told to stop; returns 0, or 1 with a clear error."""
    parser = argparse.ArgumentParser(prog="guildbook.server", description="Record until told to stop.")
    parser.add_argument("--home", type=Path, metavar="DIR", help="the book's folder")
    parser.add_argument(
        "--port", type=int, metavar="N", help=f"where it listens; else {PORT}, or {TESTING} for testing"
    )
    parser.add_argument("--testing", action="store_true", help="as ActivityWatch's --testing")
    parser.add_argument("--token", action="store_true", help="watchers must give the token, too")
    asked = parser.parse_args(arguments)
    try:
        recorder = Recorder(load(asked.home), lean=True)
        port = asked.port or (TESTING if asked.testing else PORT)
        run(recorder, port=port, testing=asked.testing, token=recorder.token if asked.token else "")
    except GuildbookError as error:
        sys.stderr.write(f"Error: {error.what}\n  {error.fix}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"Error: {error}.\n  Look at the disk, and at who owns the folder.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
