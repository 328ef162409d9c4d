"""One connection to an IMAP server: TLS, who we are, folders, what is new in them, and waiting for it (IDLE).

Folders are only examined, never selected, and bodies only peeked at: nothing on the server is ever changed.
"""

from __future__ import annotations

import imaplib
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from guildbook.model.errors import InputError
from guildbook.record.sources._mail_answers import Answer, fetched, folder_name, lists, number, ranges, text
from guildbook.record.sources._mail_settings import Settings

TIMEOUT: Final = 30.0
"""Seconds a server may take to answer."""
_CONNECTING: Final = 10.0
LONGEST_LINE: Final = 8 << 20
LONGEST_LITERAL: Final = 16 << 20
_READ: Final = 1 << 16

GONE: Final = (OSError, imaplib.IMAP4.error)
"""What a connection that broke raises."""


class _Lines:
    """Reading with a buffer that can be asked whether something waits in it."""

    sock: socket.socket
    abort: type[imaplib.IMAP4.abort]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.held = bytearray()
        super().__init__(*arguments, **named)

    def readline(self) -> bytes:
        """One line with its end; what there is where the connection ended."""
        while (end := self.held.find(b"\n")) < 0:
            if len(self.held) > LONGEST_LINE:
                raise self.abort("a line is too long")
            if not self._more():
                break
        end = len(self.held) if end < 0 else end + 1
        line = bytes(self.held[:end])
        del self.held[:end]
        return line

    def read(self, size: int) -> bytes:
        """So many bytes."""
        if size > LONGEST_LITERAL:
            raise self.abort("the server sends more than it was asked for")
        while len(self.held) < size and self._more():
            pass
        data = bytes(self.held[:size])
        del self.held[:size]
        return data

    def _more(self) -> bool:
        piece = self.sock.recv(_READ)
        self.held += piece
        return bool(piece)


class _Open(_Lines, imaplib.IMAP4):
    pass


class _Secure(_Lines, imaplib.IMAP4_SSL):
    pass


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the account."""

    name: str
    raw: bytes
    """As the server calls it."""
    marks: frozenset[str]
    r"""`\sent`, `\trash` and the like, in lower case."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a folder stands."""

    validity: int
    next: int
    """The least UID that no mail in it has yet."""
    modseq: int
    """0 where the server counts no changes."""


