"""Believable, unique names of mixed origin for the people of the sample office."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Final

import numpy as np

_GIVEN_TEXT: Final = """
Ada Aisha Alba Amara Anna Ansel Aylin Bao Bela Bruno Carla Chidi Clara Dana Daniel Deniz Eero Elif Emil Esra Farah
Femi Finn Gita Hana Hugo Ida Imran Ines Ivo Jana Jonas Kaito Karin Keiko Kofi Lale Lars Leila Linh Luca Maja Malik
Marta Mateo Mei Mira Nadia Nils Noor Oda Omar Oskar Paula Petra Priya Rafael Rania Ravi Rosa Ruben Sami Sana Selma
Sofia Stefan Tariq Tessa Thabo Tomas Uma Vera Viktor Wanda Yara Yusuf Zara Zofia
"""
_FAMILY_TEXT: Final = """
Abebe Acheampong Adler Aguilar Ahmadi Almeida Andersen Aziz Baker Banerjee Baptiste Bauer Becker Berg Bianchi Blum
Boateng Bose Brandt Castro Cavalli Chen Cho Costa Cruz Dahl Demir Diallo Dimitrov Dvorak Eriksen Farkas Fischer
Fofana Fontaine Garcia Greco Gupta Haddad Hagen Haugen Hoang Horvat Ibrahim Ito Jansen Jovanovic Kaya Keller Khan
Kim Kovac Kruger Kumar Larsen Lehmann Lindqvist Lopez Maier Mansour Marin Mbeki Mensah Meyer Mori Moreau Nakamura
Ndiaye Nguyen Novak Nowak Obi Okafor Okoye Olsen Osei Ozturk Park Pereira Petrov Popescu Quint Rahman Ramos Reyes
Richter Rossi Sahin Santos Sato Schmid Shah Silva Singh Sorensen Tanaka Toth Tran Vargas Virtanen Vogel Wagner Walsh
Weber Wolff Yilmaz Zhang Zimmer
"""
_GIVEN: Final = tuple(_GIVEN_TEXT.split())
_FAMILY: Final = tuple(_FAMILY_TEXT.split())


def draw_names(rng: np.random.Generator, count: int) -> list[str]:
    """`count` different names; beyond all pairs of the lists a middle initial keeps them apart."""
    pairs = len(_GIVEN) * len(_FAMILY)
    order = rng.permutation(pairs)
    made: list[str] = []
    for i in range(count):
        given, family = divmod(int(order[i % pairs]), len(_FAMILY))
        made.append(f"{_GIVEN[given]}{_middle(i // pairs)} {_FAMILY[family]}")
    return made


def _middle(turn: int) -> str:
    if turn == 0:
        return ""
    more, letter = divmod(turn - 1, len(ascii_uppercase))
    return " " + ascii_uppercase[letter] + "." * (more + 1)
