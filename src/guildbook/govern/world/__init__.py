"""The state of consent: a pure fold over acts, with no database and no clock."""

from guildbook.govern.world.state import World

__all__ = ["World"]
