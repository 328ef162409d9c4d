"""`doctor`: what this book and this machine are, and what is wrong with them."""

from __future__ import annotations

import platform
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from guildbook import __version__
from guildbook.config import load
from guildbook.govern.audit.log import Log
from guildbook.govern.audit.verify import Report, verify
from guildbook.model.errors import GuildbookError
from guildbook.store import Store

_PARTS = ("pyarrow", "duckdb", "numpy", "numba", "sqlalchemy", "cryptography")


@dataclass(frozen=True, slots=True)
class Examination:
    """Facts about the book and its machine, and the findings; healthy when no finding is an error."""

    facts: list[tuple[str, str]]
    findings: list[dict[str, Any]]

    @property
    def healthy(self) -> bool:
        """Whether nothing needs mending."""
        return all(f["severity"] != "error" for f in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The contract of `doctor --json`."""
        return {"healthy": self.healthy, "facts": dict(self.facts), "findings": self.findings}


def examine(home: Path | None, overrides: Mapping[str, str] | None = None) -> Examination:
    """Examine the book without changing it. A damaged book is a finding, not an exception."""
    config = load(home, overrides)
    facts = [
        ("guildbook", __version__),
        ("python", platform.python_version()),
        ("platform", platform.platform()),
        ("sqlite", sqlite3.sqlite_version),
        *((part, version(part)) for part in _PARTS),
        ("home", str(config.home)),
    ]
    if not config.home.exists():
        return Examination([*facts, ("book", "none yet")], [])
    facts.append(("free disk", f"{shutil.disk_usage(config.home).free / 2**30:.1f} GiB"))
    try:
        with Store.open(
            config.home,
            ledger_url=config.store.ledger_url or None,
            create=False,
            wait=config.store.wait_seconds,
            key_file=config.store.key_file,
        ) as store:
            segments = store.segments()
            facts += [
                ("ledger", store.engine.dialect.name),
                ("workers", str(sum(w.state == "active" for w in store.workers()))),
                ("segments", str(len(segments))),
                ("events", str(sum(s.rows for s in segments))),
            ]
            findings = [asdict(finding) for finding in store.check()]
            log = _log(store)
            facts.append(("log entries", str(log.size)))
            findings += [
                {
                    "code": f"log-{one.kind}",
                    "severity": "error",
                    "what": f"In the audit log {one.what}.",
                    "fix": "Hold it against what others keep: guildbook audit verify --checkpoint FILE --against COPY.",
                }
                for one in log.findings
            ]
    except GuildbookError as error:
        findings = [{"code": error.code, "severity": "error", "what": error.what, "fix": error.fix}]
    return Examination(facts, findings)


def _log(store: Store) -> Report:
    with store.look() as ledger:
        return verify(Log(store), ledger)
