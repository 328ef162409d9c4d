"""No grant, no bytes: nothing outside `govern` and `app` gets at a segment's key, its bytes, or the store.

Three views of it. The imports of every module, also those inside functions and those that take the store second-hand
from a module of `govern`. What every imported module then holds. And what can be reached from the one thing that stages
are given, an `Admitted`.

Python hides nothing from code that wants to find it: whoever reads closures, frames or the garbage collector's lists
gets at anything in their process. These tests hold the code of this package to its rule; they are no sandbox.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import guildbook
from guildbook.columns import raw_table
from guildbook.govern import Admitted, Gate
from guildbook.govern.register import Register
from guildbook.model import Purpose
from guildbook.model.errors import DeniedError
from guildbook.store import Sealer, Store
from guildbook.store.keys import Keyring
from guildbook.store.vault import Vault

SRC = Path(guildbook.__file__).parent
INSIDE = ("guildbook.govern", "guildbook.app", "guildbook.store")
READERS = {
    f"guildbook.govern.{name}" for name in ("gate", "register", "admission", "receipts", "admitted", "audit.log")
}
"""The modules of govern that work with the store. Others (agreements, keys of people, reports) are free to take."""
KEYS: tuple[type, ...] = (Store, Vault, Keyring, Sealer)


def names() -> list[str]:
    """Every module of the package."""
    found = [m.name for m in pkgutil.walk_packages(guildbook.__path__, "guildbook.")]
    return [name for name in found if not name.endswith("__main__") and ".migrations." not in name]


def inside(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in INSIDE)


def outside() -> list[str]:
    return [name for name in names() if not inside(name)]


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every import of a file, wherever it stands; the name is empty where the module is taken."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def source(name: str) -> Path:
    path = SRC.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_every_module_can_be_imported() -> None:
    assert len(names()) > 150
    for name in names():
        if ".neural" not in name:  # needs the neural extra
            importlib.import_module(name)


def test_nothing_outside_imports_the_store_not_even_second_hand() -> None:
    for name in outside():
        for module, what in imported(source(name)):
            assert not module.startswith("guildbook.store"), f"{name} imports {module}"
            if module.startswith("guildbook.govern"):
                held = getattr(importlib.import_module(module), what, None)
                assert not {module, f"{module}.{what}"} & READERS, f"{name} imports {module}"
                assert not any(held is each for each in (*KEYS, Gate, Register)), f"{name} takes {what} from {module}"


def test_nothing_outside_imports_by_name_what_it_must_not_have() -> None:
    for name in outside():
        for node in ast.walk(ast.parse(source(name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(("guildbook.store", "guildbook.govern.gate")), name


def test_nothing_outside_looks_into_what_is_private_to_the_gate() -> None:
    hidden = {"_store", "_vault", "_keys", "_rows", "_cases", "__closure__", "cell_contents", "__globals__", "gi_frame"}
    for name in outside():
        if name.startswith("guildbook.cli"):
            continue
        for node in ast.walk(ast.parse(source(name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in hidden:
                assert isinstance(node.value, ast.Name), (name, node.attr)
                assert node.value.id == "self", (name, node.attr)


def test_no_module_outside_holds_the_store_or_a_key() -> None:
    for name in outside():
        if ".neural" in name:
            continue
        module = importlib.import_module(name)
        for path, value in reached(vars(module), depth=3):
            assert not isinstance(value, KEYS), f"{name}: {path}"
            assert not (isinstance(value, type) and issubclass(value, KEYS)), f"{name}: {path}"
            if isinstance(value, types.ModuleType):
                assert not value.__name__.startswith("guildbook.store"), f"{name}: {path}"


def reached(root: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """What attributes, members of containers, bound methods and partials lead to, down to a depth."""
    seen: set[int] = set()
    todo: list[tuple[str, Any, int]] = [("", root, 0)]
    while todo:
        path, value, level = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield path, value
        if level == depth or isinstance(value, (str, bytes, int, float, types.ModuleType, *KEYS)):
            continue
        todo += [(f"{path}.{name}", each, level + 1) for name, each in _next(value)]


def _next(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((str(k), v) for k, v in value.items())
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from ((str(i), each) for i, each in enumerate(value))
    elif isinstance(value, types.MethodType):
        yield "__self__", value.__self__
    elif isinstance(value, types.FunctionType):
        yield from ((f"default {i}", each) for i, each in enumerate(value.__defaults__ or ()))
        yield from (value.__kwdefaults__ or {}).items()
    else:
        yield from getattr(value, "__dict__", {}).items()
        for kind in type(value).__mro__:
            for slot in getattr(kind, "__slots__", ()):
                if isinstance(slot, str) and hasattr(value, slot):
                    yield slot, getattr(value, slot)
        for name in ("func", "args", "keywords"):
            if type(value).__name__ == "partial":
                yield name, getattr(value, name)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "book") as opened:
        columns = {"worker": ["Ada"], "time": [1], "action": ["work"], "source": ["t"], "value_after": ["secret"]}
        row = opened.begin_import(source="t", fingerprint="1", path="x", terms=None)
        opened.append(row.id, 0, raw_table(columns), ())
        opened.finish_import(row.id)
        opened.seal()
        yield opened


def test_what_a_stage_is_given_leads_to_no_store_and_no_gate(store: Store) -> None:
    admitted = Gate(store).grant(Purpose.COACH, stage="s", artefact="a")
    admitted.table(["value_after"])
    found = [(path, value) for path, value in reached(admitted, depth=12) if isinstance(value, (*KEYS, Gate))]
    assert found == []
    assert any(isinstance(value, Admitted) for _, value in reached([admitted], depth=2))


def test_the_walk_would_find_it(store: Store) -> None:
    """The test before is only worth something if the walk sees what is there."""
    admitted = Gate(store).grant(Purpose.COACH, stage="s", artefact="a")
    for held in (store, store.read, [{"x": store}]):
        admitted.__dict__["more"] = held
        assert [v for _, v in reached(admitted, depth=12) if isinstance(v, Store)] == [store]


def test_what_is_private_to_it_still_asks_and_notes(store: Store) -> None:
    """Whoever takes the functions an `Admitted` holds is checked and receipted like everybody."""
    gate = Gate(store)
    admitted = gate.grant(Purpose.COACH, stage="s", artefact="a")
    reader: Any = admitted
    with pytest.raises(DeniedError):
        reader._rows(["another"], ["time"])
    assert gate.uses() == []
    reader._rows([admitted.grant.segments[0].id], ["time"])
    assert [use.rows for use in gate.uses()] == [1]
    gate.decide("Ada", "coach", allow=False)
    with pytest.raises(DeniedError):
        reader._rows([admitted.grant.segments[0].id], ["time"])
    with pytest.raises(DeniedError):
        reader._cases([admitted.grant.segments[0].id])
