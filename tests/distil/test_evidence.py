from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.evidence import KEPT, SHOWN, Evidence, updated
from guildbook.model.ids import symbol
from guildbook.model.knowledge import Span

NAMES = sorted((f"claim:{n}" for n in range(80)), key=symbol)


def first(names: set[str]) -> Evidence:
    """The evidence of a practice that just these traces show."""
    listed = sorted(names, key=symbol)[:KEPT]
    return Evidence(tuple(Span(name, ("00",)) for name in listed), len(listed) < KEPT)


subsets = st.sets(st.sampled_from(NAMES))


@given(before=subsets, touched=subsets, now=subsets)
def test_evidence_kept_up_is_evidence_found_afresh(before: set[str], touched: set[str], now: set[str]) -> None:
    after = (before - touched) | (now & touched)
    found = updated(first(before), touched, first(now & touched))
    if found is None:
        assert len(before) >= KEPT or len(now & touched) >= KEPT
    else:
        assert found.spans[:SHOWN] == first(after).spans[:SHOWN]
        assert found.spans == first(after).spans[: len(found.spans)]
        assert not found.whole or found == first(after)


def test_json_holds_everything() -> None:
    evidence = Evidence((Span("claim:1", ("0a", "0b")), Span("claim:2", ())), whole=True)
    assert Evidence.from_json(evidence.to_json()) == evidence
