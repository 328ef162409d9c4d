"""The real logs, read by the importer and summarised."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from guildbook.distil import nextstep
from guildbook.distil.network import handover_network
from guildbook.distil.settings import Settings
from guildbook.distil.summarise import summarise_table
from guildbook.distil.sums import Sums
from guildbook.record import reader

pytestmark = pytest.mark.data


def events(path: Path) -> pa.Table:
    return pa.concat_tables([c.events for item in reader.plan((path,)) for c in reader.read(item)])


def test_offers_of_a_bank(shared_data: Path) -> None:
    table = events(shared_data / "eventlogs" / "BPI_Challenge_2012_O.xes.gz")
    sums = summarise_table(table, Settings())
    assert (sums.events, sums.cases, sums.traces) == (31_244, 5_015, 5_015)
    half = table.slice(0, 15_000), table.slice(15_000)
    assert summarise_table(pa.concat_tables(half[::-1]), Settings()).digest() == sums.digest()
    assert Sums.from_bytes(sums.to_bytes()).digest() == sums.digest()
    network = handover_network(table)
    assert int(network.counts.sum()) == 31_244 - 5_015
    assert int(network.counts.sum() - network.counts.trace()) == sums.handovers.total()


@pytest.mark.parametrize(("log", "least"), [("Helpdesk", 0.77), ("BPI_Challenge_2012_O", 0.805)])
def test_next_step_is_better_than_any_one_view(shared_data: Path, log: str, least: float) -> None:
    folder = shared_data / "eventlogs"
    result = nextstep.bench(events(folder / f"train_val_{log}.xes.gz"), events(folder / f"test_{log}.xes.gz"))
    assert result["accuracy"] >= least
