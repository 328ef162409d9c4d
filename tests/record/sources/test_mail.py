"""E-mail against a real Dovecot: another client delivers, reads, files and deletes; the recorder tells what it saw."""

from __future__ import annotations

import imaplib
import mailbox
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from guildbook.columns.ids import IdAssigner
from guildbook.model import InputError, UsageError
from guildbook.plugins import ImportOptions, Source, SourceOptions
from guildbook.record.importers.mail import MailImporter
from guildbook.record.live.delivery import Delivery
from guildbook.record.live.guard import Guard, Rule
from guildbook.record.live.intake import Intake
from guildbook.record.live.outbox import Outbox
from guildbook.record.live.supervisor import Supervisor
from guildbook.record.sources import mail as module
from guildbook.record.sources.mail import MailSource

pytestmark = pytest.mark.imap
ACCOUNT = "ada@example.org"
BUCKET = "guildbook-mail_desk"


def letter(number: int, subject: str = "Budget for March", text: str = "Hello\n", **more: str) -> EmailMessage:
    made = EmailMessage()
    headers = {
        "From": "Bo Smith <bo@example.org>", "To": "Ada Lovelace <ada@example.org>", "Subject": subject,
        "Date": format_datetime(datetime.now(UTC)), "Message-ID": f"<{number}@example.org>",
    } | {name.replace("_", "-"): value for name, value in more.items()}  # fmt: skip
    for name, value in headers.items():
        made[name] = value
    made.set_content(text)
    return made


def put(client: imaplib.IMAP4, folder: str, made: EmailMessage | bytes, flags: str = "") -> None:
    data = made if isinstance(made, bytes) else made.as_bytes()
    kind, said = client.append(folder, flags, imaplib.Time2Internaldate(time.time()), data.replace(b"\n", b"\r\n"))
    assert kind == "OK", said


@dataclass
class Desk:
    """A recorder of one source, without the process around it."""

    folder: Path
    settings: dict[str, str]
    guard: Guard = field(default_factory=Guard)
    error: list[BaseException] = field(default_factory=list[BaseException])

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.folder / "outbox")
        self.intake = Intake(self.outbox, self.guard, "desk")
        self.stop = threading.Event()
        self.thread: threading.Thread | None = None
        (self.folder / "mail").mkdir(exist_ok=True)

    @property
    def options(self) -> SourceOptions:
        return SourceOptions(self.folder / "mail", self.settings)

    def start(self) -> None:
        """Watch, and return when the folders are being watched."""
        self.stop = threading.Event()

        def run() -> None:
            try:
                MailSource().run(Sunk(self.intake), self.options, self.stop)
            except (InputError, UsageError) as error:
                self.error.append(error)

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def end(self) -> None:
        """Stop watching."""
        self.stop.set()
        if self.thread is not None:
            self.thread.join(60)
            assert not self.thread.is_alive()

    def rows(self) -> list[dict[str, Any]]:
        """What was recorded, in order."""
        if BUCKET not in self.outbox.buckets():
            return []
        entries = sorted(self.outbox.entries(BUCKET), key=lambda entry: entry.id or 0)
        return [{"time": entry.time, **entry.data} for entry in entries]

    def actions(self) -> list[str]:
        return [row["action"] for row in self.rows()]

    def until(self, *actions: str, seconds: float = 60.0) -> list[dict[str, Any]]:
        """Wait for these actions, whichever order; the rows then."""
        begun = time.monotonic()
        while sorted(self.actions()) != sorted(actions):
            if time.monotonic() - begun > seconds or self.error:
                assert sorted(self.actions()) == sorted(actions), self.error
            time.sleep(0.02)
        return self.rows()


class Sunk:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def write(self, rows: Any) -> int:
        return self._intake.write("mail", rows)

    def pulse(self, row: Any, seconds: float) -> None:
        raise AssertionError

    def admits(self, row: Any) -> bool:
        raise AssertionError


@pytest.fixture
def desk(dovecot: Any, quick_folder: Path) -> Iterator[Desk]:
    command = quick_folder / "password"
    command.write_text("#!/bin/sh\necho 'correct horse'\n")
    command.chmod(0o700)
    made = Desk(
        quick_folder,
        {"host": "127.0.0.1", "port": str(dovecot.secured), "user": ACCOUNT, "certificate": str(dovecot.certificate),
         "password-command": str(command)},
    )  # fmt: skip
    yield made
    made.end()
    made.outbox.close()


@pytest.fixture
def client(dovecot: Any) -> Iterator[imaplib.IMAP4]:
    made: imaplib.IMAP4 = dovecot.client()
    yield made
    with suppress(OSError, imaplib.IMAP4.error):
        made.logout()


