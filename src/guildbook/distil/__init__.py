"""From admitted events to exact integer sums, and from sums to tasks, next steps and practices."""

from guildbook.distil.changes import Admitted
from guildbook.distil.learner import Learnt, learn
from guildbook.distil.settings import Settings
from guildbook.distil.state import State
from guildbook.distil.sums import Sums
from guildbook.distil.versions import StateVersionError

__all__ = ["Admitted", "Learnt", "Settings", "State", "StateVersionError", "Sums", "learn"]
