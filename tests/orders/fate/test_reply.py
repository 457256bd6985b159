"""What a refusal says of each part of a request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi.errors import BadRequest, PartialFailure, UnreadableReply, VenueError
from binance_wsapi.orders.fate.fence import Outcome
from binance_wsapi.orders.fate.reply import Refusal, Said, refused, says_absent, says_duplicate
from binance_wsapi.orders.ids.token import Token, TokenKind

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


ACCEPTED, REJECTED, NOTHING = Said(Outcome.ACCEPTED, "done"), Said(Outcome.REJECTED), Said(None)


@pytest.mark.parametrize(
    ("said", "in_doubt", "done", "last_refused"),
    [
        ([REJECTED], False, [], 0),
        ([NOTHING], True, [], None),
        ([REJECTED, REJECTED], False, [], 1),
        ([REJECTED, NOTHING], True, [], 0),
        ([ACCEPTED, REJECTED], False, ["done"], 1),
        ([REJECTED, ACCEPTED], False, ["done"], 0),
        ([ACCEPTED, NOTHING], True, ["done"], None),
    ],
)
def test_a_refusal_tells_what_is_in_doubt_what_was_executed_and_what_was_refused_last(
    said: list[Said], in_doubt: bool, done: list[str], last_refused: int | None
) -> None:
    refusal = Refusal(REFUSED, said)
    assert (refusal.in_doubt, refusal.done, refusal.last_refused) == (in_doubt, done, last_refused)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_refusal_of_the_whole_refuses_each_of_its_parts(parts: int) -> None:
    assert refused(REFUSED, parts, {}, explained=False) == Refusal(REFUSED, [REJECTED] * parts)
    assert refused(DUPLICATE, parts, {}, explained=True) == Refusal(DUPLICATE, [REJECTED] * parts)
    assert refused(DUPLICATE, parts, {}, explained=False).said == [Said(None, duplicate=True)] * parts


def test_halves_in_the_refusal_of_a_request_of_one_part_say_nothing_of_it() -> None:
    assert refused(replaced(REFUSED), 1, {}, explained=False).said == [REJECTED]


def test_only_the_word_duplicate_under_its_own_code_says_that_the_id_is_taken() -> None:
    assert says_duplicate(DUPLICATE)
    assert not says_duplicate(REFUSED)
    assert not says_duplicate(VenueError(400, -1013, "Duplicate order sent."))


ORDER = Token("mine", "BTCUSDT")
LIST = Token("mine", "BTCUSDT", TokenKind.LIST)


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    ("code", "of_an_order", "of_a_list"),
    [(-2013, True, True), (-1121, True, True), (-2018, False, True), (-2010, False, False)],
)
def test_that_there_is_no_such_list_says_only_of_a_list_that_it_is_absent(
    code: int, of_an_order: bool, of_a_list: bool, listed: bool
) -> None:
    error = VenueError(400, code, "No such.")
    assert says_absent(error, ORDER, "mine", listed=listed) is (of_a_list if listed else of_an_order)


@pytest.mark.parametrize(
    ("token", "parameter", "client_id", "absent"),
    [
        (ORDER, "'symbol'", "mine", True),
        (LIST, "'symbol'", "mine", False),
        (ORDER, "'origClientOrderId'", "mine", False),
        (ORDER, "'origClientOrderId'", "can be none", True),
        (LIST, "'origClientOrderId'", "can be none", True),
        (ORDER, "'orderId'", None, False),
    ],
)
def test_a_refused_parameter_says_absent_where_the_order_had_it_too_and_can_be_none(
    token: Token, parameter: str, client_id: str | None, absent: bool
) -> None:
    words = f"Illegal characters found in parameter {parameter}."
    assert says_absent(BadRequest(400, -1100, words), token, client_id, listed=False) is absent
    assert not says_absent(VenueError(400, -1100, words), token, client_id, listed=False)
