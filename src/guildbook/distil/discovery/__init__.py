"""Filtered process maps: from the sums of one task to a few boxes and moves that a person can read."""

from guildbook.distil.discovery.filtered import discover, filtered_map

__all__ = ["discover", "filtered_map"]
