from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guildbook.model import Kind
from guildbook.record.office.plan import BATCHED, OPTIONS, PRODUCTS, draw_plan
from guildbook.record.office.steps import CATALOGUE, CODE, TASKS, WAYS

SEEDS = st.integers(0, 2**64)


@given(SEEDS)
def test_every_slot_of_the_scripts_is_filled(seed: int) -> None:
    plan = draw_plan(seed)
    wanted = {f"{t}.o{i + 1}" for t in TASKS for i in range(OPTIONS)} | {f"{t}.order" for t in TASKS}
    assert wanted | set(WAYS) | set(BATCHED) <= set(plan.slots)
    assert all(step in CODE for slot in plan.slots.values() for step in slot.steps)
    assert sorted(plan.products) == sorted(PRODUCTS)


@given(SEEDS)
def test_chances_stay_chances_with_every_effect_at_once(seed: int) -> None:
    plan = draw_plan(seed)
    for task, base in plan.base.items():
        most = sum(r.effect for r in plan.rules if r.task == task and r.metric == "good-rate")
        assert base >= 0.14
        assert base + most <= 0.90 + 1e-9


@given(SEEDS)
def test_prerequisites_come_earlier_in_the_script(seed: int) -> None:
    plan = draw_plan(seed)
    known = {r.id: r for r in plan.rules}
    for rule in plan.rules:
        for before in rule.prerequisites:
            if rule.kind is not Kind.PEOPLE:
                assert known[before].slot < rule.slot


@given(SEEDS)
def test_each_option_step_is_used_once(seed: int) -> None:
    plan = draw_plan(seed)
    used = [s for name, slot in plan.slots.items() if ".o" in name and len(slot.steps) == 1 for s in slot.steps]
    assert len(used) == len(set(used))


@given(SEEDS)
def test_every_task_has_decoys_of_several_habits(seed: int) -> None:
    plan = draw_plan(seed)
    planted = {r.slot for r in plan.rules}
    for task in TASKS:
        free = [
            s for n, s in plan.slots.items() if n.startswith(f"{task}.o") and n not in planted and len(s.steps) == 1
        ]
        assert len(free) >= 2
        assert len({s.follow for s in free}) >= 2


def test_no_two_steps_look_alike() -> None:
    assert len({(s.app, s.action, s.name) for s in CATALOGUE}) == len(CATALOGUE)
