from __future__ import annotations

from guildbook.distil.quality.lexicon import CONCEPT_OF, concepts


def test_a_button_and_a_request_meet_in_the_deed() -> None:
    assert concepts("trash") == concepts("Get rid of it, will you?") == {"delete"}
    assert concepts("send-forward") == {"send", "forward"}
    assert concepts("sendReply") == {"send", "answer"}
    assert concepts("SUBMIT") == {"submit"}


def test_what_is_quoted_asks_for_nothing() -> None:
    assert concepts('Reply with "delete this"') == {"answer"}


def test_no_word_stands_for_two_deeds() -> None:
    assert all(concepts(word) == {concept} for word, concept in CONCEPT_OF.items())
