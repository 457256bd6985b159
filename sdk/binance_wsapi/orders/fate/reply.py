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

from binance_wsapi.errors import PartialFailure, VenueError, VenueFault
from binance_wsapi.orders.fate.fence import Outcome

__all__ = ["Said", "refused", "says_duplicate"]

DUPLICATE: Final = -2010
"""Code of "Duplicate order sent.", among others: an open order has this id."""

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
