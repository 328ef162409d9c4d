from __future__ import annotations

import pytest

from guildbook.distil.quality import verdicts
from guildbook.distil.quality.agreement import Verdict


@pytest.mark.parametrize("verdict", [v for v in Verdict if v not in {Verdict.RIGHT, Verdict.COPIED}])
def test_a_mistake_is_read_back_with_what_is_right_and_what_to_see_to(verdict: Verdict) -> None:
    text = verdicts.entered(verdict, "to (cc)")
    found = verdicts.read(text)
    assert verdicts.is_verdict(text)
    assert found is not None
    assert found.right == verdicts.entered(Verdict.RIGHT, "to (cc)")
    assert "“to (cc)”" in found.advice
    assert not found.general


def test_what_is_right_is_no_mistake() -> None:
    for text in (
        verdicts.entered(Verdict.RIGHT, "to"),
        verdicts.entered(Verdict.COPIED, "to"),
        verdicts.clicked("row", right=True, wrong=False),
        verdicts.done(right=True),
        verdicts.filled_in(right=True),
        verdicts.used(right=True),
    ):
        assert verdicts.is_verdict(text)
        assert verdicts.read(text) is None
    assert not verdicts.is_verdict(verdicts.deed_asked("send"))
    assert verdicts.read("product=marine") is None


def test_mistakes_with_one_thing_share_what_is_right() -> None:
    also, other = (verdicts.read(verdicts.clicked("row", right=r, wrong=True)) for r in (True, False))
    stopped, undone = verdicts.read(verdicts.done(right=None)), verdicts.read(verdicts.done(right=False))
    assert also is not None
    assert other is not None
    assert also.right == other.right == verdicts.clicked("row", right=True, wrong=False)
    assert stopped is not None
    assert undone is not None
    assert stopped.right == undone.right == verdicts.done(right=True)
    assert stopped.general
    assert stopped.at_end
