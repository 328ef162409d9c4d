"""Practices: one piece of expertise each, mined from sums, with evidence found in the joint traces."""

from guildbook.distil.practices.evidence import find, supported
from guildbook.distil.practices.mining import limits, mine
from guildbook.distil.practices.settings import MiningSettings

__all__ = ["MiningSettings", "find", "limits", "mine", "supported"]
