"""Agreements to test with: any record the schema allows, valid ones, and one to change by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from guildbook.govern.agreement.templates import draft
from guildbook.model.agreement import (
    CROSSINGS,
    EVERYTHING,
    PAYOUT_RULES,
    PRICE_KINDS,
    Agreement,
    Audit,
    Notice,
    Party,
    Payout,
    Price,
    Remedies,
    Scope,
    Substitution,
    Term,
)
from guildbook.model.agreement_fields import FieldSpec, Shape, specs
from guildbook.model.purpose import PPM, Purpose
from guildbook.model.use import SERVES

_LETTERS = st.characters(exclude_characters='"“”', exclude_categories=("C", "Z"))
_TEXT = st.one_of(
    st.text(_LETTERS, max_size=20),
    st.sampled_from(
        ["no", "none", "null", "~", "yes", "1e3", "0x1f", "'", "a: b", "# x", "- y", "{z}", "2027-01-01", "%"]
    ),
)
_NAME = st.one_of(
    st.text(_LETTERS, min_size=1, max_size=12).map(str.lower).filter(lambda t: t == t.lower()),
    st.sampled_from(["excel", "outlook", "*", "no", "null", "a, b"]),
)
_MONTH = st.tuples(st.integers(1990, 2100), st.integers(1, 12)).map(lambda p: f"{p[0]}-{p[1]:02d}")
_DAY = st.dates(date(1990, 1, 1), date(2100, 1, 1)).map(str)


def _value(spec: FieldSpec) -> st.SearchStrategy[Any]:
    if spec.record is not None:
        return _record(spec.record)
    by_shape: dict[Shape, st.SearchStrategy[Any]] = {
        Shape.TEXT: _TEXT,
        Shape.WORDS: st.lists(_NAME, max_size=3, unique=True).map(tuple),
        Shape.CHOICE: st.sampled_from(spec.choices or ("",)),
        Shape.COUNT: st.integers(0, 10_000),
        Shape.DAYS: st.integers(0, 36_500),
        Shape.MONEY: st.integers(0, 10**13),
        Shape.SHARE: st.integers(0, PPM),
        Shape.DATE: st.one_of(st.just(""), _DAY),
        Shape.MONTH: st.one_of(st.just(""), _MONTH),
        Shape.FLAG: st.booleans(),
    }
    return st.one_of(st.none(), by_shape[spec.shape]) if spec.optional else by_shape[spec.shape]


def _record(record: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(record, **{name: _value(spec) for name, spec in specs(record).items()})


_PURPOSES = [p for p in Purpose if p is not Purpose.UNLEARN]
_CLASS = st.sampled_from(["excel", "outlook", "sap", "firefox", "word", "vi"])


@st.composite
def _valid(draw: st.DrawFn) -> Agreement:
    purposes = draw(st.lists(st.sampled_from(_PURPOSES), min_size=1, unique=True))
    uses = {draw(st.sampled_from(sorted(SERVES[p]))) for p in purposes} | {
        use for p in purposes for use in draw(st.sets(st.sampled_from(sorted(SERVES[p]))))
    }
    classes = draw(st.one_of(st.just([EVERYTHING]), st.lists(_CLASS, min_size=1, max_size=4, unique=True)))
    carved = draw(st.lists(_CLASS, max_size=2, unique=True).filter(lambda c: not set(classes) <= set(c)))
    months = sorted(draw(st.lists(_MONTH, min_size=2, max_size=2)))
    first = draw(st.dates(date(2000, 1, 1), date(2050, 1, 1)))
    kind = draw(st.sampled_from(PRICE_KINDS))
    rule = draw(st.sampled_from(PAYOUT_RULES))
    amount = draw(st.integers(1, 10**9))
    floor = draw(st.integers(0, 10**6))
    return Agreement(
        title=draw(_TEXT) or "x",
        collective=Party(id=f"c{draw(_TEXT)}", name=draw(_TEXT) or "x"),
        licensee=Party(id=f"l{draw(_TEXT)}", name=draw(_TEXT) or "x"),
        purposes=tuple(map(str, purposes)),
        uses=tuple(map(str, uses)),
        scope=Scope(
            classes=tuple(classes),
            without_classes=tuple(carved),
            tasks=draw(st.sampled_from([(EVERYTHING,), ("settle a claim",), ("a, b", "c")])),
            without_tasks=draw(st.sampled_from([(), ("hire",)])),
            first_month=draw(st.sampled_from(["", months[0]])),
            last_month=draw(st.sampled_from(["", months[1]])),
        ),
        term=Term(first_day=str(first), last_day=str(first + timedelta(days=draw(st.integers(0, 4_000))))),
        price=Price(
            kind=kind,
            amount=amount if kind in {"flat", "per-use"} else 0,
            every_days=draw(st.integers(0, 400)) if kind == "flat" else 0,
            royalty=draw(st.integers(1, PPM)) if kind == "royalty" else 0,
        ),
        payout=Payout(
            rule=rule,
            contribution=draw(st.integers(1, PPM - 1)) if rule == "blend" else 0,
            floor=floor,
            cap=draw(st.one_of(st.none(), st.integers(floor, 10**7))),
            fund=draw(st.integers(0, PPM)),
        ),
        derivative_depth=draw(st.integers(1, 4)),
        retention_days=draw(st.integers(0, 1_000)),
        audit=Audit(inspections=draw(st.integers(0, 12)), ablation_days=draw(st.integers(1, 400))),
        substitution=Substitution(
            bound=draw(st.integers(0, PPM)),
            crossing=draw(st.sampled_from(CROSSINGS)),
            human_gate=draw(st.sampled_from(["result", "step"])),
        ),
        notice=Notice(workers_days=draw(st.integers(1, 90)), end_days=draw(st.integers(0, 90))),
        remedies=Remedies(delete_on_end=draw(st.booleans())),
        supersedes=draw(st.sampled_from(["", "ab" * 32])),
    )


@pytest.fixture(scope="session")
def records() -> st.SearchStrategy[Agreement]:
    """Any record the schema allows, whether it makes sense or not."""
    return _record(Agreement)


@pytest.fixture(scope="session")
def agreements() -> st.SearchStrategy[Agreement]:
    """Agreements without an error."""
    return _valid()


@pytest.fixture(scope="session")
def drafted() -> Callable[[str], Agreement]:
    """A template with its parties filled in, from January 2027 on."""

    def make(name: str) -> Agreement:
        return replace(
            draft(name, date(2027, 1, 1)),
            collective=Party(id="adjusters", name="Adjusters' guild"),
            licensee=Party(id="acme", name="Acme AI"),
        )

    return make


@pytest.fixture
def agreement(drafted: Callable[[str], Agreement]) -> Agreement:
    """Training, to assist only."""
    return drafted("training-augment-only")
