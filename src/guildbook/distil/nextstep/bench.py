"""Learn from one log alone, predict another."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from guildbook.distil.encode import encode
from guildbook.distil.nextstep.fitting import fit
from guildbook.distil.settings import Settings
from guildbook.distil.traces import join


def bench(train: pa.Table, test: pa.Table, settings: Settings | None = None) -> dict[str, Any]:
    """Figures of the model of `train` alone on `test`: accuracy, top3, log_loss (nats), ece, n, what was chosen."""
    settings = settings or Settings()
    model = fit(join(encode(train, settings)))
    score = model.evaluate(join(encode(test, settings)))
    return score.to_dict() | {"half_life": model.half_life, "temperature": model.mixer.heat, "views": len(model.views)}
