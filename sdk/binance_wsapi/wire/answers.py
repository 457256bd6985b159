"""Whether an answer is of what was asked for. An answer about another order says nothing of the one in question."""

from __future__ import annotations

from typing import Any, Final

from binance_wsapi.wire.endpoint import Params

__all__ = ["shows_another"]

_NUMBERS: Final = (("orderId", "order_id"), ("orderListId", "order_list_id"))


def shows_another(question: Params, answer: Any) -> bool:
    """Return whether an answer, or a row of it, is of another symbol, order or list than the question names by number.

    Not for methods whose ``orderId`` is where their rows begin (``allOrders``).

    Args:
        question: by wire name.
        answer: a result, or a list of results.
    """
    symbol = question.get("symbol")
    named = [(attribute, str(question[name])) for name, attribute in _NUMBERS if question.get(name) not in (None, "")]
    for row in answer if isinstance(answer, list) else (answer,):
        told = getattr(row, "symbol", None)
        if symbol is not None and told is not None and told != symbol:
            return True
        for attribute, number in named:
            found = getattr(row, attribute, None)
            if found is not None and str(found) != number:
                return True
    return False
