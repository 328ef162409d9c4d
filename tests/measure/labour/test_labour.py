"""Wages, statements and indices from the public tables; how statements are matched to tasks; what is said of a job."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from guildbook.measure.estimate import Estimate
from guildbook.measure.labour.exposing import Traced, bounds, coverage, exposed
from guildbook.measure.labour.jobs import Job, Statement, given, indices, published
from guildbook.measure.labour.meanings import Meanings, MissingMeaningError
from guildbook.measure.labour.texts import Match, Rarity, best, confidence, stems
from guildbook.measure.labour.wages import paid, soc_of
from guildbook.model import InputError, UnknownNameError

SHARE = st.floats(0, 1)


def test_codes_are_cut_to_six_digits() -> None:
    assert soc_of("43-9041.00") == soc_of(" 43-9041 ") == "43-9041"


@pytest.mark.data
def test_wages_are_those_published(shared_data: Path) -> None:
    found = paid(shared_data / "labour", "13-1031.00")
    assert (found.title, found.employment) == ("Claims Adjusters, Examiners, and Investigators", 305_020)
    assert (found.wage.hourly, found.wage.currency) == (37.87, "USD")
    assert paid(shared_data / "labour" / "oews-2024", "13-1031") == found
    teachers = paid(shared_data / "labour", "25-2021")  # only annual wages are published
    assert teachers.wage.hourly == pytest.approx(70_620 / 2_080, rel=0.05)
    with pytest.raises(UnknownNameError):
        paid(shared_data / "labour", "99-9999")


def test_without_a_table_there_are_no_wages(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no table of wages"):
        paid(tmp_path, "13-1031")


@pytest.mark.data
def test_jobs_and_indices_are_those_published(shared_data: Path) -> None:
    tables = shared_data / "labour"
    job = published(tables, "13-1031")
    assert job.title.startswith("Claims Adjusters")
    assert len(job.statements) > 20
    assert len({s.id for s in job.statements}) == len(job.statements)
    assert all(s.label in {"", "E0", "E1", "E2"} and dict(s.index).keys() <= {"alpha", "beta", "gamma"}
               for s in job.statements)  # fmt: skip
    found = indices(tables, "13-1031")
    assert found.keys() >= {"alpha", "beta", "gamma", "user_goal", "ai_action"}
    assert found["alpha"] <= found["beta"] <= found["gamma"]
    assert indices(tables, "99-9999") == {}
    with pytest.raises(UnknownNameError):
        published(tables, "99-9999")


def test_a_list_of_tasks_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "clerk.csv"
    path.write_text("Task,weight\nPay claims,3\n,2\nFile letters,\n")
    job = given(path)
    assert [(s.text, s.weight) for s in job.statements] == [("Pay claims", 3.0), ("File letters", 1.0)]
    path.write_text("what\nPay claims\n")
    with pytest.raises(InputError, match="lists no tasks"):
        given(path)


def test_words_are_folded() -> None:
    assert stems("Settling claims; settles a claim") == ["settl", "claim", "settl", "claim"]
    assert stems("PayInvoice A_Submitted 2012") == ["invoic", "submitt"] or "pay" in stems("PayInvoice")


def test_the_likest_task_is_found_and_says_why() -> None:
    tasks = ["Settle claim claims: assess damage pay claim", "Order goods shop: compare prices order"]
    rarity = Rarity.of([*tasks, "Drive a truck", "Teach children to read"])
    weighed = [rarity.weights(text) for text in tasks]
    found = best(rarity, "Assess damage and settle insurance claims", weighed)
    assert found.place == 0
    assert found.words[0] in {"damag", "claim", "settl", "assess"}
    assert found.confidence > best(rarity, "Pay for goods", weighed).confidence
    nothing = best(rarity, "Conduct orchestras", weighed)
    assert (nothing.place, nothing.confidence) == (-1, 0.0)


@drawn(score=SHARE, lead=SHARE, more=SHARE)
def test_a_better_match_is_believed_more(score: float, lead: float, more: float) -> None:
    assert 0 < confidence(score, lead) <= confidence(score + more, lead + more) <= 1


def _job(*weights: float) -> Job:
    return Job("1", "Clerk", tuple(Statement(f"s{n}", f"text {n}", w) for n, w in enumerate(weights)))


def _traced(task: str, low: float, high: float) -> Traced:
    one = Estimate((low + high) / 2, low, high, 0.01, 50)
    return Traced(task, 50, one, one)


def test_what_has_no_traces_is_unmeasured_and_bounds_say_so() -> None:
    job = _job(1, 1)
    matches = [Match(0, 0.9, 0.9, ("a",)), Match(-1, 0.0, 0.0, ())]
    found = exposed(job, matches, ["t"], {"t": _traced("t", 0.2, 0.4)}, {})
    assert [one.task for one in found] == ["t", ""]
    assert coverage(found) == pytest.approx(0.45)
    told = bounds(found, "alone", 1.0)
    assert told.least == pytest.approx(0.5 * 0.9 * 0.2)
    assert told.most == pytest.approx(0.5 * (0.9 * 0.4 + 0.1) + 0.5)


def test_people_confirm_and_refuse() -> None:
    job = _job(1, 1)
    matches = [Match(0, 0.9, 0.9, ("a",)), Match(0, 0.1, 0.2, ("a",))]
    said = {"s0": ("", "Ann"), "s1": ("t", "Ann")}
    found = exposed(job, matches, ["t"], {"t": _traced("t", 0.2, 0.4)}, said)
    assert [(one.task, one.confidence, one.by) for one in found] == [("", 0.0, "Ann"), ("t", 1.0, "Ann")]


def test_nothing_measured_says_nothing() -> None:
    found = exposed(_job(1, 2), [Match(-1, 0, 0, ())] * 2, [], {}, {})
    assert (coverage(found), bounds(found, "augmentation", 0.6).least) == (0, 0)
    assert bounds(found, "augmentation", 0.6).most == pytest.approx(0.6)


@drawn(st.lists(st.tuples(st.floats(0.1, 5), SHARE, SHARE, SHARE), min_size=1, max_size=8))
def test_bounds_hold_whatever_the_rest_is(parts: list[tuple[float, float, float, float]]) -> None:
    """Whatever the unmeasured rest comes to, the job comes to something between the bounds."""
    job = _job(*(weight for weight, _, _, _ in parts))
    traced = {f"t{n}": _traced(f"t{n}", min(a, b), max(a, b)) for n, (_, _, a, b) in enumerate(parts)}
    matches = [Match(n, c, c, ()) for n, (_, c, _, _) in enumerate(parts)]
    found = exposed(job, matches, [f"t{n}" for n in range(len(parts))], traced, {})
    told = bounds(found, "alone", 1.0)
    assert -1e-9 <= told.least <= told.most + 1e-9 <= 1 + 2e-9
    assert coverage(found) <= 1 + 1e-9


class _Known:
    """Stands in for the library: a vector for each word it knows."""

    VECTORS: ClassVar = {"settle": (1.0, 0.0), "resolve": (0.9, 0.1), "drive": (0.0, 1.0)}

    def embed(self, texts: list[str], *, norm: bool) -> list[tuple[float, float]]:
        assert norm
        return [self.VECTORS[text] for text in texts]


def test_an_embedding_finds_what_shares_no_word() -> None:
    told = ["resolve", "drive"]
    rarity = Rarity.of(told)
    weighed = [rarity.weights(text) for text in told]
    assert best(rarity, "settle", weighed).place == -1
    meant = Meanings(_Known()).alike(["settle"], told)[0]
    found = best(rarity, "settle", weighed, meant)
    assert (found.place, found.words) == (0, ())
    assert found.score == pytest.approx(0.45)
    assert Meanings(_Known()).alike(["settle"], []) == [[]]


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(MissingMeaningError, match="without support for embeddings"):
        Meanings.load()


def test_with_the_extra_settling_is_like_paying_out() -> None:
    pytest.importorskip("wordllama")
    told = Meanings.load().alike(["settle insurance claims"], ["pay out insured damage", "teach children music"])[0]
    assert told[0] > told[1]
