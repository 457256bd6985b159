"""What a reply says of a request that changes orders: one rule, whether the reply comes in time or late.

A success says that all of it was executed. A refusal says that nothing was, with three exceptions: a status of the five
hundreds is no refusal ("execution status is unknown"), and neither is one of the codes that say the same; a refusal that
reports its halves (``cancelResult``) says of each what it was, with any status; and "Duplicate order sent." says that an
order with this id is there, which may be what this request made, unless it is known which other order bears the id. A half
is read as the whole is: where its code says that its execution is unknown, its word and its answer do not fit each other, or
its answer cannot be read or shows another order, the half is in doubt, and the other is told.

This file is pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from binance_wsapi.errors import BadRequest, PartialFailure, VenueError, WsapiError
from binance_wsapi.orders.fate.fence import Outcome
from binance_wsapi.orders.ids.naming import can_be_an_id
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.answers import half_shows_another
from binance_wsapi.wire.codec import REFUSED_WITH_RESULT
from binance_wsapi.wire.endpoint import Params

__all__ = ["Refusal", "Said", "refused", "says_absent", "says_duplicate"]

DUPLICATE: Final = -2010
"""Code of "Duplicate order sent.", among others: an open order has this id."""

NO_LIST: Final = -2018
""""Order list does not exist.", which Errors leaves out."""

ABSENT: Final = frozenset({-2013, NO_LIST, -1121})
"""The venue has no such order; no such list; no such symbol, for which it refused the order, too."""

_SUCCESS: Final = "SUCCESS"
_NOT_ATTEMPTED: Final = "NOT_ATTEMPTED"


class Said(NamedTuple):
    """What a refusal says of one part of a request.

    Args:
        outcome: what became of it; None where it says nothing.
        order: what the part made.
    """

    outcome: Outcome | None
    order: Any = None
    duplicate: bool = False
    """Whether it says that the venue has an order with this id."""


_NOTHING: Final = Said(None)
_TWICE: Final = Said(None, duplicate=True)


class Refusal(NamedTuple):
    """A refusal, and what it says of each part."""

    error: VenueError
    said: Sequence[Said]

    @property
    def in_doubt(self) -> bool:
        """Whether it leaves a part in doubt."""
        return any(each.outcome is None for each in self.said)

    @property
    def done(self) -> list[Any]:
        """What was executed all the same."""
        return [each.order for each in self.said if each.outcome is Outcome.ACCEPTED]

    @property
    def last_refused(self) -> int | None:
        """Which part was refused: of a cancel-replace, the new order where both were. None where none was."""
        return max((at for at, each in enumerate(self.said) if each.outcome is Outcome.REJECTED), default=None)

    @property
    def why(self) -> str:
        """Why there is a doubt, in a sentence."""
        if any(each.duplicate for each in self.said):
            return "the venue refused it because it has one with this id, which may be this one"
        if self.error.msg == REFUSED_WITH_RESULT:
            return f"the reply has {REFUSED_WITH_RESULT}"
        unknown = [
            name for name, each in zip(("the cancel", "the new order"), self.said, strict=True) if not each.outcome
        ]
        return f"the venue does not tell what became of {' and of '.join(unknown)}"


def says_duplicate(error: VenueError) -> bool:
    """Whether the venue says that it has an order with this id."""
    return error.code == DUPLICATE and "Duplicate" in error.msg


def refused(error: VenueError, parts: int, request: Params, *, explained: bool) -> Refusal:
    """Return what a refusal says of each part of a request.

    Args:
        error: the refusal; its halves are typed (`with_halves`).
        parts: how many there are: two of a cancel-replace, the cancel and the new order.
        request: its parameters, by wire name.
        explained: whether another order is known to bear its id, and so why it was called a duplicate.
    """
    if error.code == 0 and error.msg == REFUSED_WITH_RESULT:
        return Refusal(error, [_NOTHING] * parts)
    if not explained and says_duplicate(error):
        return Refusal(error, [_TWICE] * parts)
    if isinstance(error, PartialFailure) and parts == 2:
        halves = (
            (error.cancel_result, error.cancel_response), (error.new_order_result, error.new_order_response)
        )  # fmt: skip
        return Refusal(error, [_half(request, at, *half, explained=explained) for at, half in enumerate(halves)])
    return Refusal(error, [Said(Outcome.REJECTED)] * parts)


def _half(request: Params, part: int, result: str, response: Any, *, explained: bool) -> Said:
    """Return what a cancel-replace says of its half: as the whole would, were this all of it."""
    if isinstance(response, VenueError):
        if result == _SUCCESS:
            return _NOTHING
        return _TWICE if not explained and says_duplicate(response) else Said(Outcome.REJECTED)
    if result == _SUCCESS and not isinstance(response, WsapiError) and not half_shows_another(request, part, response):
        return Said(Outcome.ACCEPTED, response)
    return Said(Outcome.REJECTED) if result == _NOT_ATTEMPTED and response is None else _NOTHING


def says_absent(error: VenueError, token: Token, client_id: str | None, *, listed: bool) -> bool:
    """Whether a refusal of the question says that the venue has no such thing.

    That there is no such list says nothing where an order was asked for.

    Where it refuses a parameter (-11xx), this must be what the order had in common with the question: the symbol, by
    its name; or an id that can be none. Else the order may have been taken: what ids a question may name is not
    documented, and its ``recvWindow`` may be another.
    """
    if error.code in ABSENT:
        return listed or error.code != NO_LIST
    return isinstance(error, BadRequest) and (
        (token.kind is not TokenKind.LIST and "'symbol'" in error.msg)
        or (client_id is not None and not can_be_an_id(client_id))
    )
