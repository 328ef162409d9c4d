"""Values in agreements: what fits a shape, and how people write it."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Any, Final, cast

from guildbook.model.agreement_fields import MOST, FieldSpec, Shape
from guildbook.model.purpose import PPM

_LONGEST: Final = 200
_MOST_WORDS: Final = 500
_MOST_DAYS: Final = 36_500
_JOINERS: Final = str.maketrans("", "", "\u200c\u200d")  # Persian, Hindi and others need them
_MONTH: Final = re.compile(r"(19|20|21)\d\d-(0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"(19|20|21)\d\d-\d\d-\d\d")
_QUOTES: Final = frozenset('"“”')
_LIMITS: Final = {Shape.SHARE: PPM, Shape.DAYS: _MOST_DAYS, Shape.COUNT: 10_000, Shape.MONEY: MOST}
_NONE: Final = ("none", "null", "~")


def unfit(path: str, what: str) -> ValueError:
    """The one error of this file: which field, and what it must be."""
    return ValueError(f"{path} {what}")


def checked(spec: FieldSpec, value: Any, path: str) -> Any:
    """The value, with a list as a tuple. Raises `ValueError` where it does not fit the shape."""
    if value is None and spec.optional:
        return None
    if spec.shape is Shape.FLAG:
        if not isinstance(value, bool):
            raise unfit(path, "must be true or false")
        return value
    if spec.shape in _LIMITS:
        return _number(spec, value, path)
    if spec.shape is Shape.WORDS:
        return _words(value, path)
    if not isinstance(value, str):
        raise unfit(path, "must be text")
    return _text(spec, value, path)


def parsed(spec: FieldSpec, text: str | list[str], path: str) -> Any:
    """What a person wrote: a single value, or the entries of a list. Raises `ValueError`, naming the field."""
    if isinstance(text, list):
        return checked(spec, text, path)
    stripped = text.strip()
    if spec.optional and stripped.casefold() in _NONE:
        return None
    if spec.shape is Shape.FLAG:
        said = {"true": True, "yes": True, "false": False, "no": False}.get(stripped.casefold())
        if said is None:
            raise unfit(path, "must be true or false")
        return said
    if spec.shape is Shape.SHARE:
        return checked(spec, _share(stripped, path), path)
    if spec.shape is Shape.MONEY:
        return checked(spec, _decimal(stripped, 2, path, "an amount such as 12.50"), path)
    if spec.shape in {Shape.DAYS, Shape.COUNT}:
        return checked(spec, _decimal(stripped, 0, path, "a whole number"), path)
    return checked(spec, stripped, path)


def written(spec: FieldSpec, value: Any) -> str:
    """A single value as `parsed` reads it."""
    if value is None:
        return "none"
    if spec.shape is Shape.FLAG:
        return "true" if value else "false"
    if spec.shape is Shape.SHARE:
        return share_words(value)
    return money_words(value) if spec.shape is Shape.MONEY else str(value)


def share_words(ppm: int) -> str:
    """A share in ppm as per cent, exact: 52,500 is `5.25 %`."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"


def money_words(cents: int) -> str:
    """Cents as an amount: 1250 is `12.50`."""
    return f"{cents // 100}.{cents % 100:02d}"


def _number(spec: FieldSpec, value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise unfit(path, "must be a whole number")
    if not 0 <= value <= _LIMITS[spec.shape]:
        raise unfit(path, f"must be from 0 to {_LIMITS[spec.shape]:,}")
    return value


def _words(value: Any, path: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise unfit(path, "must be a list")
    items = cast("list[Any]", value)
    if len(items) > _MOST_WORDS:
        raise unfit(path, f"has more than {_MOST_WORDS} entries")
    for item in items:
        if not isinstance(item, str) or not item:
            raise unfit(path, "must be a list of names")
        _plain(item, path)
    if not path.endswith("tasks") and any(item != item.lower() for item in items):
        raise unfit(path, "must be written in lower case")
    if len(set(items)) < len(items):
        raise unfit(path, "says something twice")
    return tuple(items)


def _text(spec: FieldSpec, value: str, path: str) -> str:
    if spec.shape is Shape.CHOICE and value not in spec.choices:
        raise unfit(path, f"must be one of {', '.join(spec.choices)}")
    if value and spec.shape is Shape.MONTH and not _MONTH.fullmatch(value):
        raise unfit(path, "must be a month, YYYY-MM")
    if value and spec.shape is Shape.DATE:
        _date(value, path)
    _plain(value, path)
    return value


def _date(value: str, path: str) -> None:
    if _DAY.fullmatch(value):
        with suppress(ValueError):
            date.fromisoformat(value)
            return
    raise unfit(path, "must be a day, YYYY-MM-DD")


def _plain(text: str, path: str) -> None:
    """Text in an agreement stands inside quotation marks in the plain view: it must not be able to leave them."""
    if len(text) > _LONGEST:
        raise unfit(path, f"is longer than {_LONGEST} characters")
    if text != text.strip() or not text.translate(_JOINERS).isprintable() or _QUOTES & set(text):
        raise unfit(path, "holds quotation marks, line ends or characters that cannot be seen")


def _share(text: str, path: str) -> int:
    if text.endswith("%"):
        return _decimal(text[:-1].strip(), 4, path, "a share such as 5 %")
    if text.endswith("ppm"):
        return _decimal(text[:-3].strip(), 0, path, "a share such as 50000 ppm")
    if text == "0":
        return 0
    raise unfit(path, "must be a share such as 5 % or 50000 ppm")


def _decimal(text: str, places: int, path: str, wanted: str) -> int:
    """A decimal number as a whole number of its last place, read digit by digit: no binary fraction in between."""
    found = re.fullmatch(r"(\d{1,15})(?:\.(\d+))?", text, re.ASCII)
    if found is None or len(found[2] or "") > places:
        raise unfit(path, f"must be {wanted}")
    return int(found[1]) * 10**places + int((found[2] or "").ljust(places, "0") or 0)
