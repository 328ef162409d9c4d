"""A D-Bus connection that is asked and listened to in one thread, and gives up on programs that do not answer."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

from jeepney import DBusAddress, HeaderFields, Message, MessageFlag, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

PATIENCE: Final = 1.0
"""Seconds within which a program has to answer."""
SULKING: Final = 2.0
"""Seconds for which one that did not is not asked again."""
BUS: Final = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
_BEGINNING: Final = 15.0
"""Seconds within which a service has to answer that may only just be starting."""
_WAITING: Final = 10_000
"""Signals kept while an answer is waited for; more than that nobody looks at in time."""


class Ref(NamedTuple):
    """An object on a bus: whose, and where."""

    owner: str
    path: str


class Signal(NamedTuple):
    """What a program told all who listen."""

    ref: Ref
    interface: str
    member: str
    body: tuple[Any, ...]


class Bus:
    """An open connection. Raises `ConnectionError` once the bus is gone."""

    def __init__(self, address: str) -> None:
        """Connect. Raises `OSError` where nothing listens."""
        self._connection: DBusConnection = open_dbus_connection(bus=address)
        self._waiting: deque[Signal] = deque(maxlen=_WAITING)
        self._silent: dict[str, float] = {}
        self._read = True
        """Whether anything was read since all of it was looked at."""

    def fileno(self) -> int:
        """What becomes readable when something came."""
        return self._connection.sock.fileno()

    def close(self) -> None:
        """Let go."""
        self._connection.close()

    def call(self, ref: tuple[str, str], interface: str, member: str, signature: str = "", *body: Any) -> Any:
        """The first value of the answer; None for an error, an empty answer and no answer in time."""
        owner = ref[0]
        if (until := self._silent.get(owner)) is not None:
            if time.monotonic() < until:
                return None
            del self._silent[owner]
        answer = self._answer(new_method_call(DBusAddress(ref[1], owner, interface), member, signature, body), PATIENCE)
        if answer is None:
            self._silent[owner] = time.monotonic() + SULKING
            return None
        right = answer.header.message_type is MessageType.method_return
        return answer.body[0] if right and answer.body else None

    def demand(self, ref: tuple[str, str], interface: str, member: str, signature: str = "", *body: Any) -> Any:
        """As `call`, of a service that has to be there. Raises `ConnectionError` where it is not."""
        asked = new_method_call(DBusAddress(ref[1], ref[0], interface), member, signature, body)
        answer = self._answer(asked, _BEGINNING)
        if answer is None or answer.header.message_type is not MessageType.method_return:
            said = "" if answer is None or not answer.body else f": {answer.body[0]}"
            raise ConnectionError(f"{ref[0]} did not do {member}{said}.")
        return answer.body[0] if answer.body else None

    def get(self, ref: tuple[str, str], interface: str, name: str) -> Any:
        """A property's value, or None."""
        found = self.call(ref, "org.freedesktop.DBus.Properties", "Get", "ss", interface, name)
        return None if found is None else found[1]

    def listen(self, rule: str) -> None:
        """Have signals that match a rule sent here."""
        self.tell(BUS, BUS[0], "AddMatch", "s", rule)

    def ignore(self, rule: str) -> None:
        """Have them sent no more."""
        self.tell(BUS, BUS[0], "RemoveMatch", "s", rule)

    def tell(self, ref: tuple[str, str], interface: str, member: str, signature: str, *body: Any) -> None:
        """Call and wait for nothing."""
        message = new_method_call(DBusAddress(ref[1], ref[0], interface), member, signature, body)
        message.header.flags |= MessageFlag.no_reply_expected
        self._connection.send(message)

    def signals(self, *, readable: bool) -> Iterator[Signal]:
        """Those that came and were not looked at yet, `readable` if something is known to have come just now."""
        while readable or self._read:
            readable = self._read = False
            while self._waiting:
                yield self._waiting.popleft()
            while (message := self._received(0.0)) is not None:
                self._keep(message)
            self._read = bool(self._waiting)

    def _answer(self, asked: Message, patience: float) -> Message | None:
        serial = next(self._connection.outgoing_serial)
        self._connection.send(asked, serial)
        deadline = time.monotonic() + patience
        while (message := self._received(deadline - time.monotonic())) is not None:
            if message.header.fields.get(HeaderFields.reply_serial) == serial:
                return message
            self._keep(message)
        return None

    def _received(self, seconds: float) -> Message | None:
        with suppress(TimeoutError):
            self._read = True
            return self._connection.receive(timeout=max(0.0, seconds))
        return None

    def _keep(self, message: Message) -> None:
        if message.header.message_type is not MessageType.signal:
            return
        fields = message.header.fields
        ref = Ref(fields.get(HeaderFields.sender, ""), fields.get(HeaderFields.path, ""))
        interface, member = fields.get(HeaderFields.interface, ""), fields.get(HeaderFields.member, "")
        self._waiting.append(Signal(ref, interface, member, message.body))
