"""What a refusal says of each part of a request."""

from __future__ import annotations

import pytest

from binance_wsapi.errors import PartialFailure, VenueError
from binance_wsapi.orders.fate.fence import Outcome
from binance_wsapi.orders.fate.reply import Refusal, Said, refused

DUPLICATE = VenueError(400, -2010, "Duplicate order sent.")


def replaced(new: VenueError) -> PartialFailure:
    """Return the refusal of a cancel-replace whose cancel was executed, and whose new order was not."""
    error = PartialFailure(409, -2021, "Order cancel-replace partially failed.")
    error.cancel_result, error.cancel_response = "SUCCESS", "the cancelled order"
    error.new_order_result, error.new_order_response = "FAILURE", new
    return error


def test_a_duplicate_of_an_order_nothing_is_known_of_leaves_the_new_one_in_doubt_and_the_cancel_executed() -> None:
    executed = Said(Outcome.ACCEPTED, "the cancelled order")
    assert refused(replaced(DUPLICATE), 2, explained=False).said == [executed, Said(None, duplicate=True)]
    assert refused(replaced(DUPLICATE), 2, explained=True).said == [executed, Said(Outcome.REJECTED)]
    other = VenueError(400, -2010, "Account has insufficient balance for requested action.")
    assert refused(replaced(other), 2, explained=False).said == [executed, Said(Outcome.REJECTED)]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([Said(None), Said(None)], "does not know what became of the cancel and of the new order"),
        ([Said(Outcome.ACCEPTED), Said(None)], "does not know what became of the new order"),
        ([Said(None), Said(Outcome.REJECTED)], "does not know what became of the cancel"),
        ([Said(Outcome.ACCEPTED), Said(None, duplicate=True)], "has one with this id, which may be this one"),
    ],
)
def test_a_refusal_that_leaves_a_doubt_says_of_which_part(said: list[Said], why: str) -> None:
    refusal = Refusal(DUPLICATE, said)
    assert refusal.in_doubt
    assert refusal.why.endswith(why)
