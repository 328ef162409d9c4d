"""What is done in web pages: Guildbook's own extension sees it and hands it in at the recorder's door.

Here is what the recorder's side of it knows: whether the extension was built, and what the worker's settings mean.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from guildbook.model.errors import UsageError
from guildbook.plugins import Sink, SourceOptions

BUILT: Final = Path(__file__).parent / "_extension"
"""Where the installation puts the unpacked extension."""
NOT_BUILT: Final = (
    "Guildbook was installed without its browser extension, since npm's registry was out of reach: install it again, "
    "with pip install --force-reinstall --no-deps."
)
VALUES: Final = ("names-only", "all", "off")
"""What is kept of what is filled in: that it was, and how long it is; the text before and after; only that it was."""
_SITES: Final = ("values_on", "never")
_HOST: Final = re.compile(r"(?:[\w-]{1,63}\.)*[\w-]{1,63}")


class BrowserSource:
    """Chromium, Chrome, Edge and Firefox, through `guildbook record extension DIR`."""

    name = "browser"
    title = "what is done in web pages, by an extension"

    def missing(self, options: SourceOptions) -> str:
        """The extension where it was not built, or what is wrong with the settings."""
        try:
            self.told(options.settings)
        except UsageError as error:
            return f"{error.what} {error.fix}"
        return "" if is_built() else NOT_BUILT

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Nothing to watch: the extension comes to the door by itself."""
        del sink, options
        stop.wait()

    def told(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the extension is to know. Raises `UsageError`, which names the setting."""
        for name in settings:
            if name not in {"values", *_SITES}:
                raise UsageError(f"browser has no setting {name!r}.", f"Settings: values, {', '.join(_SITES)}.")
        values = str(settings.get("values", VALUES[0]))
        if values not in VALUES:
            raise UsageError(f"values cannot be {values!r}.", f"One of: {', '.join(VALUES)}.")
        return {"values": values, **{name: _hosts(name, str(settings.get(name, ""))) for name in _SITES}}


def is_built() -> bool:
    """Whether the installation has the extension."""
    return (BUILT / "manifest.json").is_file()


def _hosts(setting: str, text: str) -> list[str]:
    """`Claims.example, intranet` → hosts in lower case; those below them are meant, too."""
    hosts = [host.strip().lower().removeprefix("*.") for host in text.split(",") if host.strip()]
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise UsageError(
                f"{setting}: {host!r} is no site.", "Write hosts like claims.example, with commas between."
            )
    return hosts
