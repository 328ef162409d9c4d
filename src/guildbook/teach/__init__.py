"""Practices made readable: answers with citations, words for newcomers, the report page."""

from guildbook.teach.ask import Answer, ask

__all__ = ["Answer", "ask"]
