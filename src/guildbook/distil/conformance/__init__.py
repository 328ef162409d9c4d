"""One case against what is usual in its task."""

from guildbook.distil.conformance.comparing import conformance

__all__ = ["conformance"]
