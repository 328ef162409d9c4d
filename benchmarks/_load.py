"""Asks a server with ActivityWatch's API as fast as it answers: the load of `recorder_ingest.py`, a process of its own.

So many watchers, each on a connection and a bucket of its own, each sending its next request once the last one was
answered (as watchers do). All requests are made before the clock starts. A connection that the server closes after an
answer is opened again, as every client must. The same program, and the same bytes, for every server.

    python benchmarks/_load.py PORT heartbeats|bulk --watchers N --requests N [--size N] [--rate N]
"""

from __future__ import annotations

import argparse
import json
import random
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)
SEED = 11
TITLES = 3_000
"""Different windows that a person sees; how often each comes falls with its rank (Zipf)."""
APPS = ("firefox", "code", "libreoffice-calc", "thunderbird", "gnome-terminal", "nautilus", "slack", "evince")
WORDS = """
    quarterly report offer invoice shipping plan draft notes meeting minutes contract review customs broker release
    budget order answer supplier hull engine repair class survey drawing schedule crew port claim premium
""".split()  # noqa: SIM905 - easier to read
ENDS = ("Mozilla Firefox", "Visual Studio Code", "LibreOffice Calc", "Übersicht", "Thunderbird")


def titles() -> list[dict[str, str]]:
    """Windows as watchers report them: most with a dash that JSON escapes, one in a hundred with a doubtful word."""
    chance = random.Random(SEED)
    out: list[dict[str, str]] = []
    for number in range(TITLES):
        said = " ".join(chance.choices(WORDS, k=chance.randint(2, 7))).capitalize()
        said = f"{said} password reset" if number % 100 == 7 else f"{said} {number}"
        out.append({"app": chance.choice(APPS), "title": f"{said} — {chance.choice(ENDS)}"})
    return out


