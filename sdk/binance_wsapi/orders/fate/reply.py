"""What a reply says of a request that changes orders: one rule, whether the reply comes in time or late.

A success says that all of it was executed. A refusal says that nothing was, with three exceptions: a status of the five
hundreds is no refusal ("execution status is unknown"); a refusal that reports its halves (``cancelResult``) says of each
what it was, with any status; and "Duplicate order sent." says that an order with this id is there, which may be what this
request made, unless it is known which other order bears the id.

This file is pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from binance_wsapi.errors import BadRequest, PartialFailure, VenueError, VenueFault
from binance_wsapi.orders.fate.fence import Outcome
from binance_wsapi.orders.ids.naming import can_be_an_id
from binance_wsapi.orders.ids.token import Token, TokenKind

__all__ = ["Said", "refused", "says_absent", "says_duplicate"]

DUPLICATE: Final = -2010
"""Code of "Duplicate order sent.", among others: an open order has this id."""

ABSENT: Final = frozenset({-2013, -2018, -1121})
"""The venue has no such order; no such list ("Order list does not exist.", which Errors leaves out); no such symbol, for
which it refused the order, too."""

_SUCCESS: Final = "SUCCESS"


class Said(NamedTuple):
    """What a refusal says of one part of a request.

    Args:
        outcome: what became of it; None where it says nothing.
        order: what the part made.
    """

    outcome: Outcome | None
    order: Any = None


def says_duplicate(error: VenueError | VenueFault) -> bool:
    """Whether the venue says that it has an order with this id."""
    return error.code == DUPLICATE and "Duplicate" in error.msg


def refused(error: VenueError | VenueFault, parts: int, *, explained: bool) -> Sequence[Said]:
    """Return what a refusal says of each part of a request.

    Args:
        error: the refusal; its halves are typed (`with_halves`).
        parts: how many there are: two of a cancel-replace, the cancel and the new order.
        explained: whether another order is known to bear its id, and so why it was called a duplicate.
    """
    if isinstance(error, VenueFault) or (not explained and says_duplicate(error)):
        return [Said(None)] * parts
    if isinstance(error, PartialFailure) and parts == 2:
        halves = (error.cancel_result, error.cancel_response), (error.new_order_result, error.new_order_response)
        duplicate = isinstance(error.new_order_response, VenueError) and says_duplicate(error.new_order_response)
        said = [
            Said(Outcome.ACCEPTED, order) if result == _SUCCESS else Said(Outcome.REJECTED) for result, order in halves
        ]
        return [said[0], Said(None)] if duplicate and not explained else said
    return [Said(Outcome.REJECTED)] * parts


def says_absent(error: VenueError, token: Token, client_id: str | None) -> bool:
    """Whether a refusal of the question says that the venue has no such thing.

    Where it refuses a parameter (-11xx), this must be what the order had in common with the question: the symbol, by
    its name; or an id that can be none. Else the order may have been taken: what ids a question may name is not
    documented, and its ``recvWindow`` may be another.
    """
    if error.code in ABSENT:
        return True
    return isinstance(error, BadRequest) and (
        (token.kind is not TokenKind.LIST and "'symbol'" in error.msg)
        or (client_id is not None and not can_be_an_id(client_id))
    )
