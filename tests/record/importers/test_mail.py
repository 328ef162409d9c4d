from __future__ import annotations

import mailbox
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.model import InputError
from guildbook.plugins import ImportOptions
from guildbook.record.importers import _rows
from guildbook.record.importers._mail_message import decoded, read_mail, without_marks
from guildbook.record.importers._mail_subject import subject_words
from guildbook.record.importers.mail import MailImporter

MAIL = MailImporter()
NOBODY = ImportOptions()
Reader = Callable[..., Any]
START = datetime(2024, 3, 1, 9, tzinfo=UTC)


def message(
    number: int, sender: str, to: str, subject: str, text: str = "Hello\n", *, reply_to: int | None = None, **more: str
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(START + timedelta(hours=number))
    mail["Message-ID"] = f"<{number}@example.org>"
    if reply_to is not None:
        mail["In-Reply-To"] = f"<{reply_to}@example.org>"
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


@pytest.fixture
def letters() -> list[EmailMessage]:
    first = message(1, "Ada Lovelace <Ada@Example.org>", "Bo <bo@example.org>, cleo@example.org", "Budget for März")
    first.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    first.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="b.pdf")
    return [
        first,
        message(2, "bo@example.org", "ada@example.org", "Re: Budget for März", reply_to=1, Cc="Dee <dee@x.org>",
                text="From here\n\nFrom there on\n"),
        message(3, "ada@example.org", "bo@example.org", "AW: Re[2]: Budget for März", reply_to=2),
        message(4, "ada@example.org", "eve@example.org", "Fwd: Budget for März", References="<9@x> <1@example.org>"),
        message(5, "robot@example.org", "ada@example.org", "Out of office", Auto_Submitted="auto-replied"),
    ]  # fmt: skip


@pytest.fixture
def mbox(tmp_path: Path, letters: list[EmailMessage]) -> Path:
    path = tmp_path / "inbox.mbox"
    with closing(mailbox.mbox(path)) as box:
        for letter in letters:
            box.add(letter)
    return path


@pytest.fixture
def maildir(tmp_path: Path, letters: list[EmailMessage]) -> Path:
    path = tmp_path / "Maildir"
    box = mailbox.Maildir(path)
    for letter in letters[:3]:
        box.add(letter)
    sent = box.add_folder("Sent")
    for letter in letters[3:]:
        sent.add(letter)
    return path


def test_a_mail_is_an_event_of_its_sender(mbox: Path, read: Reader) -> None:
    rows = read(MAIL, mbox).rows
    assert [r["action"] for r in rows] == ["send", "reply", "reply", "forward", "send"]
    assert [r["worker"] for r in rows] == ["Ada Lovelace", "Bo", "Ada Lovelace", "Ada Lovelace", "robot@example.org"]
    assert [r["origin"] for r in rows] == [*["unknown"] * 4, "agent"]
    assert {r["window"] for r in rows[:4]} == {"Budget for März"}
    assert rows[0]["time"] == START + timedelta(hours=1)
    assert {r["app"] for r in rows} == {"mail"}


def test_receivers_are_people_called_as_they_call_themselves(mbox: Path, read: Reader) -> None:
    rows = read(MAIL, mbox).rows
    assert rows[0]["objects"] == [
        {"id": "Bo", "type": "person", "qualifier": "to"},
        {"id": "cleo@example.org", "type": "person", "qualifier": "to"},
    ]
    assert rows[1]["objects"] == [
        {"id": "Ada Lovelace", "type": "person", "qualifier": "to"},
        {"id": "Dee", "type": "person", "qualifier": "cc"},
    ]


def test_a_thread_is_a_case(mbox: Path, read: Reader) -> None:
    cases = [r["case"] for r in read(MAIL, mbox).rows]
    assert all(c.startswith("thread:") for c in cases)
    assert len(set(cases)) == 2
    assert cases[0] == cases[1] == cases[2] == cases[3] != cases[4]


