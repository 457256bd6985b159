"""Whether an answer is of what was asked for. An answer about another order says nothing of the one in question."""

from __future__ import annotations

from typing import Any, Final

from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["half_shows_another", "reply_shows_another", "shows_another"]

_LISTED: Final = "listClientOrderId"
_LIST_NUMBER: Final = "orderListId"
_NUMBERS: Final = (("orderId", "order_id"), (_LIST_NUMBER, "order_list_id"))


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


def reply_shows_another(endpoint: Endpoint[Any], request: Params, result: Any) -> bool:
    """Return whether a reply tells of another order, or list, than the request was about.

    A success that says that a half of it was none says nothing, either.

    Args:
        endpoint: what was called.
        request: its parameters, by wire name.
        result: of the reply.
    """
    ids = endpoint.client_ids
    if endpoint.orders and len(ids) == 1:  # nearly all
        return _made_another(request, result)
    if getattr(result, "cancel_response", None) is not None:
        return any(
            str(word) != "SUCCESS" or half_shows_another(request, at, half)
            for at, (word, half) in enumerate((
                (result.cancel_result, result.cancel_response), (result.new_order_result, result.new_order_response)
            ))
        )  # fmt: skip
    if _LISTED in ids:
        named = {request.get(name) for name in ids}
        return bool(
            result.symbol != request.get("symbol")
            or result.list_client_order_id != request.get(_LISTED)
            or not named.issuperset(each.client_order_id for each in result.orders)
        )
    return any(
        _changed_another(request, getattr(row, "amended_order", row), "orderId", "origClientOrderId")
        for row in (result if isinstance(result, list) else (result,))
    )


def half_shows_another(request: Params, part: int, half: Any) -> bool:
    """Return whether the half of a cancel-replace tells of another order than it was about.

    Args:
        request: by wire name.
        part: 0 of the cancel, 1 of the new order.
        half: what the reply tells of it; None where that cannot be read.
    """
    if half is None:
        return True
    if part:
        return _made_another(request, half)
    return _changed_another(request, half, "cancelOrderId", "cancelOrigClientOrderId")


def _made_another(request: Params, result: Any) -> bool:
    """Return whether this is another order than a request was to place."""
    symbol, side = getattr(result, "symbol", None), request.get("side")
    if symbol is not None and symbol != request.get("symbol"):
        return True
    return bool(result.client_order_id != request.get("newClientOrderId") or getattr(result, "side", side) != side)


def _changed_another(request: Params, result: Any, number: str, former: str) -> bool:
    """Return whether this is another order, or list, than a request named by its number, its former id or its symbol."""
    orders = (result, *getattr(result, "order_reports", ()))
    if any(getattr(each, "symbol", request.get("symbol")) != request.get("symbol") for each in orders):
        return True
    for name, attribute in ((number, "order_id"), (former, "orig_client_order_id"), (_LIST_NUMBER, "order_list_id")):
        told = [str(found) for each in orders if (found := getattr(each, attribute, None)) not in (None, "")]
        if told and request.get(name) not in (None, "") and str(request[name]) not in told:
            return True
    return False
