"""Words of subjects that belong together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import Sums, condition_symbol
from guildbook.distil.topics import Topics, topics
from guildbook.model.time import HOUR


def test_words_of_the_same_threads_are_one_topic(table: Callable[..., pa.Table], monday: int) -> None:
    subjects = (
        [["late", "payment"]] * 12 + [["payment"]] * 8 + [["payment", "portal"]] * 4 + [["portal"]] * 20 + [["once"]]
    )
    rows: list[dict[str, Any]] = [
        {
            "worker": "ann",
            "time": monday + i * HOUR,
            "app": "mail",
            "action": "send",
            "case": f"thread:{i}",
            "attributes": {"case:subject": words},
        }
        for i, words in enumerate(subjects)
    ]
    found = topics(summarise_table(table(rows), Settings()), least=5)
    payment, portal = condition_symbol("subject=payment"), condition_symbol("subject=portal")
    assert found.words == {payment: ("payment", "late"), portal: ("portal",)}
    assert found.beside == {condition_symbol("subject=late"), condition_symbol("subject=once")}
    assert found.text(payment) == "payment"
    assert found.text(1) == ""
    assert found.within(payment, payment)
    assert not found.within(portal, payment)  # 4 of 24
    assert found.main.tolist() == sorted([payment, portal])


def test_without_subjects_there_are_no_topics() -> None:
    assert topics(Sums(), 5) == Topics()