def watched(desk: Desk, folders: int = 2) -> None:
    """Wait until the source knows where its folders stand."""
    state = desk.folder / "mail/mail.state"
    begun = time.monotonic()
    while threads(desk) < folders or not state.exists():
        assert time.monotonic() - begun < 60, desk.error
        time.sleep(0.02)
    time.sleep(0.5)


def threads(desk: Desk) -> int:
    return sum(thread.name.startswith("mail_") for thread in threading.enumerate())


def test_what_comes_is_told_without_its_text(desk: Desk, dovecot: Any, client: Any) -> None:
    assert isinstance(MailSource(), Source)
    put(client, "INBOX", letter(0, "Long ago"))
    desk.start()
    watched(desk)
    made = letter(1, Cc="Cleo <cleo@example.org>")
    made.add_attachment(b"%PDF" * 1_000, maintype="application", subtype="pdf", filename="März.pdf")
    put(client, "INBOX", made)
    (row,) = desk.until("receive")
    assert (row["app"], row["window"], row["origin"]) == ("mail", "Budget for March", "unknown")
    assert row["objects"] == [
        {"id": "mail:1@example.org", "type": "mail", "qualifier": ""},
        {"id": "Bo Smith", "type": "person", "qualifier": "from"},
        {"id": "Ada Lovelace", "type": "person", "qualifier": "to"},
        {"id": "Cleo", "type": "person", "qualifier": "cc"},
    ]
    assert row["attributes"].startswith(
        '{"attachments":{"application/pdf":1},"case:subject":["budget","march"],"files":'
    )
    assert '"name":"März.pdf","size":' in row["attributes"]
    assert '"length":6}' in row["attributes"]
    assert "Hello" not in str(row)
    maildir = dovecot.folder / ACCOUNT
    name = f"{time.time():.0f}.M1P1.here"
    (maildir / "tmp" / name).write_bytes(letter(2, "Re: Budget for March", In_Reply_To="<1@example.org>").as_bytes())
    (maildir / "tmp" / name).chmod(0o666)
    if os.geteuid() == 0:
        os.chown(maildir / "tmp" / name, maildir.stat().st_uid, maildir.stat().st_gid)
    (maildir / "tmp" / name).rename(maildir / "new" / name)
    second = desk.until("receive", "receive")[1]
    assert (second["window"], second["case"]) == ("Budget for March", row["case"])


def test_what_is_done_to_mails(desk: Desk, client: Any) -> None:
    for number in range(1, 6):
        put(client, "INBOX", letter(number, f"Matter {number}"))
    desk.settings["folders"] = "INBOX,sent,Projekte"
    desk.start()
    watched(desk, 3)
    client.select("INBOX")
    client.store("1", "+FLAGS", "\\Seen")
    desk.until("read")
    client.store("1", "-FLAGS", "\\Seen")
    client.store("1", "+FLAGS", "\\Flagged")
    desk.until("read", "unread", "flag")
    client.uid("MOVE", "1", "Archive")
    desk.until("read", "unread", "flag", "move")
    client.uid("MOVE", "2", "Projekte")
    desk.until("read", "unread", "flag", "move", "move")
    client.uid("MOVE", "3", "Trash")
    desk.until("read", "unread", "flag", "move", "move", "delete")
    client.uid("STORE", "4", "+FLAGS", "\\Deleted")
    client.expunge()
    desk.until("read", "unread", "flag", "move", "move", "delete", "delete")
    client.uid("COPY", "5", "Archive")
    client.uid("STORE", "5", "+FLAGS", "\\Deleted")
    client.expunge()
    rows = desk.until("read", "unread", "flag", "move", "move", "delete", "delete", "move")
    told = [
        (row["action"], row.get("window"), row["objects"][0]["id"][5:6], str(row.get("attributes"))) for row in rows
    ]
    assert told[0] == ("read", "Matter 1", "1", '{"case:subject":["matter"]}')
    assert [(a, m) for a, _, m, _ in told[3:]] == [
        ("move", "1"), ("move", "2"), ("delete", "3"), ("delete", "4"), ("move", "5"),
    ]  # fmt: skip
    assert told[3][3] == '{"case:subject":["matter"],"from":"INBOX","to":"Archive"}'
    assert '"from":"INBOX","to":"Projekte"' in told[4][3]
    assert '"from":"INBOX","to":"Trash"' in told[5][3]
    assert told[6][3] == '{"from":"INBOX"}'
    assert len({row["case"] for row in rows}) == 5


