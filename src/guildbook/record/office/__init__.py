"""The sample office: made-up people at believable work, with practices planted in what they do."""

from guildbook.record.office.files import write
from guildbook.record.office.generate import generate
from guildbook.record.office.options import Options
from guildbook.record.office.truth import Colleague, Decoy, Planted, PlantedCondition, Truth, truth

__all__ = ["Colleague", "Decoy", "Options", "Planted", "PlantedCondition", "Truth", "generate", "truth", "write"]
