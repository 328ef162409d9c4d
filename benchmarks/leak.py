"""The leak test, whole: random games of acts and readings, held against an independent model of the order of evidence.

In a game, people permit, refuse, pause, join, leave, delegate, bargain, vote, sign, strike, are forgotten, act under
false names and act twice; what they ask to read must come out as the model says, with a receipt for every row. Most
games are played on the world in memory (with signatures stood in for by keyed hashes), some on a real book, with real
keys and sealed segments whose values name their worker. Prints JSON; a difference is an error and ends the run.

    python benchmarks/leak.py [--games 100000] [--first 0] [--book-games 300] [--jobs 2]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "govern"))

from _measure import report
from book_gate import book_game
from game_gate import cheap_signatures
from plays_gate import play

BATCH = 500
MOVES = 12


def some(first: int) -> tuple[int, int, int, int]:
    """Games, readings, values that came out and refusals of a batch."""
    with cheap_signatures():
        played = [play(seed, MOVES) for seed in range(first, first + BATCH)]
    return len(played), *(
        sum(counts) for counts in zip(*((g.readings, g.bytes, g.denied) for g in played), strict=True)
    )


def on_a_book(seed: int) -> tuple[int, int, int, int]:
    """The same for a book on which twenty games follow one another."""
    with tempfile.TemporaryDirectory() as folder, book_game(Path(folder) / "book", seed) as game:
        for _ in range(20):
            game.moves(MOVES)
        return 20, game.readings, game.bytes, game.denied


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="The seed of the first game.")
    parser.add_argument("--book-games", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    began = time.perf_counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        memory = list(pool.map(some, range(options.first, options.first + options.games, BATCH)))
        books = list(pool.map(on_a_book, range(options.first, options.first - (-options.book_games // 20))))
    names = ("games", "readings", "values_read", "readings_denied_in_between")
    report("leak", {
        "in_memory": dict(zip(names, map(sum, zip(*memory, strict=True)), strict=True)),
        "on_books": dict(zip(names, map(sum, zip(*books, strict=True)), strict=True)),
        "differences": 0,
        "seconds": round(time.perf_counter() - began),
    })  # fmt: skip


if __name__ == "__main__":
    main()
