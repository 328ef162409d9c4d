from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.distil.quality.agreement import Verdict, compare, listed, named, quotations

SEND = 'Find the mail from Rosella and forward it to Sharity with the words "See below, please."'


@pytest.mark.parametrize(
    ("value", "asked", "verdict"),
    [
        ("13:47", "Enter 1:47 PM as the time and press submit.", Verdict.RIGHT),
        ("01:47", "Enter 1:47 PM as the time and press submit.", Verdict.HALF_DAY),
        ("1:47 p.m.", "Enter 13:47 as the time.", Verdict.RIGHT),
        ("00:03", "Enter 12:03 AM", Verdict.RIGHT),
        ("12:08", "Enter 12:08 as the time", Verdict.RIGHT),
        ("16:00", "Enter 4:09 PM", Verdict.OTHER),
        ("25:00", "Enter 4:09 PM", Verdict.OTHER),
        ("2013-12-03", "Enter 12/03/2013 as the date", Verdict.RIGHT),
        ("2013-03-12", "Enter 12/03/2013 as the date", Verdict.OTHER),
        ("03.12.2013", "Enter 2013-12-03", Verdict.RIGHT),
        ("007", "Enter 7 and submit", Verdict.RIGHT),
        ("8", "Enter 7 and submit", Verdict.OTHER),
        ("Sharity", SEND, Verdict.RIGHT),
        ("sharity", SEND, Verdict.CASE),
        ("Shari", SEND, Verdict.PART),
        ("Shrity", SEND, Verdict.NEAR),
        ("to Sharity, Rosella", SEND, Verdict.MORE),
        ("See below, please.", SEND, Verdict.RIGHT),
        ("see below, please.", SEND, Verdict.CASE),
        ("See below, please", SEND, Verdict.PART),
        ('"See below, please.', SEND, Verdict.MORE),
        ("See bellow, please.", SEND, Verdict.NEAR),
        ("hi", SEND, Verdict.OTHER),
        ("  ", SEND, Verdict.EMPTY),
        ("", SEND, Verdict.EMPTY),
    ],
)
def test_what_was_entered_is_held_against_the_request(value: str, asked: str, verdict: Verdict) -> None:
    assert compare(value, asked) is verdict


def test_words_on_an_element_are_named_when_they_stand_in_the_request_as_words() -> None:
    assert named("Rosella", SEND)
    assert not named("Rosell", SEND)
    assert not named("a", SEND)
    assert not named("", SEND)


def test_quotations_of_any_marks_are_found() -> None:
    assert quotations("Say “one”, «two» and 'three', it's \"four\".") == ("one", "two", "three", "four")
    assert quotations("It's Anna's mail") == ()


@given(st.text(max_size=60), st.text(max_size=60))
def test_every_text_gets_a_verdict(value: str, asked: str) -> None:
    assert compare(value, asked) in Verdict


@given(st.from_regex(r"[A-Za-z]{3,12}( [a-z]{3,9}){0,3}", fullmatch=True))
def test_what_is_quoted_is_right_when_entered_whole(words: str) -> None:
    assert compare(words, f'Answer with "{words}" at once.') is Verdict.RIGHT


@pytest.mark.parametrize(
    ("asked", "things"),
    [
        ("Select rbHWB, h0m and click Submit.", ("rbHWB", "h0m")),
        ("Select red, blue, and green and then press Submit", ("red", "blue", "green")),
        ("Choose Banana and press submit", ("Banana",)),
        ("Select nothing and click Submit.", ()),
        ("Select the second one and click Submit.", ()),
        ('Click on the "Ok" button.', ()),
    ],
)
def test_things_that_a_request_lists_are_found(asked: str, things: tuple[str, ...]) -> None:
    assert listed(asked) == things
