from __future__ import annotations

import numpy as np

from guildbook.distil.quality.logistic import PENALTIES, chosen, fit


def test_slopes_are_where_the_gradient_of_the_penalised_likelihood_is_nought() -> None:
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(200, 3)) * [1.0, 5.0, 0.2] + [0.0, 3.0, 1.0]
    good = (rng.random(200) < 1 / (1 + np.exp(-(columns[:, 0] - 0.3 * columns[:, 1] + 0.5)))).astype(float)
    model = fit(columns, good, 2.0)
    chance = 1 / (1 + np.exp(-model.logits(columns)))
    spread = columns.std(axis=0)
    assert abs((good - chance).sum()) < 1e-3
    assert np.allclose(
        ((columns - columns.mean(axis=0)) / spread).T @ (good - chance), 2.0 * model.slopes * spread, atol=1e-3
    )


def test_a_column_that_does_not_vary_gets_no_slope() -> None:
    columns = np.column_stack([np.ones(40), np.arange(40.0)])
    model = fit(columns, (np.arange(40) > 20).astype(float), 1.0)
    assert model.slopes[0] == 0
    assert model.slopes[1] > 0
    assert np.isfinite(model.logits(columns)).all()


def test_separated_sides_stay_finite() -> None:
    columns = np.array([[0.0], [0.0], [1.0], [1.0]] * 5)
    model = fit(columns, columns[:, 0], PENALTIES[0])
    assert 0 < model.slopes[0] < 50


def test_noise_is_held_down_and_a_signal_is_not() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(120, 40))
    folds = np.arange(120) % 5
    toss = (rng.random(120) < 0.5).astype(float)
    assert chosen(noise, toss, folds).penalty == PENALTIES[-1]
    signal = np.column_stack([noise[:, :3], toss + 0.1 * noise[:, 0]])
    assert chosen(signal, toss, folds).penalty == PENALTIES[0]
