"""Questions answered from practices, tasks and people, each sentence with its source; no language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Final

from guildbook.model import Kind, Knowledge, Person, Practice, Status, Task
from guildbook.model import time as times
from guildbook.teach.question import PREFERRED, Asks, Question, read
from guildbook.teach.search import Document, open_index, words_of
from guildbook.teach.words import KIND_WORDS, clean, effect, shorten, when

_RELEVANT: Final = 1 / 3
"""Share of the question's meaning (its words weighed by rarity) that an answer must hold."""
_BESIDE: Final = 0.35
"""What scores below this share of the best is beside the point."""
_NEAR: Final = 0.5
"""What a word of like meaning counts against the word itself."""
_TITLES: Final = 8
_STEPS: Final = 6
_SEEN: Final = 3
_WAY: Final = 12
_NAMED: Final = 8
"""Members of a team or role who are named."""
_LONGEST: Final = 600

Item = Practice | Person | Task


@dataclass(frozen=True, slots=True)
class Answer:
    """What the book says to a question."""

    answer: str
    """Sentences, each ending with its source: `[practice id]`, or for a fact of the book that is no practice
    `[person NAME]` or `[task ID]`. When nothing was found, it says so and names the tasks the book knows."""
    citations: tuple[str, ...]
    """Practice ids in the order they are cited."""
    people: tuple[str, ...]
    """Names of the colleagues the answer points to."""

    def to_dict(self) -> dict[str, Any]:
        """The contract of `ask --json`."""
        return {"answer": self.answer, "citations": list(self.citations), "people": list(self.people)}


def ask(question: str, knowledge: Knowledge, *, limit: int = 5) -> Answer:
    """Answer in the practices' own sentences and numbers; at most `limit` practices, people or tasks are used.

    Any text is a question. Retired practices are not taught.
    """
    wanted = read(question)
    found = _advised(wanted, _ranked(wanted, knowledge))[: max(limit, 0)]
    if not found:
        return Answer(_nothing(wanted, knowledge), (), ())
    teller = _Teller(knowledge, wanted)
    for item in found:
        teller.tell(item)
    return Answer(
        " ".join(teller.sentences), tuple(dict.fromkeys(teller.citations)), tuple(dict.fromkeys(teller.people))
    )


def _advised(wanted: Question, found: list[Item]) -> list[Item]:
    """To a question for a person, a practice about people is the advice, and others asked are then beside the point.

    With no such practice, those come first who were asked about it most.
    """
    if wanted.asks is not Asks.WHO:
        return found
    named = {name for item in found if isinstance(item, Practice) and item.kind is Kind.PEOPLE for name in item.people}
    if named:
        return [item for item in found if not isinstance(item, Person) or item.name in named or _said(item, wanted)]
    asked = sorted(
        (item for item in found if isinstance(item, Person)),
        key=lambda person: [
            -sum(count for _, count in _met(s, wanted)) for s in (person.asked_about, person.known_for)
        ],
    )
    return [asked.pop(0) if isinstance(item, Person) else item for item in found]


def _said(person: Person, wanted: Question) -> bool:
    """The question names this person."""
    return {group[0] for group in wanted.groups}.issuperset(words_of(person.name))


def _met(counted: Sequence[tuple[str, int]], wanted: Question) -> list[tuple[str, int]]:
    """The entries that share a word with the question (failing that, a like meaning), commonest first."""
    own = {group[0][:5] for group in wanted.groups}
    like = {word[:5] for group in wanted.groups for word in group}
    for words in (own, like):
        met = [entry for entry in counted if words & {word[:5] for word in words_of(entry[0])}]
        if met:
            return sorted(met, key=lambda entry: (-entry[1], entry[0]))
    return []


