"""Consent: permissions, grants, use receipts and the gate through which every byte is read."""

from guildbook.govern.admitted import Admitted
from guildbook.govern.gate import Gate
from guildbook.govern.permissions import Said
from guildbook.govern.register import Register

__all__ = ["Admitted", "Gate", "Register", "Said"]
