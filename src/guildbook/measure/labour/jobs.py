"""What people do in an occupation, and what others have said of its exposure to AI.

Eloundou, Manning, Mishkin and Rock (*Science* 384, 2024; arXiv 2303.10130) rate tasks E0, E1 (a language model alone
halves the time) or E2 (with software around it); α = E1, β = E1 + ½ E2, γ = E1 + E2. Tomlinson, Jaffe, Wang, Counts
and Suri (arXiv 2507.07935) score occupations by what people ask an AI to help with (user goal) and by what it does
(AI action).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from guildbook.measure.labour.sheets import Row, rows
from guildbook.measure.labour.wages import soc_of
from guildbook.model.errors import InputError, UnknownNameError

TASKS: Final = "gpts-are-gpts/full_labelset.tsv"
JOBS: Final = "gpts-are-gpts/occ_level.csv"
APPLIED: Final = "working-with-ai/soc_metrics.csv"
_TEXTS: Final = ("Task", "task", "Statement", "statement", "text")
_IDS: Final = ("Task ID", "id", "ID")
_WEIGHTS: Final = ("Importance", "importance", "weight")


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is done in an occupation."""

    id: str
    text: str
    weight: float = 1.0
    """Its part of the job, as far as the table says."""
    index: tuple[tuple[str, float], ...] = ()
    """What others have said of it: α, β and γ by GPT-4."""
    label: str = ""
    """E0, E1 or E2, as people rated it."""


@dataclass(frozen=True, slots=True)
class Job:
    """An occupation, with what is done in it."""

    soc: str
    title: str
    statements: tuple[Statement, ...]
    indices: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the statements."""
        return {"soc": self.soc, "title": self.title, "indices": dict(self.indices)}


def given(path: Path, soc: str = "", title: str = "") -> Job:
    """An occupation from a list of statements: a table with a column `Task`, or a JSON list of texts.

    Raises `InputError` for a table without such a column.
    """
    table = rows(path)
    if soc and table and "O*NET-SOC Code" in table[0]:
        table = [row for row in table if soc_of(row["O*NET-SOC Code"]) == soc_of(soc)]
    found = tuple(_statements(table))
    if not found:
        raise InputError(f"{path} lists no tasks.", "It needs a column called Task, one statement a row.", "no-tasks")
    return Job(soc, title or next((row["Title"] for row in table if row.get("Title")), path.stem), found)


def published(tables: Path, soc: str) -> Job:
    """An occupation as O*NET states it, by SOC code, from the public tables. Raises `UnknownNameError`."""
    table = rows(_file(tables, TASKS))
    mine = [row for row in table if soc_of(row["O*NET-SOC Code"]) == soc_of(soc)]
    if not mine:
        raise UnknownNameError("occupation", soc, sorted({soc_of(row["O*NET-SOC Code"]) for row in table}))
    # Several O*NET occupations may share one SOC code, and one statement may stand in several of them.
    return Job(soc_of(soc), mine[0]["Title"], tuple({s.text: s for s in _statements(mine)}.values()))


def background(tables: Path | None, others: Iterable[str]) -> list[str]:
    """Texts that tell how rare words are: all statements of the public tables, or what there is."""
    if tables is not None and (tables / TASKS).is_file():
        return [row["Task"] for row in rows(tables / TASKS)]
    return list(others)


def indices(tables: Path, soc: str) -> dict[str, float]:
    """What others have said of an occupation; empty where they have said nothing."""
    found: dict[str, float] = {}
    if (tables / JOBS).is_file():
        mine = [row for row in rows(tables / JOBS) if soc_of(row["O*NET-SOC Code"]) == soc_of(soc)]
        for name, column in (("alpha", "dv_rating_alpha"), ("beta", "dv_rating_beta"), ("gamma", "dv_rating_gamma"),
                             ("alpha_people", "human_rating_alpha"), ("beta_people", "human_rating_beta"),
                             ("gamma_people", "human_rating_gamma")):  # fmt: skip
            values = [value for row in mine if (value := _number(row.get(column, ""))) is not None]
            if values:
                found[name] = sum(values) / len(values)
    if (tables / APPLIED).is_file():
        for row in rows(tables / APPLIED):
            if row["SOC Code"] == soc_of(soc):
                found |= {
                    name: value
                    for name, column in (
                        ("user_goal", "ai_applicability_score_user"), ("ai_action", "ai_applicability_score_ai")
                    )
                    if (value := _number(row.get(column, ""))) is not None
                }  # fmt: skip
    return found


def _statements(table: list[Row]) -> Iterable[Statement]:
    for row in table:
        text = _first(row, _TEXTS)
        if not text.strip():
            continue
        name = _first(row, _IDS).removesuffix(".0") or hashlib.sha256(text.encode()).hexdigest()[:8]
        said = tuple((k, v) for k in ("alpha", "beta", "gamma") if (v := _number(row.get(k, ""))) is not None)
        yield Statement(name, text.strip(), _number(_first(row, _WEIGHTS)) or 1.0, said, row.get("human_labels", ""))


def _first(row: Row, names: tuple[str, ...]) -> str:
    return next((row[name] or "" for name in names if name in row), "")


def _file(tables: Path, name: str) -> Path:
    path = tables / name
    if not path.is_file():
        raise InputError(f"There is no {name} in {tables}.", "Give the folder of public tables: --tables DIR.", "table")
    return path


def _number(text: str) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
