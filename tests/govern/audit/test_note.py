from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.audit.note import Note, Verifier
from guildbook.model.errors import InputError

# The note and key of the documentation of Go's golang.org/x/mod/sumdb/note, which began the format.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ME = Verifier("auditor/one", KEY.public_key().public_bytes_raw())


def test_a_known_note_is_read_and_holds() -> None:
    verifier, note = Verifier.parse(NEUMANN), Note.parse(NOTE)
    assert str(verifier) == NEUMANN
    assert str(note) == NOTE
    assert note.signed_by(verifier)
    assert not note.signed_by(ME)
    assert not Note(note.text.replace("answer", "Answer"), note.signatures).signed_by(verifier)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=60))
def test_what_is_signed_is_read_back(text: str) -> None:
    note = Note(text + "\n").signed(ME, KEY.sign)
    again = Note.parse(str(note))
    assert again == note
    assert again.signed_by(ME)


def test_signatures_add_up_and_one_key_signs_once() -> None:
    note = Note.parse(NOTE).signed(ME, KEY.sign).signed(ME, KEY.sign)
    assert [s.name for s in note.signatures] == ["PeterNeumann", "auditor/one"]
    assert note.signed_by(ME)
    assert note.signed_by(Verifier.parse(NEUMANN))


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "text\n",
        NOTE[:-1],
        NOTE.replace("— ", "- "),
        NOTE.replace("x08g", "x08*"),
        NOTE.replace("x08go/ZJ", ""),
        NOTE.replace("PeterNeumann x", "Peter+Neumann x"),
        NOTE.replace("\n", "\r\n"),
    ],
)
def test_what_is_no_note_is_refused(bad: str) -> None:
    with pytest.raises(InputError, match="signed note"):
        Note.parse(bad)


@pytest.mark.parametrize("bad", ["", "a+b+c", NEUMANN.replace("c74f20a3", "c74f20a4"), NEUMANN[:-4], "x y+" + NEUMANN])
def test_what_is_no_verifier_key_is_refused(bad: str) -> None:
    with pytest.raises(InputError, match="verifier key"):
        Verifier.parse(bad)
