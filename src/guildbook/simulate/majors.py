"""The 22 major groups of the US occupational classification, as they come with Guildbook.

Jobs and mean wages: Occupational Employment and Wage Statistics, May 2024, US Bureau of Labor Statistics. Exposure: the
β of tasks rated by people (Eloundou, Manning, Mishkin and Rock, GPTs are GPTs, 2023), averaged over each occupation's
tasks and over occupations by jobs. How people move between groups is an assumption: most stay, the others go where jobs
are.
`public.majors` makes the same rows from the published files.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from guildbook.simulate.occupations import Floats, Ints, Occupations

STAYING: Final = 0.8
"""The weight of one's own group when seeking; about what the mobility network has for its occupations (assumption)."""

# code, name, jobs, mean wage (thousand dollars a year), exposure
ROWS: Final[tuple[tuple[str, str, int, float, float], ...]] = (
    ("11-0000", "Management", 10_966_830, 141.76, 0.434),
    ("13-0000", "Business and Financial Operations", 10_351_440, 93.68, 0.523),
    ("15-0000", "Computer and Mathematical", 5_192_890, 116.81, 0.546),
    ("17-0000", "Architecture and Engineering", 2_567_210, 103.98, 0.444),
    ("19-0000", "Life, Physical, and Social Science", 1_446_770, 89.69, 0.477),
    ("21-0000", "Community and Social Service", 2_569_630, 63.03, 0.360),
    ("23-0000", "Legal", 1_273_410, 137.68, 0.466),
    ("25-0000", "Educational Instruction and Library", 8_947_710, 65.9, 0.349),
    ("27-0000", "Arts, Design, Entertainment, Sports, and Media", 2_098_690, 77.04, 0.431),
    ("29-0000", "Healthcare Practitioners and Technical", 9_592_690, 105.22, 0.300),
    ("31-0000", "Healthcare Support", 7_448_010, 39.65, 0.126),
    ("33-0000", "Protective Service", 3_654_910, 61, 0.228),
    ("35-0000", "Food Preparation and Serving Related", 13_613_490, 36.02, 0.144),
    ("37-0000", "Building and Grounds Cleaning and Maintenance", 4_496_150, 39.54, 0.056),
    ("39-0000", "Personal Care and Service", 3_159_940, 39.41, 0.235),
    ("41-0000", "Sales and Related", 13_351_680, 54.07, 0.451),
    ("43-0000", "Office and Administrative Support", 18_218_070, 50.16, 0.521),
    ("45-0000", "Farming, Fishing, and Forestry", 442_050, 41.73, 0.075),
    ("47-0000", "Construction and Extraction", 6_361_720, 63.92, 0.083),
    ("49-0000", "Installation, Maintenance, and Repair", 6_045_020, 61.64, 0.113),
    ("51-0000", "Production", 8_743_450, 50.09, 0.101),
    ("53-0000", "Transportation and Material Moving", 13_645_620, 48.75, 0.126),
)


def majors() -> Occupations:
    """The built-in world."""
    codes, names, jobs, wages, exposures = zip(*ROWS, strict=True)
    held = np.array(jobs, np.int64)
    return Occupations(codes, names, held, np.array(wages), np.array(exposures), *moving(held))


def moving(jobs: Ints) -> tuple[Ints, Ints, Floats]:
    """How people move where nobody counted it: most stay, the others go where jobs are; starts, targets, weights."""
    count = len(jobs)
    rows = (1 - STAYING) * np.tile(jobs / jobs.sum(), (count, 1)) + STAYING * np.eye(count)
    return np.arange(count + 1) * count, np.tile(np.arange(count), count), rows.ravel()
