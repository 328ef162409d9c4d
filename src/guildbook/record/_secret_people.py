"""Numbers that states give people: by their form and check digits, or by the word that says what they are.

Forms and check digits: the registries' own descriptions (the wiki of VAT and identification numbers of each state's
administration); names of functions say whose.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_LETTERS_ES: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_LETTERS_FI: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_ODD_IT: Final = (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22,
    25, 24, 23,
)  # fmt: skip
_LEAST: Final = 6
"""Digits that a number has at least which a word calls one of a person's."""


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _sum(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(c) * w for c, w in zip(digits, weights, strict=True))


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1)."""
    total = sum(sum(divmod(2 * int(c), 10)) if i % 2 else int(c) for i, c in enumerate(reversed(digits)))
    return total % 10 == 0


def _spain(text: str) -> bool:
    """DNI, and NIE whose letter stands for a digit."""
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return _LETTERS_ES[int(number) % 23] == text[-1]


def _finland(text: str) -> bool:
    return _LETTERS_FI[int(text[:6] + text[7:10]) % 31] == text[10]


def _france(text: str) -> bool:
    digits = _digits(text)
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def _italy(text: str) -> bool:
    total = sum(_ODD_IT[int(x, 36)] if i % 2 == 0 else int(x, 36) - 10 * x.isalpha() for i, x in enumerate(text[:15]))
    return total % 26 == ord(text[15]) - ord("A")


def _china(text: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[_sum(text[:17], weights) % 11] == text[17].upper()


def _switzerland(text: str) -> bool:
    return _sum(_digits(text), (1, 3) * 6 + (1,)) % 10 == 0


def _belgium(text: str) -> bool:
    digits = _digits(text)
    return int(digits[9:]) in {97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97}


def _sweden(text: str) -> bool:
    return luhn(_digits(text))


def _brazil(text: str) -> bool:
    digits = _digits(text)
    return all(
        _sum(digits[:count], tuple(range(count + 1, 1, -1))) * 10 % 11 % 10 == int(digits[count]) for count in (9, 10)
    )


def _states(text: str) -> bool:
    return text[:3] not in {"000", "666"} and text[0] != "9" and text[4:6] != "00" and text[7:] != "0000"


def whole(holds: Callable[[str], bool]) -> Callable[[str], int]:
    """How much of what was found is the number: all, or nothing."""
    return lambda found: len(found) if holds(found) else 0


def said_end(found: str) -> int:
    """What a word calls a person's number is one where it has enough digits."""
    return len(found) if sum(c.isdigit() for c in found) >= _LEAST else 0


FORMS: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    (r"(?:[0-9]{8}|[XYZ][0-9]{7})[A-HJ-NP-TV-Z]", _spain),
    (r"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}[-+A][0-9]{3}[0-9A-Y]", _finland),
    (r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]) ?[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", _france),
    (r"[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]", _italy),
    (r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]", _china),
    (r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}", _switzerland),
    (r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", _belgium),
    (r"(?:19|20)?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[-+][0-9]{4}", lambda text: _sweden(text[-11:])),
    (r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", _brazil),
    (r"[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}", _states),
    (r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?[0-9]{2}){3} ?[A-D]", lambda _: True),  # United Kingdom
)
"""What has a form of its own, and what its digits must check."""
SAID: Final = (
    r"(?i:\b(?:bsn|sofi|steuer-?id(?:entifikationsnummer|nr)?|steueridentifikationsnummer|idnr|tax id|ssn"
    r"|social security(?: number)?"
    r"|sozialversicherungsnummer|sv-?nummer|national id(?:entity)?(?: number)?|pesel|nif|nie|dni|cpf|aadhaar|aadhar"
    r"|sin|social insurance(?: number)?"
    r"|personnummer|f[øo]dselsnummer|cpr(?:-nummer)?|codice fiscale|nir|s[ée]curit[ée] sociale|ahv(?:-?nummer)?|avs"
    r"|tckn|kimlik(?: no)?|egn|oib|cnp"
    r"|rodn[ée] [čc][íi]slo|isikukood|my ?number|passport(?: (?:no|number))?|reisepass(?:nummer)?"
    r"|personalausweis(?:nummer)?"
    r"|driver'?s licen[cs]e(?: number)?|f[üu]hrerschein(?:nummer)?)\b(?:\s{0,2}(?:number|no|nr|is"
    r"|ist)\b)?[.:=#\s]{0,4})"
)
SAID_NUMBER: Final = r"(?:[A-Z]{0,2}[0-9](?:[ .\-/]?[0-9A-Z]){5,17})(?![A-Za-z0-9])"
PEOPLE_RE2: Final = (
    r"\bbsn|sofi|steuer|idnr|tax id|\bssn|social |sozialvers|sv-?nummer|national id|pesel|\bni[fer]\b|\bdni|\bcpf"
    r"|aadha|\bsin\b|personnummer|dselsnummer|\bcpr"
    r"|codice fiscale|curit[ée] sociale|\bahv|\bavs\b|tckn|kimlik|\begn\b|\boib\b|\bcnp\b|rodn|isikukood|my ?number"
    r"|passport|reisepass|personalausw|licen[cs]e|hrerschein"
    r"|[0-9xyz][0-9]{7}[a-z]|[0-9]{6}[-+A][0-9]{3}[0-9a-z]"
    r"|[12][ ]?[0-9]{2}[ ]?[01][0-9][ ]?[0-9]{2}[ ]?[0-9]{3}[ ]?[0-9]{3}|[a-z]{6}[0-9]{2}[a-z][0-9]{2}[a-z][0-9]{3}"
    r"|[0-9]{17}|756\.[0-9]{4}|[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-"
    r"|[0-9]{3}-[0-9]{2}-[0-9]{4}|[a-z]{2}(?: ?[0-9]{2}){3} ?[a-d]"
)
