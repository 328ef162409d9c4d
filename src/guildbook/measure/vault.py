"""Scoring a next-step table against held-out cases: what an evaluation vault gives out, and nothing finer.

The table is data, never code: rows of a context, what came next and how often, in Parquet or JSON lines. A prediction
is that of the longest context that ends the history; with one part in a hundred spread over everything, so that what
the table rules out costs much and not infinitely much. Figures are rounded before anybody sees them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from guildbook.model.errors import InputError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

EDGE: Final = ""
"""Where a case begins, in a context; where it ends, as what comes next."""
LONGEST: Final = 8
"""Labels in a context."""
MOST_ROWS: Final = 1_000_000
MOST_BYTES: Final = 64 << 20
_LABEL: Final = 400
_SPREAD: Final = 0.01
_FINE: Final = 1_000_000_000
LOSS_GRID: Final = 5
"""Hundredths of a nat."""
MOST_LOSS: Final = 1_000
"""Hundredths of a nat: more is told as this."""
_ANSWERS: Final = (101 * 102 // 2) * (MOST_LOSS // LOSS_GRID + 1)
BITS: Final = math.log2(_ANSWERS)
"""What one score can tell at most: accuracy and top 3 in whole per cent, the first no more than the second; log-loss
on its grid. The interval follows from the accuracy, and the numbers of cases, steps and workers not from the model."""
_Z: Final = 1.959964


@dataclass(frozen=True, eq=False)
class Predictor:
    """A next-step table, ready to be asked. Contexts are nodes of a tree that is walked backwards from the newest."""

    hash: str
    """SHA-256 of what it says, hex: the same whatever the order, the form or the scale of its rows."""
    code: Mapping[str, int]
    """Label → code."""
    edges: Ints
    """Sorted `node · labels + label` …"""
    children: Ints
    """… and the node each leads to."""
    known: npt.NDArray[np.bool_]
    """(nodes,): whether the table has this context."""
    top: Ints
    """(nodes, 3): the likeliest labels, ties in order of text; −1: none."""
    pairs: Ints
    """Sorted `node · labels + next` …"""
    shares: Floats
    """… and its share."""
    depth: int
    nexts: int
    """Different labels that come next anywhere."""


@dataclass(frozen=True, slots=True)
class Result:
    """Exact figures. They stay inside."""

    hits: int
    top3: int
    loss: float
    """Sum of −ln P, nats."""
    steps: int
    cases: int
    effective: float
    """Steps that tell as much as these if all of one case went the same way: (Σ m)² / Σ m² (Kish 1965)."""


@dataclass(frozen=True, slots=True)
class Score:
    """What is given out: whole numbers."""

    accuracy: int
    """Per cent of steps of which the likeliest was right."""
    top3: int
    log_loss: int
    """Hundredths of a nat a step."""
    low: int
    """95 % interval of the accuracy, per cent, wide enough for steps of one case that all go the same way."""
    high: int
    cases: int
    """Numbers are rounded down to two digits."""
    steps: int
    workers: int

    def to_dict(self) -> dict[str, Any]:
        """As it is logged and shown."""
        return {
            "accuracy": self.accuracy, "top3": self.top3, "log_loss": self.log_loss,
            "interval": [self.low, self.high], "cases": self.cases, "steps": self.steps, "workers": self.workers,
        }  # fmt: skip


def read_table(path: Path) -> Predictor:
    """The table in a file: Parquet where it begins so, else JSON lines.

    Columns: `context` (list of labels, the newest last), `next`, and `count` or `p`. Raises `InputError`.
    """
    try:
        with path.open("rb") as file:
            size, head = path.stat().st_size, file.read(4)
        if size > MOST_BYTES:
            raise _bad(path, f"it has {size:,} bytes; {MOST_BYTES:,} are the most")
        return predictor(_parquet(path) if head == b"PAR1" else _lines(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Give --model FILE.") from error
    except KeyError as error:
        raise _bad(path, f"it lacks {error}") from error
    except (OverflowError, RecursionError, TypeError, ValueError, pa.ArrowException) as error:
        raise _bad(path, str(error) or type(error).__name__) from error


def predictor(rows: Iterable[tuple[Sequence[str], str, float]]) -> Predictor:
    """A table of (context, next, weight). Raises `ValueError` for one that is none."""
    held: dict[tuple[str, ...], dict[str, float]] = {}
    for number, (context, label, weight) in enumerate(rows):
        if number >= MOST_ROWS:
            raise ValueError(f"it has more than {MOST_ROWS:,} rows")
        key = tuple(context)
        _check(key, label, weight)
        if weight > 0:
            of = held.setdefault(key, {})
            of[label] = of.get(label, 0.0) + weight
    said = {key: _shares(of) for key, of in held.items()}
    said = {key: of for key, of in said.items() if of}
    if not said:
        raise ValueError("it says nothing")
    return _built(said)


def evaluate(table: Predictor, names: Sequence[str], acts: Ints, offsets: Ints) -> Result:
    """Figures over cases. `acts`: codes into `names`, case after case; `offsets` (cases + 1): where each begins."""
    best, target, case = _asked(table, names, acts, offsets)
    share = _share(table, best, target)
    likely = np.where(best[:, None] >= 0, table.top[best], -1)
    right = (likely == target[:, None]) & (target[:, None] >= 0)
    sizes = np.bincount(case, minlength=len(offsets) - 1).astype(np.float64)
    return Result(
        int(right[:, 0].sum()), int(right.any(axis=1).sum()), float(-np.log(share).sum()), len(target),
        len(offsets) - 1, float(sizes.sum() ** 2 / max((sizes**2).sum(), 1.0)),
    )  # fmt: skip


def perplexity(table: Predictor, names: Sequence[str], acts: Ints, offsets: Ints) -> Floats:
    """(cases,): the logarithm of each case's perplexity, nats a step."""
    best, target, case = _asked(table, names, acts, offsets)
    loss = np.bincount(case, -np.log(_share(table, best, target)), minlength=len(offsets) - 1)
    steps = np.bincount(case, minlength=len(offsets) - 1)
    return np.round(loss / np.maximum(steps, 1), 9)


