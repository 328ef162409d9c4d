from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from exploring import process


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario that is run in no time, with a change in its second year."""
    path = tmp_path_factory.mktemp("scenario") / "small.yaml"
    path.write_text(
        "about: a licence from the second year on\nmonths: 36\nworkers: 3000\nseeds: 3\nchanges: {12: {licence: 0.8}}\n"
    )
    return path


@pytest.fixture(scope="module")
def page_at(small: Path) -> Iterator[str]:
    """Where the page of the small scenario is served."""
    with process(str(small)) as (running, where):
        assert where.startswith("http://127.0.0.1:"), where
        yield where
    assert running.returncode == 0
