"""What a caller is handed in place of a reply that was lost: the state of what was found, or the word that there is none."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import NotPlaced, Outcome, OutcomeUnknown, VenueError
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.errors import UnreadableReply
from binance_wsapi.orders.fate.fence import Evidence, Verdict
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.wire.endpoint import TimeUnit
from binance_wsapi.wire.order_calls import Act, Sight
from tests.orders.fate.waits import GONE, LISTED, MINE, NOT_FOUND, SYMBOL, UNKNOWN, Waits, in_doubt, order

# --------------------------------------------------------------------------- the state of what was found


def state(executed: str = "0", status: str = "NEW", **more: Any) -> Any:
    """Return the state of an order as a view shows it."""
    shown = {"symbol": SYMBOL, "order_id": 7, "order_list_id": -1, "update_time": 5, "raw": {"the": "state"}}
    final = status not in ("NEW", "PARTIALLY_FILLED")
    return SimpleNamespace(**{**shown, "executed_qty": Decimal(executed), "status": status, "is_final": final, **more})


@pytest.mark.parametrize(
    ("act", "ended", "proof", "shown", "shows"),
    [
        (Act.PLACE, False, None, state(), True),
        (Act.PLACE, True, None, state(), False),
        (Act.PLACE, True, None, state(status="FILLED"), True),
        (Act.PLACE, False, state(status="FILLED"), state(), False),
        (Act.PLACE, False, state(status="FILLED"), state(status="FILLED"), True),
        (Act.PLACE, False, state("2"), state("1"), False),
        (Act.PLACE, False, state("2"), state("2"), True),
        (Act.CANCEL, False, None, state(), False),
        (Act.CANCEL, False, None, state(status="FILLED"), False),
        (Act.CANCEL, False, None, state(status="CANCELED"), True),
    ],
)
def test_a_state_counts_that_shows_what_the_request_did_and_no_less_than_what_proved_it(
    act: Act, ended: bool, proof: Any, shown: Any, shows: bool
) -> None:
    assert Waits()._shows(Token("mine", SYMBOL, act=act), shown, proof, ended=ended) is shows


def proven(proof: Any, number: int | None = None) -> Unresolved:
    """Return a request that this proved."""
    intent = in_doubt(MINE)
    intent.doubts[0].verdict = Verdict(Outcome.ACCEPTED, Evidence.EVENT, "mine", proof)
    intent.doubts[0].number = number
    return intent


@pytest.mark.parametrize(
    ("proof", "number", "question"),
    [
        (state(), 5, {"orderId": 7}),
        ("no order", 7, {"orderId": 7}),
        ("no order", None, {"origClientOrderId": "mine"}),
    ],
)
async def test_the_state_is_asked_for_by_number_where_that_is_known(
    proof: Any, number: int | None, question: dict[str, Any]
) -> None:
    shown = state()
    waits = Waits(shown)
    assert await waits._state(proven(proof, number), ended=False) is shown
    assert waits.asked == [{"symbol": SYMBOL, **question}]


async def test_the_state_of_what_has_no_verdict_yet_is_asked_for_by_its_id() -> None:
    waits = Waits(state())
    assert await waits._state(in_doubt(MINE), ended=False) is not None
    assert waits.asked == [{"symbol": SYMBOL, "origClientOrderId": "mine"}]


@pytest.mark.parametrize(
    ("sights", "is_of_a_list"),
    [
        ([order(7, "mine")], False),
        ([order(7, "mine"), order(8, "x", listed=9)], True),
        ([order(7, "mine", listed=0)], True),
        ([Sight(None, SYMBOL, "list", None, 9, listed=True)], True),
    ],
)
async def test_the_state_of_an_order_of_a_list_is_not_handed_out_as_that_of_one_order(
    sights: list[Sight], is_of_a_list: bool
) -> None:
    waits = Waits(state())
    assert (await waits._state(proven(sights), ended=False) is None) is is_of_a_list
    assert bool(waits.asked) is not is_of_a_list


@pytest.mark.parametrize(("number", "handed_out"), [(-1, True), (0, False), (9, False)])
async def test_a_state_that_shows_a_list_is_not_handed_out_either(number: int, handed_out: bool) -> None:
    told = await Waits(state(order_list_id=number))._state(proven("no order"), ended=False)
    assert (told is not None) is handed_out


@pytest.mark.parametrize(("lag_ms", "tries"), [(6_000, 11), (1_001, 7), (1_000, 6)])
async def test_the_state_is_asked_for_five_times_and_once_for_each_second_of_the_lag(lag_ms: int, tries: int) -> None:
    waits = Waits(NOT_FOUND, lag_ms=lag_ms)
    assert await waits._state(proven("no order"), ended=False) is None
    assert len(waits.asked) == tries
    assert waits.slept == [0.1, 0.2, 0.4, 0.8, *[1.0] * (tries - 5)]


@pytest.mark.parametrize("behind", [state(), state(order_id=8, status="FILLED"), NOT_FOUND])
async def test_a_view_that_shows_less_or_another_order_is_asked_again(behind: Any) -> None:
    shown = state(status="FILLED")
    waits = Waits(behind, shown)
    assert await waits._state(proven(state(status="FILLED")), ended=False) is shown
    assert len(waits.asked) == 2


@pytest.mark.parametrize(
    ("proof", "handed_out"),
    [(state(status="FILLED"), True), (state(), False), (SimpleNamespace(is_final=True, executed_qty=0), False)],
    ids=["a state that shows the end", "a state that does not", "no state"],
)
async def test_where_no_view_shows_it_the_proof_is_handed_out_that_is_a_state_and_shows_as_much(
    proof: Any, handed_out: bool
) -> None:
    told = await Waits(RuntimeError("the signer is away"))._state(proven(proof, 7), ended=True)
    assert told is (proof if handed_out else None)


# --------------------------------------------------------------------------- what the caller gets


class Caller(Waits):
    """Waits of which it is written down what they do on behalf of a caller.

    Args:
        verdict: of the search.
        cancelled: what the first cancel brings.
        ended: what the later ones bring.
        found: the state that is found.
    """

    def __init__(
        self, verdict: Verdict, *, cancels: bool = False, cancelled: Any = None, ended: Any = None, found: Any = None
    ) -> None:
        super().__init__(verdict=verdict, cancels=cancels)
        self.did: list[str] = []
        self._brings = {"cancel": cancelled, "end": ended}
        self._found = found

    async def _cancel(self, intent: Unresolved, *, found: bool) -> tuple[Any, Exception | None]:
        assert not found
        self.did.append("cancel")
        return self._brings["cancel"], None

    async def _end(self, intent: Unresolved, error: OutcomeUnknown, *, alone: bool = False) -> Any:
        assert (error, alone) == (UNKNOWN, False)
        self.did.append("end")
        return self._brings["end"]

    async def _state(self, intent: Unresolved, *, ended: bool) -> Any:
        self.did.append("state, ended" if ended else "state")
        return self._found

    async def run(self, intent: Unresolved, **request: Any) -> Any:
        """Wait for what a request brings."""
        return await self.begin(cast("Any", _Echo(orders=intent.endpoint.orders)), request, intent, UNKNOWN)


class _Echo:
    """A method whose result is what is decoded, but for a row that cannot be read."""

    method = "order.place"

    def __init__(self, *, orders: Any) -> None:
        self.orders = orders

    def decode(self, row: Any, _unit: TimeUnit) -> Any:
        if "odd" in row:
            raise UnreadableReply("odd")
        return row


EXECUTED = Verdict(Outcome.ACCEPTED, Evidence.QUERY, "mine")
REFUSED = VenueError(400, -2010, "Account has insufficient balance for requested action.")


@pytest.mark.parametrize(
    ("verdict", "raised"),
    [
        (Verdict(Outcome.REJECTED, Evidence.REPLY, "mine", None, REFUSED), REFUSED),
        (Verdict(Outcome.UNDECIDED, Evidence.QUERY, "mine", None, REFUSED), UNKNOWN),
        (Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "mine"), NotPlaced),
        (Verdict(Outcome.REJECTED, Evidence.REPLY, "mine"), NotPlaced),
    ],
    ids=["refused", "undecided", "not placed", "refused for no reason that is known"],
)
async def test_a_verdict_that_it_was_not_or_may_not_have_been_executed_is_raised(verdict: Verdict, raised: Any) -> None:
    with pytest.raises(raised if isinstance(raised, type) else type(raised)) as caught:
        await Caller(verdict).run(in_doubt(MINE))
    if raised is NotPlaced:
        told: Any = caught.value
        assert (told.method, told.request_id, told.client_order_id) == ("order.place", "r", "mine")
        assert verdict.evidence.value in str(told)
    else:
        assert caught.value is raised
    assert caught.value.__cause__ is (None if raised is UNKNOWN else UNKNOWN)


async def test_a_refusal_that_the_doubt_was_raised_for_has_itself_for_no_cause() -> None:
    doubt = OutcomeUnknown("its half is in doubt")
    doubt.__cause__ = REFUSED
    waits = Caller(Verdict(Outcome.REJECTED, Evidence.REPLY, "mine", None, REFUSED))
    with pytest.raises(VenueError) as caught:
        await waits.begin(cast("Any", _Echo(orders=1)), {}, in_doubt(MINE), doubt)
    assert caught.value is REFUSED
    assert caught.value.__cause__ is None


ROW = {"the": "row"}
AN_ORDER = SimpleNamespace(raw=ROW)
THE_END: dict[str, Any] = {"cancels": True, "cancelled": AN_ORDER}


@pytest.mark.parametrize(
    ("known", "answer", "did", "row"),
    [
        ({}, "the reply", [], "the reply"),
        ({"found": AN_ORDER}, None, ["state"], ROW),
        (THE_END, None, ["cancel"], ROW),
        ({"cancels": True, "ended": AN_ORDER}, None, ["cancel", "end"], ROW),
        ({"cancels": True, "ended": AN_ORDER}, SimpleNamespace(is_final=False), ["cancel", "end"], ROW),
        ({"cancels": True, "found": AN_ORDER}, None, ["cancel", "end", "state, ended"], ROW),
    ],
    ids=[
        "late reply",
        "found",
        "cancelled at once",
        "cancelled",
        "cancelled though answered",
        "nothing left to cancel",
    ],
)
async def test_a_caller_is_handed_the_late_reply_or_what_was_found_or_with_cancel_what_was_cancelled(
    known: dict[str, Any], answer: Any, did: list[str], row: Any
) -> None:
    intent, waits = in_doubt(MINE), Caller(EXECUTED, **known)
    intent.answer = answer
    assert (await waits.run(intent), waits.did) == (row, did)


async def test_a_late_reply_that_shows_the_end_is_handed_out_and_cancelled_no_more() -> None:
    intent, waits = in_doubt(MINE), Caller(EXECUTED, cancels=True)
    intent.answer = SimpleNamespace(is_final=True)
    assert (await waits.run(intent), waits.did) == (intent.answer, ["cancel"])


async def test_a_cancel_in_doubt_is_not_cancelled() -> None:
    intent, waits = in_doubt(GONE, endpoint=SPOT_ORDERS.cancel), Caller(EXECUTED, cancels=True, found=AN_ORDER)
    assert (await waits.run(intent), waits.did) == (ROW, ["state"])


@pytest.mark.parametrize(
    ("tokens", "is_one"),
    [
        ([MINE], True),
        ([GONE], True),
        ([LISTED], False),
        ([Token("new", SYMBOL, act=Act.AMEND)], False),
        ([GONE, MINE], False),
    ],
)
async def test_only_of_one_order_that_was_placed_or_cancelled_a_reply_is_put_together(
    tokens: list[Token], is_one: bool
) -> None:
    waits, intent = Caller(EXECUTED, found=AN_ORDER), in_doubt(*tokens)
    if is_one:
        assert await waits.run(intent) == ROW
    else:
        with pytest.raises(OutcomeUnknown) as caught:
            await waits.run(intent)
        assert caught.value is UNKNOWN


@pytest.mark.parametrize("found", [None, SimpleNamespace(raw=None), SimpleNamespace(raw={"odd": 1})])
async def test_what_nothing_tells_in_the_shape_of_a_reply_stays_unknown_to_the_caller(found: Any) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        await Caller(EXECUTED, found=found).run(in_doubt(MINE))
    assert caught.value is UNKNOWN


@pytest.mark.parametrize("request_", [{}, {"origClientOrderId": "old"}])
@pytest.mark.parametrize("found", [AN_ORDER, SimpleNamespace(raw=ROW, update_time=5)])
async def test_what_a_reply_has_and_a_question_has_not_is_added(found: Any, request_: dict[str, Any]) -> None:
    added = {"transactTime": 5} if hasattr(found, "update_time") else {}
    assert await Caller(EXECUTED, found=found).run(in_doubt(MINE), **request_) == {**ROW, **added, **request_}