def rounded(found: Result, workers: int) -> Score:
    """As it is given out: the same exact figures give the same answer, so that asking again tells nothing new."""
    accuracy, top3 = (_percent(hits, found.steps) for hits in (found.hits, found.top3))
    loss = min(round(100 * found.loss / max(found.steps, 1) / LOSS_GRID) * LOSS_GRID, MOST_LOSS)
    low, high = _interval(accuracy, found.effective)
    return Score(accuracy, max(top3, accuracy), loss, low, high, *map(_two_digits, (found.cases, found.steps, workers)))


def sequences(cases: Sequence[Sequence[str]]) -> tuple[list[str], Ints, Ints]:
    """(names, codes, offsets) of cases that are lists of labels."""
    names = sorted(set(chain.from_iterable(cases)))
    code = {name: place for place, name in enumerate(names)}
    acts = np.array([code[label] for case in cases for label in case], np.int64)
    return names, acts, np.cumsum([0, *map(len, cases)]).astype(np.int64)


def _check(context: tuple[str, ...], label: str, weight: float) -> None:
    if len(context) > LONGEST:
        raise ValueError(f"it has a context of more than {LONGEST} labels")
    for word in (*context, label):
        if not isinstance(word, str) or len(word) > _LABEL:  # pyright: ignore[reportUnnecessaryIsInstance] - from a file
            raise TypeError("it has a label that is no text, or a very long one")
    if EDGE in context[1:]:
        raise ValueError("it has a case that begins in the middle of a context")
    if isinstance(weight, bool) or not math.isfinite(weight) or weight < 0:
        raise ValueError("it has a count or p that is no number from 0 on")


def _shares(weights: Mapping[str, float]) -> dict[str, int]:
    """Shares in parts of 10⁹: fine enough for any use, and the same for whatever scale the weights had."""
    largest = max(weights.values())
    total = math.fsum(weight / largest for weight in weights.values())  # so that nothing overflows
    fine = {label: round(weight / largest / total * _FINE) for label, weight in weights.items()}
    return {label: share for label, share in fine.items() if share}


def _built(said: Mapping[tuple[str, ...], Mapping[str, int]]) -> Predictor:
    words = sorted({EDGE, *chain.from_iterable(said), *chain.from_iterable(said.values())})
    code = {word: place for place, word in enumerate(words)}
    size = len(words)
    links: dict[int, int] = {}
    at: dict[tuple[str, ...], int] = {}
    for context in said:
        node = 0
        for word in reversed(context):
            node = links.setdefault(node * size + code[word], len(links) + 1)
        at[context] = node
    known = np.zeros(len(links) + 1, np.bool_)
    top = np.full((len(links) + 1, 3), -1, np.int64)
    pairs: dict[int, float] = {}
    for context, of in said.items():
        node = at[context]
        known[node] = True
        for place, (word, _) in enumerate(sorted(of.items(), key=lambda item: (-item[1], item[0]))[:3]):
            top[node, place] = code[word]
        whole = sum(of.values())
        pairs |= {node * size + code[word]: share / whole for word, share in of.items()}
    edges, keys = np.array(sorted(links), np.int64), np.array(sorted(pairs), np.int64)
    return Predictor(
        _hash(said), code, edges, np.array([links[e] for e in edges.tolist()], np.int64), known, top, keys,
        np.array([pairs[k] for k in keys.tolist()], np.float64), max(map(len, said)),
        len({word for of in said.values() for word in of}),
    )  # fmt: skip


