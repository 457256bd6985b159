"""Every order gets a client order id before it is sent: only then can one ask what became of it.

The venue makes up an id where none is given, and tells it in the reply, which is exactly what may be lost. Ids made
here are unguessable, within the venue's pattern ``^[.A-Z:/a-z0-9_-]{1,36}$``, free of vowels (`binance_wsapi.wire.ids`),
and used once: the venue's own rule, unique "among open orders", would let an id be used again as soon as its order
filled. A cancel, too, is given one (``newClientOrderId``); the venue would otherwise rename the cancelled order at random.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any, Final

from binance_wsapi.keys.payload import WireParams, wire_params
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.ids.renames import Change
from binance_wsapi.orders.ids.terms import terms_of
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.endpoint import Endpoint, Params
from binance_wsapi.wire.ids import ALPHABET
from binance_wsapi.wire.order_calls import Act, OrderCalls

__all__ = ["ID_LENGTH", "can_be_an_id", "change_of", "looks_made_here", "named", "tokens_of"]

ID_LENGTH = 22
"""124 bits of chance."""

_PATTERN: Final = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
"""What the venue names as the legal range of a ``newClientOrderId`` (-1100)."""

_LISTED = "listClientOrderId"


def named(
    endpoint: Endpoint[Any], params: Params, token: Callable[[int], str]
) -> tuple[WireParams, list[str], set[str]]:
    """Name all that a request makes or renames and that the user did not name.

    An empty text is no name: nothing could be asked about it. The journal and the frame take this one text.

    Returns:
        The parameters as they are sent, the ids in them, and those of the ids that were made here.

    Raises:
        UsageError: a parameter cannot be sent.
    """
    complete = wire_params(params)
    tokens: list[str] = []
    made: set[str] = set()
    for name in endpoint.client_ids:
        if complete.get(name, "") == "":
            complete[name] = new = token(ID_LENGTH)
            made.add(new)
            tokens.append(new)
        else:
            tokens.append(str(complete[name]))
    return complete, tokens, made


def can_be_an_id(text: str) -> bool:
    """Whether the venue may have taken this for the id of an order."""
    return _PATTERN.fullmatch(text) is not None


def looks_made_here(text: str) -> bool:
    """Whether an id looks as those made here do. Only a user who names such a one again has another like it."""
    return len(text) == ID_LENGTH and set(ALPHABET).issuperset(text)


def _number(request: Params, *names: str) -> int | None:
    for name in names:
        value = request.get(name)
        if value not in (None, ""):
            try:
                return int(value)
            except (TypeError, ValueError):
                return None
    return None


def _text(request: Params, *names: str) -> str:
    return next((str(request[name]) for name in names if request.get(name) not in (None, "")), "")


def change_of(
    calls: OrderCalls, endpoint: Endpoint[Any], request: Params, key: Signer | AsyncSigner | None
) -> Change | None:
    """Return what a request may rename; None for a request that only places."""
    symbol = str(request.get("symbol", ""))
    if endpoint is calls.cancel_all:
        return Change(symbol, key, everything=True)
    if endpoint is calls.cancel_list:
        former, number = _text(request, _LISTED), _number(request, "orderListId")
        return Change(symbol, key, former, number, listed=True)
    if endpoint is calls.cancel or endpoint is calls.amend:
        former, number = _text(request, "origClientOrderId"), _number(request, "orderId")
    elif endpoint is calls.cancel_replace:
        former, number = _text(request, "cancelOrigClientOrderId"), _number(request, "cancelOrderId")
    else:
        return None
    return Change(symbol, key, former, number, keeps=former == _text(request, endpoint.client_ids[0]))


def tokens_of(
    calls: OrderCalls,
    endpoint: Endpoint[Any],
    request: Params,
    token: Callable[[int], str],
    fresh: Collection[str],
    since_ms: float,
) -> list[Token]:
    """Return what the venue's side of a request is recognised by.

    An order list is known by its own id: it is taken or refused as a whole. What cancels everything of a symbol bears no
    id; its token is a name for the one doubt about it.

    Args:
        calls: the methods of the product.
        endpoint: what was called.
        request: its parameters, with every id.
        token: makes unguessable text.
        fresh: ids that only this request can bear.
        since_ms: the earliest that it can have been executed, by the venue's clock.
    """
    symbol = str(request.get("symbol", ""))
    ids = [str(request[name]) for name in endpoint.client_ids]
    if endpoint is calls.cancel_list:
        return [
            Token(
                ids[0], symbol, TokenKind.LIST, Act.CANCEL, ids[0] in fresh, number=_number(request, "orderListId"),
                former=_text(request, _LISTED), since_ms=since_ms,
            )
        ]  # fmt: skip
    if _LISTED in endpoint.client_ids:
        own = str(request[_LISTED])
        legs = tuple(each for each in ids if each != own)
        return [
            Token(
                own, symbol, TokenKind.LIST, Act.PLACE, own in fresh, legs=legs,
                fresh_legs=frozenset(each for each in legs if each in fresh), wanted=request, since_ms=since_ms,
                leg_terms={str(request[name]): terms_of(request, name) for name in endpoint.client_ids if name != _LISTED},
            )
        ]  # fmt: skip
    if not ids:
        return [Token(token(ID_LENGTH), symbol, TokenKind.SYMBOL, Act.CANCEL, since_ms=since_ms)]
    if endpoint is calls.cancel or endpoint is calls.amend:
        act = Act.CANCEL if endpoint is calls.cancel else Act.AMEND
        return [
            Token(
                ids[0], symbol, TokenKind.ORDER, act, ids[0] in fresh, number=_number(request, "orderId"),
                former=_text(request, "origClientOrderId"), wanted=request, since_ms=since_ms,
            )
        ]  # fmt: skip
    if endpoint is calls.cancel_replace:
        cancel, new = ids
        number, former = _number(request, "cancelOrderId"), _text(request, "cancelOrigClientOrderId")
        return [
            Token(
                cancel, symbol, TokenKind.ORDER, Act.CANCEL, cancel in fresh, number=number, former=former,
                gives_former=former == new, since_ms=since_ms,
            ),
            Token(
                new, symbol, TokenKind.ORDER, Act.PLACE, new in fresh and new != cancel, wanted=request, since_ms=since_ms,
                others=frozenset() if number is None else frozenset({number}), shared=number is None and new == cancel,
            ),
        ]  # fmt: skip
    return [Token(each, symbol, wanted=request, fresh=each in fresh, since_ms=since_ms) for each in ids]