def test_no_text_is_kept_only_its_length_and_what_was_attached(mbox: Path, read: Reader) -> None:
    result = read(MAIL, mbox)
    kept = '{"attachments":{"application/pdf":2},"case:subject":["budget","märz"],"length":6}'
    assert result.rows[0]["attributes"] == kept
    assert "Hello" not in str(result.table.to_pylist())


def test_a_maildir_and_a_folder_of_mails_give_the_same_events(
    mbox: Path, maildir: Path, letters: list[EmailMessage], tmp_path: Path, read: Reader
) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    for number, letter in enumerate(letters):
        (folder / f"{number}.eml").write_bytes(letter.as_bytes())

    def by_time(path: Path) -> list[Any]:
        return sorted(
            (r["time"], r["worker"], r["action"], r["window"], str(r.get("objects"))) for r in read(MAIL, path).rows
        )

    assert by_time(folder) == by_time(mbox) == by_time(maildir)
    assert MAIL.sniff(maildir, b"") > 0.9
    assert MAIL.sniff(folder, b"") > 0.5
    assert MAIL.describe(maildir, NOBODY).startswith("Maildir: 5 messages")
    (folder / "note.txt").write_text("x")
    assert MAIL.sniff(folder, b"") == 0


def test_a_single_mail_is_found_and_read(letters: list[EmailMessage], tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "x.eml"
    path.write_bytes(letters[0].as_bytes())
    assert MAIL.sniff(path, path.read_bytes()) > 0.8
    assert MAIL.sniff(tmp_path / "x", path.read_bytes()) > 0.5
    assert len(read(MAIL, path).rows) == 1


def test_moving_a_mail_to_read_changes_no_fingerprint(maildir: Path) -> None:
    before = MAIL.fingerprint(maildir, NOBODY)
    for file in list((maildir / "new").iterdir()):
        file.rename(maildir / "cur" / f"{file.name}:2,S")
    assert MAIL.fingerprint(maildir, NOBODY) == before
    next((maildir / "cur").iterdir()).unlink()
    assert MAIL.fingerprint(maildir, NOBODY) != before


def test_broken_and_repeated_mails_are_rejected_without_their_text(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "x"
    path.write_bytes(
        b"From x Mon Jan  1 00:00:00 2024\nSubject: nobody\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\nsecret text\n\n"
        b"From x Mon Jan  1 00:00:00 2024\nFrom: a@x\nDate: once\n\nsecret text\n\n"
        b"From x Mon Jan  1 00:00:00 2024\nFrom: a@x\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\n>From you\n\n"
        b"From x Mon Jan  1 00:00:00 2024\nFrom: a@x\nDate: Mon, 1 Jan 2024 10:00:00 +0000\n\nsecret text\n\n"
    )
    result = read(MAIL, path)
    assert [(r.line, r.reason) for r in result.rejected] == [
        (1, "no sender"), (2, "no readable date"), (4, "the same message again"),
    ]  # fmt: skip
    assert len(result.rows) == 1
    assert not any("secret" in r.text for r in result.rejected)


@pytest.mark.parametrize(
    ("subject", "bare", "mark"),
    [
        ("Re: Budget", "Budget", "reply"),
        ("RE: Fwd: Budget", "Budget", "reply"),
        ("WG: AW: Antrag", "Antrag", "forward"),
        ("Re[3]: x", "x", "reply"),
        ("Reminder: x", "Reminder: x", ""),
        ("Re:", "", "reply"),
        ("", "", ""),
    ],
)
def test_reply_and_forward_marks_are_taken_off(subject: str, bare: str, mark: str) -> None:
    assert without_marks(subject) == (bare, mark)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?q?J=C3=B6rg?=", "Jörg"),
        ("=?iso-8859-1?b?SvZyZw==?= x", "Jörg x"),
        ("=?nonsense?q?J=C3=B6rg?=", "Jörg"),
        ("=?utf-8?b?abcde?=", "=?utf-8?b?abcde?="),
        ("two\n lines", "two lines"),
        ("J\udcc3\udcb6rg", "Jörg"),
    ],
)
def test_encoded_words_are_read_and_broken_ones_survive(raw: str, text: str) -> None:
    assert decoded(raw) == text


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Invoice 4711 from Bluehill", ["bluehill", "invoice"]),
        ("What about the invoice of Ann?", ["invoice"]),
        ("[sales] Purchase order PO-17/3, 12.5.2026 a@b.example", ["order", "purchase", "sales"]),
        ("Bitte um Freigabe: Reise nach Köln", ["freigabe", "köln", "reise"]),
        ("one two three four five six seven eight", ["five", "four", "seven", "six", "three", "two"]),
        ("", []),
        ("12:30", []),
        ("x" * 60_000 + " budget " + "-'" * 30_000, ["budget"]),
    ],
)
def test_a_subject_is_its_words_without_codes_and_names(subject: str, words: list[str]) -> None:
    assert subject_words(subject, ["Ann Lee", "bob@b.example"]) == words