def test_what_is_sent_is_the_event_that_the_importer_makes(desk: Desk, client: Any, tmp_path: Path) -> None:
    desk.start()
    watched(desk)
    made = [
        letter(1, From="ada@example.org", To="Bo Smith <bo@example.org>"),
        letter(2, "Re: Budget for March", From="ada@example.org", To="bo@example.org", In_Reply_To="<9@example.org>"),
        letter(3, "Fwd: Budget for March", From="ada@example.org", To="Cleo <cleo@example.org>"),
    ]
    for one in made:
        put(client, "Sent", one, "\\Seen")
    rows = desk.until("send", "reply", "forward")
    assert {"id": "mail:9@example.org", "type": "mail", "qualifier": "answers"} in rows[1]["objects"]
    tables: list[pa.Table] = []

    def take(name: str, table: pa.Table) -> None:
        tables.append(table)

    Delivery(desk.outbox, "Ada Lovelace", take).run(everything=True)
    box = tmp_path / "sent.mbox"
    with closing(mailbox.mbox(box)) as file:
        for one in [*made, letter(4, From="Bo <bo@example.org>")]:
            file.add(one)
    imported = pa.concat_tables(
        chunk.events for chunk in MailImporter().read(box, ImportOptions())
    ).unify_dictionaries()
    live, later = (IdAssigner().assign(table).to_pylist() for table in (pa.concat_tables(tables), imported))
    assert sorted(live) == sorted(later[:3])
    assert later[3] not in live
    told = [
        {r["action"]: (r["window"], r["time"], r["case"]) for r in t.to_pylist()} for t in (tables[0], imported[:3])
    ]
    assert told[0] == told[1]


def test_a_restart_brings_what_was_missed_and_nothing_twice(desk: Desk, client: Any) -> None:
    put(client, "INBOX", letter(1))
    put(client, "INBOX", letter(2))
    desk.start()
    watched(desk)
    put(client, "INBOX", letter(3))
    desk.until("receive")
    desk.end()
    put(client, "INBOX", letter(4))
    put(client, "Sent", letter(5, From="ada@example.org"))
    client.select("INBOX")
    client.store("1", "+FLAGS", "\\Seen")
    client.uid("MOVE", "2", "Archive")
    desk.start()
    rows = desk.until("receive", "receive", "send", "read", "move")
    assert [row["attributes"] for row in rows if row["action"] == "read"] == [
        '{"case:subject":["budget","march"],"time":"estimated"}'
    ]
    time.sleep(0.5)
    desk.end()
    desk.start()
    time.sleep(1.5)
    assert len(desk.rows()) == 5
    for path in (desk.folder / "mail").iterdir():
        content = path.read_bytes()
        assert not any(word in content for word in (b"example.org", b"Smith", b"INBOX", b"correct"))
        assert path.stat().st_mode & 0o077 == 0


def test_a_server_that_is_restarted_or_cut_off_is_found_again(desk: Desk, dovecot: Any, client: Any) -> None:
    desk.start()
    watched(desk)
    dovecot.stop()
    time.sleep(0.5)
    dovecot.start()
    again = dovecot.client()
    put(again, "INBOX", letter(1))
    again.logout()
    desk.until("receive")
    assert not desk.error


def test_a_folder_that_is_numbered_anew_brings_only_what_came(desk: Desk, dovecot: Any, client: Any) -> None:
    put(client, "INBOX", letter(1))
    desk.start()
    watched(desk)
    put(client, "INBOX", letter(2))
    desk.until("receive")
    desk.end()
    client.logout()
    dovecot.stop()
    (dovecot.folder / ACCOUNT / "dovecot-uidlist").unlink()
    for path in (dovecot.folder / ACCOUNT).glob("dovecot*index*"):
        path.unlink()
    (dovecot.folder / ACCOUNT / "dovecot-uidvalidity").unlink(missing_ok=True)
    time.sleep(1.1)
    dovecot.start()
    again = dovecot.client()
    put(again, "INBOX", letter(3))
    again.logout()
    desk.start()
    rows = desk.until("receive", "receive")
    time.sleep(0.5)
    assert [row["objects"][0]["id"] for row in desk.rows()] == ["mail:2@example.org", "mail:3@example.org"]
    assert len(rows) == 2


