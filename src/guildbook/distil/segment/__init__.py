"""Raw interaction cut into performances of routines, with no case ids and no end actions told.

`segment` takes a stream of symbols (`stream.read` makes one of event columns) and gives every event a segment;
`performances` does so for each worker's week in a table, and names the tasks. How it works is told in
`docs/segmentation.md`.
"""

from guildbook.distil.segment.find import Segments, segment
from guildbook.distil.segment.stream import Stream, read

__all__ = ["Segments", "Stream", "read", "segment"]