def _hash(said: Mapping[tuple[str, ...], Mapping[str, int]]) -> str:
    found = hashlib.sha256()
    for context in sorted(said):
        line = [list(context), sorted(said[context].items())]
        found.update(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _asked(table: Predictor, names: Sequence[str], acts: Ints, offsets: Ints) -> tuple[Ints, Ints, Ints]:
    """For each step but the first of a case, and its end: the node that answers (−1: none), what came, the case."""
    code = np.array([table.code.get(name, -1) for name in names], np.int64)
    sizes = np.diff(offsets)
    starts = offsets[:-1] + 2 * np.arange(len(sizes))  # with an edge at both ends of each case
    line = np.full(int(sizes.sum() + 2 * len(sizes)), table.code[EDGE], np.int64)
    case = np.repeat(np.arange(len(sizes)), sizes)
    line[np.arange(len(acts)) + 2 * case + 1] = code[acts] if len(acts) else acts
    case = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(acts)) + 2 * case + 2
    node = np.zeros(len(place), np.int64)
    alive = np.ones(len(place), np.bool_)
    best = np.where(table.known[0], node, -1)
    size = len(table.code)
    for back in range(1, table.depth + 1):
        alive &= place - back >= starts[case]
        label = line[np.maximum(place - back, 0)]
        alive &= label >= 0
        found, there = _find(table.edges, node * size + label)
        alive &= there
        node = np.where(alive, table.children[found] if len(table.children) else 0, node)
        best = np.where(alive & table.known[node], node, best)
    return best, line[place], case


def _share(table: Predictor, best: Ints, target: Ints) -> Floats:
    """(n,): the probability of what came."""
    key = np.where((best >= 0) & (target >= 0), best * len(table.code) + target, -1)
    found, there = _find(table.pairs, key)
    share = np.where(there, table.shares[found], 0.0)
    return (1 - _SPREAD) * share + _SPREAD / (table.nexts + 1)


def _find(among: Ints, wanted: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Where each is in a sorted array, and whether it is."""
    if not len(among):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    place = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return place, among[place] == wanted


def _percent(hits: int, steps: int) -> int:
    return (200 * hits + steps) // (2 * steps) if steps else 0


def _interval(percent: int, effective: float) -> tuple[int, int]:
    """Wilson's interval (1927) at 95 %, half a point wider on both sides for the rounding, in whole per cent."""
    p, n, z = percent / 100, max(effective, 1.0), _Z
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = 100 * (middle - half) - 0.5, 100 * (middle + half) + 0.5
    return max(0, math.floor(low)), min(100, math.ceil(high))


def _two_digits(number: int) -> int:
    unit = 10 ** max(0, len(str(number)) - 2)
    return number // unit * unit


def _parquet(path: Path) -> Iterator[tuple[list[str], str, float]]:
    file = pq.ParquetFile(path)
    if file.metadata.num_rows > MOST_ROWS:
        raise ValueError(f"it has more than {MOST_ROWS:,} rows")
    weight = _weight(file.schema_arrow.names)
    for batch in file.iter_batches(65_536, columns=["context", "next", weight]):
        for row in batch.to_pylist():
            yield _row(row, weight)


def _lines(path: Path) -> Iterator[tuple[list[str], str, float]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise TypeError("it has a line that is no JSON object")
                yield _row(row, _weight(row))


def _row(row: Mapping[str, Any], weight: str) -> tuple[list[str], str, float]:
    context, label, value = row["context"], row["next"], row[weight]
    if not isinstance(context, list) or isinstance(value, str) or value is None:
        raise TypeError("it has a row whose context is no list, or without a number")
    return context, label, float(value)


def _weight(names: Iterable[str]) -> str:
    found = [name for name in ("count", "p") if name in set(names)]
    if len(found) != 1:
        raise ValueError("it has neither or both of the columns `count` and `p`")
    return found[0]


def _bad(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} is no next-step table: {why}.",
        "Parquet or JSON lines with context, next, and count or p; see docs/vault.md.",
        "bad-model",
    )
