"""Nothing that is made is freer than anything it was made of, however long the chain."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from guildbook.govern.acts import Act, ActKind
from guildbook.govern.agreement.rules import rules
from guildbook.govern.lineage import Denial, Graph, State, allowed, standing, terms_of
from guildbook.govern.lineage.graph import groups_of
from guildbook.govern.world import World
from guildbook.govern.world.parts import Agreement as Deal
from guildbook.govern.world.parts import Version
from guildbook.model.agreement import Agreement, Audit, Party, Price, Remedies, Scope, Substitution, Term
from guildbook.model.decision import Reason
from guildbook.model.lineage import Terms, met

START = 1_767_225_600_000_000
WORDS = st.frozensets(st.sampled_from("abc"))
LEAST = st.none() | st.integers(0, 4)
TERMS = st.builds(Terms, WORDS, WORDS, WORDS, LEAST, LEAST, LEAST, LEAST, st.booleans())
AGREED = st.tuples(
    st.sampled_from(["acme", "lab"]), st.integers(1, 4), st.integers(0, 90), st.booleans(),
    st.integers(1, 9), st.sampled_from(["train-augment", "train-substitute"]),
)  # fmt: skip


@given(TERMS, TERMS, TERMS)
def test_terms_meet(a: Terms, b: Terms, c: Terms) -> None:
    assert a & a == a
    assert a & b == b & a
    assert a & (b & c) == (a & b) & c
    assert (a & b).within(a)
    assert a.within(b) == (a & b == a)
    assert a.derived().within(a)
    assert met([a, b, c]) == a & b & c


def agreement(name: str, said: Any) -> Deal:
    to, depth, retention, delete, months, purpose = said
    terms = Agreement(
        title=name, collective=Party(id="guild", name="The guild"), licensee=Party(id=to, name=to),
        purposes=(purpose,), uses=("train",), scope=Scope(classes=("*",)),
        term=Term(first_day="2026-01-01", last_day=f"2026-{months + 1:02}-01"), price=Price(kind="flat", amount=1),
        derivative_depth=depth, retention_days=retention, remedies=Remedies(delete_on_end=delete),
        audit=Audit(ablation_days=90), substitution=Substitution(bound=10_000 * months),
    )  # fmt: skip
    return Deal(name, "guild", to, [Version(name, terms, {}, "")], force=name, rules=rules(terms))


@st.composite
def histories(draw: st.DrawFn) -> tuple[World, Graph, dict[str, list[Any]], dict[str, set[str]]]:
    """A world with agreements, and things made of traces and of one another."""
    world, graph, bodies = World("b"), Graph(), dict[str, list[Any]]()
    agreed = draw(st.lists(AGREED, min_size=1, max_size=3))
    for number, said in enumerate(agreed):
        world.agreements[f"a{number}"] = agreement(f"a{number}", said)
    parents: dict[str, set[str]] = {}
    for number in range(draw(st.integers(1, 4))):
        which = draw(st.integers(0, len(agreed) - 1))
        more = draw(st.lists(st.integers(0, len(agreed) - 1), max_size=2))
        names = [f"a{k}#purposes.{agreed[k][5]}" for k in {which, *more}]
        groups = [[f"w{i}", "", "mail", "", 1, 5, "agreement", [name]] for i, name in enumerate(names)]
        body: dict[str, Any] = {
            "grant": f"grant-{number}", "artefact": "handed:parquet", "purpose": agreed[which][5], "use": "train",
            "recipient": agreed[which][0], "root": "", "stage": "licensee", "groups": groups,
        }  # fmt: skip
        graph.take(Act(ActKind.GRANT, START, "", body), graph.taken)
        bodies[body["grant"]] = groups_of(body)
        parents[body["grant"]] = set()
    for number in range(draw(st.integers(0, 8))):
        some = draw(st.sets(st.sampled_from(sorted(parents)), min_size=1, max_size=3))
        made = {"artefact": f"made-{number}", "kind": "model", "from": sorted(some), "digest": "", "terms": {}}
        graph.take(Act(ActKind.DERIVE, START, "acme", made), graph.taken)
        parents[f"made-{number}"] = some
    return world, graph, bodies, parents


@given(histories())
def test_nothing_is_freer_than_anything_it_was_made_of(found: Any) -> None:
    world, graph, bodies, parents = found
    groups = bodies.__getitem__
    terms = {key: terms_of(world, graph, groups, key) for key in parents}
    for key, some in parents.items():
        for parent in some:
            assert terms[key].within(terms[parent])
            before, after = terms[parent].depth_left, terms[key].depth_left
            assert before is None or (after is not None and after < before)
        depth = 1 + max(graph.nodes[p].depth for p in some) if some else 0
        assert graph.nodes[key].depth == depth
        for reading in graph.readings(key):  # and so than any of the traces, at any distance
            assert terms[key].within(terms[reading.key])


@given(histories())
def test_what_may_be_made_is_within_its_terms(found: Any) -> None:
    world, graph, bodies, parents = found
    groups, now = bodies.__getitem__, START + 1
    for key in parents:
        made = allowed(world, graph, groups, [key], "acme", now)
        terms = terms_of(world, graph, groups, key).derived()
        if isinstance(made, Terms):
            assert made == terms
            assert made.recipients == {"acme"}
            assert made.purposes
            assert made.depth_left is None or made.depth_left >= 0
            assert standing(world, graph, groups, key, now).state is State.IN_USE
        elif made.reason is Reason.DEPTH:
            assert terms.depth_left is not None
            assert terms.depth_left < 0


def test_nothing_is_made_of_nothing() -> None:
    assert isinstance(allowed(World("b"), Graph(), lambda _: [], [], "", START), Denial)
