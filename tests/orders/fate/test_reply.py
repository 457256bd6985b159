"""What a refusal says of each part of a request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi.errors import PartialFailure, UnreadableReply, VenueError
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
    assert refused(replaced(DUPLICATE), 2, {}, explained=False).said == [executed, Said(None, duplicate=True)]
    assert refused(replaced(DUPLICATE), 2, {}, explained=True).said == [executed, Said(Outcome.REJECTED)]
    assert refused(replaced(REFUSED), 2, {}, explained=False).said == [executed, Said(Outcome.REJECTED)]


CANCELLED = SimpleNamespace(symbol="BTCUSDT", order_id=7, orig_client_order_id="mine", client_order_id="gone")
PLACED = SimpleNamespace(symbol="BTCUSDT", order_id=8, client_order_id="new", side="BUY")
REQUEST = {"symbol": "BTCUSDT", "cancelOrderId": "7", "newClientOrderId": "new", "side": "BUY"}
REFUSED = VenueError(400, -2010, "Account has insufficient balance for requested action.")


def other(row: SimpleNamespace, **shown: Any) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(row), **shown})


@pytest.mark.parametrize(
    ("word", "answer", "said"),
    [
        ("SUCCESS", PLACED, Said(Outcome.ACCEPTED, PLACED)),
        ("FAILURE", REFUSED, Said(Outcome.REJECTED)),
        ("NOT_ATTEMPTED", None, Said(Outcome.REJECTED)),
        ("PENDING", REFUSED, Said(Outcome.REJECTED)),
        *((word, None, Said(None)) for word in ("SUCCESS", "FAILURE", "PENDING", "")),
        *((word, PLACED, Said(None)) for word in ("FAILURE", "NOT_ATTEMPTED", "PENDING", "")),
        *((word, UnreadableReply("odd"), Said(None)) for word in ("SUCCESS", "FAILURE", "NOT_ATTEMPTED")),
        ("SUCCESS", REFUSED, Said(None)),
        ("SUCCESS", other(PLACED, symbol="ETHUSDT"), Said(None)),
        ("SUCCESS", other(PLACED, client_order_id="another"), Said(None)),
        ("SUCCESS", other(PLACED, side="SELL"), Said(None)),
    ],
)
def test_a_half_whose_word_and_answer_do_not_fit_or_that_shows_another_order_is_in_doubt(
    word: str, answer: Any, said: Said
) -> None:
    error = replaced(REFUSED)
    error.cancel_response = CANCELLED
    error.new_order_result, error.new_order_response = word, answer
    assert refused(error, 2, REQUEST, explained=False).said == [Said(Outcome.ACCEPTED, CANCELLED), said]


@pytest.mark.parametrize("shown", [{"symbol": "ETHUSDT"}, {"order_id": 9}])
def test_a_cancel_that_shows_another_order_is_in_doubt_and_the_refusal_of_the_new_one_is_told(shown: Any) -> None:
    error = replaced(REFUSED)
    error.cancel_response = other(CANCELLED, **shown)
    assert refused(error, 2, REQUEST, explained=False).said == [Said(None), Said(Outcome.REJECTED)]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([Said(None), Said(None)], "does not tell what became of the cancel and of the new order"),
        ([Said(Outcome.ACCEPTED), Said(None)], "does not tell what became of the new order"),
        ([Said(None), Said(Outcome.REJECTED)], "does not tell what became of the cancel"),
        ([Said(Outcome.ACCEPTED), Said(None, duplicate=True)], "has one with this id, which may be this one"),
    ],
)
def test_a_refusal_that_leaves_a_doubt_says_of_which_part(said: list[Said], why: str) -> None:
    refusal = Refusal(DUPLICATE, said)
    assert refusal.in_doubt
    assert refusal.why.endswith(why)
