"""Reading the venue's public trade files: the monthly and daily spot `trades` and `aggTrades` dumps.

A file is CSV, alone or as the one file of a .zip, with or without a line of headings. Its columns (README of the
venue's binance-public-data):

    trades       trade id, price, quantity, quote quantity, time, buyer was the maker, best match
    aggTrades    aggregate id, price, quantity, first trade id, last trade id, time, buyer was the maker, best match

Times are in milliseconds, and since 2025 in microseconds. Lines are read one at a time: a month of trades has tens of
millions.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from binance_wsapi.simulator.access.params import MICROSECONDS_FROM
from binance_wsapi.simulator.engine import parse

__all__ = ["DumpError", "DumpTrade", "read_dump", "symbol_of"]

_NAME = re.compile(r"(?P<symbol>.+)-(?:trades|aggTrades)(?:-\d{4}-\d{2}(?:-\d{2})?)?", re.IGNORECASE)
_TIME_COLUMN = {7: 4, 8: 5}
"""Where the time stands, by the number of columns; the maker flag is behind it."""
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


class DumpError(ValueError):
    """A trade file cannot be read; the message has its name and the number of the line."""


@dataclass(frozen=True, slots=True)
class DumpTrade:
    """One line. Price and quantity in units of 1/10**8, time in microseconds since the epoch."""

    price: int
    quantity: int
    time: int
    is_buyer_maker: bool


def symbol_of(path: Path) -> str | None:
    """Return the symbol in a file's name, `BTCUSDT-trades-2025-01.zip` for instance."""
    found = _NAME.fullmatch(path.name.split(".", 1)[0])
    return found["symbol"].upper() if found else None


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix.lower() != ".zip":
        with path.open("rb") as file:
            yield file
        return
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(names) != 1:
                raise DumpError(f"{path.name}: an archive of the venue holds one .csv file, this one {len(names)}")
            with archive.open(names[0]) as file:
                yield file
    except zipfile.BadZipFile as error:
        raise DumpError(f"{path.name}: {error}") from None


def read_dump(path: Path) -> Iterator[DumpTrade]:
    """Yield the trades of a file.

    Raises:
        DumpError: at the line that is broken.
        OSError: the file cannot be opened.
    """
    with _open(path) as file:
        number = 0
        try:
            for number, data in enumerate(file, 1):
                line = data.decode("utf-8-sig")
                cells = [cell.strip() for cell in line.split(",")]
                if line.strip() and not (number == 1 and not cells[0].isdecimal()):
                    yield _trade(cells)
        except UnicodeDecodeError:
            raise DumpError(f"{path.name}, line {number}: this is not text") from None
        except _Broken as broken:
            raise DumpError(f"{path.name}, line {number}: {broken}") from None
        except (zipfile.BadZipFile, zlib.error) as error:
            raise DumpError(f"{path.name}, line {number + 1}: {error}") from None


class _Broken(Exception):
    """What is wrong with a line."""


def _trade(cells: list[str]) -> DumpTrade:
    at = _TIME_COLUMN.get(len(cells))
    if at is None:
        raise _Broken(f"a line has 7 columns (trades) or 8 (aggTrades), not {len(cells)}")
    maker = _BOOLEANS.get(cells[at + 1].lower())
    if maker is None:
        raise _Broken(f"whether the buyer was the maker is True or False, not {cells[at + 1]!r}")
    return DumpTrade(_positive("price", cells[1]), _positive("quantity", cells[2]), _time(cells[at]), maker)


def _positive(name: str, text: str) -> int:
    try:
        value = parse(text)
    except (ValueError, ArithmeticError):
        value = 0
    if value <= 0:
        raise _Broken(f"the {name} is a positive decimal number with up to eight places, not {text!r}")
    return value


def _time(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 12 <= len(text) <= 17):
        raise _Broken(f"the time is in milliseconds or microseconds since 1970, not {text!r}")
    value = int(text)
    return value if value >= MICROSECONDS_FROM else value * 1000
