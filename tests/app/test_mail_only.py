"""A book that was learnt from a mailbox alone: it knows whom to turn to, whom to tell, and who belongs together."""

from __future__ import annotations

import mailbox
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.mime.text import MIMEText
from email.utils import format_datetime
from pathlib import Path

import pytest

from guildbook.app.book import open_book
from guildbook.app.learning import Wanted
from guildbook.model import Kind, Knowledge
from guildbook.teach import ask

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SALES, DESK = ("Ann Ax", "Bob Bo", "Cyd Co", "Dee Du"), ("Eve Es", "Fay Fo", "Gil Ga")
LEGAL, WRITERS = ("Hal Ho", "Ida In", "Jan Ju"), ("Kim Ka", "Lea Lo", "Max Mu", "Nia No")


class Box:
    """An mbox being written, one thread after the other."""

    def __init__(self, path: Path) -> None:
        self.box = mailbox.mbox(path)
        self.count = 0

    def thread(self, at: datetime, subject: str, mails: Sequence[tuple[str, str, str, float]]) -> None:
        """Mails of sender, receiver, copy (or nobody) and minutes since the one before."""
        parents: list[str] = []
        for sender, receiver, copy, minutes in mails:
            at += timedelta(minutes=minutes)
            mail = MIMEText("Hello\n", "plain", "utf-8")
            mail["From"], mail["To"] = self._address(sender), self._address(receiver)
            if copy:
                mail["Cc"] = self._address(copy)
            mail["Subject"] = f"Re: {subject}" if parents else subject
            mail["Date"] = format_datetime(at)
            self.count += 1
            mail["Message-ID"] = f"<{self.count}@example.org>"
            if parents:
                mail["In-Reply-To"], mail["References"] = parents[-1], " ".join(parents)
            parents.append(mail["Message-ID"])
            self.box.add(mail)

    @staticmethod
    def _address(name: str) -> str:
        return f"{name} <{name.lower().replace(' ', '.')}@example.org>"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knowledge]:
    """Sales asks its desk about refunds, where Eve is quick; writers ask legal about contracts, where Ida must hear."""
    rng = random.Random(7)
    folder = tmp_path_factory.mktemp("mail")
    box = Box(folder / "mail.mbox")
    for i in range(220):
        at = START + timedelta(hours=i)
        asker, asked = rng.choice(SALES), DESK[i % 3]
        wait = 20 if asked == "Eve Es" else 300
        subject = f"Refund {1000 + i}" if i % 2 else f"Refund for order {i}, please"
        box.thread(at, subject, [(asker, asked, "", 0), (asked, asker, "", wait * rng.lognormvariate(0, 0.5))])
        asker, asked = rng.choice(WRITERS), rng.choice(("Hal Ho", "Jan Ju"))
        heard = i % 2 == 0
        mails = [(asker, asked, "Ida In" if heard else "", 0.0), (asked, asker, "", 60 * rng.lognormvariate(0, 0.3))]
        if rng.random() < 0.4:
            mails += [(asker, asked, "", 30.0), (asked, asker, "", 30.0)]
        if not heard:
            mails += [(asker, "Ida In", "", 400 * rng.lognormvariate(0, 0.3)), ("Ida In", asker, "", 60.0)]
        box.thread(at, f"Contract {i} to sign", mails)
    box.box.close()
    with open_book(folder / "book") as book:
        yield book.learn(Wanted(paths=(folder / "mail.mbox",))).knowledge


def test_the_quick_answer_and_who_must_hear_are_the_practices(known: Knowledge) -> None:
    found = {practice.people[0]: practice for practice in known.practices}
    assert found.keys() == {"Eve Es", "Ida In"}
    eve, ida = found["Eve Es"], found["Ida In"]
    assert eve.kind is ida.kind is Kind.PEOPLE
    assert eve.title.startswith("When you write about “refund”, turn to Eve Es: the answer came in ")
    assert ida.title.startswith("When you write about “contract”, tell Ida In at once: ")
    assert ida.title.endswith("; of the others 100 % came to Ida In later.")
    assert ida.effect.metric in {"duration", "share"}
    for practice in found.values():
        assert len(practice.evidence) == 8
        assert practice.effect.low < practice.effect.difference < practice.effect.high < 0
        assert practice.effect.p < 0.01
        assert len(practice.title.split()) <= 120
        assert practice.contributors


def test_evidence_is_the_ask_with_its_answer_and_the_first_word(known: Knowledge) -> None:
    eve, ida = sorted(known.practices, key=lambda practice: practice.people)
    assert all(len(span.events) == 2 for span in eve.evidence)
    assert all(len(span.events) == 1 for span in ida.evidence)


def test_teams_and_roles_come_from_the_mail_alone(known: Knowledge) -> None:
    assert {frozenset(team.members) for team in known.teams} == {
        frozenset({*SALES, *DESK}),
        frozenset({*LEGAL, *WRITERS}),
    }
    desk = next(role for role in known.roles if "Eve Es" in role.members)
    assert set(desk.members) == set(DESK)
    assert "refund" in desk.name


def test_people_know_what_they_are_asked_about(known: Knowledge) -> None:
    eve = next(person for person in known.people if person.name == "Eve Es")
    assert eve.asked_about[0] == ("refund", 74)
    assert eve.answers_in == pytest.approx(20 * 60, rel=0.5)
    assert "Eve Es" in ask("Who answers questions about a refund?", known).people
