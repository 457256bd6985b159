"""Whether an answer is of what was asked for. An answer about another order says nothing of the one in question."""

from __future__ import annotations

from typing import Any, Final

from binance_wsapi.wire.endpoint import Params

__all__ = ["reply_shows_another", "shows_another"]

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


def reply_shows_another(request: Params, result: Any, name: str | None) -> bool:
    """Return whether a reply tells of another order than the request was about.

    Args:
        request: by wire name.
        result: of the reply.
        name: the client order id of the one order that it was to place; None where it places none, or several.
    """
    symbol = getattr(result, "symbol", None)
    if symbol is not None and symbol != request.get("symbol"):
        return True
    if name is None:
        number = getattr(result, "order_id", None)
        return number is not None and str(request.get("orderId", number)) != str(number)
    side: str = request["side"]
    return bool(result.client_order_id != name or getattr(result, "side", side) != side)
