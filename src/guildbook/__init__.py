"""Guildbook keeps work-traces, distils the expertise in them and leaves the say to the workers."""

__version__ = "0.1.0"
