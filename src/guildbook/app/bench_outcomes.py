"""Benchmark of outcomes: how well good performances are told from bad ones, and which practices tell them apart."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from guildbook.app.bench import events_of
from guildbook.app.book import open_book
from guildbook.app.learning import Wanted
from guildbook.config import Distil
from guildbook.distil import Settings
from guildbook.distil.encode import encode
from guildbook.distil.outcomes import step_code
from guildbook.distil.practices import MiningSettings
from guildbook.distil.quality.model import Validated, cross_validated
from guildbook.distil.summarise import summarise
from guildbook.model.errors import InputError
from guildbook.model.knowledge import Kind, Practice

TOP: Final = 3

Words = Sequence[str]


def outcomes(
    log: Path, mapping: Mapping[str, str] | None = None, *, good_steps: Words = (), bad_steps: Words = ()
) -> dict[str, Any]:
    """Cross-validated ranking of the cases of a log by how they ended, and the surest quality practices in it.

    `mapping`: event field → column, where the guess would be wrong. `good_steps` and `bad_steps`: steps that settle a
    case where no event states its outcome. The area under the curve is over cases held out of
    the models that rank them. Raises `InputError` where no case ended well or none badly.
    """
    started = time.perf_counter()
    chosen = dict(mapping or {})
    steps = {"distil.good_steps": ",".join(good_steps), "distil.bad_steps": ",".join(bad_steps)}
    overrides = {key: words for key, words in steps.items() if words}
    with (
        tempfile.TemporaryDirectory(prefix="guildbook-bench-") as folder,
        open_book(folder, overrides=overrides) as book,
    ):
        ranked = _ranked(events_of(log, chosen), _settings(book.config.distil))
        good = ranked.good
        if good.all() or not good.any():
            raise InputError(
                f"{log} has {int(good.sum())} good and {int((~good).sum())} bad outcomes: nothing to tell apart.",
                "Name the column of the outcome with --outcome and its words with distil.good_outcomes and "
                "distil.bad_outcomes, or the steps that settle a case with --good-step and --bad-step.",
                "outcomes-one-sided",
            )
        told = book.learn(Wanted(paths=(log,), mapping=chosen)).knowledge.practices
    found = sorted((p for p in told if p.kind is Kind.QUALITY), key=lambda p: (p.layer, p.effect.p))
    area, low, high = ranked.auc()
    return {
        "auc": round(area, 4),
        "auc_low": round(low, 4),
        "auc_high": round(high, 4),
        "episodes": len(good),
        "good": int(good.sum()),
        "bad": int((~good).sum()),
        "seconds": round(time.perf_counter() - started, 3),
        "top_practices": [_told(p) for p in found[:TOP]],
        "quality_practices": len(found),
    }


def _settings(section: Distil) -> Settings:
    """What says which cases ended well, as the configuration has it."""
    return Settings(
        good_outcomes=section.good_outcomes,
        bad_outcomes=section.bad_outcomes,
        good_steps=section.good_steps,
        bad_steps=section.bad_steps,
    )


def _ranked(events: pa.Table, settings: Settings) -> Validated:
    """The cases ranked by models that never saw them."""
    sums = summarise(encode(events, settings))
    settling = frozenset(code for code, text in sums.texts.items() if step_code(text, settings))
    return cross_validated(sums, MiningSettings(settling=settling))


def _told(practice: Practice) -> dict[str, Any]:
    effect = practice.effect
    return {
        "id": practice.id,
        "title": practice.title,
        "difference": round(effect.difference, 4),
        "interval": [round(effect.low, 4), round(effect.high, 4)],
        "n": effect.n,
        "p": effect.p,
    }
