"""Learn from one log alone, predict another: the net by itself, or with the counts where it helps."""

from __future__ import annotations

from typing import Any, Literal

import pyarrow as pa

from guildbook.distil import nextstep
from guildbook.distil.encode import encode
from guildbook.distil.neural.mixed import evaluate
from guildbook.distil.neural.mixed import fit as fit_mixed
from guildbook.distil.neural.settings import NeuralSettings
from guildbook.distil.neural.state import NeuralLearner
from guildbook.distil.nextstep.fitting import vocabulary
from guildbook.distil.settings import Settings
from guildbook.distil.traces import join


def bench(
    train: pa.Table,
    test: pa.Table,
    model: Literal["neural", "mixed"],
    settings: Settings | None = None,
    neural: NeuralSettings | None = None,
) -> dict[str, Any]:
    """Figures on `test`: accuracy, top3, log_loss (nats), ece, n; for `mixed` also if the net was used, and why."""
    settings = settings or Settings()
    learner = NeuralLearner(neural or NeuralSettings())
    known, asked = join(encode(train, settings)), join(encode(test, settings))
    if model == "neural":
        return evaluate(learner.fit(known), vocabulary(known), asked).to_dict()
    mixed = fit_mixed(known, nextstep.fit, learner)
    return evaluate(mixed.view, mixed.symbols, asked).to_dict() | mixed.verdict.to_dict()
