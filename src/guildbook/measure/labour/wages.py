"""Wages of occupations from the Occupational Employment and Wage Statistics of the US Bureau of Labor Statistics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from guildbook.measure.labour.sheets import Row, rows
from guildbook.measure.value import Wage
from guildbook.model.errors import InputError, UnknownNameError

FOLDER: Final = "oews-2024"
YEAR_HOURS: Final = 2080
"""By which BLS divides annual wages where an occupation has no hourly ones (52 weeks of 40 hours)."""
_DETAILED: Final = "detailed"


@dataclass(frozen=True, slots=True)
class Paid:
    """What BLS says of one occupation, nationwide."""

    soc: str
    title: str
    employment: int | None
    wage: Wage


def soc_of(code: str) -> str:
    """The six-digit SOC code of an O*NET-SOC code: `43-9041.00` is a `43-9041`."""
    return code.strip().partition(".")[0]


def paid(tables: Path, soc: str) -> Paid:
    """The mean hourly wage of an occupation. Raises `UnknownNameError`, `InputError` where there is no table."""
    table = _listed(tables)
    wanted = soc_of(soc)
    for row in table:
        if row.get("OCC_CODE") == wanted:
            return _paid(row)
    codes = [row["OCC_CODE"] for row in table if row.get("O_GROUP") == _DETAILED]
    raise UnknownNameError("occupation", soc, codes)


def _paid(row: Row) -> Paid:
    hourly, annual = _number(row.get("H_MEAN", "")), _number(row.get("A_MEAN", ""))
    if hourly is None and annual is None:
        raise InputError(f"No wage is published for {row['OCC_CODE']}.", "Give one: --wage AMOUNT.", "no-wage")
    source = f"BLS OEWS May 2024, mean of {row['OCC_CODE']} {row['OCC_TITLE']}"
    wage = Wage(hourly if hourly is not None else (annual or 0.0) / YEAR_HOURS, "USD", source)
    jobs = _number(row.get("TOT_EMP", ""))
    return Paid(row["OCC_CODE"], row["OCC_TITLE"], None if jobs is None else int(jobs), wage)


def _listed(tables: Path) -> list[Row]:
    folder = tables / FOLDER if (tables / FOLDER).is_dir() else tables
    found = sorted(folder.glob("*.xlsx")) + sorted(folder.glob("*.csv"))
    for path in found:
        table = rows(path)
        if table and {"OCC_CODE", "OCC_TITLE", "A_MEAN"} <= table[0].keys():
            return table
    raise InputError(
        f"There is no table of wages in {tables}.",
        f"Give the folder that holds {FOLDER} (national_M2024_dl.xlsx of bls.gov/oes): --tables DIR.",
        "no-table",
    )


def _number(text: str) -> float | None:
    """A number; `*`, `#` and `**` mean that none is published."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
