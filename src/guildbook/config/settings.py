"""The table of settings: each section is a frozen record, each field states default, bounds and one sentence."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, get_args, get_type_hints

_GOOD: Final = ("good", "ok", "success", "successful", "accepted", "approved", "passed", "resolved")
_BAD: Final = ("bad", "error", "failure", "failed", "rejected", "declined", "cancelled", "reopened")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table of settings."""

    key: str
    """`section.name`; only `home` has no section."""
    kind: type
    """`str`, `int`, `float`, `Path` (an empty one is None) or `tuple` (of words)."""
    default: Any
    doc: str
    low: float | None = None
    """Smallest value allowed."""
    high: float | None = None
    """Largest value allowed."""
    choices: tuple[str, ...] = ()

    @property
    def env(self) -> str:
        """The environment variable that states it: `GUILDBOOK_STORE_LEDGER_URL`."""
        return "GUILDBOOK_" + self.key.replace(".", "_").upper()

    @property
    def section(self) -> str:
        """The table it stands under in the file; empty for `home`."""
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The key inside its section."""
        return self.key.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Says:
    """What the table says of a field beside its type and default."""

    doc: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """Where the book keeps its ledger and its key."""

    ledger_url: Annotated[str, Says("Database of the ledger as a URL; empty: SQLite in the book's folder.")] = ""
    key_file: Annotated[Path | None, Says("File that holds the book's key; empty: `book.key` in its folder.")] = None
    wait_seconds: Annotated[float, Says("How long to wait for another process that writes to the book.", low=0)] = 10.0


@dataclass(frozen=True, slots=True)
class Import:
    """How inputs are read."""

    max_rejected: Annotated[int, Says("How many rejected rows are listed; all are counted and kept.", low=0)] = 20


@dataclass(frozen=True, slots=True)
class Distil:
    """How expertise is found in the traces."""

    episode_gap_minutes: Annotated[
        float, Says("Idle minutes after which work without a case begins a new episode.", low=0.1, high=10_080)
    ] = 30.0
    good_outcomes: Annotated[tuple[str, ...], Says("Words for a good outcome, in any letter case.")] = _GOOD
    bad_outcomes: Annotated[tuple[str, ...], Says("Words for a bad outcome, in any letter case.")] = _BAD
    good_steps: Annotated[
        tuple[str, ...], Says("Steps after which a case counts as good, where no event states an outcome.")
    ] = ()
    bad_steps: Annotated[
        tuple[str, ...], Says("Steps after which a case counts as bad, where no event states an outcome.")
    ] = ()
    jobs: Annotated[int, Says("How many processes summarise; the result is the same for any.", low=1, high=512)] = 1
    fdr: Annotated[float, Says("Share of false findings accepted among all reported.", low=0.0001, high=0.5)] = 0.05
    min_cases: Annotated[int, Says("Fewest cases a comparison must rest on.", low=2)] = 20


@dataclass(frozen=True, slots=True)
class Teach:
    """How questions are answered."""

    limit: Annotated[int, Says("How many practices an answer cites at most.", low=1, high=100)] = 5


@dataclass(frozen=True, slots=True)
class Next:
    """How the next step is predicted."""

    model: Annotated[
        str,
        Says(
            "Counts alone, counts with the net where it helps, or the net alone (extra `neural`).",
            choices=("counts", "mixed", "neural"),
        ),
    ] = "counts"
    groups: Annotated[tuple[str, ...], Says("Whose work trains which net: words `NAME=GROUP`.")] = ()
    shards: Annotated[int, Says("Workers in no stated group are spread over so many nets.", low=1, high=64)] = 1
    device: Annotated[
        str,
        Says("What nets run on; auto: a GPU if there is one.", choices=("auto", "cpu", "cuda")),
    ] = "auto"


@dataclass(frozen=True, slots=True)
class Identity:
    """Where people's own keys are, which no book holds."""

    folder: Annotated[
        Path | None, Says("Folder of people's key files; empty: `identities` in the user's data folder.")
    ] = None
    kdf_cost: Annotated[
        int, Says("Effort of one guess at a passphrase: scrypt with N = 2 to this power.", low=14, high=21)
    ] = 17


@dataclass(frozen=True, slots=True)
class Output:
    """How results are shown."""

    color: Annotated[str, Says("Colour in the terminal.", choices=("auto", "always", "never"))] = "auto"


HOME: Final = Setting("home", Path, None, "The book's folder; empty: `book` in the user's data folder.")
SECTIONS: Final = MappingProxyType(
    {
        "store": Store,
        "import": Import,
        "distil": Distil,
        "teach": Teach,
        "next": Next,
        "identity": Identity,
        "output": Output,
    }
)


@cache
def settings() -> MappingProxyType[str, Setting]:
    """Every setting by key, in the order of the documentation."""
    found = {HOME.key: HOME}
    for section, record in SECTIONS.items():
        hints = get_type_hints(record, include_extras=True)
        for item in fields(record):
            key = f"{section}.{item.name}"
            hint, says = get_args(hints[item.name])
            found[key] = Setting(key, _kind(hint), item.default, says.doc, says.low, says.high, says.choices)
    return MappingProxyType(found)


def _kind(hint: Any) -> type:
    for kind in (str, int, float):
        if hint is kind:
            return kind
    return Path if hint == Path | None else tuple
