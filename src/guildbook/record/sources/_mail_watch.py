"""Watches one folder: what comes, what is read, marked, moved and deleted, with a server of any age.

After every word of the server the folder is compared with what is known of it, so that it matters neither what exactly
the server said nor what was missed while nobody listened. Servers that count changes (CONDSTORE, QRESYNC; RFC 7162)
say what changed since; of others the newest mails are looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from guildbook.model import time as clock
from guildbook.record.importers._mail_message import Mail, read_mail
from guildbook.record.sources._mail_answers import Answer, number, text
from guildbook.record.sources._mail_desk import Desk, Missing
from guildbook.record.sources._mail_imap import Folder, Imap, Place
from guildbook.record.sources._mail_parts import Structure, structure_of
from guildbook.record.sources._mail_rows import Row, did, did_away, meet, received, wrote
from guildbook.record.sources._mail_state import KEPT, Known, Stand
from guildbook.record.sources._mail_text import LONGEST, text_of

SEEN, ANSWERED, FLAGGED, DELETED, FORWARDED, DRAFT, SILENT = (1 << place for place in range(7))
_BITS: Final = {
    "\\seen": SEEN,
    "\\answered": ANSWERED,
    "\\flagged": FLAGGED,
    "\\deleted": DELETED,
    "\\draft": DRAFT,
    "$forwarded": FORWARDED,
    "forwarded": FORWARDED,
}
_HEADER: Final = "BODY.PEEK[HEADER]<0.65536>"
_FIELDS: Final = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID REFERENCES IN-REPLY-TO FROM SENDER TO CC DATE SUBJECT)]<0.16384>"
_AT_ONCE: Final = 50
_RECENT: Final = 500
"""Mails whose marks are looked at again where the server counts no changes."""
_MOST_ACTS: Final = 200
"""Mails of one change whose headers are fetched: more at once is a program's doing."""
_MOST_MOVED: Final = 2_000
"""The newest mails of another folder among which one that was moved is looked for."""
_GRACE: Final = 0.5
"""Seconds in which another watched folder may say that what is gone here came there."""

Answers = dict[str, Answer]


@dataclass(frozen=True, slots=True)
class Act:
    """What was done to a mail."""

    uid: int
    action: str


@dataclass(frozen=True, slots=True)
class _Came:
    """A mail that is new in a folder."""

    uid: int
    mail: Mail
    parts: Structure
    flags: int
    time: int
    """When the server got it, µs UTC."""
    text: str
    """Empty unless it was asked for."""


