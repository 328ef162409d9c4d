"""The distilling desk: sums and knowledge kept in the book, brought up to date behind grants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace

from guildbook.app.naming import SOMEBODY, masked, masked_practices, roles
from guildbook.app.progress import Progress, silent
from guildbook.app.settled import settled
from guildbook.app.withheld import note, without
from guildbook.config import Config
from guildbook.distil import Settings, State, StateVersionError, Sums
from guildbook.distil import learn as distil_learn
from guildbook.distil.alike import Alike, alike
from guildbook.distil.changes import Included
from guildbook.distil.companion import Companion
from guildbook.govern import Gate
from guildbook.govern.naming import may_be_named
from guildbook.model.errors import StoreError
from guildbook.model.knowledge import Knowledge, Practice, knowledge_from_dict
from guildbook.model.purpose import Purpose
from guildbook.model.time import now
from guildbook.store import SegmentRow, Store, split_part


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The knowledge now, and what it cost to get there."""

    knowledge: Knowledge
    changed: bool
    touched: int
    """Joint traces that were summarised."""
    notes: tuple[str, ...] = ()


def next_artefact(purpose: Purpose) -> str:
    """The name under which the next-step model is kept."""
    return f"next-{purpose}"


def _state(purpose: Purpose) -> str:
    return f"state-{purpose}"


def _knowledge(purpose: Purpose) -> str:
    return f"knowledge-{purpose}"


_Found = tuple[State | None, tuple[str, ...]]
"""The sums to go on from, and what there is to say of them."""


class Ahead:
    """Sums that are being unpacked in a thread; `take` gives them away, so that nobody else keeps them in memory."""

    def __init__(self, found: Future[_Found]) -> None:
        self._found = [found]

    def take(self) -> _Found:
        """What was found, once."""
        return self._found.pop().result()


