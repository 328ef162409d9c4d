"""`guildbook record libreoffice`."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from guildbook.cli.main import app


def test_the_option_comes_and_goes(tmp_path: Path) -> None:
    profile = tmp_path / "4" / "user"
    done = CliRunner().invoke(app, ["record", "libreoffice", "--profile", str(profile)])
    assert done.exit_code == 0, done.output
    options = profile / "registrymodifications.xcu"
    assert "ooSetupConnectionURL" in options.read_text()
    done = CliRunner().invoke(app, ["record", "libreoffice", "--profile", str(profile), "--remove", "--json"])
    assert json.loads(done.stdout) == {"file": str(options), "removed": True}
    assert "ooSetupConnectionURL" not in options.read_text()
