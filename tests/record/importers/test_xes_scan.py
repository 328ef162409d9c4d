"""The compiled scanner gives what the XML parser gives, event for event, whatever the file holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guildbook.plugins import ImportOptions
from guildbook.record.importers import _xes_reader, xes
from guildbook.record.importers._xes_scan import AMPERSAND, WIDE, scan
from guildbook.record.importers.xes import XesImporter

Read = Callable[..., Any]

KEYS = [
    "concept:name", "org:resource", "time:timestamp", "lifecycle:transition", "Activity", "Resource", "amount", "ä",
    "outcome", "case:amount", "variant", "variant-index", "Unnamed: 0", "", "guildbook:app", "guildbook:loose",
]  # fmt: skip
VALUES = [
    "2020-01-01T10:00:00.000+01:00", "2020-01-02", "soon", "0000-01-01T00:00:00Z", "pay", " pay ", "ann", "COMPLETE",
    "start", "7", "7.0", "nan", "true", "", "é&amp;&lt;", "&#65;", "&bad;", "&", "a\tb", "a<b", "unknown", "k:1",
]  # fmt: skip
KINDS = ["string", "date", "int", "float", "boolean", "id", "list"]
TIME = '<date key="time:timestamp" value="2020-01-01T10:00:00Z"/>'
HEADS = ["<log>", '<?xml version="1.0" encoding="UTF-8"?>\n<!-- <trace> -->\n<log>\n<int key="n" value="1"/>']


def element(kinds: list[str], keys: list[str], values: list[str]) -> st.SearchStrategy[str]:
    parts = (st.sampled_from(kinds), st.sampled_from(keys), st.sampled_from(values))
    return st.builds('<{} key="{}" value="{}"/>'.format, *parts)


odd = st.one_of(
    element(KINDS, KEYS, VALUES),
    st.builds("<string value='{}' key='{}'></string>".format, st.sampled_from(VALUES[:8]), st.sampled_from(KEYS[:5])),
    st.just('<string key="a" value="b"><int key="c" value="1"/></string>'),
    st.just("<!-- </trace> -->"),
    st.just('<vendor><string key="x" value="y"/></vendor>'),
    st.just("text"),
)


def logs(own: st.SearchStrategy[str], tail: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    """Logs whose events and traces hold elements of `own` beside what events need."""
    more = st.lists(own, max_size=most).map("".join)
    named = st.sampled_from(["pay", "pay", "go", "é"])
    worker = st.sampled_from(
        ["", '<string key="org:resource" value="ann"/>', '<float key="org:resource" value="1.0"/>']
    )
    event = st.builds(
        '<event>\n<string key="concept:name" value="{}"/>{}{}{}</event>\n'.format, named, st.just(TIME), worker, more
    )
    name = st.sampled_from(["", '<string key="concept:name" value="c1"/>', '<int key="concept:name" value="2"/>'])
    inside = st.lists(event, max_size=4).map("".join)
    trace = st.builds("<trace>\n{}{}{}</trace>\n".format, name, more, inside)
    return st.builds(
        "{}{}{}".format, st.sampled_from(HEADS), st.lists(trace, min_size=1, max_size=5).map("".join), tail
    )


# Each key once, always of the same kind: what the scanner decides itself.
FIXED = [
    ("string", "lifecycle:transition"),
    ("string", "Activity"),
    ("string", "Resource"),
    ("string", "variant"),
    ("float", "amount"),
    ("date", "ä"),
    ("id", "case:x"),
    ("int", "Unnamed: 0"),
    ("int", "variant-index"),
    ("boolean", "b"),
]


def once(pairs: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    chosen = st.lists(st.sampled_from(pairs), unique=True, max_size=4)
    return chosen.flatmap(lambda some: st.tuples(*[element([kind], [key], VALUES[:15]) for kind, key in some])).map(
        "".join
    )


tidy = logs(once(FIXED), st.just("</log>"), most=1)
wilder = logs(element(KINDS[:6], KEYS, VALUES[:18]), st.just("</log>"))
messy = logs(
    odd, st.sampled_from(["</log>", "", "</trace></log>", "<event></event></log>", '<id key="late" value="x"/></log>'])
)


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory, read_pair: Callable[..., Any]) -> Callable[[bytes], tuple[Any, Any]]:
    path = tmp_path_factory.mktemp("scan") / "log.xes"

    def read_both(data: bytes) -> tuple[Any, Any]:
        path.write_bytes(data)
        return read_pair(path)

    return read_both


@pytest.fixture(scope="session")
def read_pair() -> Callable[..., tuple[Any, Any]]:
    def told(path: Path, size: int, stretch: int) -> tuple[Any, Any, Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(xes, "SCAN_FROM", size)
            patch.setattr(_xes_reader, "STRETCH", stretch)
            patch.setattr("guildbook.record.importers._pieces.PIECE", max(stretch, 16))
            rows, rejected, error = list[Any](), list[Any](), None
            try:
                for chunk in XesImporter().read(path, ImportOptions(namespace="L")):
                    rows += chunk.events.to_pylist()
                    rejected += [(r.line, r.reason, r.text) for r in chunk.rejected]
            except _xes_reader.InputError as raised:
                error = (raised.code, raised.what)
        return rows, sorted(rejected), error

    def pair(path: Path, stretch: int = 64) -> tuple[Any, Any]:
        return told(path, 1 << 60, stretch), told(path, 0, stretch)

    return pair


@settings(deadline=None, max_examples=200)
@given(log=st.one_of(tidy, tidy, wilder, messy), cut=st.one_of(st.none(), st.none(), st.integers(0, 2_000)))
@example(log="<log><trace><!-- </trace><trace> --></trace></log>", cut=None)
def test_both_ways_agree(both: Callable[[bytes], tuple[Any, Any]], log: str, cut: int | None) -> None:
    parsed, scanned = both(log.encode()[:cut])
    assert scanned == parsed


def test_bytes_that_are_no_utf8(both: Callable[[bytes], tuple[Any, Any]]) -> None:
    log = f'<log><trace><event><string key="concept:name" value="é"/>{TIME}</event></trace></log>'
    for data in (log.encode("latin-1"), b'<?xml version="1.0" encoding="latin-1"?>' + log.encode("latin-1")):
        parsed, scanned = both(data)
        assert scanned == parsed


def test_the_scanner_takes_plain_traces_and_nothing_else() -> None:
    plain = '<trace>\n<event><string key="ä" value="&amp;" /></event> <int key="n" value="1"/></trace>\n'.encode()
    found = scan(plain)
    assert found is not None
    assert (found.traces, found.lines, found.flags) == (1, 2, AMPERSAND | WIDE)
    assert (found.keys, found.kinds, found.levels) == ([b"\xc3\xa4", b"n"], ["string", "int"], [2, 1])
    assert [plain[b:e] for b, e in zip(found.begins, found.ends, strict=True)] == [b"&amp;", b"1"]
    for place in range(1, len(plain) - 1):
        assert scan(plain[:place]) is None
        assert scan(plain[:place] + b"<" + plain[place:]) is None
    assert scan(b"") is not None
    many = "".join(f'<int key="{n}" value="1"/>' for n in range(257))
    assert scan(f"<trace>{many}</trace>".encode()) is None


@pytest.mark.data
@pytest.mark.slow
def test_a_real_log_both_ways(shared_data: Path, read_pair: Callable[..., tuple[Any, Any]]) -> None:
    for name in ("Helpdesk", "test_BPI_Challenge_2012"):
        parsed, scanned = read_pair(shared_data / "eventlogs" / f"{name}.xes.gz", 1 << 20)
        assert parsed == scanned
        assert parsed[0]
