"""A made-up company's mail, with known teams, roles, answerers, approvers and people who must be told.

Nobody real is in it. The same arguments give the same mail.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.mime.text import MIMEText
from email.utils import format_datetime
from pathlib import Path

_FIRST = "Ada Ben Cleo Dan Eva Finn Gro Hal Ina Jon Kim Leo Mia Ned Ola Pia Quin Rut Sam Tea Uli Vera Wim Xenia Yan Zoe"
FIRST = _FIRST.split()
_LAST = "Abel Brandt Costa Dahl Ek Falk Gomez Holm Iversen Jung Kranz Lund Moreau Novak Olsen Petit Quist Rossi Sand"
LAST = _LAST.split()
_CUSTOMERS = "Northgate Bluehill Ostrava Ferrum Lakeside Gantry Helio Kestrel Marlowe Pinecrest"
CUSTOMERS = _CUSTOMERS.split()
TOPICS: dict[str, tuple[str, ...]] = {
    "invoice": ("Invoice {n} from {who}", "Question about invoice {n}", "{who}: invoice {n} does not match"),
    "reminder": ("Payment reminder {who}", "Second payment reminder, {who}"),
    "password": ("Password reset for the {app}", "Password expired again", "Cannot log in, password?"),
    "printer": ("Printer on floor {d} jams", "Printer toner floor {d}"),
    "contract": ("Contract draft {who} v{d}", "Contract with {who}: clause {d}", "{who} contract, signature page"),
    "privacy": ("Privacy request of {who}", "Privacy: deletion for {who}"),
    "delivery": ("Delivery of order {n} late", "Order {n}: delivery date", "Delivery note {n} missing"),
    "returns": ("Returns of {who}, {n} pieces", "Returns label for {n}"),
    "payslip": ("Payslip {month} wrong", "Where is my payslip {month}"),
    "vacation": ("Vacation in {month}", "Vacation days left"),
}
TEAMS = (("finance", ("invoice", "reminder")), ("it", ("password", "printer")), ("legal", ("contract", "privacy")),
         ("logistics", ("delivery", "returns")), ("staff", ("payslip", "vacation")))  # fmt: skip
CHAT = ("Minutes of {day}", "Slides for {day}", "Lunch on {day}?", "Shift plan week {d}")


@dataclass
class Company:
    """Who is who, and what holds."""

    people: list[str] = field(default_factory=list[str])
    team: dict[str, str] = field(default_factory=dict[str, str])
    role: dict[str, str] = field(default_factory=dict[str, str])
    """`lead` (approves), `desk` (answers) or `other` (asks)."""
    expert: dict[str, str] = field(default_factory=dict[str, str])
    """Topic → who answers sooner and more surely than the others of the desk."""
    must_know: dict[str, str] = field(default_factory=dict[str, str])
    """Topic → who must be in copy; without, the matter goes to and fro."""


def company(rng: random.Random, size: int = 8) -> Company:
    """Five teams of `size`: a lead, a desk of three, and others."""
    names = [f"{a} {b}" for a, b in zip(rng.sample(FIRST * 2, 5 * size), rng.sample(LAST * 3, 5 * size), strict=True)]
    names = [name if names.count(name) == 1 else f"{name} {i}" for i, name in enumerate(names)]
    found = Company(names)
    for t, (team, topics) in enumerate(TEAMS):
        members = names[t * size : (t + 1) * size]
        for i, name in enumerate(members):
            found.team[name] = team
            found.role[name] = "lead" if i == 0 else "desk" if i < 4 else "other"
        for i, topic in enumerate(topics):
            found.expert[topic] = members[1 + i]
    found.must_know["contract"] = next(n for n in names if found.team[n] == "finance" and found.role[n] == "lead")
    return found


class Writer:
    """Mails with ids, dates and threads, kept until they are written in order of time."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.mails: list[tuple[datetime, MIMEText]] = []

    def send(
        self,
        at: datetime,
        sender: str,
        to: list[str],
        subject: str,
        *,
        cc: tuple[str, ...] = (),
        parents: tuple[str, ...] = (),
    ) -> str:
        """Add one mail; returns its id."""
        mail = MIMEText("…", "plain", "utf-8")  # many times quicker than EmailMessage
        number = f"<{len(self.mails)}.{self.rng.randrange(10**9)}@office.example>"
        mail["From"], mail["To"] = _address(sender), ", ".join(map(_address, to))
        if cc:
            mail["Cc"] = ", ".join(map(_address, cc))
        mail["Subject"] = f"Re: {subject}" if parents else subject
        mail["Date"], mail["Message-ID"] = format_datetime(at), number
        if parents:
            mail["In-Reply-To"], mail["References"] = parents[-1], " ".join(parents)
        self.mails.append((at, mail))
        return number


def _address(name: str) -> str:
    return f"{name} <{name.lower().replace(' ', '.')}@office.example>"