def _ranked(wanted: Question, knowledge: Knowledge) -> list[Item]:
    """What answers the question, best first: the words it holds, each by its rarity in this book."""
    items: list[Item] = [p for p in knowledge.practices if p.status is not Status.RETIRED]
    items += [*knowledge.people, *knowledge.tasks]
    hits = [
        hit
        for group, hit in zip(wanted.groups, _hits(wanted, items), strict=True)
        if hit or group[0] not in wanted.beside
    ]
    rarity = [log(1 + (1 + len(items)) / (1 + len(hit))) for hit in hits]
    scores: list[tuple[float, int]] = []
    for position, item in enumerate(items):
        met = [(weight, hit[position]) for weight, hit in zip(rarity, hits, strict=True) if position in hit]
        if met and sum(weight for weight, _ in met) >= _RELEVANT * sum(rarity):
            score = sum(weight * strength for weight, strength in met)
            scores.append((score * _preference(wanted, item), position))
    scores.sort(key=lambda entry: (-entry[0], entry[1]))
    return [items[position] for score, position in scores if score >= _BESIDE * scores[0][0]]


def _hits(wanted: Question, items: Sequence[Item]) -> list[dict[int, float]]:
    """For each word of the question, where it or its near meaning stands, and how strongly (0 to 1)."""
    if not wanted.groups or not items:
        return [{} for _ in wanted.groups]
    index = open_index([_document(item) for item in items])
    found: list[dict[int, float]] = []
    for word, *meanings in wanted.groups:
        near = {place: _NEAR * strength for place, strength in _strengths(index.find(meanings)).items()}
        found.append(near | _strengths(index.find((word,))))
    return found


def _strengths(scores: Mapping[int, float]) -> dict[int, float]:
    """Half for being there, half by BM25 relative to the best place.

    A word that all practices of a small book hold has a BM25 of about 0, and still counts.
    """
    best = max(scores.values(), default=1.0)
    return {place: 0.5 + 0.5 * score / best for place, score in scores.items()}


def _document(item: Item) -> Document:
    if isinstance(item, Practice):
        conditions = f"{when(item.when)} {' '.join(item.instead_of)} {KIND_WORDS[item.kind]}"
        return Document(item.title, " ".join((*item.do, *item.people)), conditions)
    if isinstance(item, Person):
        return Document(item.name, f"{_labels(item.asked_about)} {_labels(item.known_for)}", _labels(item.tasks))
    return Document(item.title, "", _labels(item.activities))


def _labels(counted: Sequence[tuple[str, int]]) -> str:
    return " ".join(label for label, _ in counted)


def _preference(wanted: Question, item: Item) -> float:
    """How much more this sort of thing counts for this sort of question."""
    asks = wanted.asks
    if isinstance(item, Practice):
        return 2.5 if item.kind in PREFERRED[asks] else 1.0
    if isinstance(item, Person):
        if _said(item, wanted):
            return 3.0
        return 2.0 if asks is Asks.WHO and (item.asked_about or item.known_for) else 0.3
    if asks is Asks.DURATION:
        return 4.0
    # "How do I settle a claim?" asks for the task itself when its title holds every word.
    title = {word[:5] for word in words_of(item.title)}
    return 3.0 if asks is not Asks.WHO and all(title & {w[:5] for w in group} for group in wanted.groups) else 0.4


def _nothing(wanted: Question, knowledge: Knowledge) -> str:
    said = "Nothing in this book answers that." if wanted.groups else "The question has no words to look for."
    titles = [shorten(clean(task.title), 80) for task in knowledge.tasks]
    if not titles:
        return f"{said} It knows no tasks yet: learn from some traces first."
    more = f" and {len(titles) - _TITLES:,} more" if len(titles) > _TITLES else ""
    return f"{said} It knows about: {'; '.join(titles[:_TITLES])}{more}."


