"""The vocabulary: frozen records, ids, time, purposes, errors. Standard library only."""

from guildbook.model.errors import (
    BookBusyError,
    DeniedError,
    GuildbookError,
    InputError,
    StoreError,
    UnknownNameError,
    UsageError,
)
from guildbook.model.event import Element, Event, ObjectRef, Origin
from guildbook.model.grant import Grant, SegmentRef, Use
from guildbook.model.knowledge import (
    Effect,
    Group,
    Kind,
    Knowledge,
    MapEdge,
    MapNode,
    Person,
    Practice,
    ProcessMap,
    Span,
    Status,
    Task,
    When,
    knowledge_from_dict,
)
from guildbook.model.purpose import OWN_PURPOSES, Purpose, PurposeGroup
from guildbook.model.use import UseKind

__all__ = [
    "OWN_PURPOSES",
    "BookBusyError",
    "DeniedError",
    "Effect",
    "Element",
    "Event",
    "Grant",
    "Group",
    "GuildbookError",
    "InputError",
    "Kind",
    "Knowledge",
    "MapEdge",
    "MapNode",
    "ObjectRef",
    "Origin",
    "Person",
    "Practice",
    "ProcessMap",
    "Purpose",
    "PurposeGroup",
    "SegmentRef",
    "Span",
    "Status",
    "StoreError",
    "Task",
    "UnknownNameError",
    "UsageError",
    "Use",
    "UseKind",
    "When",
    "knowledge_from_dict",
]