def working(at: datetime) -> datetime:
    """The same moment, or the next morning when nobody works."""
    while at.weekday() > 4 or not 8 <= at.hour < 17:
        at = (at + timedelta(days=1 if at.hour >= 8 else 0)).replace(hour=8, minute=at.minute)
    return at


def write(path: Path, *, seed: int, threads: int = 2_000, size: int = 8, planted: bool = True) -> Company:
    """An mbox of that many threads over half a year. `planted=False`: everyone answers alike and nobody must know."""
    rng = random.Random(seed)
    known, writer = company(rng, size), Writer(rng)
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    for _ in range(threads):
        at = working(start + timedelta(days=rng.randrange(180), minutes=rng.randrange(24 * 60)))
        kind = rng.random()
        if kind < 0.62:
            _question(writer, known, at, planted=planted)
        elif kind < 0.77:
            _approval(writer, known, at)
        else:
            _chat(writer, known, at)
    with path.open("wb") as box:  # as mailbox.mbox writes it, without its syncing
        for at, mail in sorted(writer.mails, key=lambda item: item[0]):
            box.write(f"From office@office.example {at:%a %b %d %H:%M:%S %Y}\n".encode() + mail.as_bytes() + b"\n\n")
    return known


def _fill(rng: random.Random, template: str) -> str:
    return template.format(
        n=rng.randrange(1_000, 99_999),
        d=rng.randrange(1, 9),
        who=rng.choice(CUSTOMERS),
        app=rng.choice(("time sheet", "warehouse", "portal")),
        month=rng.choice(["January", "February", "March", "April", "May", "June"]),
        day=rng.choice(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]),
    )


def _members(known: Company, team: str, *roles: str) -> list[str]:
    return [n for n in known.people if known.team[n] == team and known.role[n] in roles]


def _question(writer: Writer, known: Company, at: datetime, *, planted: bool) -> None:
    """Somebody asks the desk of the topic's team; the expert is quick, the others are slow and at times silent."""
    rng = writer.rng
    team, topics = rng.choice(TEAMS)
    topic = rng.choice(topics)
    home = rng.random() < 0.6  # most questions come from the team itself
    asker = rng.choice([n for n in known.people if known.role[n] == "other" and (known.team[n] == team) == home])
    asked = rng.choice(_members(known, team, "desk"))
    subject = _fill(rng, rng.choice(TOPICS[topic]))
    expert = planted and known.expert[topic] == asked
    told = known.must_know.get(topic) if planted else None
    cc = (told,) if told and rng.random() < 0.55 else ()
    ids = [writer.send(at, asker, [asked], subject, cc=cc)]
    if rng.random() > (0.97 if expert else 0.80):
        return
    at = working(at + timedelta(minutes=rng.lognormvariate(3.2 if expert else 5.2, 0.8)))
    ids.append(writer.send(at, asked, [asker], subject, parents=tuple(ids)))
    rounds = rng.choice((0, 0, 1))
    if told and not cc and rng.random() < 0.8:  # it turns out that somebody else should have known
        at = working(at + timedelta(minutes=rng.lognormvariate(5.0, 0.6)))
        ids.append(writer.send(at, asker, [told], subject, parents=tuple(ids)))
        at = working(at + timedelta(minutes=rng.lognormvariate(5.0, 0.6)))
        ids.append(writer.send(at, told, [asker, asked], subject, parents=tuple(ids)))
        rounds += rng.choice((1, 2))
    for i in range(2 * rounds):
        at = working(at + timedelta(minutes=rng.lognormvariate(4.0, 0.8)))
        sender, receiver = (asker, asked) if i % 2 == 0 else (asked, asker)
        ids.append(writer.send(at, sender, [receiver], subject, parents=tuple(ids)))


def _approval(writer: Writer, known: Company, at: datetime) -> None:
    """The lead of one's team approves."""
    rng = writer.rng
    asker = rng.choice([n for n in known.people if known.role[n] != "lead"])
    lead = _members(known, known.team[asker], "lead")[0]
    subject = _fill(
        rng, rng.choice(("Approval for travel {n}", "Approval: purchase {n}", "Please approve, approval {n}"))
    )
    first = writer.send(at, asker, [lead], subject)
    at = working(at + timedelta(minutes=rng.lognormvariate(4.6, 0.9)))
    writer.send(at, lead, [asker], subject, parents=(first,))


def _chat(writer: Writer, known: Company, at: datetime) -> None:
    """Mail within a team, to several."""
    rng = writer.rng
    sender = rng.choice(known.people)
    others = [n for n in known.people if known.team[n] == known.team[sender] and n != sender]
    subject = _fill(rng, rng.choice(CHAT))
    to = rng.sample(others, rng.randrange(2, 5))
    first = writer.send(at, sender, to, subject)
    if rng.random() < 0.5:
        at = working(at + timedelta(minutes=rng.lognormvariate(4.5, 1.0)))
        writer.send(at, to[0], [sender], subject, parents=(first,))
