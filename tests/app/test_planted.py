from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.app.planted import BENCH_EVENTS, Edges, score
from guildbook.model import Effect, Kind, Practice, Span, When
from guildbook.record.office import Planted, PlantedCondition, Truth, truth

Change = Callable[[Practice], Practice]


def label(fields: dict[str, Any]) -> str:
    return f"{fields['app']}: {fields['action']} {fields['element_name']}"


def step(text: str) -> dict[str, str]:
    return {"app": "claims", "action": "check", "element_role": "list", "element_name": text}


def planted(key: str, **changes: Any) -> Planted:
    base = Planted(
        id=key,
        kind=Kind.QUALITY,
        layer=1,
        prerequisites=(),
        task="claim",
        condition=None,
        steps=(step(key),),
        instead_of=(),
        seen_as=(),
        people=(),
        metric="good-rate",
        effect=0.2,
    )
    return dataclasses.replace(base, **changes)


def world(*practices: Planted) -> Truth:
    return Truth(1, practices, (), ())


def perfect(p: Planted) -> Practice:
    """The practice that says exactly what was planted."""
    steps = tuple(label(s) for s in p.steps)
    held = p.condition
    attributes = ((held.key, f"≥{held.value}" if held.at_least else held.value),) if held else ()
    return Practice(
        id=f"mined-{p.id}",
        kind=p.kind,
        title="",
        when=When(task=f"Settle {p.task} in claims", attributes=attributes),
        do=steps,
        instead_of=tuple(label(s) for s in p.instead_of),
        effect=Effect(p.metric, p.effect, p.effect - 0.1, p.effect + 0.1, 200, 0.001),
        people=p.people[:1],
        evidence=(Span(f"{p.task}:10001", ("00",)),),
        prerequisites=tuple(f"mined-{q}" for q in p.prerequisites),
        layer=p.layer,
    )


def when(practice: Practice, **changes: Any) -> Practice:
    return dataclasses.replace(practice, when=dataclasses.replace(practice.when, **changes))


def effect(practice: Practice, **changes: Any) -> Practice:
    return dataclasses.replace(practice, effect=dataclasses.replace(practice.effect, **changes))


MARINE = PlantedCondition("product", "marine", at_least=False)
LARGE = PlantedCondition("amount", "5000", at_least=True)


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_saying_exactly_what_was_planted_scores_full_marks(seed: int, random: Any) -> None:
    known = truth(seed)
    mined = [perfect(p) for p in known.practices]
    random.shuffle(mined)
    result = score(mined, known, label)
    assert (result.overall.precision, result.overall.recall) == (1.0, 1.0)
    assert (result.missed, result.false, result.duplicates, result.echoes) == ((), (), (), ())
    assert {f.planted: f.practices for f in result.found} == {p.id: (f"mined-{p.id}",) for p in known.practices}
    assert result.conditions == (4, 4)
    assert result.edges.found == result.edges.planted >= 6
    assert result.edges.f1 == 1.0
    json.dumps(result.to_dict())


@given(st.integers(0, 1_000), st.sets(st.integers(0, 40)))
def test_recall_is_the_share_found_and_silence_costs_no_precision(seed: int, kept: set[int]) -> None:
    known = truth(seed)
    mined = [perfect(p) for i, p in enumerate(known.practices) if i in kept]
    result = score(mined, known, label)
    assert result.overall.recall == len(mined) / len(known.practices)
    assert result.overall.precision == (1.0 if mined else None)
    assert len(result.missed) + len(result.found) == len(known.practices)
    assert sum(c.found for c in result.by_kind.values()) == sum(c.found for c in result.by_layer.values()) == len(mined)


def elsewhere(p: Practice, title: str) -> Practice:
    return when(dataclasses.replace(p, evidence=()), task=title)


def do(*steps: str) -> Change:
    return lambda p: dataclasses.replace(p, do=steps)


def where(key: str, value: str) -> Change:
    return lambda p: when(p, attributes=((key, value),))


