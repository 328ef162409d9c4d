"""What servers answer, what mails consist of, what is said and kept of an account: without a server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model import InputError, UsageError
from guildbook.record.sources._mail_answers import DEEPEST, fetched, folder_name, lists, ranges
from guildbook.record.sources._mail_parts import Part, structure_of
from guildbook.record.sources._mail_settings import lacking, secret_of, settings_of
from guildbook.record.sources._mail_state import KEPT, Keeper, Known, Memory, Stand
from guildbook.record.sources._mail_text import text_of

ACCOUNT = {"host": "imap.example.org", "user": "ada@example.org"}


def test_answers_are_read_with_literals_strings_and_nil() -> None:
    data = [
        (b"1 (UID 7 FLAGS (\\Seen $X) BODY[HEADER.FIELDS (A B)]<0> {5}", b"(a) )"),
        b' INTERNALDATE "1 \\"x" MODSEQ (12))',
        b"2 (FLAGS ())",
        b'3 (UID 9 X NIL Y "NIL" BODY[1] "")',
    ]
    assert fetched(data) == {
        7: {"UID": b"7", "FLAGS": [b"\\Seen", b"$X"], "BODY[]": b"(a) )", "INTERNALDATE": b'1 "x', "MODSEQ": [b"12"]},
        9: {"UID": b"9", "X": None, "Y": b"NIL", "BODY[]": b""},
    }
    assert ranges([b"(EARLIER) 41,43:116,9:7"]) == [(41, 41), (43, 116), (7, 9)]


def test_what_is_too_deep_is_left_out() -> None:
    found = lists([b"(" * (DEEPEST + 50) + b"x" + b")" * (DEEPEST + 50) + b" y"])
    assert found[-1] == b"y"
    assert lists([b")) x ("]) == [b"x", []]


@given(st.lists(st.binary(max_size=60) | st.tuples(st.binary(max_size=30), st.binary(max_size=30)), max_size=4))
def test_no_answer_breaks_it(data: list[Any]) -> None:
    for one in fetched(data).values():
        structure_of(one.get("BODYSTRUCTURE"))
    structure_of(lists(data))
    ranges(data)


@pytest.mark.parametrize(
    ("raw", "name"),
    [(b"INBOX", "INBOX"), (b"Entw&APw-rfe", "Entwürfe"), (b"A&-B", "A&B"), (b"&ZeVnLIqe-", "日本語"), (b"&AP-", "AP"),
     (b"&", "&")],
)  # fmt: skip
def test_names_of_folders_are_read(raw: bytes, name: str) -> None:
    assert folder_name(raw) == name


@given(st.binary(max_size=40))
def test_no_name_of_a_folder_breaks_it(raw: bytes) -> None:
    folder_name(raw).encode()


def test_a_structure_tells_texts_and_files_apart() -> None:
    said = (
        b'((("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 12 2 NIL NIL NIL NIL)'
        b'("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" 40 2 NIL NIL NIL NIL) "alternative")'
        b'("application" "pdf" ("name" "=?utf-8?q?M=C3=A4rz=2Epdf?=") NIL NIL "base64" 7800 NIL '
        b'("attachment" NIL) NIL NIL)'
        b'("text" "csv" NIL NIL NIL "7bit" 9 1 NIL ("attachment" ("filename*" "utf-8\'\'a%20b.csv")) NIL NIL)'
        b'("message" "rfc822" NIL NIL NIL "7bit" 300 (NIL) ("text" "plain" NIL NIL NIL "7bit" 5 1) 9) "mixed")'
    )
    found = structure_of(lists([said])[0])
    assert [part.section for part in found.parts] == ["1.1", "1.2", "2", "3", "4"]
    assert found.length == 10 + 38 + 4
    assert dict(found.attachments) == {"application/pdf": 1, "text/csv": 1}
    assert found.files() == [
        {"name": "März.pdf", "size": 5_700, "type": "application/pdf"},
        {"name": "a b.csv", "size": 9, "type": "text/csv"},
    ]
    first = found.text()
    assert first is not None
    assert (first.section, first.charset) == ("1.1", "utf-8")
    assert structure_of(lists([b'((NIL) "encrypted")'])[0]).sealed


@pytest.mark.parametrize(
    ("data", "kind", "encoding", "charset", "text"),
    [
        (b"J=C3=B6rg=\n!", "text/plain", "quoted-printable", "utf-8", "Jörg!"),
        (b"SvZyZw==", "text/plain", "base64", "iso-8859-1", "Jörg"),
        (b"SvZyZ", "text/plain", "base64", "latin-1", "Jör"),
        (b"J\xc3\xb6rg\0", "text/plain", "8bit", "no-such", "Jörg"),
        (b"<p>a<script>b</script> &lt;c</p><br>d", "text/html", "7bit", "", "a <c\n\nd"),
        (b"-----BEGIN PGP MESSAGE-----\nx", "text/plain", "7bit", "", ""),
    ],
)
def test_texts_are_decoded(data: bytes, kind: str, encoding: str, charset: str, text: str) -> None:
    part = Part("1", kind, len(data), 0, charset, encoding, "", attached=False)
    assert text_of(data, part).replace("\n\n", "\n") == text.replace("\n\n", "\n")


@given(st.binary(max_size=80), st.sampled_from(["base64", "quoted-printable", ""]), st.text(max_size=5))
def test_no_text_breaks_it(data: bytes, encoding: str, charset: str) -> None:
    for kind in ("text/plain", "text/html"):
        text_of(data, Part("1", kind, len(data), 0, charset, encoding, "", attached=False)).encode()


def test_settings_have_safe_defaults() -> None:
    found = settings_of(ACCOUNT)
    assert (found.port, found.security, found.folders) == (993, "tls", ("INBOX", "sent"))
    assert settings_of(ACCOUNT | {"security": "starttls"}).port == 143
    assert settings_of(ACCOUNT | {"security": "plain", "host": "127.0.0.1"}).security == "plain"
    assert settings_of(ACCOUNT | {"security": "plain", "insecure": "yes"}).security == "plain"
    assert settings_of(ACCOUNT | {"bodies": "Projekte, Bo@X.org"}).bodies == ("projekte", "bo@x.org")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"host": ""}, "host"), ({"host": "a b"}, "host"), ({"user": ""}, "user"), ({"port": "0"}, "port"),
        ({"port": "99999"}, "port"), ({"security": "ssl"}, "security"), ({"security": "plain"}, "security=plain"),
        ({"folders": ","}, "folders"), ({"pasword": "x"}, "pasword"), ({"password-command": "'"}, "password_command"),
        ({"password-command": "a", "token-command": "b"}, "token_command"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_named(said: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        settings_of(ACCOUNT | said)


def test_a_password_comes_from_a_command_or_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    command = f"{sys.executable} -c \"print('pass word');print('more')\""
    assert secret_of(settings_of(ACCOUNT | {"password-command": command})) == "pass word"
    with pytest.raises(InputError, match="gave no password"):
        secret_of(settings_of(ACCOUNT | {"token-command": "/nonexistent/program"}))
    asked: list[tuple[str, str]] = []

    def kept(service: str, user: str) -> str | None:
        asked.append((service, user))
        return "kept" if len(asked) == 1 else None

    monkeypatch.setattr("keyring.get_password", kept)
    assert secret_of(settings_of(ACCOUNT)) == "kept"
    with pytest.raises(InputError, match="keyring set guildbook-mail"):
        secret_of(settings_of(ACCOUNT))
    assert asked[0] == ("guildbook-mail", "ada@example.org@imap.example.org")
    assert lacking(settings_of(ACCOUNT)) == ""


def test_what_is_kept_is_closed_bounded_and_of_one_account(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    memory = Memory("ada@x", own={"bo@x": "Bo"}, sent={"1@x": 1})
    memory.folders["INBOX"] = Stand(1, 2, 3, {uid: Known(f"{uid}@x", "thread:1", 1) for uid in range(KEPT + 10)})
    memory.folders["INBOX"].trim()
    keeper.save(memory)
    assert Keeper(tmp_path).load("ada@x") == memory
    assert min(memory.folders["INBOX"].known) == 10
    assert Keeper(tmp_path).load("bo@x") == Memory("bo@x")
    assert b"bo@x" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    (tmp_path / "mail.state").write_bytes(b"damaged")
    assert keeper.load("ada@x") == Memory("ada@x")