def test_many_mails_come_in_chunks(mbox: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rows, "CHUNK_ROWS", 2)
    result = read(MAIL, mbox)
    assert result.chunks == 3
    assert len(result.rows) == 5


def test_sniffing_leaves_other_texts_alone(tmp_path: Path) -> None:
    assert MAIL.sniff(tmp_path / "x", b"name: a\nkind: b\nother: c\n") == 0
    assert MAIL.sniff(tmp_path / "x", b"From here on, nothing\nis a mail\n") == 0
    assert MAIL.sniff(tmp_path, b"") == 0


def test_an_empty_file_is_no_mailbox(tmp_path: Path, read: Reader) -> None:
    (tmp_path / "cur").mkdir()
    (tmp_path / "new").mkdir()
    assert "no mail" in str(read(MAIL, tmp_path).error)
    assert "cannot be read" in str(read(MAIL, tmp_path / "nothing").error)


@pytest.mark.parametrize(
    "data",
    [
        b"From: a@x\nTo: " + b"(" * 60_000 + b"\n\n",
        b"From: a@x\nTo: " + b"a:b:" * 15_000 + b"\n\n",
        b"From: a@x\n" + b"Content-Type: message/rfc822\n\n" * 3_000,
        b"From: a@x\n" + b"".join(b"Content-Type: multipart/x; boundary=%d\n\n--%d\n" % (i, i) for i in range(900)),
    ],
    ids=["brackets", "groups", "mails in mails", "parts in parts"],
)
def test_bottomless_mails_are_read_as_far_as_it_makes_sense(data: bytes) -> None:
    assert read_mail(data).sender == ("", "a@x")


header = st.sampled_from([b"From", b"To", b"Cc", b"Subject", b"Date", b"Message-ID", b"References", b"Content-Type",
                          b"Content-Transfer-Encoding", b"MIME-Version"])  # fmt: skip
value = st.binary(max_size=60) | st.sampled_from(
    [b"a@x", b"=?utf-8?b?4p?=", b"=?x?q?=ff?= <a@x>", b"Mon, 1 Jan 2024 10:00:00 +9999", b"Mon, 99 Foo 0 99:99:99",
     b"multipart/mixed; boundary=x", b"text/plain; charset=nope", b"base64", b"group: a@x, b@y;", b"<1@x> <2@x>"]
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(header, value), max_size=8), st.binary(max_size=100), st.sampled_from(["alone", "boxed"]))
def test_no_mail_breaks_it(tmp_path: Path, headers: list[tuple[bytes, bytes]], body: bytes, form: str) -> None:
    data = b"".join(name + b": " + text + b"\n" for name, text in headers) + b"\n" + body
    read_mail(data)
    path = tmp_path / "x"
    path.write_bytes(b"From x\n" + data + b"\n\nFrom y\n" + data if form == "boxed" else data)
    MAIL.sniff(path, path.read_bytes())
    try:
        for chunk in MAIL.read(path, NOBODY):
            chunk.events.validate(full=True)
    except InputError:
        pass
