"""What those who have done a task for long do and know that those who are new to it do not, task by task."""

from __future__ import annotations

from dataclasses import dataclass, field

from guildbook.distil.practices.consulting import asked_by, mine_consulting
from guildbook.distil.practices.experience import experience
from guildbook.distil.practices.features import mine_features
from guildbook.distil.practices.settings import MiningSettings
from guildbook.distil.practices.statistics import Floats
from guildbook.distil.practices.traces import TaskTraces
from guildbook.distil.practices.wording import Names
from guildbook.distil.sums import Sums
from guildbook.model.knowledge import Kind, Practice


@dataclass
class Expertise:
    """What was found."""

    found: list[tuple[Kind, list[Practice], Floats]] = field(default_factory=list[tuple[Kind, list[Practice], Floats]])
    """Kind, practices, and the p-values they were found among."""
    told: frozenset[int] = frozenset()
    """Symbols of the steps they speak of."""


def mine_experts(
    sums: Sums, blocks: list[TaskTraces], names: Names, titles: dict[int, str], settings: MiningSettings
) -> Expertise:
    """Features of tools, and what those who are new had better ask, in each task."""
    made = Expertise()
    for block in blocks:
        people = experience(sums, block)
        if not people.told_apart:
            continue
        found, tests, features = mine_features(block, people, names, titles[block.task], settings)
        made.found.append((Kind.TOOL, found, tests))
        found, tests, requests = mine_consulting(sums, block, people, names, titles[block.task], settings)
        made.found.append((Kind.PEOPLE, found, tests))
        made.told |= features | requests
    return made


def known_to(practices: list[Practice], sums: Sums, blocks: list[TaskTraces], titles: dict[int, str]) -> list[Practice]:
    """The practices of turning to somebody with who does so already and who does not."""
    by_title = {titles[block.task]: (block, experience(sums, block)) for block in blocks}
    return [
        asked_by(p, sums, *by_title[p.when.task])
        if p.kind is Kind.PEOPLE and p.when.task in by_title and by_title[p.when.task][1].told_apart
        else p
        for p in practices
    ]
