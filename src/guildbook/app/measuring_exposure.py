"""The exposure forecast of a job: its statements, the tasks in the traces they are about, and what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from guildbook.app.identities import write_text
from guildbook.app.measuring_value import cut
from guildbook.measure.engine import Engine
from guildbook.measure.labour.exposing import BELIEVED, Traced, bounds, coverage, exposed
from guildbook.measure.labour.jobs import Job, background, given, indices, published
from guildbook.measure.labour.meanings import Meanings
from guildbook.measure.labour.texts import Rarity, best
from guildbook.measure.labour.wages import soc_of
from guildbook.measure.shares import digest_of
from guildbook.measure.value import assess
from guildbook.measure.work import Work
from guildbook.model.errors import InputError, UnknownNameError, UsageError
from guildbook.model.time import iso, now

if TYPE_CHECKING:
    from guildbook.app.measuring import Asked, Measuring

_LABELS = 30
"""Kinds of step of a task that stand for it beside its title, commonest first."""
Said = dict[str, tuple[str, str]]
"""Statement → (task, or empty where it is none of them; who said so)."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What `measure exposure` is to look at."""

    tasks: Path | None = None
    occupation: str = ""
    tables: Path | None = None
    matches: Path | None = None
    """A file in which matches are kept that people have confirmed or corrected."""
    confirm: Mapping[str, str] | None = None
    """Statement → task; empty: none of them."""
    by: str = ""
    meaning: bool = False
    """Compare by an embedding as well."""


def exposure(desk: Measuring, asked: Asked, wanted: Forecast) -> dict[str, Any]:
    """Statement by statement and for the job; JSON-ready. Raises `UsageError`, `InputError`, `UnknownNameError`."""
    job = _job(wanted)
    work = desk.work(asked)
    split = cut(work, asked)
    engine = Engine.of(split, asked.policy)
    measured = {
        one.name: Traced(one.name, one.episodes, one.augmentation, one.alone)
        for one in assess(engine, open_to_all=desk.private()).parts
        if one.kind == "task"
    }
    tasks = [title for title in work.tasks if title in measured]
    told = [_described(work, title) for title in tasks]
    rarity = Rarity.of(background(wanted.tables, [*told, *(s.text for s in job.statements)]))
    weighed = [rarity.weights(text) for text in told]
    texts = [statement.text for statement in job.statements]
    meant = Meanings.load().alike(texts, told) if wanted.meaning else [None] * len(texts)
    matches = [best(rarity, text, weighed, by) for text, by in zip(texts, meant, strict=True)]
    said = _kept(wanted, job, work)
    found = exposed(job, matches, tasks, measured, said)
    others = {} if wanted.tables is None or not job.soc else indices(wanted.tables, job.soc)
    return {
        "occupation": job.soc, "title": job.title, "purpose": str(asked.purpose), "inputs": digest_of(work),
        "statements": len(found), "measured": sum(one.traced is not None for one in found), "believed_from": BELIEVED,
        "coverage": coverage(found), "augmentation": bounds(found, "augmentation", asked.policy.saved).to_dict(),
        "alone": bounds(found, "alone", 1.0).to_dict(), "others": others, "tasks": [one.to_dict() for one in found],
    }  # fmt: skip


def _job(wanted: Forecast) -> Job:
    if wanted.tasks is not None:
        return given(wanted.tasks, soc_of(wanted.occupation))
    if wanted.occupation and wanted.tables is not None:
        return published(wanted.tables, wanted.occupation)
    raise UsageError(
        "Which job?", "Give a list of what is done in it (--tasks FILE), or --occupation SOC with --tables DIR."
    )


def _described(work: Work, title: str) -> str:
    """A task in words: its title and its commonest steps."""
    rows = (work.task == work.tasks.index(title))[work.trace]
    counts = np.bincount(work.act[rows], minlength=len(work.acts))
    common = np.argsort(-counts, kind="stable")[:_LABELS]
    return " ".join([title, *(work.acts[a] for a in common.tolist() if counts[a])])


def _kept(wanted: Forecast, job: Job, work: Work) -> Said:
    """What people have said of matches, with what is said now; it is written down."""
    said = {} if wanted.matches is None or not wanted.matches.exists() else _read(wanted.matches)
    if not wanted.confirm:
        return {key: (entry["task"], entry["by"]) for key, entry in said.items()}
    if wanted.matches is None:
        raise UsageError("Where is that to be kept?", "Name a file: --matches FILE.")
    known = {statement.id: statement.text for statement in job.statements}
    for key, task in wanted.confirm.items():
        if key not in known:
            raise UnknownNameError("statement", key, list(known))
        if task and task not in work.tasks:
            raise UnknownNameError("task", task, list(work.tasks))
        said[key] = {"task": task, "by": wanted.by or "somebody", "time": iso(now()), "statement": known[key]}
    write_text(wanted.matches, json.dumps(said, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
    return {key: (entry["task"], entry["by"]) for key, entry in said.items()}


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {str(k): {name: str(v[name]) for name in ("task", "by", "time", "statement")} for k, v in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} holds no matches: {error}.", "Name another file: --matches.", "bad-table") from error
