"""X11's library with every extension that a source here asks for.

Each part enters itself, as it is imported, into a table that connecting reads: two sources that start in two threads
must have all parts before either of them connects.
"""

from __future__ import annotations

from typing import Final

import xcffib
import xcffib.damage
import xcffib.record
import xcffib.xfixes

PARTS: Final = (xcffib.damage, xcffib.record, xcffib.xfixes)
__all__ = ["PARTS", "xcffib"]
