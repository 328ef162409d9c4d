"""LightGBM (Ke et al., NeurIPS 2017) over a window of each case: last steps, who did them, when, what was done."""

from __future__ import annotations

import time
from typing import Any

import lightgbm
import numpy as np
from _peers_data import UNKNOWN, Cases, Split
from numpy.typing import NDArray

WINDOW = 8
WORKERS = 2
ROUNDS = 400
LEAVES = (8, 31)
PATIENCE = 15


def run(split: Split, seed: int, *, refit: bool) -> tuple[dict[str, NDArray[np.float64]], dict[str, float]]:
    """Test probabilities (n, V + 1) as stopped early and, with `refit`, of as many rounds on all of train.

    Of small and of larger trees those are taken that lose less on the validation cases.
    """
    began = time.process_time()
    fit, valid = _data(split, split.fit), _data(split, split.valid)
    tried: list[tuple[float, int, lightgbm.Booster]] = []
    for leaves in LEAVES:
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        model = lightgbm.train(_options(split, seed, leaves), fit, ROUNDS, valid_sets=[valid], callbacks=[stop])
        tried.append((model.best_score["valid_0"]["multi_logloss"], leaves, model))
    _, leaves, model = min(tried, key=lambda one: one[0])
    facts = {"leaves": leaves, "rounds": model.best_iteration, "cpu_seconds": round(time.process_time() - began, 1)}
    asked = _features(split, split.test)
    out = {"stopped": np.asarray(model.predict(asked, num_threads=1))}
    if refit:
        again = lightgbm.train(_options(split, seed, leaves), _data(split, split.whole), model.best_iteration)
        out["refit"] = np.asarray(again.predict(asked, num_threads=1))
        facts["cpu_seconds_with_refit"] = round(time.process_time() - began, 1)
    return out, facts


def _options(split: Split, seed: int, leaves: int) -> dict[str, Any]:
    return {
        "objective": "multiclass",
        "num_class": split.acts + 1,
        "learning_rate": 0.05,
        "num_leaves": leaves,
        "min_data_in_leaf": 50,
        "lambda_l2": 5.0,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "num_threads": 1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def _data(split: Split, cases: Cases) -> lightgbm.Dataset:
    known = cases.answer != UNKNOWN
    categorical = list(range(WINDOW + WORKERS))
    return lightgbm.Dataset(
        _features(split, cases)[known], cases.answer[known], categorical_feature=categorical, free_raw_data=False
    )


def _features(split: Split, cases: Cases) -> NDArray[np.float32]:
    """(n, …): last activities, last workers (NaN before the start), times, place, bag of activities, attributes."""
    lengths = np.diff(cases.offsets)
    starts = np.repeat(cases.offsets[:-1], lengths)
    place = np.arange(len(cases.act)) - starts
    columns = [_back(cases.act, place, n) for n in range(WINDOW)]
    columns += [_back(cases.worker, place, n) for n in range(WORKERS)]
    columns += [*cases.seconds.T, np.floor(cases.seconds[:, 3] / 86_400), place]
    done = np.zeros((len(cases.act), split.acts + 1), np.float32)
    done[np.arange(len(done)), cases.act] = 1
    total = np.cumsum(done, axis=0)
    bag = total - total[starts] + done[starts]
    return np.column_stack([*columns, bag, np.repeat(cases.conditions, lengths, axis=0)]).astype(np.float32)


def _back(codes: NDArray[np.int64], place: NDArray[np.int64], steps: int) -> NDArray[np.float64]:
    out = np.full(len(codes), np.nan)
    out[steps:] = codes[: len(codes) - steps]
    out[place < steps] = np.nan
    return out
