"""E-mail as it comes and goes, from any IMAP server: who writes to whom, what is read, answered, filed and deleted.

One connection for each watched folder waits for the server to speak (IDLE). Bodies are left where they are, unless the
worker asks for some. What is said is what the importer of mail says of a mailbox, and a mail that was seen being sent
is the same event when its mailbox is imported later.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Final

from guildbook.model.errors import InputError, UsageError
from guildbook.plugins import Sink, SourceOptions
from guildbook.record.sources._mail_desk import Desk
from guildbook.record.sources._mail_imap import GONE, Folder, Imap
from guildbook.record.sources._mail_settings import lacking, secret_of, settings_of
from guildbook.record.sources._mail_state import Keeper, Stand
from guildbook.record.sources._mail_watch import Watch

RENEWED: Final = 24 * 60.0
"""Seconds after which waiting begins anew: servers may give up on who is silent for 29 minutes (RFC 2177)."""
POLLED: Final = 30.0
"""Seconds between looks at a server that cannot wait."""
PATIENCE: Final = 300.0
"""Seconds that a server may be out of reach before the recorder's status says so."""
_LONGEST_WAIT: Final = 60.0
_LOOK: Final = 0.5
_ENDING: Final = 0.4


class MailSource:
    """An account at an IMAP server."""

    name = "mail"
    title = "e-mail at an IMAP server"

    def missing(self, options: SourceOptions) -> str:
        """What was not said, or a keyring."""
        try:
            return lacking(settings_of(options.settings))
        except UsageError as error:
            return str(error)

    def run(self, sink: Sink, options: SourceOptions, stop: threading.Event) -> None:
        """Watch the account's folders. Raises `InputError` for what will not mend by itself."""
        settings = settings_of(options.settings)
        keeper = Keeper(options.folder)
        desk = Desk(settings, keeper, keeper.load(settings.account), sink, stop)
        _survey(desk)
        pool = ThreadPoolExecutor(max(len(desk.watched), 1), "mail")
        running = [pool.submit(_kept, desk, Watch(desk, folder)) for folder in desk.watched]
        while not stop.wait(_LOOK) and not any(one.done() for one in running):
            pass
        ended = [one for one in running if one.done()]
        if not stop.is_set():
            desk.stop = _set()
        for imap in list(desk.open):
            imap.cut()
        wait(running, _ENDING)
        pool.shutdown(wait=False, cancel_futures=True)
        if not stop.is_set():
            for one in ended:
                one.result()


def _set() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def _survey(desk: Desk) -> None:
    """Which folders there are, which of them are watched, and where the others stand."""
    imap = _opened(desk)
    try:
        desk.folders = imap.folders()
        desk.watched = _chosen(desk, desk.settings.folders)
        for folder in desk.others():
            if folder.name not in desk.memory.folders and not desk.stop.is_set():
                place = imap.status(folder)
                desk.memory.folders[folder.name] = Stand(place.validity, place.next)
    except GONE as error:
        raise _unreachable(desk, error) from error
    finally:
        _closed(desk, imap)


def _chosen(desk: Desk, names: Sequence[str]) -> list[Folder]:
    found: dict[str, Folder] = {}
    for name in names:
        fitting = [f for f in desk.folders if f.name == name]
        if not fitting and name.lower() == "inbox":
            fitting = [f for f in desk.folders if f.name.upper() == "INBOX"]
        if not fitting and name.lower() == "sent":
            fitting = [f for f in desk.folders if "\\sent" in f.marks] or [f for f in desk.folders if desk.is_sent(f)]
            if not fitting:  # an account that keeps nothing of what it sends
                continue
        if not fitting:
            known = ", ".join(f.name for f in desk.folders[:20])
            raise InputError(f"{desk.settings.host} has no folder {name!r}.", f"It has: {known}.", "mail-folder")
        found[fitting[0].name] = fitting[0]
    return list(found.values())


def _kept(desk: Desk, watch: Watch) -> None:
    """Watch a folder, again and again where the server goes away."""
    pause, failing = 1.0, 0.0
    while not desk.stop.is_set():
        begun = time.monotonic()
        try:
            _follow(desk, watch)
        except GONE as error:
            if time.monotonic() - begun > _LONGEST_WAIT:
                pause, failing = 1.0, 0.0
            failing = failing or begun
            if time.monotonic() - failing > PATIENCE and not desk.stop.is_set():
                raise _unreachable(desk, error) from error
        desk.stop.wait(pause)
        pause = min(2 * pause, _LONGEST_WAIT)


def _follow(desk: Desk, watch: Watch) -> None:
    """Watch a folder until the connection ends."""
    imap = _opened(desk)
    try:
        watch.begin(imap)
        while not desk.stop.is_set():
            if imap.idles:
                imap.idle(RENEWED)
            elif not desk.stop.wait(POLLED):
                imap.touch()
            if not desk.stop.is_set():
                watch.sync(imap)
    finally:
        _closed(desk, imap)


def _opened(desk: Desk) -> Imap:
    try:
        imap = Imap(desk.settings, lambda: secret_of(desk.settings))
    except ssl.SSLCertVerificationError as error:
        raise InputError(
            f"The certificate of {desk.settings.host} is not to be trusted: {error.verify_message}.",
            "Ask who runs it; a certificate of their own is named by --set certificate=FILE.",
            "mail-certificate",
        ) from None
    except GONE as error:
        if not desk.open and not desk.watched:
            raise _unreachable(desk, error) from error
        raise
    desk.open.append(imap)
    return imap


def _closed(desk: Desk, imap: Imap) -> None:
    imap.close()
    with suppress(ValueError):
        desk.open.remove(imap)


def _unreachable(desk: Desk, error: BaseException) -> InputError:
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return InputError(
        f"{desk.settings.host} cannot be reached: {said}.",
        "It is tried again; check host, port and security, and the network.",
        "mail-unreachable",
    )
