from __future__ import annotations

from pathlib import Path

import pytest

from guildbook.distil import State, StateVersionError, Sums, sums, versions
from guildbook.distil.labels import LABEL_VERSION
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.versions import STEPS, Arrays, Step, Texts, way

FORMER = Path(__file__).parent / "data"
"""What a sample office of 1,000 events, seed 5, was kept as when sums had an earlier format: `state-FORMAT.bin`."""


def test_every_earlier_format_leads_on_or_says_why_not() -> None:
    assert set(STEPS) == set(range(1, sums.FORMAT))


@pytest.mark.parametrize("former", range(1, sums.FORMAT))
def test_a_former_state_says_what_it_lacks(former: int) -> None:
    with pytest.raises(StateVersionError, match=f"since format {former + 1}"):
        State.from_bytes((FORMER / f"state-{former}.bin").read_bytes())


def test_a_way_is_looked_for_before_it_is_gone() -> None:
    def step(arrays: Arrays, texts: Texts) -> tuple[Arrays, Texts]:
        return arrays, texts

    steps: dict[int, Step | str] = {1: step, 2: step, 3: "no"}
    assert way(1, 3, steps) == [step, step]
    assert way(3, 3, steps) == []
    for found, wanted, why in (
        (2, 4, "no"),
        (4, 5, "nothing leads"),
        (9, 3, "up to 3"),
        (0, 3, "another"),
        (None, 3, "another"),
    ):
        with pytest.raises(StateVersionError, match=why):
            way(found, wanted, steps)


def test_an_earlier_format_that_tells_as_much_is_brought_up(
    table: object, monday: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the next format counted every event of a day twice."""
    assert callable(table)
    now = summarise_table(table([{"worker": "ann", "time": monday, "case": "claim:1"}]), Settings())
    data = now.to_bytes()

    def step(arrays: Arrays, texts: Texts) -> tuple[Arrays, Texts]:
        doubled = arrays | {"days.counts": arrays["days.counts"] * 2}
        return doubled, texts

    monkeypatch.setattr(sums, "FORMAT", sums.FORMAT + 1)
    monkeypatch.setitem(versions.STEPS, sums.FORMAT - 1, step)
    found = Sums.from_bytes(data)
    assert found.events == 2 * now.events
    assert found.follows == now.follows
    assert Sums.from_bytes(found.to_bytes()).digest() == found.digest()
    monkeypatch.setattr(sums, "LABEL_VERSION", LABEL_VERSION + 1)
    with pytest.raises(StateVersionError, match="names steps"):
        Sums.from_bytes(data)
