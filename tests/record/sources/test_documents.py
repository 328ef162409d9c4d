"""Texts saved in a watched folder: paragraphs that were changed, put in, taken out, moved."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watched_folder import watched

from guildbook.plugins import Source
from guildbook.record.sources import _files_packages
from guildbook.record.sources._documents_blocks import Block, read_text
from guildbook.record.sources._documents_job import edits
from guildbook.record.sources._files_packages import RefusedError, TornError
from guildbook.record.sources.documents import DocumentsSource

REPORT = """# Claim 17

The damage was seen on Monday by the
neighbour, who called us.

## Cause

Water from the pipe above.

## Sum

We pay 1,200.
"""

BLOCKS = st.lists(st.builds(Block, st.integers(0, 1), st.sampled_from(["a b c", "a b d", "x", "y z"])), max_size=8)


@given(BLOCKS, BLOCKS)
def test_edits_account_for_every_paragraph(old: list[Block], new: list[Block]) -> None:
    found = edits(old, new)
    kept_old, kept_new = Counter(old), Counter(new)
    for edit in found:
        if edit.before is not None:
            kept_old[edit.before] -= 1
        if edit.after is not None:
            kept_new[edit.after] -= 1
            assert new[edit.place] == edit.after
    assert kept_old == kept_new


def test_paragraphs_and_headings_of_markdown(tmp_path: Path) -> None:
    path = tmp_path / "claim.md"
    path.write_text("\ufeffTitle\n=====\n\nOne\ntwo\n\n```\n# code\n\nx\n```\n### Third ###\nlast")
    assert read_text(path).blocks == [
        Block(1, "Title"), Block(0, "One\ntwo"), Block(0, "```\n# code\n\nx\n```"), Block(3, "Third"), Block(0, "last")
    ]  # fmt: skip
    path.rename(tmp_path / "claim.txt")
    assert Block(0, "Title\n=====") in read_text(tmp_path / "claim.txt").blocks


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"text\0more")
    with pytest.raises(RefusedError):
        read_text(path)
    path.write_bytes("Größe".encode("cp1252"))
    assert read_text(path).blocks == [Block(0, "Größe")]
    path.write_bytes("Größe".encode("utf-16"))
    assert read_text(path).blocks == [Block(0, "Größe")]


def docx(path: Path, body: str, head: str = "") -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("_rels/.rels", "<Relationships/>")
        pack.writestr("word/document.xml", f"{head}<w:document xmlns:w='u'><w:body>{body}</w:body></w:document>")


def test_tracked_deletions_are_gone_and_boxes_count_once(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    inner = "<w:p><w:r><w:t>box</w:t></w:r></w:p>"
    box = f"<w:r><w:x>{inner}</w:x><Fallback>{inner}</Fallback></w:r>"
    docx(path, f"<w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>{box}</w:p>")
    assert read_text(path).blocks == [Block(0, "box"), Block(0, "kept")]


def test_hostile_packages_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.docx"
    docx(path, "<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", "<!DOCTYPE d [<!ENTITY x 'y'>]>")
    with pytest.raises(RefusedError, match="document type"):
        read_text(path)
    docx(path, "<w:p><w:r><w:t>cut</w:t>")
    with pytest.raises(TornError):
        read_text(path)
    monkeypatch.setattr(_files_packages, "LARGEST_PART", 1 << 20)
    docx(path, "<w:p>" + "A" * (2 << 20) + "</w:p>")
    with pytest.raises(RefusedError):
        read_text(path)
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("word/other.xml", "<a/>")
    with pytest.raises(TornError):
        read_text(path)


def test_what_changed_is_recorded_by_paragraph(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    path = folder / "claim.md"
    path.write_text(REPORT)
    source = DocumentsSource()
    assert isinstance(source, Source)
    with watched(source, tmp_path) as seen:
        seen.ready(1)
        later = REPORT.replace("1,200", "1,450").replace("## Sum", "Nobody is to blame.\n\n## Sum")
        rows = seen.after(lambda: path.write_text(later))
        told = [(r["action"], r["element_role"], r["element_name"], r.get("value_before"), r.get("value_after"))
                for r in rows[:-1]]  # fmt: skip
        assert told == [
            ("add", "paragraph", "Cause", None, "Nobody is to blame."),
            ("edit", "paragraph", "Sum", "We pay 1,200.", "We pay 1,450."),
        ]
        assert rows[-1]["attributes"] == {"paragraphs": 2, "words_added": 5, "words_removed": 1}

        (folder / "deep").mkdir()
        rows = seen.after(lambda: (folder / "deep" / "new.txt").write_text("one two"))
        assert [(r["action"], r["attributes"]) for r in rows] == [("create", {"paragraphs": 1, "words": 2})]
        rows = seen.after(lambda: (folder / "deep").rename(folder / "renamed"), len)
        assert [(r["action"], r["document"]) for r in rows] == [("rename", str(folder / "renamed" / "new.txt"))]
