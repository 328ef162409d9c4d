"""From the table of settings to what the stages want to know."""

from __future__ import annotations

from guildbook.config import Config
from guildbook.distil import Settings


def distil_settings(config: Config) -> Settings:
    """The distiller's settings; they are part of what a model depends on."""
    section = config.distil
    return Settings(
        episode_gap_minutes=section.episode_gap_minutes,
        good_outcomes=section.good_outcomes,
        bad_outcomes=section.bad_outcomes,
        fdr=section.fdr,
        min_cases=section.min_cases,
    )