class Watch:
    """One folder of an account."""

    def __init__(self, desk: Desk, folder: Folder) -> None:
        self._desk = desk
        self._folder = folder
        self._sent = desk.is_sent(folder)

    @property
    def name(self) -> str:
        """The folder's."""
        return self._folder.name

    def begin(self, imap: Imap) -> None:
        """Open the folder and take up what happened since it was last seen; of one never seen only where it stands."""
        place = imap.examine(self._folder)
        with self._desk.lock:
            stand = self._desk.memory.folders.get(self.name)
        if stand is None or stand.validity != place.validity:
            fresh = self._baseline(imap, place, known_before=stand is not None)
            self._arrivals(imap, fresh, live=False)
            self._desk.save()
        else:
            self.sync(imap, live=False)

    def sync(self, imap: Imap, *, live: bool = True) -> None:
        """Take up what changed."""
        stand = self._stand()
        low = min(stand.known, default=stand.next)
        if imap.condstore and stand.modseq:
            modifier = f"CHANGEDSINCE {stand.modseq}{' VANISHED' if imap.qresync else ''}"
            answers = imap.fetch(f"{low}:*", "UID FLAGS", modifier)
        else:
            recent = sorted(stand.known)[-_RECENT:]
            answers = imap.fetch(f"{recent[0] if recent else stand.next}:*", "UID FLAGS")
        acts = list(self._acts(stand, answers))
        self._do(imap, acts, live=live)
        self._take_up(stand, answers)
        gone = self._gone(imap, stand, low)
        self._leave(gone, live=live)
        self._arrivals(imap, sorted(uid for uid in answers if uid >= stand.next), live=live)
        with self._desk.lock:
            stand.modseq = max([stand.modseq, *(_modseq(one) for one in answers.values())])
        opened = self._look(imap)
        if acts or gone or answers:
            self._desk.save()
        if opened:
            imap.examine(self._folder)
            self.sync(imap)

    # What is new

    def _baseline(self, imap: Imap, place: Place, *, known_before: bool) -> list[int]:
        """Where the folder stands now; returns what came while it was numbered anew (UIDVALIDITY)."""
        desk, stand = self._desk, Stand(place.validity, place.next, place.modseq)
        fresh: list[int] = []
        since = desk.memory.saved
        for uids in _batches(imap.uids("1:*")[-KEPT:]):
            answers = imap.fetch(_set(uids), f"UID FLAGS INTERNALDATE {_FIELDS}")
            with desk.lock:
                for uid, one in sorted(answers.items()):
                    mail = read_mail(_bytes(one), headers_only=True)
                    came = _internal(one.get("INTERNALDATE"))
                    if (
                        known_before
                        and mail.message_id not in desk.memory.threads
                        and came is not None
                        and came >= since
                    ):
                        fresh.append(uid)
                        continue
                    case = meet(desk.memory, mail)
                    silent = SILENT if desk.silent(self._folder, mail) else 0
                    stand.known[uid] = Known(mail.message_id, case, _flags(one) | silent)
                    if self._sent:
                        desk.memory.sent[mail.message_id] = 1
        with desk.lock:
            stand.next = max([place.next, *(uid + 1 for uid in stand.known)])
            desk.memory.folders[self.name] = stand
        return fresh

    def _arrivals(self, imap: Imap, uids: Sequence[int], *, live: bool) -> None:
        """Take up mails that are new in this folder."""
        for some in _batches(uids):
            answers = imap.fetch(_set(some), f"UID FLAGS INTERNALDATE BODYSTRUCTURE {_HEADER}")
            # all that may fail for the network's sake comes first: what is met is met for good
            came = [self._came(imap, uid, one) for uid, one in sorted(answers.items()) if uid in some]
            rows: list[Row] = []
            known: dict[int, Known] = {}
            with self._desk.lock:
                for one in came:
                    case, told = self._told(one, live=live)
                    rows += told
                    silent = SILENT if self._desk.silent(self._folder, one.mail) else 0
                    known[one.uid] = Known(one.mail.message_id, case, one.flags | silent)
            self._desk.write(rows)
            with self._desk.lock:
                stand = self._stand()
                stand.known |= known
                stand.next = max(stand.next, some[-1] + 1)
                stand.trim()

    def _came(self, imap: Imap, uid: int, one: Answers) -> _Came:
        header = _bytes(one)
        mail, parts = read_mail(header, headers_only=True), structure_of(one.get("BODYSTRUCTURE"))
        wanted = self._desk.wants_text(self._folder, mail, header)
        now = clock.now()
        came = min(_internal(one.get("INTERNALDATE")) or now, now)
        return _Came(uid, mail, parts, _flags(one), came, _text(imap, uid, parts) if wanted else "")

    def _told(self, one: _Came, *, live: bool) -> tuple[str, list[Row]]:
        """The mail's case, and what its coming means."""
        desk, mail = self._desk, one.mail
        before = mail.message_id in desk.memory.threads
        case = meet(desk.memory, mail)
        if one.flags & DRAFT or desk.silent(self._folder, mail):
            return case, []
        rows = self._said(one, case, before=before)
        if self._sent:
            desk.memory.sent[mail.message_id] = 1
        if rows and rows[0]["action"] in {"receive", "send", "reply", "forward"}:
            rows[0]["value_after"] = one.text or None
            if one.flags & SEEN and not self._sent:
                rows.append(did("read", mail, case, desk.memory.labels, clock.now(), **_when(live=live)))
        return case, rows

    def _said(self, one: _Came, case: str, *, before: bool) -> list[Row]:
        """What it means that a mail is in this folder now."""
        desk, mail, labels, now = self._desk, one.mail, self._desk.memory.labels, clock.now()
        missing = desk.missing.pop(mail.message_id, None)
        if missing is not None:
            where = {"from": missing.folder, "to": self.name}
            return [did("move", mail, case, labels, now, **where, **_when(live=not missing.estimated))]
        if self._sent:
            known = mail.message_id in desk.memory.sent
            return [] if known else [wrote(mail, case, one.parts, labels, one.time)]
        if before and desk.elsewhere(mail.message_id, self._folder):
            return []  # a copy, or the first half of a move
        if before and mail.message_id not in desk.memory.sent:
            return [did("move", mail, case, labels, now, to=self.name)]
        return [received(mail, case, one.parts, labels, one.time)]

    # What is done to what was there

    def _acts(self, stand: Stand, answers: dict[int, Answers]) -> Iterator[Act]:
        """What changed marks say was done."""
        for uid, one in sorted(answers.items()):
            known = stand.known.get(uid)
            if known is None or "FLAGS" not in one or known.flags & SILENT:
                continue
            new = _flags(one)
            for bit, given, taken in self._meanings():
                if (known.flags ^ new) & bit and (action := given if new & bit else taken):
                    yield Act(uid, action)

    def _take_up(self, stand: Stand, answers: dict[int, Answers]) -> None:
        """Know the marks as they are now; after what they mean was handed in."""
        with self._desk.lock:
            for uid, one in answers.items():
                known = stand.known.get(uid)
                if known is not None and "FLAGS" in one:
                    known.flags = _flags(one) | known.flags & SILENT

    def _meanings(self) -> Iterator[tuple[int, str, str]]:
        if not self._sent:
            yield SEEN, "read", "unread"
        yield FLAGGED, "flag", "unflag"
        if not self._desk.watches_sent:
            yield ANSWERED, "reply", ""
            yield FORWARDED, "forward", ""

    def _do(self, imap: Imap, acts: Sequence[Act], *, live: bool) -> None:
        now, stand = clock.now(), self._stand()
        uids = sorted({act.uid for act in acts})
        headers: dict[int, Mail] = {}
        for some in _batches(uids[:_MOST_ACTS]):
            answers = imap.fetch(_set(some), f"UID {_HEADER}")
            headers |= {uid: read_mail(_bytes(one), headers_only=True) for uid, one in answers.items()}
        with self._desk.lock:
            labels = self._desk.memory.labels
            rows = [
                did(act.action, headers[act.uid], known.case, labels, now, **_when(live=live))
                if act.uid in headers
                else did_away(act.action, known, now, **_when(live=live))
                for act in acts
                if (known := stand.known.get(act.uid)) is not None
            ]
        self._desk.write(rows)

    # What is gone

    def _gone(self, imap: Imap, stand: Stand, low: int) -> list[Known]:
        """Mails that are no longer there; one that is only marked as deleted still is."""
        if imap.qresync and stand.modseq:
            ranges = imap.vanished()
            lost = [uid for uid in stand.known if any(first <= uid <= last for first, last in ranges)]
        elif stand.known:
            there = set(imap.uids(f"{low}:*"))
            lost = [uid for uid in stand.known if uid not in there]
        else:
            lost = []
        with self._desk.lock:
            return [stand.known.pop(uid) for uid in lost]

    def _leave(self, gone: Sequence[Known], *, live: bool) -> None:
        desk, now, rows = self._desk, clock.now(), list[Row]()
        with desk.lock:
            for known in gone:
                if known.flags & (SILENT | DRAFT):
                    continue
                to = desk.elsewhere(known.id, self._folder)
                if to:
                    rows.append(did_away("move", known, now, **{"from": self.name, "to": to}, **_when(live=live)))
                else:
                    desk.missing[known.id] = Missing(self.name, known, estimated=not live)
        desk.write(rows)

    def _look(self, imap: Imap) -> bool:
        """Look in folders that nobody watches for what is gone here; true where another folder had to be opened."""
        desk = self._desk
        if not self._mine():
            return False
        desk.stop.wait(_GRACE)
        opened = False
        for folder in desk.others():
            if not self._mine():
                break
            opened = self._search(imap, folder) or opened
        everything = desk.everything()
        if everything is not None and self._mine():
            opened = self._still_there(imap, everything) or opened
        with desk.lock:
            lost = [desk.missing.pop(mail) for mail in self._mine()]
        desk.write(
            [
                did_away("delete", one.known, clock.now(), **{"from": self.name}, **_when(live=not one.estimated))
                for one in lost
            ]
        )
        return opened

    def _mine(self) -> dict[str, Missing]:
        with self._desk.lock:
            return {mail: one for mail, one in self._desk.missing.items() if one.folder == self.name}

    def _search(self, imap: Imap, folder: Folder) -> bool:
        """What came into a folder since it was last looked at; true where it had to be opened."""
        desk = self._desk
        with desk.lock:
            stand = desk.memory.folders.setdefault(folder.name, Stand())
        place = imap.status(folder)
        if (place.validity, place.next) == (stand.validity, stand.next):
            return False
        imap.examine(folder)
        first = stand.next if stand.validity == place.validity else max(place.next - _RECENT, 1)
        found = imap.fetch(f"{max(first, place.next - _MOST_MOVED)}:*", f"UID {_FIELDS}")
        rows: list[Row] = []
        with desk.lock:
            for one in found.values():
                mail = read_mail(_bytes(one), headers_only=True)
                missing = desk.missing.get(mail.message_id)
                if missing is None or missing.folder != self.name:
                    continue
                del desk.missing[mail.message_id]
                action = "delete" if "\\trash" in folder.marks else "move"
                where = {"from": self.name, "to": folder.name}
                said = where | _when(live=not missing.estimated)
                rows.append(did(action, mail, missing.known.case, desk.memory.labels, clock.now(), **said))
            stand.validity, stand.next = place.validity, place.next
        desk.write(rows)
        return True

    def _still_there(self, imap: Imap, everything: Folder) -> bool:
        """Gmail's way to file a mail: it is only no longer in this folder, and in the one of all mails as before."""
        desk = self._desk
        imap.examine(everything)
        for mail, one in self._mine().items():
            if imap.has(mail):
                with desk.lock:
                    desk.missing.pop(mail, None)
                where = {"from": self.name, "to": everything.name}
                desk.write([did_away("move", one.known, clock.now(), **where, **_when(live=not one.estimated))])
        return True

    def _stand(self) -> Stand:
        return self._desk.memory.folders[self.name]


