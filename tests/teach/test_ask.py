"""Answers: the right practice first, every sentence with its source, and plain words when nothing is known."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildbook.model import Group, Kind, Knowledge, Person, Practice, Status, When
from guildbook.teach import ask, search
from guildbook.teach.search import Counted

Build = Callable[..., Knowledge]
Make = Callable[..., Practice]


@pytest.fixture(params=["fts5", "counted"], autouse=True)
def either_index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test of answers holds with and without FTS5."""
    if request.param == "counted":
        monkeypatch.setattr(search, "FullText", Counted)


@pytest.mark.parametrize(
    ("question", "practice"),
    [
        ("who should I ask about a fraud check?", "people-000000000002"),
        ("How do I fill a column quickly?", "tool-000000000003"),
        ("What should I check before approving a claim?", "quality-000000000001"),
        ("what is a good claim?", "quality-000000000001"),
        ("a better way to pay invoices", "workflow-000000000004"),
        ("paying bills", "workflow-000000000004"),
        ("APPROVING MARINE", "quality-000000000001"),
    ],
)
def test_the_best_practice_comes_first(knowledge: Knowledge, question: str, practice: str) -> None:
    assert ask(question, knowledge).citations[0] == practice


def test_an_answer_in_the_practices_own_words_and_numbers(knowledge: Knowledge) -> None:
    answer = ask("who should I ask about a fraud check?", knowledge, limit=1)
    assert answer.to_dict() == {
        "answer": (
            "Ask Ann about a fraud check [people-000000000002]. "
            "Do “Ask Ann” instead of “Ask Bo” [people-000000000002]. "
            "In 57 requests: typically 12 min instead of 40 min, 70 % less time; "
            "95 % interval 80 % less to 55 % less [people-000000000002]."
        ),
        "citations": ["people-000000000002"],
        "people": ["Ann"],
    }


def test_every_sentence_has_its_source(knowledge: Knowledge) -> None:
    for question in ("who about claims", "pay invoices", "how long does a claim take", "who is Bo"):
        answer = ask(question, knowledge)
        assert re.fullmatch(r"(?:[^\[\]]+ \[[^\[\]]+\]\. ?)+", answer.answer), answer.answer
        cited = set(re.findall(r"\[([a-z]+-[0-9a-f]{12})\]", answer.answer))
        assert cited == set(answer.citations)


def test_people_are_found_by_what_they_are_asked(build: Build) -> None:
    answer = ask("who knows about fraud checks?", build(practices=()))
    assert answer.people == ("Ann",)
    assert answer.citations == ()
    assert "Colleagues asked Ann about “Fraud check” (12 times) [person Ann]." in answer.answer


def test_those_asked_most_come_first(build: Build) -> None:
    crowd = tuple(Person(name, 9, 9, (), (), (("ask Fraud signs", n),)) for name, n in (("A", 3), ("B", 30), ("C", 7)))
    assert ask("who knows about fraud?", build(practices=(), people=crowd)).people == ("B", "C", "A")


def test_a_practice_about_people_is_the_advice(build: Build) -> None:
    crowd = (
        Person("Bo", 9, 9, (), (), (("Fraud check", 99),)),
        Person("Ann", 9, 9, (), (), (("Fraud check", 5),)),
    )
    book = build(people=crowd)
    assert ask("who should I ask about a fraud check?", book).people == ("Ann",)
    assert "Bo" in ask("should Bo be asked about a fraud check?", book).people


def test_steps_that_the_title_says_are_not_said_again(build: Build, practice: Make) -> None:
    told = practice(title="Check the policy, then approve the claim", do=("Check policy",), instead_of=())
    assert "Do “" not in ask("approve a claim", build(practices=(told,))).answer


def test_people_are_found_by_name(knowledge: Knowledge) -> None:
    assert ask("tell me about Çelik", knowledge).people == ("Çelik",)
    assert ask("who is Bo?", knowledge).people[0] == "Bo"


def test_who_does_something_names_those_it_was_seen_with(build: Build, practice: Make) -> None:
    only = build(practices=(practice(),), people=(), tasks=())
    answer = ask("who approves marine claims?", only)
    assert answer.people == ("Ann", "Bo")
    assert "Seen most in the work of Ann (30 times), Bo (12 times)" in answer.answer


def test_how_long_is_answered_from_tasks(knowledge: Knowledge) -> None:
    answer = ask("how long does it take to settle a claim?", knowledge)
    assert answer.answer.startswith("“Settle a claim” took 3.5 h in the median of 412 episodes [task task-1].")


def test_how_to_do_a_task_is_answered_by_its_commonest_way(knowledge: Knowledge) -> None:
    answer = ask("how do I settle a claim?", knowledge).answer
    assert "“Settle a claim” took 3.5 h" in answer
    assert "Its commonest way (1200 times) is “Step 00 of Settle a claim”, “Step 01" in answer.replace("1,200", "1200")


def test_a_step_to_do_counts_more_than_one_to_come_after(build: Build, practice: Make) -> None:
    first = practice(1, title="Check notes before you answer", do=("Check notes",), when=When("Reply", "Answer"))
    then = practice(
        2, title="Check wording before you post", do=("Check wording",), when=When("Reply", "", (), ("Check notes",))
    )
    book = build(practices=(then, first), tasks=(), people=())
    assert ask("what should I check in the notes?", book).citations[0] == first.id


