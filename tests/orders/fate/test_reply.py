"""What a refusal says of each part of a request."""

from __future__ import annotations

from binance_wsapi.errors import PartialFailure, VenueError
from binance_wsapi.orders.fate.fence import Outcome
from binance_wsapi.orders.fate.reply import Said, refused

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
