"""Exact numbers: every price, quantity and amount in the engine is an integer of 1/10**8 units.

The venue shows eight decimal places and computes without rounding beyond them. Integers keep that exactly, and Python
adds them several times faster than `decimal.Decimal`.
"""

from __future__ import annotations

__all__ = ["PLACES", "SCALE", "TooPrecise", "notional", "parse", "show", "take_rate"]

PLACES = 8
SCALE = 100_000_000
NOTHING = "0.00000000"


class TooPrecise(ValueError):
    """A number has more decimal places than the engine keeps (the venue's -1111)."""


def parse(text: str) -> int:
    """Read a plain decimal number.

    Args:
        text: ASCII digits with at most one point and an optional leading minus; no exponent, no spaces.

    Returns:
        The number in units of 1/10**8.

    Raises:
        TooPrecise: more than eight significant decimal places.
        ValueError: not a plain decimal number.
    """
    sign = -1 if text[:1] == "-" else 1
    whole, point, fraction = text[1 if sign < 0 else 0 :].partition(".")
    digits = whole + fraction
    if not digits or not digits.isascii() or not digits.isdecimal() or (point and not fraction and not whole):
        raise ValueError(f"not a decimal number: {text!r}")
    fraction = fraction.rstrip("0")
    if len(fraction) > PLACES:
        raise TooPrecise(f"more than {PLACES} decimal places: {text!r}")
    return sign * (int(whole or "0") * SCALE + int(fraction.ljust(PLACES, "0")))


def show(value: int, places: int = PLACES) -> str:
    """Write a number the way the venue does: fixed places, no exponent.

    Args:
        value: in units of 1/10**8.
        places: decimal places to show, 0 to 8; further digits are cut off.
    """
    if value >= 0 and places == PLACES:  # nearly every number of an order
        return f"{value // SCALE}.{value % SCALE:08d}" if value else NOTHING
    sign = "-" if value < 0 else ""
    whole, fraction = divmod(abs(value), SCALE)
    if places == 0:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{fraction:08d}"[: len(sign) + len(str(whole)) + 1 + places]


def notional(price: int, quantity: int) -> int:
    """Quote amount of a quantity at a price, cut off at 1/10**8.

    Cutting off, not rounding, makes the amounts of the parts of an order never exceed the amount of the whole; locks
    rely on that.
    """
    return price * quantity // SCALE


def take_rate(amount: int, rate: int, unit: int = 1) -> int:
    """Share of an amount, rounded half up to a multiple of `unit`.

    The commission FAQ shows 17491.25 * 0.0000023 = 0.040229875 as 0.04022988, so commissions round and do not cut off.

    Args:
        amount: in units of 1/10**8.
        rate: in units of 1/10**8.
        unit: the commission asset's smallest step, in units of 1/10**8.
    """
    if not rate:
        return 0
    step = SCALE * unit
    return (amount * rate * 2 + step) // (2 * step) * unit
