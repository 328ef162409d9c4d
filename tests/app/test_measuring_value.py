"""Value and exposure on a real book, and what is kept from others there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guildbook.app import Book, open_book
from guildbook.app.learning import Wanted
from guildbook.app.measuring import Asked
from guildbook.app.measuring_exposure import Forecast
from guildbook.app.measuring_health import micros
from guildbook.app.measuring_value import Valued
from guildbook.govern.identity.person import Role
from guildbook.govern.identity.signing import Identity
from guildbook.model import InputError, UnknownNameError, UsageError
from guildbook.model.time import DAY, HOUR, now


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """A hundred claims and forty letters by seven people; only two of them write letters."""
    lines = ["case,time,worker,activity"]
    for number in range(100):
        lines += [
            f"claim:{number},2026-03-{1 + number % 28:02}T{9 + k}:{number % 60:02}:00Z,P{(number + k) % 5},{step}"
            for k, step in enumerate(("open claim", "assess damage", "pay claim" if number % 3 else "refuse claim"))
        ]
    for number in range(40):
        lines += [
            f"letter:{number},2026-03-{1 + number % 28:02}T{14 + k}:{number % 60:02}:00Z,Q{k % 2},{step}"
            for k, step in enumerate(("write letter", "post letter"))
        ]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines) + "\n")
    with open_book(tmp_path / "book") as opened:
        opened.learn(Wanted(paths=(path,)))
        yield opened


def named(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["parts"] if name in one["name"])


def test_value_of_the_whole_and_by_task(book: Book) -> None:
    found = book.measure.valuing.value(Asked(seed=1), Valued(wage=20.0, currency="EUR", public=(0, 3)))
    assert found["held_back"] == 28
    whole = named(found, "all")
    assert 0 < whole["augmentation"]["low"] <= whole["augmentation"]["value"] <= 0.6
    assert whole["money"]["value"] == pytest.approx(20 * whole["saved"]["value"])
    assert named(found, "letter")["workers"] == 2  # nobody has a key: the book is one person's
    assert [p["cases"] for p in found["attack"]["points"]] == [0, 3]
    assert json.loads(json.dumps(found)) == found
    assert found == book.measure.valuing.value(Asked(seed=1), Valued(wage=20.0, currency="EUR", public=(0, 3)))


def test_small_parts_are_hidden_once_there_are_others(book: Book) -> None:
    book.persons.enrol(Identity.make("P1", Role.WORKER, now()))
    found = book.measure.valuing.value(Asked(seed=1), Valued(public=()))
    assert named(found, "letter") == {"kind": "task", "name": named(found, "letter")["name"], "hidden": True}
    assert named(found, "claim")["hidden"], "else the letters could be had from the whole"
    assert not named(found, "all")["hidden"]
    forecast = book.measure.exposure(Forecast(tasks=statements(book)), Asked(seed=1))
    assert all(one["augmentation"] is None for one in forecast["tasks"])


def test_groups_from_a_table(book: Book, tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    table.write_text("worker,group\n" + "".join(f"P{n},adjusters\n" for n in range(5)) + "Q0,clerks\nQ1,clerks\n")
    found = book.measure.valuing.value(Asked(seed=1), Valued(by=str(table), public=()))
    assert named(found, "adjusters")["workers"] == 5
    assert named(found, "clerks")["workers"] == 2
    table.write_text("who,team\nP1,a\n")
    with pytest.raises(InputError, match="no columns"):
        book.measure.valuing.value(Asked(), Valued(by=str(table)))


def test_a_step_that_was_withheld_is_missed(book: Book) -> None:
    whole = named(book.measure.valuing.value(Asked(seed=1), Valued(public=())), "all")
    bound = named(book.measure.valuing.value(Asked(seed=1), Valued(withheld=("assess damage",), public=())), "all")
    assert bound["augmentation"]["value"] < whole["augmentation"]["value"]
    assert bound["alone"]["value"] < whole["alone"]["value"]
    gated = book.measure.valuing.value(Asked(seed=1), Valued(gate_acts=("assess damage",), public=()))
    assert named(gated, "all")["alone"] == whole["alone"]
    assert named(gated, "all")["system"]["value"] < whole["alone"]["value"]


@pytest.mark.parametrize(
    "wanted",
    [Valued(gate="maybe"), Valued(wage=-1.0), Valued(occupation="13-1031")],
    ids=["gate", "wage", "tables"],
)
def test_what_cannot_be_asked(book: Book, wanted: Valued) -> None:
    with pytest.raises(UsageError):
        book.measure.valuing.value(Asked(), wanted)
    with pytest.raises(UnknownNameError):
        book.measure.valuing.value(Asked(), Valued(withheld=("no such step",)))


def statements(book: Book) -> Path:
    path = book.home / "job.csv"
    path.write_text("Task ID,Task\n1,Assess damage and pay or refuse claims\n2,Conduct orchestras\n3,Post mail\n")
    return path


def test_exposure_counts_what_was_measured_and_no_more(book: Book, tmp_path: Path) -> None:
    job, kept = statements(book), tmp_path / "matches.json"
    found = book.measure.exposure(Forecast(tasks=job), Asked(seed=1))
    one = {each["id"]: each for each in found["tasks"]}
    assert not one["2"]["measured"]
    assert one["2"]["augmentation"] is None
    assert found["alone"]["least"] <= found["alone"]["most"] <= 1
    claims = next(title for title in book.measure.work().tasks if "claim" in title.casefold())
    said = book.measure.exposure(
        Forecast(tasks=job, matches=kept, confirm={"1": claims, "3": ""}, by="Ann"), Asked(seed=1)
    )
    assert said["tasks"][0]["task"] == claims
    assert (said["tasks"][0]["confidence"], said["tasks"][0]["by"]) == (1.0, "Ann")
    assert (said["tasks"][2]["measured"], said["tasks"][2]["by"]) == (False, "Ann")
    assert said["coverage"] == pytest.approx(1 / 3)
    again = book.measure.exposure(Forecast(tasks=job, matches=kept), Asked(seed=1))
    assert again["tasks"] == said["tasks"], "what people said is kept"


def test_matches_that_make_no_sense(book: Book, tmp_path: Path) -> None:
    job, kept = statements(book), tmp_path / "matches.json"
    with pytest.raises(UsageError):
        book.measure.exposure(Forecast())
    with pytest.raises(UsageError):
        book.measure.exposure(Forecast(tasks=job, confirm={"1": ""}))
    for confirm in ({"9": ""}, {"1": "no such task"}):
        with pytest.raises(UnknownNameError):
            book.measure.exposure(Forecast(tasks=job, matches=kept, confirm=confirm))
    assert not kept.exists()
    kept.write_text("[1]")
    with pytest.raises(InputError, match="holds no matches"):
        book.measure.exposure(Forecast(tasks=job, matches=kept))


@pytest.mark.data
def test_exposure_beside_the_public_indices(book: Book, shared_data: Path) -> None:
    wanted = Forecast(occupation="13-1031", tables=shared_data / "labour")
    found = book.measure.exposure(wanted, Asked(seed=1))
    assert found["statements"] > 20
    assert found["others"]["beta"] > found["others"]["alpha"]
    priced = book.measure.valuing.value(
        Asked(seed=1), Valued(occupation="13-1031", tables=shared_data / "labour", public=())
    )
    assert priced["wage"]["hourly"] == 37.87


def test_lengths_of_time() -> None:
    assert (micros("12h"), micros("7d"), micros("2w")) == (12 * HOUR, 7 * DAY, 14 * DAY)
    for text in ("", "7", "0d", "-1d", "1y", "99999d"):
        with pytest.raises(UsageError):
            micros(text)


def test_health_hides_few_people(book: Book) -> None:
    found = book.measure.health("1w", Asked())
    assert all(one["workers"] for one in found["windows"])
    with pytest.raises(UsageError):
        book.measure.health("soon")
