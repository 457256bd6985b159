"""An order or a list that the venue shows in another shape than the documented: what can be read of it, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

__all__ = ["UnreadRow"]

MOST_DIGITS: Final = 64
"""Characters of a number: the venue's have at most nineteen digits before the point, and eight behind it."""


class UnreadRow:
    """A row that cannot be read as a whole. Each property is None where its own field cannot be read, either.

    A `Verdict` holds it as its ``order`` where such a row is the proof.

    Args:
        raw: the row as it came.
        microseconds: whether its times are.
    """

    __slots__ = ("_microseconds", "raw")

    def __init__(self, raw: Mapping[str, Any], *, microseconds: bool = False) -> None:
        self.raw = raw
        self._microseconds = microseconds

    def __repr__(self) -> str:
        return f"UnreadRow(symbol={self.symbol!r}, order_id={self.order_id}, client_order_id={self.client_order_id!r})"

    @property
    def symbol(self) -> str | None:
        """Trading pair."""
        return self.text("symbol")

    @property
    def listed(self) -> bool:
        """Whether it is a list, and not an order."""
        return "orderId" not in self.raw and "orderListId" in self.raw

    @property
    def order_id(self) -> int | None:
        """The venue's number of the order."""
        return self.whole("orderId")

    @property
    def order_list_id(self) -> int | None:
        """The venue's number of the list, or of the list the order belongs to; -1 for none."""
        return self.whole("orderListId")

    @property
    def client_order_id(self) -> str | None:
        """The client's id of the order, or of the list."""
        return self.text("listClientOrderId" if self.listed else "clientOrderId")

    @property
    def orders(self) -> list[UnreadRow]:
        """The orders of a list."""
        rows = self.raw.get("orders")
        return [UnreadRow(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def text(self, name: str) -> str | None:
        """Return a field that is text."""
        value = self.raw.get(name)
        return value if isinstance(value, str) else None

    def whole(self, name: str) -> int | None:
        """Return a field that is a whole number."""
        value = self.raw.get(name)
        return value if type(value) is int else None

    def amount(self, name: str) -> Decimal | None:
        """Return a field that is a decimal number in text."""
        value = self.text(name)
        if value is None or len(value) > MOST_DIGITS:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None

    def time_us(self, *names: str) -> int | None:
        """Return the first of these times, in microseconds."""
        for name in names:
            value = self.whole(name)
            if value is not None:
                return value if self._microseconds else value * 1000
        return None
