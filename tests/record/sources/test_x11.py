"""Sources that start beside each other do not trip over what they share of X's library."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("xcffib")

CODE = """
import sys
import guildbook.record.sources.NAME
import xcffib
print(" ".join(sorted(key.name for key in xcffib.extensions)))
"""


def test_whoever_connects_has_all_parts_before() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", CODE.replace("NAME", name)], capture_output=True, text=True, check=True
        ).stdout
        for name in ("_desktop_display", "_desktop_input", "_desktop_watch", "_x11")
    }
    assert len(found) == 1
    assert {"DAMAGE", "RECORD", "XFIXES"} <= set(found.pop().split())
