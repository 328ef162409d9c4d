"""Practices: one piece of expertise each, mined from sums, with evidence found in the joint traces."""

from guildbook.distil.practices.evidence import find, supported
from guildbook.distil.practices.mining import limits, mine
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.task import ready

__all__ = ["MiningSettings", "find", "limits", "mine", "ready", "supported"]
