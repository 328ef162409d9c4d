"""One thing has one name, whoever tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.joining_names import file, named, one_name, page, things


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("https://Desk.Example:443/claims/7?tab=2#top", "url:https://desk.example/claims/7"),
        ("HTTP://desk.example:8080", "url:http://desk.example:8080/"),
        ("https://user:word@desk.example/a", "url:https://desk.example/a"),
        ("http://[::1]:80/a", "url:http://[::1]/a"),
        ("about:blank", None),
        ("file:///etc/hosts", None),
        ("https://[broken", None),
        ("https://a:port/", None),
    ],
)
def test_pages(told: str, name: str | None) -> None:
    assert page(told) == name


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Work").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "Work")
    real = f"file:{(tmp_path / 'Work').resolve()}/a b.xlsx"
    told = (
        f"{tmp_path}/Work/a b.xlsx", f"file://{tmp_path}/Work/a%20b.xlsx", f"file://localhost{tmp_path}/Work/a%20b.xlsx",
        "~/Work/a b.xlsx", "~/link/a b.xlsx", f"{tmp_path}/Work/../link/./a b.xlsx",
    )  # fmt: skip
    assert {file(each) for each in told} == {real}
    assert file("file://server/share/a.xlsx") is None
    assert file("a.xlsx") is None
    assert file("/a\0b") is None


def test_objects() -> None:
    def name(identity: str, kind: str = "") -> tuple[str, str]:
        found = one_name({"id": identity, "type": kind, "qualifier": "to"})
        assert found["qualifier"] == "to"
        return found["id"], found["type"]

    assert name("Jutta Weiss <Jutta.Weiss@Example.org>", "person") == ("jutta.weiss@example.org", "person")
    assert name("mailto:Bo@example.org", "person") == ("bo@example.org", "person")
    assert name("user-1", "person") == ("user-1", "person")
    assert name("mail:<A1@example.org>") == ("mail:A1@example.org", "mail")
    assert name("file:/a/../b.txt") == ("file:/b.txt", "document")
    assert name("file:///b.txt", "document") == ("file:/b.txt", "document")
    assert name("https://a.example?x") == ("url:https://a.example/", "page")
    assert name("clip:00ff", "clip") == ("clip:00ff", "clip")
    assert name("claim:7", "claim") == ("claim:7", "claim")


def test_the_page_and_the_file_an_event_stands_in_are_things_too() -> None:
    row = {"device": "desk", "url": "https://a.example/x?y", "document": "/b.txt",
           "objects": [{"id": "file:///b.txt", "type": "document", "qualifier": "opened"}]}  # fmt: skip
    assert [(each["id"], each["qualifier"]) for each in things(row)] == [
        ("file:/b.txt", "opened"), ("url:https://a.example/x", ""),
    ]  # fmt: skip
    assert named(row | {"device": None}) == row | {"device": None}  # told as an importer tells it


@given(st.text(max_size=60), st.sampled_from(["person", "document", "page", "mail", "", "clip"]))
def test_a_shared_name_is_its_own_shared_name(identity: str, kind: str) -> None:
    once = one_name({"id": identity, "type": kind, "qualifier": ""})
    assert one_name(once) == once


@given(st.text(max_size=60))
def test_any_text_is_a_page_or_a_file_or_neither(text: str) -> None:
    for found in (page(text), file(text)):
        assert found is None or found.startswith(("url:http", "file:/"))