WRONG: dict[str, Change] = {
    "kind": lambda p: dataclasses.replace(p, kind=Kind.TOOL),
    "task by evidence": lambda p: dataclasses.replace(p, evidence=(Span("invoice:1", ()),)),
    "task by title": lambda p: elsewhere(p, "Pay invoice in claims"),
    "no task": lambda p: elsewhere(p, ""),
    "sign": lambda p: effect(p, difference=-0.2),
    "metric": lambda p: effect(p, metric="duration"),
    "step": do("claims: check B"),
    "no step": do(),
    "another step before it": lambda p: when(do("claims: open File")(p), activity="claims: check A"),
    "condition": where("product", "motor"),
    "condition with its prefix": where("case:product", "motor"),
    "condition in one": where("product=motor", ""),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_any_one_thing_wrong_makes_it_false(change: Change) -> None:
    known = world(planted("A", condition=MARINE), planted("B", task="invoice"))
    result = score([change(perfect(known.practices[0]))], known, label)
    assert result.false == ("mined-A",)
    assert result.overall.precision == 0.0
    assert result.missed == ("A", "B")


def test_conditions_left_out_or_too_narrow_pass_but_are_not_exact() -> None:
    known = world(planted("A", condition=MARINE), planted("B", condition=LARGE))
    loose = [
        when(perfect(known.practices[0]), attributes=()),
        when(perfect(known.practices[1]), attributes=(("amount", "≥2000"), ("channel", "mail"))),
    ]
    result = score(loose, known, label)
    assert result.overall.recall == 1.0
    assert result.conditions == (0, 2)


@pytest.mark.parametrize(
    ("said", "exact"),
    [
        (("amount", "≥5000"), 1),
        (("amount", ">=5000.0"), 1),
        (("case:amount≥5000", ""), 1),
        (("amount≥5000", "true"), 0),
        (("amount", "≥10000"), 0),
    ],
)
def test_thresholds_are_read_in_any_spelling(said: tuple[str, str], exact: int) -> None:
    known = world(planted("B", condition=LARGE))
    result = score([when(perfect(known.practices[0]), attributes=(said,))], known, label)
    assert result.overall.recall == 1.0
    assert result.conditions == (exact, 1)


@pytest.mark.parametrize("said", ["<5000", "≤2000", "100"])
def test_amounts_below_the_threshold_contradict(said: str) -> None:
    known = world(planted("B", condition=LARGE))
    result = score([when(perfect(known.practices[0]), attributes=(("amount", said),))], known, label)
    assert result.false == ("mined-B",)


def test_several_that_say_the_same_count_once_and_are_reported() -> None:
    known = world(planted("A"))
    first = perfect(known.practices[0])
    again = effect(dataclasses.replace(first, id="again"), p=0.01)
    result = score([again, first], known, label)
    assert (result.overall.precision, result.overall.recall) == (1.0, 1.0)
    assert result.found[0].practices == ("mined-A", "again")
    assert result.duplicates == ("again",)


def test_what_a_prerequisite_brings_about_through_others_is_an_echo() -> None:
    known = world(
        planted("A", kind=Kind.WORKFLOW, metric="duration", effect=-0.4),
        planted("B", prerequisites=("A",), layer=2),
    )
    echo = dataclasses.replace(perfect(planted("A")), id="echo")
    result = score([perfect(known.practices[0]), echo], known, label)
    assert result.echoes == ("echo",)
    assert result.false == ()
    assert result.overall.precision == 1.0
    backwards = effect(echo, difference=-0.2)
    assert score([backwards], known, label).false == ("echo",)


def test_naming_everything_finds_nothing() -> None:
    known = world(*(planted(c) for c in "ABCDE"))
    everything = dataclasses.replace(perfect(known.practices[0]), do=tuple(f"claims: check {c}" for c in "ABCDE"))
    assert score([everything], known, label).overall.recall == 0.0


def test_a_step_within_a_longer_label_is_not_named() -> None:
    known = world(planted("Photo"), planted("Photo dates"))
    found = score(
        [dataclasses.replace(perfect(planted("Photo dates")), do=("do claims: check Photo dates first",))], known, label
    )
    assert [f.planted for f in found.found] == ["Photo dates"]
    unknown = dataclasses.replace(perfect(planted("Photo")), do=("claims: check Photos",))
    assert score([unknown], known, label).overall.recall == 0.0


def test_an_order_is_found_only_in_order() -> None:
    known = world(planted("A", steps=(step("A"), step("B")), instead_of=(step("B"), step("A"))))
    right = perfect(known.practices[0])
    before = when(dataclasses.replace(right, id="before", do=("claims: check A",)), activity="claims: check B")
    wrong = dataclasses.replace(right, id="wrong", do=right.do[::-1])
    result = score([right, before, wrong], known, label)
    assert result.found[0].practices == ("before", "mined-A")
    assert result.false == ("wrong",)


def test_a_quick_way_is_named_as_what_to_do() -> None:
    quick, slow = (step("Q"),), (step("S"), step("T"))
    known = world(planted("A", kind=Kind.TOOL, metric="duration", effect=-0.5, steps=quick, instead_of=slow))
    right = perfect(known.practices[0])
    alone = dataclasses.replace(right, id="alone", instead_of=())
    other = dataclasses.replace(right, id="other", do=("claims: press Something",))
    mixed = dataclasses.replace(right, id="mixed", do=("claims: check Q", "claims: check S"))
    result = score([right, alone, other, mixed], known, label)
    assert set(result.found[0].practices) == {"mined-A", "alone"}
    assert result.false == ("other", "mixed")


def test_a_person_is_the_first_named_of_any_branch() -> None:
    people = ("Ada Berg", "Omar Sato")
    known = world(planted("A", kind=Kind.PEOPLE, metric="response", effect=-3.0, people=people, seen_as=(step("Z"),)))
    right = perfect(known.practices[0])
    other = dataclasses.replace(
        right, id="other", people=("Omar Sato",), do=(), when=When("Settle claim", "claims: check A")
    )
    in_words = dataclasses.replace(right, id="words", people=(), do=("claims: check Z of Ada Berg",))
    wrong = dataclasses.replace(right, id="wrong", people=("Ada Berger", "Ada Berg"))
    result = score([right, other, in_words, wrong], known, label)
    assert set(result.found[0].practices) == {"mined-A", "other", "words"}
    assert result.false == ("wrong",)


def test_prerequisites_count_through_others_and_from_any_finder() -> None:
    known = world(
        planted("A"), planted("B", prerequisites=("A",), layer=2), planted("C", prerequisites=("B",), layer=3)
    )
    a, b, c = (perfect(p) for p in known.practices)
    assert score([a, b, c], known, label).edges == Edges(2, 2, 2, 0)
    through = dataclasses.replace(c, prerequisites=("between",))
    between = dataclasses.replace(perfect(planted("X")), id="between", prerequisites=("mined-B",))
    assert score([a, b, through, between], known, label).edges == Edges(2, 2, 1, 0)
    assert score([a, dataclasses.replace(b, prerequisites=()), c], known, label).edges == Edges(2, 1, 1, 0)
    assert score([a, c], known, label).edges == Edges(2, 0, 0, 0)
    upside_down = dataclasses.replace(a, prerequisites=("mined-B",))
    wrong = score([upside_down, dataclasses.replace(b, prerequisites=()), c], known, label).edges
    assert (wrong.true, wrong.false, wrong.precision) == (1, 1, 0.5)
    assert wrong.f1 == 0.5


def test_task_titles_may_be_mapped() -> None:
    known = world(planted("A"))
    titled = when(dataclasses.replace(perfect(known.practices[0]), evidence=()), task="Regulierung")
    assert score([titled], known, label).overall.recall == 0.0
    assert score([titled], known, label, tasks={"Regulierung": "claim"}).overall.recall == 1.0


def test_nothing_mined_or_planted_has_no_share() -> None:
    result = score([], world(), label).to_dict()
    assert result["precision"] is None
    assert result["recall"] is None
    assert result["prerequisites"]["recall"] is None


def test_the_default_size_gives_each_side_enough() -> None:
    assert BENCH_EVENTS >= 100_000


def test_a_time_of_day_is_held_against_the_planted_hour() -> None:
    late = PlantedCondition("begun", "14:00", at_least=True)
    truth = world(planted("one", condition=late))
    for value, finds, exact in (
        ("14:00–00:00", True, True),
        ("13:00–20:00", True, True),
        ("10:00–18:00", True, False),
        ("06:00–14:00", False, False),
        ("22:00–06:00", False, False),
    ):
        mined = when(perfect(truth.practices[0]), attributes=(("begun", value),))
        found = score([mined], truth, label)
        assert (found.overall.found, found.overall.false) == ((1, 0) if finds else (0, 1))
        assert found.conditions[0] == exact


def test_who_does_a_step_well_is_another_thing_than_doing_it() -> None:
    who, step_alone = planted("one", people=("Eve",)), planted("two")
    named = perfect(who)
    assert score([named], world(who), label).overall.found == 1
    assert score([dataclasses.replace(named, people=("Gus",))], world(who), label).overall.found == 0
    assert (
        score([dataclasses.replace(perfect(step_alone), people=("Eve",))], world(step_alone), label).overall.false == 1
    )