@dataclass(slots=True)
class Watcher:
    """One connection and what it has to say."""

    requests: list[bytes]
    socket: socket.socket | None = None
    at: int = 0
    got: bytearray = field(default_factory=bytearray)
    since: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("kind", choices=("heartbeats", "bulk"))
    parser.add_argument("--watchers", type=int, default=1)
    parser.add_argument("--requests", type=int, default=1_000, help="of all watchers together")
    parser.add_argument("--size", type=int, default=1_000, help="events of one list")
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second of all together; 0: at once")
    parser.add_argument("--distinct", action="store_true", help="no two events say the same")
    parser.add_argument("--name", default="watcher", help="what the buckets' names begin with")
    asked = parser.parse_args()
    chance = random.Random(SEED)
    windows = titles()
    weights = [1 / rank for rank in range(1, TITLES + 1)]
    each = asked.requests // asked.watchers
    watchers: list[Watcher] = []
    for number in range(asked.watchers):
        bucket = f"/api/0/buckets/{asked.name}-{number}"
        body = {"client": "aw-watcher-window", "type": "currentwindow", "hostname": "desk"}
        watchers.append(Watcher([request(asked.port, bucket, body)]))
    drive(asked.port, watchers)
    for watcher, number in zip(watchers, range(asked.watchers), strict=True):
        bucket = f"/api/0/buckets/{asked.name}-{number}"
        drawn = iter(chance.choices(windows, weights, k=each * (asked.size if asked.kind == "bulk" else 1)))
        if asked.kind == "bulk":
            starts = range(0, each * asked.size, asked.size)
            watcher.requests = [
                request(asked.port, f"{bucket}/events", listed(start, asked.size, drawn, unlike=asked.distinct))
                for start in starts
            ]
        else:
            now, beats = next(drawn), []
            for second in range(each):
                now = next(drawn, now) if chance.random() < 0.2 else now
                beats.append(request(asked.port, f"{bucket}/heartbeat?pulsetime=2.0", event(second, 0.0, now)))
            watcher.requests = beats
        watcher.at = 0
    begun = time.perf_counter()
    times = sorted(drive(asked.port, watchers, asked.rate))
    seconds = time.perf_counter() - begun
    done = len(times) * (asked.size if asked.kind == "bulk" else 1)
    print(json.dumps({
        "per_second": round(done / seconds, 1), "seconds": round(seconds, 3),
        "p50_ms": round(1_000 * times[len(times) // 2], 2), "p99_ms": round(1_000 * times[int(0.99 * len(times))], 2),
    }))  # fmt: skip


def listed(start: int, size: int, drawn: Iterator[dict[str, str]], *, unlike: bool) -> list[dict[str, Any]]:
    """A list of events three seconds apart."""
    return [event(3 * number, 2.5, next(drawn), unlike=unlike) for number in range(start, start + size)]


def event(second: int, duration: float, window: dict[str, str], *, unlike: bool = False) -> dict[str, Any]:
    """An event of a window, in aw-core's words."""
    data = window | {"title": f"{second} {window['title']}"} if unlike else window
    return {
        "id": None,
        "timestamp": (FIRST + timedelta(seconds=second)).isoformat(),
        "duration": duration,
        "data": data,
    }


def request(port: int, path: str, body: Any) -> bytes:
    """A request as aw-client's library writes it."""
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: python-requests/2.34.2\r\n"
        "Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n"
        f"Content-type: application/json\r\ncharset: utf-8\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def drive(port: int, watchers: list[Watcher], rate: float = 0.0) -> list[float]:
    """Send everything; returns the seconds to each answer. With a rate, the time counts from when it was due."""
    poll, times = selectors.DefaultSelector(), list[float]()
    left, begun, sent = sum(len(one.requests) for one in watchers), time.perf_counter(), 0
    idle = list(watchers)
    while left:
        while idle and (not rate or time.perf_counter() >= begun + sent / rate):
            watcher = idle.pop(0)
            if watcher.at < len(watcher.requests):
                say(port, poll, watcher, begun + sent / rate if rate else time.perf_counter())
                sent += 1
        wait = None if not rate or not idle else max(0.0, begun + sent / rate - time.perf_counter())
        for key, _ in poll.select(wait):
            watcher = key.data
            if heard(port, poll, watcher):
                times.append(time.perf_counter() - watcher.since)
                left -= 1
                watcher.at += 1
                idle.append(watcher)
    for watcher in watchers:
        if watcher.socket is not None:
            poll.unregister(watcher.socket)
            watcher.socket.close()
            watcher.socket = None
    return times


def say(port: int, poll: selectors.BaseSelector, watcher: Watcher, since: float) -> None:
    """Send the watcher's next request."""
    if watcher.socket is None:
        watcher.socket = socket.create_connection(("127.0.0.1", port), 120)
        watcher.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(watcher.socket, selectors.EVENT_READ, watcher)
    watcher.since = since
    watcher.socket.sendall(watcher.requests[watcher.at])


def heard(port: int, poll: selectors.BaseSelector, watcher: Watcher) -> bool:
    """Take what came; whether the answer is whole."""
    assert watcher.socket is not None
    try:
        part = watcher.socket.recv(1 << 16)
    except ConnectionError:
        part = b""
    watcher.got += part
    head, gap, body = watcher.got.partition(b"\r\n\r\n")
    if not gap:
        if not part:  # it hung up before it answered, as Werkzeug does with many at once: asked again
            poll.unregister(watcher.socket)
            watcher.socket.close()
            watcher.socket = None
            watcher.got.clear()
            say(port, poll, watcher, watcher.since)
        return False
    words = head.lower()
    status = int(words[9:12])
    at = words.find(b"content-length:")
    wanted = int(words[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    if len(body) < wanted and part:
        return False
    if status >= 400:
        raise RuntimeError(f"{watcher.requests[watcher.at][:80]!r}: {watcher.got[:400]!r}")
    watcher.got.clear()
    if not part or b"connection: close" in words or words.startswith(b"http/1.0"):
        poll.unregister(watcher.socket)
        watcher.socket.close()
        watcher.socket = None
    return True


if __name__ == "__main__":
    main()
