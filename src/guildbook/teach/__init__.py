"""Practices made readable: answers with citations, words for newcomers, the report page."""