def _text(imap: Imap, uid: int, parts: Structure) -> str:
    part = parts.text()
    if part is None or parts.sealed:
        return ""
    answers = imap.fetch(str(uid), f"UID BODY.PEEK[{part.section}]<0.{LONGEST}>")
    return text_of(_bytes(answers.get(uid, {})), part)


def _bytes(one: Answers) -> bytes:
    found = one.get("BODY[]")
    return found if isinstance(found, bytes) else b""


def _flags(one: Answers) -> int:
    marks = one.get("FLAGS")
    bits = 0
    for mark in marks if isinstance(marks, list) else []:
        bits |= _BITS.get(text(mark).lower(), 0)
    return bits


def _modseq(one: Answers) -> int:
    found = one.get("MODSEQ")
    return number(found[0]) if isinstance(found, list) and found else 0


def _internal(answer: Answer) -> int | None:
    try:
        return clock.to_micros(datetime.strptime(text(answer).strip(), "%d-%b-%Y %H:%M:%S %z"))
    except (ValueError, OverflowError):
        return None


def _when(*, live: bool) -> dict[str, Any]:
    """When it was done is known only of what was watched."""
    return {} if live else {"time": "estimated"}


def _set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


def _batches(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(uids), _AT_ONCE):
        yield uids[begin : begin + _AT_ONCE]