class Imap:
    """A connection that is logged in. Whatever fails raises one of `GONE`, or `InputError` for what will not mend."""

    def __init__(self, settings: Settings, secret: Callable[[], str]) -> None:
        self._imap = _connected(settings)
        _keep_alive(self._imap.sock)
        try:
            _log_in(self._imap, settings, secret)
            offered = set(self._capabilities())
            self.idles = "IDLE" in offered
            self.condstore = bool(offered & {"CONDSTORE", "QRESYNC"})
            self.qresync = "QRESYNC" in offered and "ENABLE" in offered
            if self.qresync:
                self._ok(*self._imap.enable("QRESYNC"))
        except BaseException:
            self.close()
            raise

    def cut(self) -> None:
        """Break the connection from another thread: whoever reads from it sees it end."""
        with suppress(OSError):
            socket.socket.shutdown(self._imap.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection."""
        with suppress(OSError):
            self._imap.shutdown()

    def folders(self) -> list[Folder]:
        """All folders that can be opened."""
        found: list[Folder] = []
        for line in self._ok(*self._imap.list()):
            item = lists([line])
            if len(item) >= 3 and isinstance(item[0], list) and isinstance(item[-1], bytes) and item[-1].isascii():  # noqa: PLR2004 - marks, separator, name
                marks = frozenset(mark.decode("ascii", "replace").lower() for mark in item[0] if mark)
                if not marks & {"\\noselect", "\\nonexistent"}:
                    found.append(Folder(folder_name(item[-1]), item[-1], marks))
        return found

    def examine(self, folder: Folder) -> Place:
        """Open a folder to look at."""
        self._ok(*self._imap.select(_quoted(folder.raw), readonly=True))
        validity, following, modseq = (
            number((self._imap.response(name)[1] or [None])[-1]) for name in ("UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ")
        )
        self._imap.response("VANISHED")
        return Place(validity, following or self._next(), modseq)

    def status(self, folder: Folder) -> Place:
        """Where a folder stands that is not open."""
        answers = lists(self._ok(*self._imap.status(_quoted(folder.raw), "(UIDNEXT UIDVALIDITY)")))
        items = answers[-1] if answers and isinstance(answers[-1], list) else []
        named = {text(key).upper(): value for key, value in zip(items[::2], items[1::2], strict=False)}
        return Place(number(named.get("UIDVALIDITY")), number(named.get("UIDNEXT")), 0)

    def fetch(self, uids: str, what: str, modifier: str = "") -> dict[int, dict[str, Answer]]:
        """`UID FETCH`."""
        arguments = (uids, f"({what})", *([f"({modifier})"] if modifier else []))
        return fetched(self._ok(*self._imap.uid("FETCH", *arguments)))

    def uids(self, among: str) -> list[int]:
        """Which mails of a range there are."""
        return [
            int(word)
            for line in self._ok(*self._imap.uid("SEARCH", "UID", among))
            if isinstance(line, bytes)
            for word in line.split()
            if word.isdigit()
        ]

    def has(self, mail: str) -> bool:
        """Whether the open folder has a mail of that id."""
        if not mail.isascii() or not mail.isprintable() or any(sign in mail for sign in '"\\'):
            return False
        found = self._ok(*self._imap.uid("SEARCH", "HEADER", "Message-ID", f'"<{mail}>"'))
        return any(line.split() for line in found if isinstance(line, bytes))

    def vanished(self) -> list[tuple[int, int]]:
        """Ranges of UIDs of which the server said since the last question that they are gone (QRESYNC)."""
        return ranges(self._imap.response("VANISHED")[1] or [])

    def touch(self) -> None:
        """Let the server say what is new."""
        self._ok(*self._imap.noop())

    def idle(self, seconds: float) -> bool:
        """Wait until the server says that something changed (RFC 2177); false where it did not within that time."""
        tag = b"GB" + str(time.monotonic_ns()).encode()
        self._imap.send(tag + b" IDLE\r\n")
        early = False
        while not (line := self._line()).startswith(b"+"):
            if line.startswith(tag):
                raise imaplib.IMAP4.abort("the server does not wait")
            early = early or _tells(line)
        until = time.monotonic() + seconds
        while not early and (left := until - time.monotonic()) > 0 and self._readable(left):
            early = _tells(self._line())
        self._imap.send(b"DONE\r\n")
        while not (line := self._line()).startswith(tag):
            early = early or _tells(line)
        return early

    def _readable(self, seconds: float) -> bool:
        sock = self._imap.sock
        if self._imap.held or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            return True
        return bool(select.select([sock], [], [], seconds)[0])

    def _line(self) -> bytes:
        line = self._imap.readline()
        if not line.endswith(b"\n") or line.startswith(b"* BYE"):
            raise imaplib.IMAP4.abort("the server ended the connection")
        return line

    def _next(self) -> int:
        return max(self.uids("1:*"), default=0) + 1

    def _capabilities(self) -> list[str]:
        data = self._ok(*self._imap.capability())
        return [
            word.decode("ascii", "replace").upper() for line in data if isinstance(line, bytes) for word in line.split()
        ]

    def _ok(self, kind: str, data: Iterable[Any]) -> list[Any]:
        found = [item for item in data if item is not None]
        if kind != "OK":
            raise imaplib.IMAP4.error(f"the server answers {kind}: {_said(found)}")
        return found


def _tells(line: bytes) -> bool:
    """Whether a line says that something changed; some servers say `* OK still here` now and then."""
    return line.startswith(b"* ") and not line.startswith((b"* OK", b"* NO"))


def _connected(settings: Settings) -> _Open | _Secure:
    context = _context(settings)
    if settings.security == "tls":
        return _Secure(settings.host, settings.port, ssl_context=context, timeout=_CONNECTING)
    imap = _Open(settings.host, settings.port, timeout=_CONNECTING)
    if settings.security == "starttls":
        if "STARTTLS" not in imap.capabilities or imap.state != "NONAUTH":
            imap.shutdown()
            raise InputError(
                f"{settings.host} does not offer STARTTLS, or something on the way has taken it out.",
                "Nothing was sent to it. Use security=tls, and ask who runs the server or the network.",
                "mail-tls",
            )
        imap.starttls(ssl_context=context)
        if imap.held:  # said before the connection was safe, so by anybody
            imap.shutdown()
            raise InputError(
                f"Something was put into the connection with {settings.host} before it was encrypted.",
                "Use security=tls, and ask who runs the network.",
                "mail-tls",
            )
    return imap


def _keep_alive(sock: socket.socket) -> None:
    """A network that is cut says nothing: ask every minute, so that it is known in two."""
    sock.settimeout(TIMEOUT)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _context(settings: Settings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.certificate or None)
    except OSError as error:
        raise InputError(
            f"The certificate {settings.certificate} cannot be read: {error}.",
            "Give certificate= a file with the certificate of whoever signed the server's, in PEM.",
            "mail-certificate",
        ) from None


def _log_in(imap: _Open | _Secure, settings: Settings, secret: Callable[[], str]) -> None:
    if imap.state != "NONAUTH":
        return
    said = secret()
    try:
        if settings.token_command:
            imap.authenticate("XOAUTH2", _answers(f"user={settings.user}\1auth=Bearer {said}\1\1"))
        elif "AUTH=PLAIN" in imap.capabilities:
            imap.authenticate("PLAIN", _answers(f"\0{settings.user}\0{said}"))
        else:
            imap.login(settings.user, said)
    except imap.abort:
        raise
    except imap.error as error:
        raise InputError(
            f"{settings.host} does not let {settings.user} in: {_said(list(error.args))}",
            "Check user, and the password in the keyring or what the command gives: see docs/record-sources.md.",
            "mail-login",
        ) from None


def _answers(first: str) -> Callable[[bytes], bytes]:
    """What is said when the server asks; the second question tells why the first was not enough, so nothing more."""
    waiting = [first.encode()]
    return lambda _: waiting.pop() if waiting else b""


def _quoted(raw: bytes) -> str:
    return '"' + raw.decode("latin-1").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(data: list[Any]) -> str:
    said = data[0] if data else ""
    return " ".join((text(said) if isinstance(said, bytes) else str(said))[:200].split()) or "nothing"
