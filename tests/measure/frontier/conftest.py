"""Work with a step that everything hangs on, for the tests of the frontier."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from guildbook.measure.engine import Engine
from guildbook.measure.frontier.looking import Looker
from guildbook.measure.frontier.parts import Parts
from guildbook.measure.trial import Policy
from guildbook.measure.work import Split, Work, work


@pytest.fixture(scope="session")
def claims() -> Work:
    """Claims that are opened, looked at, now and then asked about, decided and closed; six people share them."""
    rng = np.random.default_rng(7)
    listed: list[tuple[str, list[tuple[str, str, int]]]] = []
    for case in range(240):
        ways = ["open", "look", *(["ask"] if rng.random() < 0.3 else []), "pay" if rng.random() < 0.7 else "refuse"]
        ways += ["note"] * int(rng.integers(0, 2)) + ["close"]
        events = [(act, f"worker {(case + place) % 6}", case * 1_000 + place) for place, act in enumerate(ways)]
        listed.append(("claim", events))
    return work(listed, own=1_000_000)


@pytest.fixture(scope="session")
def engine(claims: Work) -> Engine:
    """The newest fifth held back."""
    return Engine.of(Split.newest(claims), Policy(runs=3))


@pytest.fixture(scope="session")
def parts(engine: Engine) -> Parts:
    """The first draw of the parts."""
    made = Parts.drawn(Split(engine.train, engine.test), engine.trial, 0, 100)
    made.warm()
    return made


@pytest.fixture(scope="session")
def looker(parts: Parts) -> Callable[[int], Looker]:
    """On the part for choosing, with so many public cases."""
    return lambda public: Looker(parts.tune, Policy(runs=3), parts.public.pick(np.arange(public)))
