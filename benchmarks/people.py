"""Teams, roles and people practices recovered where the truth is known: sample offices, made-up mail, teams that mix.

    python benchmarks/people.py [--seeds 301 302 303]

Claims: teams of offices and of mail are recovered whole; of what holds in a mailbox nearly all is told and nothing
else; grouping costs well under 0.1 s on an office of 200 people.
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import _mailbox
import pyarrow as pa
from _measure import report

from guildbook.app.bench_people import agreement, held
from guildbook.app.book import open_book
from guildbook.app.learning import Wanted
from guildbook.distil.groups import groups
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.model import Kind, Knowledge
from guildbook.record import office


def main() -> None:
    """Measure each kind of truth over the seeds; print medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[301, 302, 303])
    options = parser.parse_args()
    figures: dict[str, Any] = {"seeds": options.seeds}
    for name, measure in (("office", _office), ("mail", _mail), ("mixing_teams", _mixing)):
        rows = [measure(seed) for seed in options.seeds]
        figures[name] = {key: round(statistics.median(row[key] for row in rows), 4) for key in rows[0]}
    figures["mail_nothing_holds"] = {"told": sum(_told_of_nothing(seed) for seed in options.seeds)}
    report("people", figures | {"grouping_seconds_200_people": _cost()})


def _office(seed: int) -> dict[str, float]:
    """60 people in two branches and six roles."""
    with tempfile.TemporaryDirectory() as folder, open_book(folder) as book:
        known = book.learn(Wanted(office=(seed, 300_000))).knowledge
    people = office.truth(seed, events=300_000).people
    team = held(known, {p.name: str(p.branch) for p in people}, Path("truth"))["teams"]
    role = held(known, {p.name: p.role for p in people}, Path("truth"))["roles"]
    return {"team_ari": team["ari"], "role_ari": role["ari"], "roles_found": role["groups_found"]}


def _learnt(log: Path) -> Knowledge:
    with tempfile.TemporaryDirectory() as folder, open_book(folder) as book:
        return book.learn(Wanted(paths=(log,))).knowledge


def _mail(seed: int) -> dict[str, float]:
    """A mailbox alone: ten answerers and one who must be told."""
    with tempfile.TemporaryDirectory() as folder:
        company = _mailbox.write(Path(folder) / "mail.mbox", seed=seed)
        known = _learnt(Path(folder) / "mail.mbox")
    wanted = set(company.expert.values()) | {f"tell {name}" for name in company.must_know.values()}
    told = [p.do[0] if p.do[0].startswith("tell ") else p.people[0] for p in known.practices if p.kind is Kind.PEOPLE]
    position = {n: f"{company.team[n]} desk" if company.role[n] == "desk" else company.role[n] for n in company.people}
    return {
        "team_ari": held(known, company.team, Path("truth"))["teams"]["ari"],
        "position_ari": held(known, position, Path("truth"))["roles"]["ari"],
        "recall": len(wanted & set(told)) / len(wanted),
        "precision": sum(name in wanted for name in told) / max(len(told), 1),
    }


def _told_of_nothing(seed: int) -> int:
    """Practices told of a mailbox in which all answer alike."""
    with tempfile.TemporaryDirectory() as folder:
        _mailbox.write(Path(folder) / "mail.mbox", seed=seed, planted=False)
        return len(_learnt(Path(folder) / "mail.mbox").practices)


def _mixing(seed: int) -> dict[str, float]:
    """20 teams of 4 to 8; a third of all steps is done by somebody of any team."""
    rng = random.Random(seed)
    teams = [t for t in range(20) for _ in range(rng.randrange(4, 9))]
    names = [f"person {i}" for i in range(len(teams))]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.csv"
        with log.open("w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out)
            rows.writerow(("case", "worker", "activity", "time"))
            at = datetime(2026, 3, 2, 8, tzinfo=UTC)
            for case in range(4_000):
                team = rng.randrange(20)
                own = [i for i in range(len(teams)) if teams[i] == team]
                for step in range(rng.randrange(3, 7)):
                    at += timedelta(minutes=rng.randrange(1, 20))
                    who = rng.choice(own) if rng.random() > 1 / 3 else rng.randrange(len(teams))
                    rows.writerow((f"job-{case}", names[who], f"step {step}", at.isoformat()))
        known = _learnt(log)
    shown = {person.name: person.team for person in known.people}
    figures = agreement([shown[name] for name in names], [str(team) for team in teams])
    return {"ari": figures["ari"], "nmi": figures["nmi"], "groups_found": figures["groups_found"]}


def _cost() -> float:
    """Seconds of finding teams and roles in the sums of 10⁶ events, the quickest of five."""
    chunks = office.generate(seed=1, events=1_000_000, people=200)
    sums = summarise_table(pa.concat_tables([c.events for c in chunks]).unify_dictionaries(), Settings())
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        groups(sums)
        times.append(time.perf_counter() - began)
    return round(min(times), 4)


if __name__ == "__main__":
    main()
