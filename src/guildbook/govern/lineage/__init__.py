"""Lineage: from whatever was made back to the traces, with the terms it inherits. It follows from the log alone."""

from guildbook.govern.lineage.graph import Graph, Group, Node
from guildbook.govern.lineage.rights import (
    Denial,
    Standing,
    State,
    allowed,
    derived_fault,
    read_terms,
    standing,
    terms_of,
    withdrawn_fault,
)

__all__ = [
    "Denial", "Graph", "Group", "Node", "Standing", "State", "allowed", "derived_fault", "read_terms", "standing",
    "terms_of", "withdrawn_fault",
]  # fmt: skip
