"""The event as Arrow columns: schema, building, deterministic ids."""

from guildbook.columns.schema import ADMITTED_SCHEMA, EVENT_SCHEMA, OBJECTS, RAW_SCHEMA, TIME, WORD, raw_table

__all__ = ["ADMITTED_SCHEMA", "EVENT_SCHEMA", "OBJECTS", "RAW_SCHEMA", "TIME", "WORD", "raw_table"]
