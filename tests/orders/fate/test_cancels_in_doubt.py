"""What is cancelled in the place of a caller, by which name, how often, and when that ends."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import Any

import pytest

from binance_wsapi import Outcome, OutcomeUnknown, UsageError, VenueError
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.errors import AuthFailed, CancelRejected, Forbidden, NotConnected, NotLoggedOn, OrderRejected
from binance_wsapi.orders.fate import on_unknown
from binance_wsapi.orders.fate.fence import Evidence, Verdict
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.order_calls import Sight
from tests.orders.fate.waits import GONE, LISTED, MINE, SYMBOL, UNKNOWN, USERS, Waits, in_doubt, order
from tests.simulation.loop import VirtualLoop, run

# --------------------------------------------------------------------------- what names what was placed


A_LIST = Sight(None, SYMBOL, "list", None, 4, listed=True, list_number=9)


@pytest.mark.parametrize(
    ("token", "number", "shown", "named"),
    [
        (MINE, None, None, {"origClientOrderId": "mine"}),
        (USERS, None, None, None),
        (USERS, 5, None, {"orderId": 5}),
        (MINE, 5, None, {"orderId": 5}),
        (MINE, 5, [A_LIST, order(6, "other"), order(7, "mine")], {"orderId": 7}),
        (USERS, None, [order(-1, "mine"), order(7, "new", "mine")], {"orderId": 7}),
        (USERS, None, [order(0, "mine")], {"orderId": 0}),
        (USERS, None, [order(6, "other")], None),
        (LISTED, None, None, {"listClientOrderId": "mine"}),
        (LISTED, 5, None, {"listClientOrderId": "mine"}),
        (Token("mine", SYMBOL, TokenKind.LIST, fresh=False), 5, None, None),
        (LISTED, None, [order(6, "mine", listed=9), A_LIST], {"orderListId": 9}),
        (LISTED, None, [Sight(None, SYMBOL, "mine", None, 4, listed=True, list_number=0)], {"orderListId": 0}),
        (LISTED, None, [Sight(None, SYMBOL, "mine", None, 4, listed=True)], {"listClientOrderId": "mine"}),
    ],
)
def test_what_was_placed_is_named_by_its_number_else_by_an_id_that_nothing_else_can_bear(
    token: Token, number: int | None, shown: list[Sight] | None, named: dict[str, Any] | None
) -> None:
    (doubt,) = in_doubt(token).doubts
    doubt.number = number
    if shown is not None:
        doubt.verdict = Verdict(Outcome.ACCEPTED, Evidence.EVENT, "mine", shown)
    assert Waits()._target(doubt) == named


# --------------------------------------------------------------------------- one cancel


@pytest.mark.parametrize("found", [True, False])
async def test_a_cancel_is_sent_for_what_was_placed_with_an_id_of_its_own_and_its_reply_is_a_proof(found: bool) -> None:
    waits, intent = Waits(), in_doubt(GONE, MINE)
    assert await waits._cancel(intent, found=found) == ("cancelled", None)
    request = {"symbol": SYMBOL, "origClientOrderId": "mine", "newClientOrderId": "new"}
    assert waits.cancelled == [(SPOT_ORDERS.cancel, request)]
    assert [each.verdict for each in intent.doubts] == [
        None, Verdict(Outcome.ACCEPTED, Evidence.REPLY, "mine", "cancelled", None, 77)
    ]  # fmt: skip
    assert intent.wake.is_set()


async def test_a_list_is_cancelled_as_a_list() -> None:
    waits = Waits()
    await waits._cancel(in_doubt(LISTED), found=False)
    assert [endpoint for endpoint, _ in waits.cancelled] == [SPOT_ORDERS.cancel_list]


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_only_what_was_or_may_have_been_placed_is_cancelled(outcome: Outcome) -> None:
    waits, intent = Waits(), in_doubt(MINE)
    intent.doubts[0].verdict = Verdict(outcome, Evidence.QUERY, "mine")
    assert await waits._cancel(intent, found=True) == (
        ("cancelled", None) if outcome is Outcome.ACCEPTED else (None, None)
    )
    assert len(waits.cancelled) == (outcome is Outcome.ACCEPTED)


@pytest.mark.parametrize("found", [True, False])
async def test_what_cannot_be_named_is_left_undecided_once_it_is_known_to_be_there_and_keeps_no_other_from_its_cancel(
    found: bool,
) -> None:
    waits = Waits()
    done, undecided = await waits._cancel(in_doubt(USERS, MINE), found=found)
    assert (done, isinstance(undecided, UsageError)) == ("cancelled", found)


@pytest.mark.parametrize(
    ("error", "decided"),
    [
        (CancelRejected(400, -2011, "Unknown order sent."), True),
        (CancelRejected(400, -2011, "Market is closed."), False),
        (OrderRejected(400, -2010, "Unknown order sent."), False),
        (NotConnected("no connection"), False),
        (RuntimeError("the secret"), False),
    ],
)
async def test_only_the_word_that_there_is_no_such_order_says_that_nothing_is_open(
    error: Exception, decided: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> Any:
        raise error

    intent = in_doubt(MINE)
    with caplog.at_level(logging.INFO):
        told = await Waits(cancel=refuse)._cancel(intent, found=True)
    assert told == (None, None if decided else error)
    assert intent.doubts[0].verdict is None
    words = "RuntimeError" if isinstance(error, RuntimeError) else str(error)
    assert f"cancelling mine: {words}" in caplog.text, "what a signer of the user's says may be a secret"


# --------------------------------------------------------------------------- cancels until one is answered


class Cancelling(Waits):
    """Waits whose cancels end with these words in turn, the last for ever."""

    def __init__(self, *words: Exception | None, sleep: Any = None) -> None:
        super().__init__(sleep=sleep)
        self.tried = 0
        self._words = words

    async def _cancel(self, intent: Unresolved, *, found: bool) -> tuple[Any, Exception | None]:
        assert found
        self.tried += 1
        word = self._words[min(self.tried, len(self._words)) - 1]
        return ("cancelled", None) if word is None else (None, word)


AWAY = NotConnected("no connection")
CLOSED = VenueError(400, -1013, "Market is closed.")


@pytest.mark.parametrize(
    ("alone", "pauses"),
    [
        (False, [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 6.4, 6.4, 6.4, 6.4]),
        (True, [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60.0]),
    ],
)
async def test_cancels_that_fail_are_tried_again_at_pauses_that_double_up_to_a_bound(
    alone: bool, pauses: list[float]
) -> None:
    """While a caller waits they are some seconds apart; without him a minute."""
    waits = Cancelling(*[AWAY] * 10, None)
    assert await waits._end(in_doubt(MINE), UNKNOWN, alone=alone) == "cancelled"
    assert waits.slept == pytest.approx(pauses)


async def test_cancels_that_are_refused_end_with_the_twelfth(caplog: pytest.LogCaptureFixture) -> None:
    waits = Cancelling(AWAY, AWAY, CLOSED)
    with pytest.raises(OutcomeUnknown) as caught:
        await waits._end(in_doubt(GONE, MINE), UNKNOWN)
    assert caught.value is UNKNOWN
    assert waits.tried == 2 + on_unknown.CANCEL_REFUSALS
    assert "mine may be open and cannot be cancelled" in caplog.text


@pytest.mark.parametrize(
    "error",
    [AuthFailed(401, -2015, "?"), Forbidden(403, 0, "?"), NotLoggedOn("?"), UsageError("?")],
    ids=lambda each: type(each).__name__,
)
async def test_cancels_end_at_once_where_no_later_one_can_be_taken(error: Exception) -> None:
    waits = Cancelling(error)
    with pytest.raises(OutcomeUnknown):
        await waits._end(in_doubt(MINE), UNKNOWN)
    assert (waits.tried, waits.slept) == (1, [])


def test_a_caller_waits_two_minutes_for_cancels_that_fail_and_they_go_on_without_him() -> None:
    async def main(loop: VirtualLoop) -> None:
        waits = Cancelling(*[AWAY] * 25, None, sleep=asyncio.sleep)
        begun = loop.time()
        with pytest.raises(OutcomeUnknown):
            await waits._end(in_doubt(MINE), UNKNOWN)
        assert on_unknown.WAITS_S <= loop.time() - begun < on_unknown.WAITS_S + 6.4
        (alone,) = waits.tasks
        assert await alone == "cancelled"
        assert waits.tried == 26
        await asyncio.sleep(0)
        assert not waits.tasks

    run(main)


@pytest.mark.parametrize("how", ["fails", "is cancelled"])
async def test_a_wait_whose_caller_went_away_leaves_nothing_behind_and_complains_of_nothing(how: str) -> None:
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    waits = Cancelling(UsageError("?"))
    task = waits._begin(waits._end(in_doubt(MINE), UNKNOWN))
    assert waits.tasks == {task}
    if how == "is cancelled":
        task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert not waits.tasks
    del task
    gc.collect()
    assert complaints == []