def test_servers_that_know_little_are_looked_at_again(
    desk: Desk, dovecot: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLLED", 0.2)
    client.logout()
    dovecot.stop()
    dovecot.configure(capability="IMAP4rev1 MOVE")
    dovecot.start()
    with dovecot.client() as again:
        for number in range(1, 4):
            put(again, "INBOX", letter(number))
        desk.start()
        watched(desk)
        put(again, "INBOX", letter(4))
        desk.until("receive")
        again.select("INBOX")
        again.store("1", "+FLAGS", "\\Seen")
        again.uid("MOVE", "2", "Archive")
        again.store("2", "+FLAGS", "\\Deleted")
        again.expunge()
        desk.until("receive", "read", "move", "delete")


def test_texts_are_kept_only_where_they_are_asked_for_and_never_of_sealed_mails(desk: Desk, client: Any) -> None:
    desk.settings |= {"bodies": "bo@example.org", "without": "doctor@,Secret"}
    desk.start()
    watched(desk)
    html = EmailMessage()
    html["From"], html["Message-ID"], html["Date"] = "bo@example.org", "<h@x>", format_datetime(datetime.now(UTC))
    html.set_content("<p>Grüße</p><style>x</style><p>aus &amp; Köln", subtype="html")
    sealed = (
        b"From: bo@example.org\nMessage-ID: <s@x>\nContent-Type: multipart/encrypted; boundary=b\n\n"
        b"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
        b"--b\nContent-Type: text/plain\n\nclosed\n--b--\n"
    )
    for one in (
        letter(1, text="Open text\n"), letter(2, From="eve@example.org"), letter(3, Sensitivity="Private"),
        letter(4, text="-----BEGIN PGP MESSAGE-----\nx\n"), letter(5, From="doctor@example.org"), html, sealed,
    ):  # fmt: skip
        put(client, "INBOX", one)
    rows = desk.until(*["receive"] * 6)
    texts = {row["objects"][0]["id"]: row.get("value_after") for row in rows}
    assert texts == {
        "mail:1@example.org": "Open text", "mail:2@example.org": None, "mail:3@example.org": None,
        "mail:4@example.org": None, "mail:h@x": "Grüße\naus & Köln", "mail:s@x": None,
    }  # fmt: skip


def test_hostile_mails_are_taken_as_far_as_it_makes_sense(desk: Desk, client: Any) -> None:
    desk.start()
    watched(desk)
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(120))
    hostile = [
        b"Subject: " + b"x" * (1 << 20) + b"\n\nx\n",
        b"From: =?utf-8?b?4p?= <a@x>\nSubject: =?utf-8?q?J=C3=B6rg?= =?x?q?=ff?=\nMessage-ID: <1@x>\n\nx\n",
        b"From: a@x\nMessage-ID: <2@x>\n" + deep + b"\n\nx\n",
        b'From: a@x\nMessage-ID: <3@x>\nContent-Type: application/x; name="' + b"(" * 9_000 + b'"\n\nx\n',
        b'From: a@x\nMessage-ID: <4@x>\nContent-Type: text/plain; charset="NIL) FLAGS (\\Seen"\n\nx\n',
        b"\n\n",
        b"To: " + b"a@x, " * 20_000 + b"\nMessage-ID: <5@x>\n\nx\n",
    ]
    for one in hostile:
        put(client, "INBOX", one)
    rows = desk.until(*["receive"] * len(hostile))
    assert rows[1]["window"].startswith("Jörg")
    assert all(len(str(row)) < 100_000 for row in rows)
    put(client, "INBOX", letter(9))
    desk.until(*["receive"] * (len(hostile) + 1))


def test_what_is_wrong_is_said_in_the_status(desk: Desk, dovecot: Any, tmp_path: Path) -> None:
    supervisor = Supervisor(desk.intake, first_wait=60)

    def trouble(**settings: str) -> str:
        supervisor.start(MailSource(), SourceOptions(tmp_path, desk.settings | settings))
        begun = time.monotonic()
        while (state := supervisor.states()["mail"]).state == "running" and time.monotonic() - begun < 60:
            time.sleep(0.02)
        supervisor.stop("mail")
        return state.trouble

    assert "does not let ada@example.org in" in trouble(password_command="echo wrong")
    assert "gave no password: it ended with 1" in trouble(password_command="false")
    assert "certificate of 127.0.0.1 is not to be trusted" in trouble(certificate="")
    assert "cannot be reached" in trouble(port="1")
    assert "has no folder 'Nothing'" in trouble(folders="Nothing")
    assert "host" in trouble(host="")
    supervisor.close()


def test_a_stripped_starttls_is_refused_and_a_good_one_taken(desk: Desk, dovecot: Any, client: Any) -> None:
    desk.settings |= {"security": "starttls", "port": str(dovecot.plain)}
    desk.start()
    watched(desk)
    put(client, "INBOX", letter(1))
    desk.until("receive")
    desk.end()
    client.logout()
    dovecot.stop()
    dovecot.configure(ssl_said="no", secure="no")
    dovecot.start()
    desk.start()
    begun = time.monotonic()
    while not desk.error and time.monotonic() - begun < 60:
        time.sleep(0.02)
    assert "does not offer STARTTLS" in str(desk.error[0])
    assert "Login" not in dovecot.log().rpartition("starting up")[2]


def test_rules_of_the_worker_hold(desk: Desk, client: Any) -> None:
    desk.intake.guard = Guard((Rule("title", "confidential"),))
    desk.start()
    watched(desk)
    put(client, "INBOX", letter(1, "Confidential matter"))
    put(client, "INBOX", letter(2))
    (row,) = desk.until("receive")
    assert row["window"] == "Budget for March"
