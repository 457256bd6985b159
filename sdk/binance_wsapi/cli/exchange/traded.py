"""What is traded on the exchange that the command runs, and with what balances it begins."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from binance_wsapi.simulator import Listing, LocalExchange

__all__ = ["balances", "listings", "set_balances"]

ACCOUNT = "alice"
_NEW_SYMBOL = re.compile(r"(?P<base>\w+)/(?P<quote>\w+)=(?P<price>[0-9.]+)")


def listings(wanted: list[str] | None, described: Path | None) -> list[Listing]:
    """Return what is traded: the symbols of a file, and those that `--symbol` names; without either all that ship."""
    return [
        *(_described(described) if described is not None else ()),
        *(_named(wanted) if wanted or not described else ()),
    ]


def _described(path: Path) -> list[Listing]:
    """Return the symbols of a file."""
    from binance_wsapi.simulator import Listing

    try:
        found = json.loads(path.read_bytes())
        rows = found["symbols"] if isinstance(found, dict) else found
        return [Listing.from_json(row, str(row.get("price", "1"))) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise typer.BadParameter(f"{path}: {error}", param_hint="--exchange-info") from None


def _named(wanted: list[str] | None) -> list[Listing]:
    from binance_wsapi.simulator import LISTINGS, listing

    known = {each.spec.symbol: each for each in LISTINGS}
    if not wanted:
        return list(LISTINGS)
    found: dict[str, Listing] = {}
    for word in wanted:
        if word in known:
            found[word] = known[word]
            continue
        new = _NEW_SYMBOL.fullmatch(word)
        price = _number(new["price"]) if new else None
        if new is None or price is None or price > 1_000_000:
            raise typer.BadParameter(
                f"{word!r} is neither BASE/QUOTE=PRICE nor one of {', '.join(known)}", param_hint="--symbol"
            )
        size = price.adjusted()
        made = listing(
            new["base"],
            new["quote"],
            f"{price:f}",
            f"{Decimal(1).scaleb(max(-8, size - 6)):f}",
            f"{Decimal(1).scaleb(max(-8, -1 - max(0, size))):f}",
        )
        found[made.spec.symbol] = made
    return list(found.values())


def _number(text: str) -> Decimal | None:
    """Return a positive decimal number of at most eight places, or None."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    exponent = number.as_tuple().exponent
    return number if number.is_finite() and number > 0 and isinstance(exponent, int) and exponent >= -8 else None


def balances(wanted: list[str] | None) -> list[tuple[str, str, Decimal]]:
    """Return account, asset and amount of each `--balance`."""
    found = []
    for word in wanted or ():
        where, equals, amount = word.partition("=")
        account, colon, asset = where.rpartition(":")
        number = Decimal(0) if amount.strip("0.") == "" and amount else _number(amount)
        if not equals or not asset or number is None or (colon and not account):
            raise typer.BadParameter(f"{word!r} is not ASSET=AMOUNT or ACCOUNT:ASSET=AMOUNT", param_hint="--balance")
        found.append((account or ACCOUNT, asset, number))
    return found


def set_balances(running: LocalExchange, wanted: list[tuple[str, str, Decimal]]) -> None:
    """Pay in or out what makes each balance what `--balance` says."""
    for account, asset, number in wanted:
        try:
            there = running.truth.balances(account).get(asset, (Decimal(0), Decimal(0)))[0]
        except KeyError:
            there = Decimal(0)
        if number > there:
            running.deposit(account, asset, number - there)
        elif number < there:
            running.withdraw(account, asset, there - number)
