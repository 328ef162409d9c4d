from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guildbook.distil.encode import encode
from guildbook.distil.quality.checks import checked
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.traces import join

Form = Callable[..., pa.Table]
ASKED = 'Forward the mail from Ann to Bob and write "As agreed."'
PRESSED = ("click", "send-forward", None, None)


def conditions(table: pa.Table) -> dict[str, set[str]]:
    """The conditions of each case."""
    traces = join(encode(table, Settings()))
    offsets, codes = traces.rules
    texts = traces.events.conditions.texts
    return {key: {texts[c] for c in codes[offsets[i] : offsets[i + 1]].tolist()} for i, key in enumerate(traces.keys)}


def test_the_last_thing_entered_in_a_field_counts(form: Form) -> None:
    steps = [("enter", "to", "bob", None), ("enter", "to", "Bob", None), ("enter", "body", "As agreed", None), PRESSED]
    assert conditions(form([(ASKED, steps, "1")]))["form:0"] == {
        "✓ “to” holds what was asked for",
        "✗ “body” holds only a part of what was asked for",
        "✓ something was entered",
        "✓ the last button pressed does what was asked for",
        "deed asked for=forward",
        "deed asked for=create",
        "text to enter=given",
        "✗ something that the request names was used nowhere",
    }


def test_what_is_clicked_is_held_against_the_names_in_the_request(form: Form) -> None:
    def on(*words: str) -> set[str]:
        steps = [("click", "sender", None, word) for word in words]
        return {c for c in conditions(form([(ASKED, steps, "1")]))["form:0"] if "“sender”" in c}

    assert on("Ann") == {"✓ the “sender” that was clicked is one asked for"}
    assert on("Eve") == {"✗ the “sender” that was clicked is not one asked for"}
    assert on("Eve", "Ann") == {"✗ a “sender” was clicked besides those asked for"}
    assert on("sender") == set()


def test_what_was_copied_from_elsewhere_is_no_mistake(form: Form) -> None:
    steps = [("click", "source", None, "Lorem ipsum"), ("enter", "target", "Lorem ipsum", None)]
    found = conditions(form([("Copy the text above into the box below", steps, "1")]))["form:0"]
    assert "✓ “target” holds what stood elsewhere" in found


def test_all_that_is_listed_must_be_picked(form: Form) -> None:
    def verdict(*words: str) -> bool:
        steps = [*(("click", "label", None, word) for word in words), ("click", "Submit", None, None)]
        found = conditions(form([("Select red, blue and click Submit", steps, "1")]))["form:0"]
        return "✓ all that the request names was used" in found

    assert verdict("red", "blue")
    assert verdict("blue", "green", "red")
    assert not verdict("red")
    assert not verdict()


def test_a_secret_gets_no_verdict(form: Form) -> None:
    found = conditions(form([('Log in with "abc"', [("enter", "password", "[hidden]", None)], "1")]))["form:0"]
    assert not any("“password”" in c for c in found)


def test_no_text_of_the_case_reaches_the_sums(form: Form) -> None:
    table = form([('Tell Wilhelmina "Fringilla."', [("enter", "to", "Wilhelmino", None), PRESSED], "1")])
    texts = " ".join(summarise_table(table, Settings()).texts.values())
    assert "Wilhelm" not in texts
    assert "Fringilla" not in texts


def test_logs_that_ask_for_nothing_are_let_alone(form: Form) -> None:
    table = form([("Short", [PRESSED], "1")])
    plain = table.set_column(table.schema.get_field_index("attributes"), "attributes", pa.nulls(1, pa.string()))
    ids, case = np.zeros((1, 2), np.uint64), np.zeros(1, np.int32)
    assert checked(plain, case, ids, [], np.array([-1])) is None
    assert checked(plain, case, ids, ['{"case:product":"marine"}'], np.array([0])) is None
    without = table.set_column(table.schema.get_field_index("element_name"), "element_name", pa.nulls(1, pa.string()))
    assert conditions(without) == {"form:0": set()}


entries = st.tuples(
    st.just("enter"), st.sampled_from(["to", "body"]), st.sampled_from(["Bob", "bob", "", "x"]), st.none()
)
clicks = st.tuples(
    st.just("click"), st.sampled_from(["sender", "send", "trash"]), st.none(), st.sampled_from(["Ann", None])
)
cases = st.tuples(
    st.sampled_from([ASKED, "Delete Ann"]),
    st.lists(st.one_of(entries, clicks), min_size=1, max_size=5),
    st.sampled_from(["1", "-1"]),
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(listed=st.lists(cases, min_size=1, max_size=6), seed=st.integers(0, 99), data=st.data())
def test_verdicts_add_up_whatever_the_parts_and_the_order(
    form: Form, listed: list[Any], seed: int, data: st.DataObject
) -> None:
    table = form(listed)
    whole = summarise_table(table, Settings()).profiles
    mixed = table.take(np.random.default_rng(seed).permutation(len(table)))
    assert summarise_table(mixed, Settings()).profiles == whole
    early = [f"form:{i}" for i in range(data.draw(st.integers(0, len(listed))))]
    first = np.isin(np.array(table.column("case").to_pylist()), early)
    one, two = (summarise_table(table.filter(pa.array(rows)), Settings()).profiles for rows in (first, ~first))
    assert one + two == whole
    assert whole - one == two


def test_one_event_that_says_what_is_asked_is_enough(form: Form) -> None:
    table = form([(ASKED, [("enter", "to", "Bob", None), PRESSED], "1")])
    once = pa.array([None, table.column("attributes")[1].as_py()], pa.string()).dictionary_encode()
    place = table.schema.get_field_index("attributes")
    said = table.set_column(place, table.schema.field(place), once)
    assert conditions(said) == conditions(table)
