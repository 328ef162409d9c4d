"""From a finding of the search to a practice: its conditions, steps, what it replaces, its sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from guildbook.distil.practices import wording
from guildbook.distil.practices.contrast import Finding, Search
from guildbook.distil.practices.statistics import Z95
from guildbook.distil.practices.times import KEY, WEEK, is_time
from guildbook.distil.practices.wording import Names
from guildbook.model.ids import short_id
from guildbook.model.knowledge import Effect, Kind, Practice, When

INSTEAD = 0.6
"""Share of the traces without the step in which another stands in its place."""
NAMED = 4
"""Conditions that are named as alike; more are counted."""
SELDOM = 0.2
"""Share of that with which the other comes along with the step itself."""


def identity(kind: Kind, when: When, do: tuple[str, ...], instead_of: tuple[str, ...], people: tuple[str, ...]) -> str:
    """An id that says what the practice says and changes with no number."""
    conditions = [f"{name}={value}" for name, value in when.attributes]
    parts = ["task", when.task, "step", when.activity, "if", *conditions, "after", *when.after]
    return short_id(kind.value, *parts, "do", *do, "not", *instead_of, "with", *people)


def practices(search: Search, task: str, names: Names) -> dict[int, Practice]:
    """What the search accepted, its sentences aside, by place in `search.accepted`.

    A finding that was dropped since others explain it is still told when something rests on it and no other
    tells of the same step. Prerequisites are the surest practices of the steps that come after.
    """
    mistakes = {p for p, f in enumerate(search.accepted) if f.harm}
    wanted = {place for p, f in enumerate(search.accepted) if p not in search.dropped for place in f.scope.after}
    wanted -= mistakes
    kept = [p for p in range(len(search.accepted)) if p not in search.dropped | mistakes]
    covered = {search.accepted[p].exposure.step for p in kept}
    kept += [p for p in sorted(wanted - set(kept)) if search.accepted[p].exposure.step not in covered]
    formed: dict[int, Practice] = {}
    for place in sorted(kept, key=lambda p: (_depth(search, p), p)):
        finding = search.accepted[place]
        if finding.exposure.step in search.unknown:
            continue
        steps = {search.accepted[a].exposure.step for a in finding.scope.after}
        found = {s: [q.id for p, q in formed.items() if search.accepted[p].exposure.step == s] for s in steps}
        made = _practice(search, finding, task, names)
        if any(made.id == p.id for p in formed.values()):
            continue  # lead time said it before active time
        formed[place] = replace(made, prerequisites=tuple(sorted(ids[0] for ids in found.values() if ids)))
    return formed


def _depth(search: Search, place: int) -> int:
    """How many findings stand below this one in the longest chain."""
    return max((1 + _depth(search, a) for a in search.accepted[place].scope.after), default=0)


def _below(search: Search, places: tuple[int, ...]) -> list[int]:
    """All that findings rest on and they themselves, the lowest first."""
    listed: list[int] = []
    for place in places:
        listed += [p for p in [*_below(search, search.accepted[place].scope.after), place] if p not in listed]
    return listed


def _practice(search: Search, finding: Finding, task: str, names: Names) -> Practice:
    traces, kind = search.traces, finding.target.kind
    steps = tuple(names.label(s) for s in traces.steps(finding.exposure.step))
    anchor = names.label(int(traces.activities[finding.exposure.anchor]))
    scope = finding.scope
    before = [search.accepted[a].exposure.step for a in _below(search, scope.after)]
    after = tuple(dict.fromkeys(names.label(s) for column in before for s in traces.steps(column)))
    attributes = tuple(sorted(names.condition(int(traces.conditions[c])) for c in scope.conditions))
    when = When(task, anchor, _tightest(attributes), after)
    instead_of = tuple(names.label(s) for s in _instead(search, finding))
    return Practice(
        id=identity(kind, when, steps, instead_of, ()),
        kind=kind,
        title="",
        when=when,
        do=steps,
        instead_of=instead_of,
        effect=effect(finding),
    )


def effect(finding: Finding) -> Effect:
    """The adjusted difference. Without-values are what like cases reached: the with-value less the difference."""
    low, high = finding.value - Z95 * finding.error, finding.value + Z95 * finding.error
    given, without = finding.with_mean, finding.with_mean - finding.value
    metric = finding.target.metric
    if metric in {"duration", "response"}:
        given, without = float(np.exp(given)), float(np.exp(without))
    else:
        given, without = float(np.clip(given, 0, 1)), float(np.clip(without, 0, 1))
    return Effect(metric, finding.value, low, high, round(finding.n), finding.p, given, without)


def _tightest(attributes: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Of two bounds on one attribute the higher says both."""
    kept: dict[str, tuple[str, str]] = {}
    for name, value in attributes:
        if is_time(name, value):
            kept[f"{name}={value}"] = (name, value)
            continue
        held = kept.get(name)
        if held is None or (value.startswith("≥") and float(value[1:]) > float(held[1][1:])):
            kept[name] = (name, value)
    return tuple(kept.values())