class Distilling:
    """Keeps one state of sums per purpose; `train-people` is what `learn` asks for."""

    def __init__(self, store: Store, gate: Gate, config: Config) -> None:
        self._store = store
        self._gate = gate
        self._config = config

    def knowledge(self, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> Knowledge | None:
        """What was learnt last for this purpose, or None; also None for what another version wrote.

        What rests on traces that may not be used so now is left out, with a note. Who may not be named is told of by
        their role.
        """
        found = self._kept(purpose)
        if found is None:
            return None
        held = self._gate.withheld(_knowledge(purpose), purpose)
        labels = roles(found, self._nameless())
        if held:
            called = {worker.id: worker.name for worker in self._store.workers()}
            names = {called.get(worker) or worker for worker in held}
            found = without(found, names, note(reason for reasons in held.values() for reason in reasons))
        return masked(found, labels, self._renamed)

    def contributed(self, worker: str, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> list[Practice]:
        """The practices a worker contributed to, by name, whether or not they may be shown to others now.

        It is for that worker: others in it who may not be named are told of by their role.
        """
        found = self._kept(purpose)
        if found is None:
            return []
        labels = roles(found, self._nameless() - {worker})
        theirs = [p for p in found.practices if worker in dict(p.contributors)]
        return list(masked_practices(theirs, labels, self._renamed)) if labels else theirs

    def groups(self, kind: str, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> dict[str, str]:
        """Worker → `team` or `role`, of everybody in one, by name: for figures of whole groups, not to be shown."""
        found = self._kept(purpose)
        return {} if found is None else {p.name: g for p in found.people if (g := p.team if kind == "team" else p.role)}

    def practice(self, name: str, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> tuple[Practice, bool, list[str]] | None:
        """The only practice whose id begins so, whether it may be shown now, and the names of those it rests on."""
        kept, shown = self._kept(purpose), self.knowledge(purpose)
        if kept is None or shown is None:
            return None
        labels = roles(kept, self._nameless())
        told = masked_practices(kept.practices, labels, self._renamed) if labels else kept.practices
        found = [pair for pair in zip(kept.practices, told, strict=True) if pair[1].id.startswith(name)]
        if len(found) != 1:
            return None
        whole, practice = found[0]
        now_shown = any(p.id == practice.id for p in shown.practices)
        return practice if now_shown else replace(practice, title=""), now_shown, [who for who, _ in whole.contributors]

    @staticmethod
    def learnt_name(purpose: Purpose = Purpose.TRAIN_PEOPLE) -> str:
        """The name under which what was learnt is kept."""
        return _knowledge(purpose)

    def called(self, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> dict[str, str]:
        """What to call those who may not be named, by name: by the role they have in what was learnt last."""
        hidden = self._nameless()
        known = self._kept(purpose) if hidden else None
        return dict.fromkeys(hidden, SOMEBODY) if known is None else roles(known, hidden)

    def _nameless(self) -> frozenset[str]:
        """Names that are not to be shown."""
        world, time = self._gate.register.world(), now()
        return frozenset(
            w.name for w in self._store.workers() if w.name is not None and not may_be_named(world, w.id, time)
        )

    def _renamed(self, practice: str) -> str:
        """Another id of a practice, from which what it says cannot be worked out without the book."""
        kind = practice.partition("-")[0]
        return f"{kind}-{self._store.worker_id(f'practice {practice}')[:12]}"

    def withheld(self, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> str:
        """Why the sums are not shown now; empty where they are."""
        held = self._gate.withheld(_state(purpose), purpose)
        return note(reason for reasons in held.values() for reason in reasons) if held else ""

    def _kept(self, purpose: Purpose) -> Knowledge | None:
        data = self._store.get_artefact(_knowledge(purpose))
        try:
            return None if data is None else knowledge_from_dict(json.loads(data))
        except (KeyError, TypeError, ValueError):
            return None

    def refresh(
        self,
        progress: Progress = silent,
        *,
        purpose: Purpose = Purpose.TRAIN_PEOPLE,
        jobs: int | None = None,
        ahead: Ahead | None = None,
        helper: Companion | None = None,
    ) -> Refreshed:
        """Bring sums and knowledge up to what is admitted now; costs only the joint traces that changed.

        What is withdrawn while learning goes on is not published: learning begins again with what is admitted then.
        `ahead`: what `look_ahead` gave for this purpose, under the writer lock that is still held.
        `helper`: a second process that takes a share of the mining.
        """
        first = [ahead]

        def work() -> Refreshed:
            with self._store.writing():
                return self._refreshed(progress, purpose, jobs, first.pop() if first else None, helper)

        return settled(work)

    def parted(self, split: Mapping[str, Sequence[SegmentRow]], purpose: Purpose = Purpose.TRAIN_PEOPLE) -> None:
        """Note in the sums that segments were written anew as several, so that a part of one can be subtracted.

        Where this is left undone (a kill in between) all is learnt again, to the same result.
        """
        with self._store.writing():
            state, _ = self._state(purpose)
            grant = next((row.grant for row in self._store.artefacts() if row.name == _state(purpose)), "")
            if state is None or not split.keys() & state.segments.keys():
                return
            named: dict[str, Included] = {}
            for name, held in state.segments.items():
                if name in split:
                    named |= {s.id: replace(held, rows=s.rows, digest=s.digest) for s in split[name]}
                else:
                    named[name] = held
            self._store.put_artefact(_state(purpose), "sums", replace(state, segments=named).to_bytes(), grant)

    def _refreshed(
        self, progress: Progress, purpose: Purpose, jobs: int | None, ahead: Ahead | None, helper: Companion | None
    ) -> Refreshed:
        old, notes = self._state(purpose) if ahead is None else ahead.take()
        admitted = self._gate.grant(purpose, stage="distil", artefact="model")
        present = {s.id for s in admitted.grant.segments}
        held = {s.id for s in self._store.segments()}
        held |= {name for part in self._store.parts() for name in part.taken}
        # What was merged away by compaction is not held any more, and its events are among the admitted.
        gone = [] if old is None else [s for s in old.segments if split_part(s)[0] in held and s not in present]
        departed = self._gate.departed(gone, stage="distil", artefact="model") if gone else None
        before = None if old is None else old.segments.keys()
        passed = [old]
        del old  # so that learning can let go of its sums
        learnt = distil_learn(
            admitted,
            passed.pop(),
            settings=self.settings(),
            departed=departed,
            jobs=jobs or self._config.distil.jobs,
            progress=lambda share: progress("distil", share),
            helper=helper,
        )
        grant = admitted.grant.id
        if learnt.changed or before != learnt.state.segments.keys() or not self._gate.noted(admitted, _state(purpose)):
            with self._gate.publishing(admitted, _state(purpose)):
                self._store.put_artefact(_state(purpose), "sums", learnt.state.to_bytes(), grant)
            self._store.drop_artefact(next_artefact(purpose))  # fitted on events that may be gone
        stale = not self._gate.noted(admitted, _knowledge(purpose))
        if learnt.changed or stale or self._known(purpose) is None:
            body = json.dumps(learnt.knowledge.to_dict(), ensure_ascii=False, separators=(",", ":"))
            with self._gate.publishing(admitted, _knowledge(purpose), [_state(purpose)]):
                self._store.put_artefact(_knowledge(purpose), "knowledge", body.encode(), grant)
        return Refreshed(learnt.knowledge, learnt.changed, learnt.touched_traces, (*notes, *learnt.notes))

    def sums(self, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> Sums | None:
        """The sums that were learnt last for this purpose; None before that, and for those of another version.

        Also None while something in them may not be used so (`withheld` says why): they cannot be taken apart.
        Names of one routine are one task in them.
        """
        sums = self._learnt(purpose)
        return None if sums is None else alike(sums).sums(sums)

    def alike(self, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> Alike:
        """Which names of routines in what was learnt last are of one task."""
        sums = self._learnt(purpose)
        return Alike() if sums is None else alike(sums)

    def _learnt(self, purpose: Purpose) -> Sums | None:
        state = None if self.withheld(purpose) else self._state(purpose)[0]
        return None if state is None else state.sums

    def _known(self, purpose: Purpose) -> Knowledge | None:
        """As `knowledge`, but what is damaged counts as not there: it is about to be made again."""
        try:
            return self._kept(purpose)
        except StoreError:
            return None

    def look_ahead(self, aside: Executor, purpose: Purpose = Purpose.TRAIN_PEOPLE) -> Ahead:
        """Begin to unpack the sums that `refresh` will go on from. Needs the writer lock."""
        return Ahead(aside.submit(self._state, purpose))

    def _state(self, purpose: Purpose) -> _Found:
        """The sums to go on from; none, with a note, where they are damaged or of another version."""
        try:
            data = self._store.get_artefact(_state(purpose))
            return (None if data is None else State.from_bytes(data)), ()
        except (StateVersionError, StoreError) as error:
            return None, (f"Learnt again from the beginning: {error}",)

    def settings(self) -> Settings:
        """What shapes the sums, as configured."""
        section = self._config.distil
        return Settings(
            episode_gap_minutes=section.episode_gap_minutes,
            good_outcomes=section.good_outcomes,
            bad_outcomes=section.bad_outcomes,
            fdr=section.fdr,
            min_cases=section.min_cases,
            good_steps=section.good_steps,
            bad_steps=section.bad_steps,
        )
