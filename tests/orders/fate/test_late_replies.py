"""Replies that come after their call has ended: what they settle, and what they contradict, is told once."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from msgspec import Raw

from binance_wsapi import LateExecution, Outcome, Settings, VenueError
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.orders.fate import late_replies
from binance_wsapi.orders.fate.fence import Doubt, Evidence, Moment, Verdict
from binance_wsapi.orders.fate.late_replies import LateReplies
from binance_wsapi.orders.fate.listeners import FateListener, FateRank, Named
from binance_wsapi.orders.fate.reply import Refusal, Said
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.fate.watch_list import WatchList
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.wire.codec import Envelope, ErrorBody
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.order_calls import Act
from tests.orders.fate import watches
from tests.simulation.house import KEY

SYMBOL = "BTCUSDT"
NOW_MS = 77
PLACE = {"symbol": SYMBOL, "side": "BUY", "newClientOrderId": "mine"}
REPLACE = {
    "symbol": SYMBOL, "side": "BUY", "cancelOrderId": 7, "cancelNewClientOrderId": "gone", "newClientOrderId": "mine",
}  # fmt: skip
PLACED = {"symbol": SYMBOL, "orderId": 8, "orderListId": -1, "clientOrderId": "mine", "transactTime": 1}
CANCELLED = {**watches.CANCELLED, "origClientOrderId": "old"}
FAILED: dict[str, Any] = {"code": -2010, "msg": "Account has insufficient balance for requested action."}
REPLACED = {
    "cancelResult": "SUCCESS", "newOrderResult": "SUCCESS", "cancelResponse": CANCELLED, "newOrderResponse": PLACED,
}  # fmt: skip


def success(result: Any) -> Envelope:
    """Return a reply with this result."""
    return Envelope(status=200, result=Raw(json.dumps(result).encode()))


def refusal(code: int = -2010, msg: str = FAILED["msg"], status: int = 400, **data: Any) -> Envelope:
    """Return a reply that refuses the request."""
    return Envelope(status=status, error=ErrorBody(code, msg, data or None))


def halves(cancel: Any, new: Any) -> Envelope:
    """Return a refusal that reports both halves: what was executed as its result, what failed as its error."""
    words = {name: "SUCCESS" if "symbol" in each else "FAILURE" for name, each in (("c", cancel), ("n", new))}
    return refusal(
        -2021, "Order cancel-replace partially failed.", 409, cancelResult=words["c"], newOrderResult=words["n"],
        cancelResponse=cancel, newOrderResponse=new,
    )  # fmt: skip


class Desk:
    """Late replies, with the watch list that tells of contradictions, and who hears of what turned up."""

    def __init__(self) -> None:
        self.told: list[LateExecution] = []
        self.turned_up: list[tuple[Named, Any]] = []
        desk = self

        class Hears(FateListener):
            def on_turned_up(self, named: Named, order: Any) -> None:
                desk.turned_up.append((named, order))

        listeners: Listeners[FateListener] = Listeners()
        listeners.add(FateRank.WATCHERS, Hears())
        self.watched = WatchList(cast("Any", self.told.append), 1_000, listeners)
        self.replies = LateReplies(cast("Any", self), SPOT_ORDERS, self.watched)
        self.settings = Settings()

    def now_ms(self) -> int:
        """Return the time, as a session does."""
        return NOW_MS

    def expect(self, endpoint: Endpoint[Any], request: Any, *tokens: Token, request_id: str | None = "r") -> Unresolved:
        """Have a request in doubt, whose reply may come."""
        doubts = [Doubt(token, 0, 5_000, Moment(0, 0), 0.0) for token in tokens]
        intent = Unresolved(endpoint, request, doubts, 0, KEY, request_id=request_id)
        assert self.replies.expect(intent, None) == ()
        return intent

    def order(self, **known: Any) -> Unresolved:
        """Have an order in doubt."""
        return self.expect(SPOT_ORDERS.place, PLACE, Token("mine", SYMBOL, **known))

    def replacement(self) -> Unresolved:
        """Have a cancel-replace in doubt."""
        cancel = Token("gone", SYMBOL, act=Act.CANCEL, number=7)
        return self.expect(SPOT_ORDERS.cancel_replace, REPLACE, cancel, Token("mine", SYMBOL))

    def end(self, intent: Unresolved, *outcomes: Outcome) -> None:
        """End a doubt with these verdicts on its parts; what was not placed is watched for."""
        for doubt, outcome in zip(intent.doubts, outcomes, strict=True):
            doubt.verdict = Verdict(outcome, Evidence.FENCE, doubt.token.client_id)
            if outcome is Outcome.NOT_PLACED:
                self.watched.add(doubt.verdict, NOW_MS, KEY, SYMBOL, doubt.token)
        self.replies.settled(intent)

    def contradicted(self) -> list[str]:
        """Return of which ids it was told that they were executed after all."""
        return [each.client_order_id for each in self.told]


def outcomes(intent: Unresolved) -> list[Outcome | None]:
    """Return what became of each part."""
    return [None if each.verdict is None else each.verdict.outcome for each in intent.doubts]


# --------------------------------------------------------------------------- of a request in doubt


@pytest.mark.parametrize("executed", [True, False])
def test_a_late_reply_settles_the_doubt_and_wakes_its_search(executed: bool) -> None:
    desk = Desk()
    intent = desk.order()
    sights, key = desk.replies.came("r", success(PLACED) if executed else refusal())
    assert outcomes(intent) == [Outcome.ACCEPTED if executed else Outcome.REJECTED]
    assert [each.number for each in sights] == ([8] if executed else [])
    assert key is KEY
    assert intent.wake.is_set()
    assert getattr(intent.answer, "order_id", None) == (8 if executed else None)
    assert desk.told == []


def test_a_late_refusal_says_of_which_request_it_is() -> None:
    desk = Desk()
    intent = desk.replacement()
    desk.replies.came("r", refusal())
    assert outcomes(intent) == [Outcome.REJECTED, Outcome.REJECTED]
    verdict = intent.doubts[0].verdict
    assert verdict is not None
    error: Any = verdict.error
    assert (error.method, error.request_id, error.client_order_id) == ("order.cancelReplace", "r", "mine")


@pytest.mark.parametrize(
    "reply",
    [
        success({**PLACED, "clientOrderId": "another"}),
        success({"clientOrderId": 7}),
        Envelope(status=200),
        refusal(-1007, "Timeout waiting for response from backend server.", 504),
    ],
    ids=["of another order", "cannot be read", "without a result", "not known to the venue"],
)
def test_a_late_reply_that_says_nothing_of_the_request_leaves_it_in_doubt(reply: Envelope) -> None:
    desk = Desk()
    intent = desk.order()
    sights, _ = desk.replies.came("r", reply)
    assert (list(sights), outcomes(intent), intent.answer) == ([], [None], None)


def test_a_reply_to_no_request_that_is_in_doubt_or_was_refused_says_nothing() -> None:
    desk = Desk()
    intent = desk.order()
    assert desk.replies.came("another", success(PLACED)) == ((), None)
    unnamed = desk.expect(SPOT_ORDERS.place, PLACE, Token("mine", SYMBOL), request_id=None)
    desk.end(unnamed, Outcome.NOT_PLACED)
    assert outcomes(intent) == [None]
    desk.replies.settled(intent)
    assert desk.replies.came("r", success(PLACED)) == ((), None)
    assert desk.told == []


def test_of_a_cancel_replace_each_half_is_read_by_itself() -> None:
    desk = Desk()
    intent = desk.replacement()
    sights, key = desk.replies.came("r", halves(CANCELLED, FAILED))
    assert outcomes(intent) == [Outcome.ACCEPTED, Outcome.REJECTED]
    assert ([each.number for each in sights], key) == ([7], KEY)
    assert [each.watched for each in intent.doubts] == [False, True]
    assert list(desk.watched.ids) == ["mine"]


def test_a_late_word_that_the_id_is_taken_leaves_the_order_in_doubt_and_its_id_disputed() -> None:
    desk = Desk()
    intent = desk.order(fresh=False)
    desk.replies.came("r", refusal(-2010, "Duplicate order sent."))
    (doubt,) = intent.doubts
    assert (doubt.verdict, doubt.token.disputed) == (None, True)
    assert doubt.duplicate is not None
    desk.replies.came("r", refusal())
    assert outcomes(intent) == [Outcome.REJECTED]
    assert doubt.duplicate is None


@pytest.mark.parametrize(
    ("known", "watches"),
    [
        ({}, True),
        ({"kind": TokenKind.LIST}, False),
        ({"act": Act.CANCEL}, False),
        ({"fresh": False}, False),
        ({"contested_ms": ALWAYS}, False),
    ],
    ids=["an order", "a list", "a cancel", "a user's id", "an id that another names"],
)
def test_an_order_that_is_refused_late_is_watched_for_where_nothing_else_can_bear_its_id(
    known: dict[str, Any], watches: bool
) -> None:
    desk = Desk()
    intent = desk.order(**known)
    desk.replies.came("r", refusal())
    assert outcomes(intent) == [Outcome.REJECTED]
    assert intent.doubts[0].watched is watches
    assert [each.token for held in desk.watched.ids.values() for each in held] == (
        [intent.doubts[0].token] if watches else []
    )


def test_a_refusal_that_comes_after_a_proof_changes_nothing() -> None:
    desk = Desk()
    intent = desk.order()
    intent.doubts[0].seen("an order", Evidence.EVENT, 1.0)
    desk.replies.came("r", refusal())
    assert outcomes(intent) == [Outcome.ACCEPTED]
    assert not desk.watched.ids


@pytest.mark.parametrize(
    ("known", "turned_up"), [({}, False), ({}, True), ({"fresh": False}, False)], ids=["watched", "told", "not watched"]
)
def test_a_success_behind_a_late_refusal_is_told_once(known: dict[str, Any], turned_up: bool) -> None:
    desk = Desk()
    intent = desk.order(**known)
    desk.replies.came("r", refusal())
    if turned_up:
        ((watched,),) = desk.watched.ids.values()
        desk.watched.turned_up(watched, "an event")
    for _ in range(2):
        desk.replies.came("r", success(PLACED))
    assert desk.contradicted() == ["mine"]
    assert intent.doubts[0].contradicted
    ((named, _),) = desk.turned_up
    assert named == Named("mine", SYMBOL, KEY)


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.UNDECIDED])
def test_a_success_contradicts_no_verdict_that_it_was_or_may_have_been_executed(outcome: Outcome) -> None:
    desk = Desk()
    intent = desk.order()
    intent.doubts[0].verdict = Verdict(outcome, Evidence.QUERY, "mine")
    desk.replies.came("r", success(PLACED))
    assert (desk.told, intent.doubts[0].contradicted) == ([], False)


def test_a_refusal_in_time_that_leaves_a_half_in_doubt_is_read_when_the_doubt_arises() -> None:
    desk = Desk()
    intent = desk.replacement()
    error = VenueError(400, -2010, FAILED["msg"])
    said = [Said(Outcome.ACCEPTED, SPOT_ORDERS.cancel.decode(CANCELLED)), Said(None)]
    sights = desk.replies.expect(intent, Refusal(error, said))
    assert [each.number for each in sights] == [7]
    assert outcomes(intent) == [Outcome.ACCEPTED, None]


# --------------------------------------------------------------------------- of a request that was not executed


@pytest.mark.parametrize("outcome", [Outcome.NOT_PLACED, Outcome.REJECTED])
@pytest.mark.parametrize("turned_up", [False, True])
def test_a_success_behind_a_verdict_is_told_once_however_it_was_shown(outcome: Outcome, turned_up: bool) -> None:
    desk = Desk()
    intent = desk.order()
    if outcome is Outcome.REJECTED:
        desk.replies.came("r", refusal())
        desk.replies.settled(intent)
    else:
        desk.end(intent, outcome)
    if turned_up:
        ((watched,),) = desk.watched.ids.values()
        desk.watched.turned_up(watched, "an event")
    for _ in range(2):
        assert desk.replies.came("r", success(PLACED)) == ((), None)
    assert [(each.client_order_id, each.verdict) for each in desk.told] == [("mine", intent.doubts[0].verdict)]
    assert [named for named, _ in desk.turned_up] == [Named("mine", SYMBOL, KEY)]


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.UNDECIDED])
def test_of_what_was_or_may_have_been_executed_no_success_is_told(outcome: Outcome) -> None:
    desk = Desk()
    desk.end(desk.order(), outcome)
    desk.replies.came("r", success(PLACED))
    assert desk.told == []


def test_what_was_contradicted_while_it_was_in_doubt_is_not_told_again() -> None:
    desk = Desk()
    intent = desk.order(fresh=False)
    desk.replies.came("r", refusal())
    desk.replies.came("r", success(PLACED))
    desk.replies.settled(intent)
    desk.replies.came("r", success(PLACED))
    assert desk.contradicted() == ["mine"]


def test_of_two_parts_only_that_which_was_not_executed_is_contradicted() -> None:
    desk = Desk()
    desk.end(desk.replacement(), Outcome.ACCEPTED, Outcome.REJECTED)
    desk.replies.came("r", success(REPLACED))
    assert desk.contradicted() == ["mine"]


def test_each_half_is_contradicted_by_itself_and_once() -> None:
    desk = Desk()
    desk.end(desk.replacement(), Outcome.NOT_PLACED, Outcome.NOT_PLACED)
    desk.replies.came("r", refusal())
    desk.replies.came("r", halves(FAILED, FAILED))
    assert desk.contradicted() == []
    for _ in range(2):
        desk.replies.came("r", halves(CANCELLED, FAILED))
        assert desk.contradicted() == ["gone"]
    desk.replies.came("r", success({**REPLACED, "newOrderResponse": {**PLACED, "clientOrderId": "another"}}))
    assert desk.contradicted() == ["gone"]
    desk.replies.came("r", success(REPLACED))
    assert desk.contradicted() == ["gone", "mine"]
    assert [getattr(each.order, "order_id", None) for each in desk.told] == [7, None]


@pytest.mark.parametrize("watched", [(), ("mine",)])
def test_a_success_behind_a_refusal_in_time_is_told_unless_its_order_was(watched: tuple[str, ...]) -> None:
    """Of an id that stood on the watch list, and does so no more, the order was told when it turned up."""
    desk = Desk()
    verdict = Verdict(Outcome.REJECTED, Evidence.REPLY, "mine")
    desk.replies.refused(SPOT_ORDERS.place, PLACE, "r", (verdict,), watched, KEY)
    desk.replies.refused(SPOT_ORDERS.place, PLACE, None, (verdict,), (), KEY)
    desk.replies.came("r", success(PLACED))
    assert desk.contradicted() == ([] if watched else ["mine"])


def test_refused_requests_are_kept_up_to_a_bound_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_replies, "OVER_KEPT", 2)
    desk = Desk()
    for name in ("one", "two", "three"):
        verdict = Verdict(Outcome.REJECTED, Evidence.REPLY, name)
        desk.replies.refused(SPOT_ORDERS.place, {**PLACE, "newClientOrderId": name}, name, (verdict,), (), KEY)
    for name in ("one", "two", "three"):
        desk.replies.came(name, success({**PLACED, "clientOrderId": name}))
    assert desk.contradicted() == ["two", "three"]
