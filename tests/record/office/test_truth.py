from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from guildbook.record.office import Truth, generate, truth
from guildbook.record.office.staff import LEVELS, ROLES

SEEDS = st.integers(0, 2**40)


@given(SEEDS)
def test_enough_is_planted_of_every_kind_and_layer(seed: int) -> None:
    planted = truth(seed).practices
    kinds, layers = Counter(p.kind for p in planted), Counter(p.layer for p in planted)
    assert len(planted) >= 16
    assert len(kinds) == 4
    assert min(kinds.values()) >= 3
    assert set(layers) == {1, 2, 3}
    assert layers[2] >= 3
    assert layers[3] >= 2


@given(SEEDS)
def test_prerequisites_are_of_the_same_task_and_one_layer_below(seed: int) -> None:
    known = {p.id: p for p in truth(seed).practices}
    assert len(known) == len(truth(seed).practices)
    for p in known.values():
        assert p.layer == 1 + max((known[q].layer for q in p.prerequisites), default=0)
        assert all(known[q].task == p.task for q in p.prerequisites)


@given(SEEDS)
def test_effects_are_within_believable_bounds(seed: int) -> None:
    for p in truth(seed).practices:
        match p.metric:
            case "good-rate":
                assert 0.10 <= p.effect <= 0.25
            case "duration":
                assert -0.80 <= p.effect <= -0.28
            case _:
                assert p.metric == "response"
                assert p.effect < -1
        assert bool(p.people) == (p.kind == "people")


@given(SEEDS)
def test_no_step_is_both_planted_and_a_decoy_in_the_same_task(seed: int) -> None:
    known = truth(seed)
    planted = {(p.task, str(p.steps)) for p in known.practices}
    assert len(planted) == len(known.practices)
    assert not planted & {(d.task, str(d.steps)) for d in known.decoys}
    assert len(known.decoys) >= 12


@given(SEEDS)
def test_the_json_form_reads_back(seed: int) -> None:
    known = truth(seed, people=14)
    assert Truth.from_dict(json.loads(json.dumps(known.to_dict()))) == known


def test_seeds_differ_in_what_they_plant() -> None:
    assert len({json.dumps(truth(s).to_dict()["practices"]) for s in range(20)}) == 20


def test_every_branch_has_somebody_to_turn_to(office_truth: Truth) -> None:
    large = truth(4, events=4_000, people=70)
    branch = {c.name: c.branch for c in large.people}
    assert len(branch) == 70
    for p in (p for p in large.practices if p.people):
        assert [branch[name] for name in p.people] == [0, 1, 2]
    assert {c.role for c in office_truth.people} == set(ROLES)
    assert {c.experience for c in office_truth.people} == set(LEVELS)


def test_people_of_the_truth_are_the_workers_of_the_events(office: pa.Table, office_truth: Truth) -> None:
    assert {c.name for c in office_truth.people} == set(office["worker"].to_pylist())


def test_nothing_of_the_truth_is_in_the_events(office: pa.Table, office_truth: Truth) -> None:
    words: set[str] = set()
    for name, kind in zip(office.schema.names, office.schema.types, strict=True):
        if pa.types.is_dictionary(kind):
            for chunk in office[name].chunks:
                words |= set(chunk.dictionary.to_pylist())  # also words no row uses
        elif pa.types.is_string(kind):
            words |= {w for w in office[name].to_pylist() if w}
    text = "\n".join(sorted(words)).lower()
    hints = {
        "planted",
        "decoy",
        "truth",
        "prerequisite",
        "effect",
        "expert",
        *LEVELS,
        *(p.id for p in office_truth.practices),
    }
    assert [h for h in hints if h in text] == []
    assert [r for r in ROLES if f"{r}\n" in text] == []
    assert office.schema.metadata is None


def test_every_planted_and_decoy_step_occurs(office: pa.Table, office_truth: Truth) -> None:
    columns = ("app", "action", "element_role", "element_name")
    seen = set(zip(*(office[c].to_pylist() for c in columns), strict=True))
    for steps in [p.steps + p.instead_of + p.seen_as for p in office_truth.practices] + [
        d.steps for d in office_truth.decoys
    ]:
        for s in steps:
            assert tuple(s[c] for c in columns) in seen


def test_truth_belongs_to_the_office_of_the_same_arguments() -> None:
    workers: set[str] = set()
    for chunk in generate(seed=9, events=4_000, people=40, weeks=3):
        workers |= set(chunk.events["worker"].to_pylist())
    assert workers == {c.name for c in truth(9, events=4_000, people=40, weeks=3).people}
