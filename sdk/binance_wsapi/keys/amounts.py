"""Amounts and prices as text, looked at before they are sent: text that is no number is told here.

The venue takes digits with one point at most (-1100 names the legal range). A `Decimal` is written so; text is sent as the
user wrote it.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from binance_wsapi.errors import UsageError, shown, shown_float

__all__ = ["are_amounts", "is_amount_name", "wrong_amount"]

_is_plain: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?").fullmatch
_LONGEST: Final = 30
"""Characters of a text that a message repeats: what is longer may be a secret in the wrong place."""


def is_amount_name(name: str) -> bool:
    """Whether a parameter of this wire name is an amount or a price."""
    return name.endswith(("price", "Price", "quantity", "Quantity", "Qty"))


def are_amounts(*values: object) -> bool:
    """Return whether each value is left out, or can be sent as an amount, by one look.

    A plain loop takes 0.5 µs of an order, `filter` and `all` 0.85, the look at each parameter by its name 1.
    """
    for value in values:
        if value is not None and not (_is_plain(value) if type(value) is str else _is_unsigned(value)):
            return False
    return True


def _is_unsigned(value: object) -> bool:
    return type(value) is Decimal and not value.is_signed()


def wrong_amount(name: str, value: object) -> UsageError | None:
    """Return what is wrong with an amount: text and no number, a float, or a number below zero; None where it can be sent.

    What is neither text nor a number is left to `wire_params`, which says what to write in its place.

    Args:
        name: of the argument, as the user writes it.
        value: the amount.
    """
    if isinstance(value, str):
        if _is_plain(value) is None:
            got = shown(str(value)) if len(value) <= _LONGEST else f"text of {len(value)} characters"
            return UsageError(f"{name} must be digits with one point at most, as '0.01', got {got}{_remedy(value)}")
    elif isinstance(value, float):
        return UsageError(f"{name} must be text, an int or a Decimal, got {shown_float(value)}")
    elif isinstance(value, int | Decimal) and Decimal(value).is_finite() and value < 0:
        return UsageError(f"{name} must be 0 or more, got {shown(value)}")
    return None


def _remedy(text: str) -> str:
    """Return what to write where a text is a number to Python, and not to the venue."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return ""
    return f"; Decimal({str(text)!r}) is sent as digits" if number.is_finite() and number >= 0 else ""
