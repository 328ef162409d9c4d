"""Zip packages of XML, as office programs save them, read part by part within bounds.

A file that somebody sent may be made to harm: parts that unpack to terabytes, entities that expand, markup of one
endless tag. Whatever is refused is said in words that a worker understands.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.parsers import expat

LARGEST_PART: Final = 400 << 20
"""Bytes that one part may unpack to."""
LARGEST_FILE: Final = 200 << 20
"""Bytes that the file itself may have."""
_TALLEST: Final = 1_000
"""Bytes that one packed byte may unpack to, once a part is beyond `_SMALL`. (Deflate cannot do more than 1,032.)"""
_SMALL: Final = 100 << 20
_LARGEST_TOKEN: Final = 16 << 20
_PIECE: Final = 1 << 16
_LOCKED: Final = "it is protected by a password, or packed in a way unknown here"
"""zipfile raises `RuntimeError` for both."""
_CFB: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a compound file begins (MS-CFB 2.2): what Office writes around an encrypted document, or an old format."""


class RefusedError(Exception):
    """A file that will not be read, now or later; the message says why."""


class TornError(Exception):
    """A file that may still be in the middle of being written."""


@contextmanager
def package(path: Path) -> Generator[zipfile.ZipFile]:
    """The opened package. Raises `RefusedError` or `TornError`."""
    if path.stat().st_size > LARGEST_FILE:
        raise RefusedError(f"it is larger than {LARGEST_FILE >> 20} MiB")
    with path.open("rb") as file:
        if file.read(len(_CFB)) == _CFB:
            raise RefusedError("it is protected by a password, or of an old format under a new name")
        try:
            opened = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise TornError("it is no whole package") from None
        with opened:
            yield opened


def parse(
    pack: zipfile.ZipFile,
    name: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Feed a part to the handlers. Names of elements and attributes come without their namespaces.

    Raises `RefusedError` for what is too large or declares a document type, `TornError` for what is cut or not there.
    """
    local = _Names()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = lambda tag, found: start(local[tag], {local[key]: found[key] for key in found})
    parser.EndElementHandler = lambda tag: end(local[tag])
    parser.CharacterDataHandler = text
    try:
        _feed(parser, pack, pack.getinfo(name))
    except KeyError:
        raise TornError(f"{name} is not in it") from None
    except expat.ExpatError as error:
        raise TornError(f"{name} is not well-formed XML: {expat.errors.messages.get(error.code, 'damaged')}") from None
    except RuntimeError:
        raise RefusedError(_LOCKED) from None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise TornError(f"{name} cannot be unpacked: {error}") from None


def _feed(parser: expat.XMLParserType, pack: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    fed = 0
    with pack.open(info) as part:
        while piece := part.read(_PIECE):
            fed += len(piece)
            if fed > LARGEST_PART or (fed > _SMALL and fed > _TALLEST * max(info.compress_size, 1)):
                raise RefusedError(f"{info.filename} unpacks to more than a document has")
            parser.Parse(piece, False)  # noqa: FBT003 - takes no name
            if fed - parser.CurrentByteIndex > _LARGEST_TOKEN:
                raise RefusedError(f"{info.filename} holds one piece of markup larger than a document has")
    parser.Parse(b"", True)  # noqa: FBT003 - takes no name


def read(pack: zipfile.ZipFile, name: str, most: int = 1 << 20) -> bytes:
    """A small part whole; empty where there is none. Raises `RefusedError` where it is larger than `most`."""
    try:
        with pack.open(name) as part:
            found = part.read(most + 1)
    except KeyError:
        return b""
    except RuntimeError:
        raise RefusedError(_LOCKED) from None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise TornError(f"{name} cannot be unpacked: {error}") from None
    if len(found) > most:
        raise RefusedError(f"{name} unpacks to more than a document has")
    return found


def _no_doctype(*_: object) -> None:
    raise RefusedError("it declares a document type, which no office program writes")


class _Names(dict[str, str]):
    """A name in its namespace → the name alone; remembered, since a sheet says the same few a million times."""

    def __missing__(self, name: str) -> str:
        found = self[name] = name.rpartition(" ")[2]
        return found
