"""Hand-made knowledge for the tests of `teach`, and a real browser for those of the report."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from guildbook.model import Effect, Kind, Knowledge, MapEdge, MapNode, Person, Practice, ProcessMap, Span, Task, When

HOSTILE = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror='window.pwned=1'>",
    "{{ 7*7 }}{% raw %}${7*7}<%= 7 %>",
    "\x1b]0;owned\x07\x1b[31mred\x1b[0m",
    "safe\u202egpj.exe",
    "<!--<script>",
    "'\"><svg/onload=window.pwned=1>",
    '=HYPERLINK("http://evil.example")',
    "http://evil.example/\u2028window.pwned=1",
)


def make_effect(**changes: Any) -> Effect:
    values: dict[str, Any] = {
        "metric": "good-rate",
        "difference": 0.17,
        "low": 0.11,
        "high": 0.23,
        "n": 412,
        "p": 0.0004,
        "with_value": 0.83,
        "without_value": 0.66,
    }
    return Effect(**(values | changes))


def make_practice(number: int = 1, **changes: Any) -> Practice:
    values: dict[str, Any] = {
        "id": f"quality-{number:012x}",
        "kind": Kind.QUALITY,
        "title": "Check the policy before approving a marine claim",
        "when": When("Settle a claim", "Approve claim", (("product", "marine"),), ("Open claim",)),
        "do": ("Check policy", "Approve claim"),
        "instead_of": ("Approve claim",),
        "effect": make_effect(),
        "people": (),
        "evidence": tuple(
            Span(f"claim:{number}-{i}", tuple(f"{number:08x}{i:08x}{e:016x}" for e in range(3))) for i in range(6)
        ),
        "contributors": (("Ann", 30), ("Bo", 12)),
    }
    return Practice(**(values | changes))


def make_map(task: str, activities: int, edges: int, seed: int = 1) -> ProcessMap:
    """A random connected map whose counts fall off as real ones do."""
    rng = random.Random(seed)
    labels = [f"Step {i:02d} of {task}" for i in range(activities)]
    happy = labels[: min(7, activities)]
    counts: dict[tuple[str, str], int] = {}
    for source, target in zip(("", *happy), (*happy, ""), strict=True):
        counts[source, target] = 5000 - rng.randrange(100)
    for i, label in enumerate(labels[len(happy) :], len(happy)):
        counts[rng.choice(labels[:i]), label] = rng.randrange(5, 900)
        counts[label, rng.choice(["", *labels[:i]])] = rng.randrange(5, 900)
    while len(counts) < edges:
        counts[rng.choice(labels), rng.choice(labels)] = int(rng.paretovariate(0.7)) % 1500 + 1
    nodes = tuple(MapNode(label, sum(n for (_, t), n in counts.items() if t == label), 10) for label in labels)
    mapped = tuple(
        MapEdge(s, t, n, rng.lognormvariate(8, 3) if s and t else None) for (s, t), n in sorted(counts.items())
    )
    return ProcessMap(task, nodes, mapped, ((tuple(happy), 1200), ((*happy, happy[-1]), 80)))


def make_knowledge(**changes: Any) -> Knowledge:
    practices = (
        make_practice(1),
        make_practice(
            2,
            id="people-000000000002",
            kind=Kind.PEOPLE,
            title="Ask Ann about a fraud check",
            when=When("Settle a claim", "Fraud check"),
            do=("Ask Ann",),
            instead_of=("Ask Bo",),
            people=("Ann",),
            effect=make_effect(
                metric="response", difference=-1.2, low=-1.6, high=-0.8, n=57, with_value=720.0, without_value=2400.0
            ),
        ),
        make_practice(
            3,
            id="tool-000000000003",
            kind=Kind.TOOL,
            title="Fill the column with Ctrl+D",
            when=When("Make the weekly report"),
            do=("Press Ctrl+D",),
            instead_of=("Copy cell", "Paste cell"),
            effect=make_effect(
                metric="duration", difference=-0.5, low=-0.7, high=-0.3, n=230, with_value=12.0, without_value=20.0
            ),
        ),
        make_practice(
            4,
            id="workflow-000000000004",
            kind=Kind.WORKFLOW,
            title="Batch invoices by supplier before paying them",
            when=When("Pay an invoice"),
            do=("Sort invoices", "Pay invoice"),
            instead_of=(),
            effect=make_effect(
                metric="share", difference=0.1, low=0.02, high=0.18, n=96, with_value=0.4, without_value=0.3
            ),
            prerequisites=("tool-000000000003", "quality-000000000001"),
            layer=2,
        ),
    )
    values: dict[str, Any] = {
        "model_hash": "5f2c" * 16,
        "events": 262_200,
        "workers": 3,
        "cases": 13_087,
        "episodes": 13_087,
        "tasks": (
            Task("task-1", "Settle a claim", 412, (("Open claim", 412), ("Approve claim", 300)), 300, 112, 12_600.0),
            Task("task-2", "Pay an invoice", 96, (("Pay invoice", 96),), 0, 0, 86_400.0 * 3),
        ),
        "practices": practices,
        "people": (
            Person("Ann", 1200, 30, (("Settle a claim", 200),), (("Bo", 31),), (("Fraud check", 12),), 840.0),
            Person("Bo", 900, 29, (("Pay an invoice", 96),), (("Ann", 8),), ()),
            Person("Çelik", 20, 2, (), (), ()),
        ),
        "maps": (make_map("Settle a claim", 12, 30), make_map("Pay an invoice", 5, 8, seed=2)),
        "period": (1_317_427_200_000_000, 1_331_683_200_000_000),
        "notes": ("No mail was admitted, so no response times.",),
    }
    return Knowledge(**(values | changes))


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """A small book with one practice of each kind."""
    return make_knowledge()


@pytest.fixture(scope="session")
def build() -> Callable[..., Knowledge]:
    """Makes knowledge with some fields changed."""
    return make_knowledge


@pytest.fixture(scope="session")
def practice() -> Callable[..., Practice]:
    """Makes a practice with some fields changed."""
    return make_practice


@pytest.fixture(scope="session")
def measured() -> Callable[..., Effect]:
    """Makes an effect with some fields changed."""
    return make_effect


@pytest.fixture(scope="session")
def process_map() -> Callable[..., ProcessMap]:
    """Makes a process map of so many activities and edges."""
    return make_map


@pytest.fixture(scope="session")
def hostile() -> tuple[str, ...]:
    """Strings that try to be more than text."""
    return HOSTILE


@pytest.fixture(scope="session")
def big() -> Knowledge:
    """The size of BPIC 2012: 36 activities, 70 people, many practices."""
    kinds = list(Kind)
    practices = tuple(
        make_practice(
            i,
            kind=kinds[i % 4],
            title=f"Practice number {i} says to do this before that when the amount is large",
            layer=1 + i % 3,
            prerequisites=(f"quality-{i - 1:012x}",) if i % 3 else (),
            contributors=tuple((f"Resource {w}", w) for w in range(10000, 10040)),
            people=tuple(f"Resource {w}" for w in range(10000, 10003)),
            evidence=tuple(Span(f"loan:{i}{s:04}", tuple(f"{e:032x}" for e in range(5))) for s in range(40)),
        )
        for i in range(240)
    )
    people = tuple(
        Person(
            f"Resource {10000 + i}",
            4000 - i,
            100,
            (("Handle an application", 500),),
            tuple((f"Resource {10000 + j}", 50 - j) for j in range(20)),
            tuple((f"W_Step {j}", 9 - j) for j in range(8)),
            3600.0,
        )
        for i in range(70)
    )
    graph = make_map("Handle an application", 36, 180)
    return make_knowledge(practices=practices, people=people, maps=(graph,))