def _instead(search: Search, finding: Finding) -> list[int]:
    """What stands in the step's place where it is not done: the other order, another step, or nothing."""
    traces, rows = search.traces, finding.scope.rows
    exposure = finding.exposure
    done, undone = rows & exposure.flags, rows & ~exposure.flags
    weights = traces.weights
    late = weights[undone & (traces.first[:, exposure.step] >= 0)].sum() / weights[undone].sum()
    if late >= INSTEAD:
        return [int(traces.activities[exposure.anchor]), *traces.steps(exposure.step)]
    if exposure.step in traces.opposites:
        return list(traces.steps(traces.opposites[exposure.step]))
    present = traces.first >= 0
    with_share = weights[done] @ present[done] / weights[done].sum()
    without_share = weights[undone] @ present[undone] / weights[undone].sum()
    other = (without_share >= INSTEAD) & (with_share <= SELDOM * without_share)
    other[[exposure.step, *search.endings]] = False
    if not other.any():
        return []
    return list(traces.steps(int(np.argmax(np.where(other, without_share - with_share, -1.0)))))


def mistakes(search: Search, names: Names) -> dict[str, tuple[float, float]]:
    """Steps after which cases end worse: the share of good outcomes with them and, alike otherwise, without."""
    steps = {
        names.label(int(search.traces.activities[f.exposure.step])): effect(f)
        for place, f in enumerate(search.accepted)
        if f.harm and place not in search.dropped
    }
    return {step: (found.with_value or 0.0, found.without_value or 0.0) for step, found in steps.items()}


def worded(found: Practice, search: Search, finding: Finding, names: Names) -> Practice:
    """The practice with its sentence: what to do, what came of it, and what the cases compared have alike."""
    given, without = found.effect.with_value or 0.0, found.effect.without_value or 0.0
    if found.effect.metric == "good-rate":
        result = f"{wording.share(given)} of such cases ended well instead of {wording.share(without)}"
    elif found.effect.metric == "share":
        result = f"{wording.share(given)} of such cases needed rework instead of {wording.share(without)}"
    else:
        result = f"such cases took {wording.length(given)} instead of {wording.length(without)}"
    if finding.target.lead:
        result += " from first step to last"
        if found.instead_of == (found.when.activity, *found.do):
            result += ", since what it sets going runs on meanwhile"
    result += f" ({wording.number(found.effect.n)} cases{_alike(search, finding, names)})"
    for step in found.when.after:
        if step in (wrong := mistakes(search, names)):
            with_it, without_it = (wording.share(rate) for rate in wrong[step])
            result += f"; with “{wording.step(step)}” {with_it} end well, without it {without_it}"
    return replace(found, title=f"{advice(found)}: {result}.")


def _alike(search: Search, finding: Finding, names: Names) -> str:
    """What is the same on both sides, on average: all that was adjusted for, the scope's own conditions aside."""
    own = {names.condition(int(search.traces.conditions[c]))[0] for c in finding.scope.conditions}
    keys = {names.condition(int(c))[0] for c in search.traces.conditions} - own - {KEY}
    listed = [wording.plain(key) for key in sorted(keys)]
    if len(listed) > NAMED:
        listed = [f"{len(listed)} conditions"]
    if len(np.unique(search.traces.begun // WEEK)) > 1:
        listed += ["week", "workload"]
    if finding.people and search.traces.took_part.shape[1] > 1:
        listed.append("people")
    return f", alike in {' and '.join(filter(None, (', '.join(listed[:-1]), listed[-1])))}" if listed else ""


def advice(found: Practice) -> str:
    """The first half of the sentence: when, and what to do."""
    do = wording.steps(found.do)
    text = f"{wording.situation(found.when)}, do “{do}” before “{wording.step(found.when.activity)}”"
    reverse = (found.when.activity, *found.do)
    if found.instead_of == reverse:
        return text + ", not after it"
    return text + (f" instead of “{wording.steps(found.instead_of)}”" if found.instead_of else "")
