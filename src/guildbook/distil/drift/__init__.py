"""Changes of the process over time: found, dated, and what they retire."""

from guildbook.distil.drift.finding import changes
from guildbook.distil.drift.retiring import retired

__all__ = ["changes", "retired"]