def test_words_of_asking_that_the_book_lacks_are_not_missed(build: Build, practice: Make) -> None:
    book = build(practices=(practice(do=(), instead_of=(), title="Count marine cases twice"),), tasks=(), people=())
    assert ask("what mistakes do newcomers make with marine?", book).citations


def test_signing_off_is_approving(knowledge: Knowledge) -> None:
    assert ask("what before I sign off marine?", knowledge).citations[0] == "quality-000000000001"


def test_prerequisites_are_named_and_cited(knowledge: Knowledge) -> None:
    answer = ask("batch invoices by supplier", knowledge, limit=1)
    assert answer.citations == ("workflow-000000000004", "tool-000000000003", "quality-000000000001")
    assert "Learn first: Fill the column with Ctrl+D [tool-000000000003]." in answer.answer


@pytest.mark.parametrize("question", ["how do I cook pasta?", "当前", "zzz", "NEAR(foo) AND bar*"])
def test_nothing_found_says_so_and_what_is_known(knowledge: Knowledge, question: str) -> None:
    answer = ask(question, knowledge)
    assert answer.answer == "Nothing in this book answers that. It knows about: Settle a claim; Pay an invoice."
    assert answer.citations == ()
    assert answer.people == ()


@pytest.mark.parametrize("question", ["", "   ", "?!", "\x1b[31m\x07", '"" * ( )', "'; DROP TABLE d; --"])
def test_questions_without_sense_are_fine(knowledge: Knowledge, question: str) -> None:
    assert ask(question, knowledge).citations == ()


def test_an_empty_book_says_what_to_do() -> None:
    answer = ask("who knows about claims?", Knowledge("", 0, 0, 0, 0))
    assert answer.answer == "Nothing in this book answers that. It knows no tasks yet: learn from some traces first."


def test_retired_practices_are_not_taught(build: Build, practice: Make) -> None:
    book = build(practices=(practice(status=Status.RETIRED),), tasks=(), people=())
    assert ask("approving a marine claim", book).citations == ()


def test_limit(build: Build, practice: Make) -> None:
    book = build(practices=tuple(practice(i) for i in range(20)))
    assert len(ask("approving a marine claim", book).citations) == 5
    assert len(ask("approving a marine claim", book, limit=2).citations) == 2
    assert ask("approving a marine claim", book, limit=0).citations == ()


def test_ten_kilobytes_are_a_question(knowledge: Knowledge) -> None:
    assert ask("marine claim approval " * 500, knowledge).citations[0] == "quality-000000000001"


def test_a_preferred_kind_beats_the_same_words(build: Build, practice: Make) -> None:
    twins = tuple(practice(i, kind=kind, title="Claims with large amounts") for i, kind in enumerate(Kind))
    book = build(practices=twins, people=(), tasks=())
    by_kind = {twin.kind: twin.id for twin in twins}
    assert ask("who about large amounts", book).citations[0] == by_kind[Kind.PEOPLE]
    assert ask("what to check with large amounts", book).citations[0] == by_kind[Kind.QUALITY]


@given(st.text(st.characters(codec=None, exclude_categories=[]), max_size=300))
def test_any_question_has_an_answer(question: str) -> None:
    book = Knowledge("", 0, 0, 0, 0, people=(Person("\x1b[31mEve\u202e", 1, 1, (), (), ((question, 3),)),))
    answer = ask(question, book)
    assert answer.answer
    assert not [c for c in answer.answer + "".join(answer.people) if ord(c) < 32 or c == "\u202e"]


def test_hostile_practices_stay_text(build: Build, practice: Make, hostile: tuple[str, ...]) -> None:
    book = build(practices=(practice(title="claim " + "".join(hostile), do=hostile, people=hostile),))
    answer = ask("claim", book)
    assert not [c for c in answer.answer + "".join(answer.people) if ord(c) < 32 or c == "\u202e"]


def test_who_does_a_step_most_is_who_to_ask_where_nobody_was_asked() -> None:
    people = tuple(
        Person(name, 100, 5, (("claims", 100),), (), (), known_for=known)
        for name, known in (("Ann", ()), ("Bob", (("fraud check", 40),)), ("Cyd", (("fraud check", 7), ("pay", 9))))
    )
    told = ask("who should I ask about a fraud check?", Knowledge("h", 300, 3, 10, 10, people=people))
    assert told.people[0] == "Bob"
    assert "Ann" not in told.people
    assert "“fraud check” (40 times)" in told.answer
    assert told.citations == ()


def test_a_person_asked_about_by_name_has_a_team_and_a_role(build: Build) -> None:
    people = (
        Person("Ann Lee", 10, 2, (), (), (), team="Team 1", role="Sign"),
        Person("Bo Ek", 9, 2, (), (), (), team="Team 1", role="Pack"),
        Person("Cy Ott", 8, 2, (), (), (), team="Team 2", role="Pack"),
    )
    known = build(
        practices=(),
        tasks=(),
        people=people,
        teams=(Group("Team 1", ("Ann Lee", "Bo Ek")),),
        roles=(Group("Pack", ("Bo Ek", "Cy Ott")), Group("Sign", ("Ann Lee",))),
    )
    answer = ask("Who works with Bo Ek?", known)
    assert "Bo Ek works in Team 1 with Ann Lee [person Bo Ek]." in answer.answer
    assert "Bo Ek does the same kind of work as Cy Ott: Pack [person Bo Ek]." in answer.answer
    assert "Nobody else does the kind of work of Ann Lee: Sign" in ask("What does Ann Lee do?", known).answer