class _Teller:
    """Composes sentences and collects what they cite and whom they name."""

    def __init__(self, knowledge: Knowledge, wanted: Question) -> None:
        self.sentences: list[str] = []
        self.citations: list[str] = []
        self.people: list[str] = []
        self._practices = {practice.id: practice for practice in knowledge.practices}
        self._titles = {task.id: task.title for task in knowledge.tasks}
        self._groups = {group.name: group.members for group in (*knowledge.teams, *knowledge.roles)}
        self._ways = {found.task: found.variants[0] for found in knowledge.maps if found.variants}
        self._wanted = wanted

    def tell(self, item: Item) -> None:
        """Add what is known of one thing; the first is told in full."""
        first = not self.sentences
        if isinstance(item, Practice):
            self._practice(item, full=first)
        elif isinstance(item, Person):
            self._person(item)
        else:
            self._task(item, full=first)

    def _say(self, sentence: str, source: str) -> None:
        text = shorten(clean(sentence).strip(), _LONGEST).rstrip(".")
        self.sentences.append(f"{text} [{clean(source)}].")

    def _practice(self, practice: Practice, *, full: bool) -> None:
        self.citations.append(practice.id)
        self.people += [clean(name) for name in practice.people]
        self._say(practice.title, practice.id)
        told = set(words_of(practice.title))
        writing = any(name == "subject" for name, _ in practice.when.attributes)  # then what to do is to write
        if (
            full
            and practice.do
            and not writing
            and not told.issuperset(words_of(" ".join((*practice.do, *practice.instead_of))))
        ):
            steps = ", then ".join(f"“{step}”" for step in practice.do[:_STEPS])
            rather = ", then ".join(f"“{step}”" for step in practice.instead_of[:_STEPS])
            self._say(f"Do {steps}{f' instead of {rather}' if rather else ''}", practice.id)
        measured = effect(practice.effect)
        self._say(measured[:1].upper() + measured[1:], practice.id)
        if self._wanted.asks is Asks.WHO and not practice.people and practice.contributors:
            seen = practice.contributors[:_SEEN]
            self.people += [clean(name) for name, _ in seen]
            self._say(f"Seen most in the work of {', '.join(f'{n} ({_counted(c)})' for n, c in seen)}", practice.id)
        for other in practice.prerequisites if full else ():
            if other in self._practices:
                self.citations.append(other)
                self._say(f"Learn first: {self._practices[other].title}", other)

    def _person(self, person: Person) -> None:
        self.people.append(clean(person.name))
        source = f"person {person.name}"
        if _said(person, self._wanted):
            self._belongs(person, source)
        topics = _met(person.asked_about, self._wanted)[:_SEEN]
        special = _met(person.known_for, self._wanted)[:_SEEN]
        done = _met([(self._titles.get(task, task), count) for task, count in person.tasks], self._wanted)[:_SEEN]
        if special:
            self._say(f"{person.name} does {_quoted(special)}, at least twice the part that would be expected", source)
        if not topics and not special and not done:
            topics, done = list(person.asked_about[:_SEEN]), list(person.tasks[:_SEEN])
        if topics:
            self._say(f"Colleagues asked {person.name} about {_quoted(topics)}", source)
            if person.answers_in is not None:
                self._say(f"Answers of {person.name} came after {times.words(person.answers_in)} in the median", source)
        elif done and not special:
            self._say(f"{person.name} took part in {_quoted(done)}", source)
        elif not special:
            self._say(f"{person.name} is in this book with {person.events:,} events on {person.days:,} days", source)

    def _belongs(self, person: Person, source: str) -> None:
        """Team and role of a person who is asked about by name."""
        team, role = (
            [name for name in self._groups.get(group, ()) if name != person.name]
            for group in (person.team, person.role)
        )
        if team:
            self.people += [clean(name) for name in team[:_NAMED]]
            self._say(f"{person.name} works in {person.team} with {_listed(team)}", source)
        if role:
            self._say(f"{person.name} does the same kind of work as {_listed(role)}: {person.role}", source)
        elif person.role:
            self._say(f"Nobody else does the kind of work of {person.name}: {person.role}", source)

    def _task(self, task: Task, *, full: bool) -> None:
        source = f"task {task.id}"
        if task.median_seconds is None:
            self._say(f"“{task.title}” was done {_counted(task.episodes)}", source)
        else:
            time = times.words(task.median_seconds)
            self._say(f"“{task.title}” took {time} in the median of {task.episodes:,} episodes", source)
        if not full:
            return
        if task.good or task.bad:
            self._say(f"{task.good:,} of them ended well and {task.bad:,} badly", source)
        way, count = self._ways.get(task.id) or self._ways.get(task.title) or ((), 0)
        if 0 < len(way) <= _WAY:
            steps = ", ".join(f"“{label}”" for label in way)
            self._say(f"Its commonest way ({_counted(count)}) is {steps}", source)
        elif task.activities:
            steps = ", ".join(f"“{label}” ({count:,})" for label, count in task.activities[:_STEPS])
            self._say(f"Its commonest steps are {steps}", source)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _quoted(counted: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"“{label}” ({_counted(count)})" for label, count in counted)


def _counted(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
