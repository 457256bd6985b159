"""Exact arithmetic for prices and quantities: `Decimal` only, and nothing is ever rounded that was not asked to be."""

from __future__ import annotations

import math
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Any, Final

from binance_wsapi.errors import UsageError, shown_float

__all__ = ["EXACT", "ZERO", "common_step", "is_multiple", "number", "plain"]

EXACT: Final = Context(prec=200, traps=[InvalidOperation, Inexact, Overflow])
"""Computes exactly or raises. Numbers let in by `number` fit with room: products have at most 164 digits."""

ZERO: Final = Decimal(0)

_REACH: Final = 40
"""Digits on either side of the point; the venue has 8 after it."""


def number(value: Any, name: str) -> Decimal:
    """Return a price or an amount as the `Decimal` it was written as.

    Args:
        value: a `Decimal`, an ``int`` or a ``str``.
        name: what it is, for the error.

    Raises:
        UsageError: it is a float, not a number, negative, or longer than any amount is.
    """
    if isinstance(value, float):
        raise UsageError(f"{name} must be text, an int or a Decimal, got {shown_float(value)}")
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise UsageError(f"{name} must be a Decimal, an int or a str, got a {type(value).__name__}")
    if isinstance(value, str) and ("_" in value or value != value.strip() or not value.isascii()):
        raise UsageError(f"{name} must be a number, got other text")  # to Python it is one, to the venue it is not
    try:
        result = Decimal(value)
    except (InvalidOperation, ValueError):
        raise UsageError(f"{name} must be a number, got other text") from None
    if not result.is_finite():
        raise UsageError(f"{name} must be a finite number, got {value}")
    _, digits, exponent = result.as_tuple()
    if not isinstance(exponent, int) or exponent < -_REACH or len(digits) + max(exponent, 0) > 2 * _REACH:
        raise UsageError(f"{name} has more digits than any amount of the venue")
    if result.is_signed() and result:
        raise UsageError(f"{name} must be 0 or more, got {value}")
    return abs(result)  # a negative zero is none


def plain(value: Decimal) -> str:
    """Return a number as people write it: no exponent, no zeros that say nothing."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether a number is on the grid of a step; a step of zero is no grid."""
    return not step or not EXACT.remainder(value, step)


def common_step(*steps: Decimal) -> Decimal:
    """Return the least step that is a multiple of all that are not zero; zero when all are."""
    real = [each for each in steps if each]
    if not real:
        return ZERO
    scale = -min(int(each.as_tuple().exponent) for each in real)
    result = math.lcm(*(int(EXACT.scaleb(each, scale)) for each in real))
    return EXACT.scaleb(Decimal(result), -scale)
