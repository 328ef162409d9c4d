"""Makes LibreOffice take connections on a pipe that only its user can open, by the option that it has for that.

`ooSetupConnectionURL` (org.openoffice.Setup) in the profile's `registrymodifications.xcu`: LibreOffice reads it when it
starts and writes the file anew when it ends, so it must not be running.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guildbook.model.errors import InputError
from guildbook.record.sources._libreoffice_live import pipe_name

_FILE: Final = "registrymodifications.xcu"
_OPTION: Final = re.compile(
    r'<item oor:path="/org\.openoffice\.Setup/Office"><prop oor:name="ooSetupConnectionURL"[^>]*>'
    r"<value>([^<]*)</value></prop></item>\n?"
)
_LINE: Final = (
    '<item oor:path="/org.openoffice.Setup/Office"><prop oor:name="ooSetupConnectionURL" oor:op="fuse">'
    "<value>{value}</value></prop></item>\n"
)
_END: Final = "</oor:items>"
_EMPTY: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
    'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n</oor:items>\n'
)


def profiles() -> Iterator[Path]:
    """The folders of LibreOffice's profiles of this user, whether or not they are there."""
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    yield base / "libreoffice" / "4" / "user"
    yield Path.home() / ".var" / "app" / "org.libreoffice.LibreOffice" / "config" / "libreoffice" / "4" / "user"
    yield Path.home() / "snap" / "libreoffice" / "current" / ".config" / "libreoffice" / "4" / "user"


def set_up(profile: Path | None = None, *, remove: bool = False) -> Path:
    """Write the option, or take it away; returns the file. Raises `InputError` where LibreOffice runs or has one."""
    folder = profile or next((each for each in profiles() if each.is_dir()), next(profiles()))
    if (folder.parent / ".lock").exists():
        raise InputError(
            "LibreOffice is running, and would write its options over.",
            f"Close it and ask again; if it is not running, delete {folder.parent / '.lock'}.",
            "libreoffice-running",
        )
    path = folder / _FILE
    text = path.read_text("utf-8") if path.exists() else _EMPTY
    mine = f"pipe,name={pipe_name()};urp;"
    found = _OPTION.search(text)
    if found is not None and found[1] != mine:
        raise InputError(
            f"LibreOffice takes connections on {found[1]} already.",
            "Name its pipe instead: guildbook record on sheets --set libreoffice=PIPE.",
            "libreoffice-connection",
        )
    wanted = _OPTION.sub("", text)
    if not remove:
        if _END not in wanted:
            raise InputError(f"{path} is no file of LibreOffice's options.", "Mend it, or move it away.", "options")
        wanted = wanted.replace(_END, _LINE.format(value=mine) + _END)
    if wanted != text and (path.exists() or not remove):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        part.write_text(wanted, "utf-8")
        part.replace(path)
    return path
