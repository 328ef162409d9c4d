from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.labels import LIMIT, app_label, clean, document_class, generalise, label_of, plain_label


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("row 17", "row #"),
        ("1,234.50 EUR", "# EUR"),
        ("mail to ann.b+c@example.co.uk", "mail to <address>"),
        ('rename "Q3 plan" now', "rename <text> now"),
        ("don't touch", "don't touch"),
        ("https://user@shop.example.org:8080/cart?id=7#x", "shop.example.org"),
        ("open C:\\data\\sales.xlsx", "open <spreadsheet>"),
        ("open /home/ann/notes", "open <path>"),
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301 done", "<id> done"),
        ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "commit <id>"),
        ("deadbeefcafe", "deadbeefcafe"),
        ("accept/decline", "accept/decline"),
        ("a\tb\n\x00c", "a b c"),
    ],
)
def test_content_gives_way_to_its_kind(text: str, expected: str) -> None:
    assert generalise(text) == expected


@given(st.text())
def test_generalising_is_bounded_and_settles(text: str) -> None:
    once = generalise(text)
    assert len(once) <= LIMIT
    assert not any(ord(c) < 32 or ord(c) == 127 for c in once)
    assert not any(c.isascii() and c.isdigit() for c in once)


@pytest.mark.parametrize("text", ["worker:ann", "case:product=marine"])
def test_no_label_can_pass_for_a_worker_or_a_condition(text: str) -> None:
    assert clean(text) != text


def test_document_classes() -> None:
    assert [document_class(d) for d in ("a.XLSX", "b/c.pdf", "notes", ".txt", None, "x.y.tar")] == [
        "spreadsheet",
        "pdf",
        "",
        "",
        "",
        "archive",
    ]


def test_process_steps_keep_digits_and_show_their_lifecycle() -> None:
    assert plain_label("W_Call 2", "START") == "W_Call 2+START"
    assert plain_label("W_Call 2", "Complete") == "W_Call 2"
    assert plain_label("W_Call 2+START", "start") == "W_Call 2+START"
    assert plain_label("", None) == "?"


def test_app_labels() -> None:
    assert app_label("claims", "click", "Settle", "") == "claims: click Settle"
    assert app_label("excel", "edit cell", "cell", "spreadsheet") == "excel: edit cell (spreadsheet)"


def test_label_of_one_event() -> None:
    fields = {"app": "editor", "action": "write", "element_role": "text", "document": "report 12.docx"}
    assert label_of(fields) == "editor: write text (document)"
    assert label_of(fields | {"element_name": "Page 3"}) == "editor: write Page # (document)"
    assert label_of({"action": "Register", "lifecycle": "start"}) == "Register+start"
