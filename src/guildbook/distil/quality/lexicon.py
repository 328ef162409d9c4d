"""Words for the same deed: what a request asks for in one word a button may call by another.

A closed list, so that nothing of a request but these few concepts can reach the sums. English only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_CONCEPTS: Final = {
    "add": "add adds added adding append insert include plus",
    "answer": "answer answers answered reply replies replied replying respond responds responded response tell tells "
    "telling say says saying text texting",
    "approve": "approve approves approved accept accepts accepted allow confirm grant",
    "archive": "archive archived",
    "book": "book booking reserve reservation",
    "buy": "buy purchase order checkout pay",
    "cancel": "cancel cancels cancelled canceled abort dismiss",
    "check": "check checks checked verify inspect tick",
    "close": "close closes closed exit",
    "copy": "copy copies copied duplicate",
    "create": "create creates created new compose write make",
    "delete": "delete deletes deleted deleting remove removes removed rid trash discard erase bin",
    "download": "download export",
    "edit": "edit edits edited change changes changed modify update updated correct",
    "enter": "enter enters entered type typed fill input key",
    "filter": "filter narrow",
    "forward": "forward forwards forwarded forwarding pass give share",
    "login": "login log signin sign logon",
    "mark": "mark marks marked star starred flag flagged important favorite favourite label",
    "move": "move moved drag drop",
    "open": "open opens opened show view expand unfold",
    "play": "play start run launch",
    "print": "print printed",
    "reject": "reject rejects rejected refuse decline deny",
    "save": "save saves saved store keep",
    "search": "search searches find finds look locate lookup query",
    "select": "select selects selected choose chooses pick",
    "send": "send sends sent sending emailing",
    "sort": "sort sorted arrange",
    "submit": "submit submits submitted done finish ok apply go",
    "undo": "undo revert restore reset",
    "upload": "upload attach import",
}
CONCEPT_OF: Final = {word: concept for concept, words in _CONCEPTS.items() for word in words.split()}
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»")


@lru_cache(maxsize=65_536)
def concepts(text: str) -> frozenset[str]:
    """The deeds a text speaks of, quotations aside: `send-forward` gives send and forward."""
    words = _WORD.findall(_QUOTED.sub(" ", text))
    return frozenset(CONCEPT_OF[word.lower()] for word in words if word.lower() in CONCEPT_OF)
