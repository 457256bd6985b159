"""Which requests contest an id, what a change may meet under it, and what another is known to have made."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from msgspec import Raw

from binance_wsapi import VenueError
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.api.spot.order_lists import OrderListMethods
from binance_wsapi.orders.fate.contests import taken_over
from binance_wsapi.orders.fate.fence import Doubt, Evidence, Moment, Outcome, Verdict
from binance_wsapi.orders.fate.listeners import Named
from binance_wsapi.orders.fate.reply import Refusal, Said
from binance_wsapi.orders.fate.unresolved import LiveId, UnderWay, Unresolved
from binance_wsapi.orders.ids.renames import Change
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.order_calls import Act, Sight
from tests.orders.fate import watches
from tests.orders.fate.watches import SYMBOL, Watch, live, numbers

PLACE, CANCEL, AMEND, REPLACE = SPOT_ORDERS.place, SPOT_ORDERS.cancel, SPOT_ORDERS.amend, SPOT_ORDERS.cancel_replace
KEEPS: dict[str, Any] = {"origClientOrderId": "mine"}
"""An amendment to the id "mine" keeps the id of its order."""
GIVES: dict[str, Any] = {"origClientOrderId": "other"}
"""It gives the id to another order."""
MINE = Token("mine", SYMBOL)
AMENDED = Token("new", SYMBOL, act=Act.AMEND, former="mine")


def change_of(call: UnderWay) -> Change:
    """Return the change of a call."""
    assert call.change is not None
    return call.change


# --------------------------------------------------------------------------- what a change by id may meet


def test_a_change_by_id_meets_no_order_that_only_keeps_the_id_and_each_that_is_given_it() -> None:
    watch = Watch()
    cancel = change_of(watch.call(CANCEL, "gone", fresh=["gone"], origClientOrderId="mine"))
    watch.call(AMEND, "mine", **KEEPS)
    assert not cancel.met_again
    watch.call(AMEND, "mine", **GIVES)
    assert cancel.met_again


def test_a_change_by_id_may_meet_a_replacement_though_the_cancel_of_it_keeps_the_id() -> None:
    watch = Watch()
    cancel = change_of(watch.call(CANCEL, "gone", fresh=["gone"], origClientOrderId="mine"))
    watch.call(REPLACE, "mine", "mine", cancelOrigClientOrderId="mine")
    assert cancel.met_again


@pytest.mark.parametrize(
    ("rival", "target"),
    [
        ("keeps", 5),
        ("gives", None),
        ("places", None),
        (MINE, None),
        (replace(AMENDED, client_id="mine"), 5),
        (replace(AMENDED, client_id="mine", former="other"), None),
    ],
    ids=["kept", "given", "placed", "an order in doubt", "kept, in doubt", "given, in doubt"],
)
def test_a_change_is_sent_for_the_last_bearer_of_the_id_unless_another_may_be_given_it(
    rival: Any, target: int | None
) -> None:
    watch = Watch()
    watch.history.remember(None, SYMBOL, "mine", 5, None)
    if isinstance(rival, Token):
        watch.doubted(rival)
    elif rival == "places":
        watch.call(PLACE, "mine")
    else:
        watch.call(AMEND, "mine", **(KEEPS if rival == "keeps" else GIVES))
    change = change_of(watch.call(CANCEL, "gone", fresh=["gone"], origClientOrderId="mine"))
    assert (change.target, change.met_again) == (target, target is None)


# --------------------------------------------------------------------------- who contests an id


def test_of_two_amendments_that_keep_one_id_neither_tells_which_left_it_there() -> None:
    watch = Watch()
    first, doubted = watch.call(AMEND, "mine", **KEEPS), watch.doubted(replace(AMENDED, client_id="mine"), MINE)
    second = watch.call(AMEND, "mine", **KEEPS)
    assert [live(each).contested for each in (first, second)] == [True, True]
    assert [each.token.contested for each in doubted.doubts] == [True, False], "an order keeps what placed it"


def ended_list(name: str, number: int = 9) -> Sight:
    """Return a list that has ended with an id."""
    return Sight(None, SYMBOL, name, None, number, listed=True, list_number=number, status="ALL_DONE")


def test_the_lists_that_ended_with_the_id_of_a_cancel_are_known() -> None:
    watch = Watch()
    watch.history.changed(None, [ended_list("gone")])
    assert live(watch.call(SPOT_ORDERS.cancel_list, "gone", orderListId=8)).others == frozenset({9})
    assert live(watch.call(CANCEL, "gone", orderId=8)).others == frozenset()


@pytest.mark.parametrize(
    ("endpoint", "request_", "contested"),
    [
        (AMEND, {"origClientOrderId": "old"}, True),
        (AMEND, {"orderId": 7}, True),
        (AMEND, {"origClientOrderId": "known"}, False),
        (SPOT_ORDERS.cancel_list, {"orderListId": 9}, True),
        (PLACE, {}, False),
    ],
    ids=["by an id", "by number", "by an id that is known since", "of a list", "an order"],
)
async def test_a_change_to_an_id_that_the_venue_may_have_given_in_a_cancel_of_everything_is_contested(
    endpoint: Any, request_: dict[str, Any], contested: bool
) -> None:
    watch = Watch()
    watch.changed(change_of(watch.call(SPOT_ORDERS.cancel_all)), [])
    watch.history.moment()
    watch.history.remember(None, SYMBOL, "known", 5, None)
    assert live(watch.call(endpoint, "mine", **request_)).contested_ms == (ALWAYS if contested else None)


# --------------------------------------------------------------------------- what another made


LIST = Token("list", SYMBOL, TokenKind.LIST, legs=("a", "b"))
A_LIST = Sight(None, SYMBOL, "list", None, 9, listed=True, list_number=9, legs=("a", "b"), numbers=(1, 2))
ORDER = Sight(None, SYMBOL, "mine", None, 7, status="NEW")


@pytest.mark.parametrize(
    ("token", "proof", "others", "orders"),
    [
        (LIST, A_LIST, frozenset({9}), frozenset({1})),
        (LIST, replace(A_LIST, number=None), frozenset(), frozenset({1})),
        (LIST, replace(ORDER, id="a", list_number=9), frozenset({9}), frozenset()),
        (LIST, replace(ORDER, id="a", list_number=0), frozenset({0}), frozenset()),
        (MINE, ORDER, frozenset({7}), frozenset()),
        (MINE, replace(ORDER, number=None), frozenset(), frozenset()),
    ],
    ids=[
        "a list",
        "a list without its number",
        "an order of a list",
        "an order of the first list",
        "an order",
        "an order without its number",
    ],
)
def test_what_a_doubt_is_proven_to_have_made_is_anothers_to_each_other_request_of_the_id(
    token: Token, proof: Sight, others: frozenset[int], orders: frozenset[int]
) -> None:
    watch = Watch()
    own, rival = watch.doubted(token), watch.doubted(token)
    order, call = watch.doubted(Token("a", SYMBOL)), watch.call(PLACE, token.client_id, fresh=[token.client_id])
    watch.found(own, own.doubts[0], "what shows it", proof, Evidence.QUERY)
    assert own.doubts[0].token == token
    assert (rival.doubts[0].token.others, live(call).others, live(call).younger) == (others, others, others)
    assert order.doubts[0].token.others == orders


def test_an_order_that_proves_a_list_and_tells_none_is_an_order_of_another_to_each_other_request() -> None:
    watch = Watch()
    own, rival, call = watch.doubted(LIST), watch.doubted(LIST), watch.call(PLACE, "list", fresh=["list"])
    watch.found(own, own.doubts[0], "what shows it", replace(ORDER, id="a"), Evidence.QUERY)
    token = rival.doubts[0].token
    assert (token.others, token.leg_others, live(call).others) == (frozenset(), frozenset({7}), frozenset({7}))


@pytest.mark.parametrize(
    ("token", "verdict"),
    [(Token("mine", SYMBOL, act=Act.CANCEL), None), (MINE, Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "mine"))],
    ids=["a cancel makes nothing", "what turns up behind a verdict is told instead"],
)
def test_only_the_first_proof_of_what_places_an_order_tells_others_what_it_made(
    token: Token, verdict: Verdict | None
) -> None:
    watch = Watch()
    own, rival = watch.doubted(token), watch.doubted(MINE)
    own.doubts[0].verdict = verdict
    watch.found(own, own.doubts[0], "what shows it", ORDER, Evidence.QUERY)
    assert rival.doubts[0].token.others == frozenset()


def test_what_a_change_in_doubt_is_sent_for_is_known_when_something_of_it_is_seen() -> None:
    watch = Watch()
    intent = watch.doubted(replace(AMENDED, fresh=False), endpoint=AMEND)
    intent.change = Change(SYMBOL, None, "mine")
    intent.change.target = 5
    watch._judge(intent, intent.doubts[0], [ORDER], Evidence.EVENT)
    assert intent.doubts[0].token.target == 5


def test_of_what_shows_a_change_that_was_made_only_the_order_that_bore_the_id_is_seen() -> None:
    watch = Watch()
    call = watch.call(PLACE, "mine", fresh=["mine"])
    watch._calls = replace(SPOT_ORDERS, sights=lambda _order: [replace(ORDER, id="x", number=8), ORDER])
    watch.sighted("mine", "the reply", Evidence.REPLY, None, SYMBOL)
    assert numbers(call) == [[7]]


# --------------------------------------------------------------------------- a request both halves of which name one id


def test_each_half_of_a_request_is_taken_over_with_what_is_known_of_its_own_use_of_the_id() -> None:
    lives = [LiveId("mine", None, SYMBOL, others=frozenset({each})) for each in (1, 2)]
    call = UnderWay(["mine", "mine"], (), lives, None)
    halves = [Token("mine", SYMBOL, act=Act.CANCEL, fresh=False), Token("mine", SYMBOL, fresh=False)]
    assert [each.others for each in taken_over(call, halves)] == [frozenset({1}), frozenset({2})]


@pytest.mark.parametrize(("number", "target", "known"), [(7, None, 7), (None, 5, 5), (7, 5, 7), (None, None, None)])
def test_what_a_request_cancels_is_not_what_it_places(
    number: int | None, target: int | None, known: int | None
) -> None:
    change = Change(SYMBOL, None, "old", number)
    change.target = target
    call = UnderWay(["mine"], (), [LiveId("mine", None, SYMBOL)], change)
    cancel, new = taken_over(call, [Token("gone", SYMBOL, act=Act.CANCEL, former="old"), replace(MINE, shared=True)])
    assert cancel.others == frozenset()
    assert (new.others, new.shared) == ((frozenset(), True) if known is None else (frozenset({known}), False))


@pytest.mark.parametrize(
    ("former", "fresh", "watched"), [("", False, False), ("mine", False, False), ("old", False, True), ("", True, True)]
)
def test_a_cancel_of_a_list_that_may_have_the_id_already_is_not_watched_for(
    former: str, fresh: bool, watched: bool
) -> None:
    watch = Watch()
    token = Token("mine", SYMBOL, TokenKind.LIST, Act.CANCEL, fresh=fresh)
    intent = watch.doubted(token, endpoint=SPOT_ORDERS.cancel_list)
    intent.change = Change(SYMBOL, None, former, 9, listed=True)
    intent.doubts[0].verdict = Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "mine")
    watch.forget(intent)
    assert list(watch.watched.ids) == (["mine"] if watched else [])


def test_what_a_request_made_is_anothers_to_an_equal_doubt_about_the_same_id() -> None:
    watch = Watch()
    (own,), (other,) = (watch.doubted(replace(MINE, fresh=False)).doubts for _ in range(2))
    assert own == other
    watch.contests.made(Named("mine", SYMBOL, None), 7, (own,))
    assert (own.token.others, other.token.others) == (frozenset(), frozenset({7}))


# --------------------------------------------------------------------------- what a late reply tells


CANCELLED = {**watches.CANCELLED, "clientOrderId": "mine"}
PLACED = {"symbol": SYMBOL, "orderId": 8, "orderListId": -1, "clientOrderId": "mine", "transactTime": 1}
REPLACED = {
    "cancelResult": "SUCCESS", "newOrderResult": "SUCCESS", "cancelResponse": watches.CANCELLED, "newOrderResponse": PLACED,
}  # fmt: skip
GONE = Token("gone", SYMBOL, act=Act.CANCEL, former="mine")


KEPT = replace(GONE, client_id="mine", fresh=False)
A_NEW_LIST = {
    "orderListId": 9, "contingencyType": "OCO", "listStatusType": "EXEC_STARTED", "listOrderStatus": "EXECUTING",
    "listClientOrderId": "list", "transactionTime": 1, "symbol": SYMBOL, "orderReports": [],
    "orders": [{"symbol": SYMBOL, "orderId": number, "clientOrderId": leg} for number, leg in ((1, "a"), (2, "b"))],
}  # fmt: skip

IDS: dict[str, Any] = {
    "newClientOrderId": "mine", "cancelNewClientOrderId": "gone",
    "listClientOrderId": "list", "aboveClientOrderId": "a", "belowClientOrderId": "b",
}  # fmt: skip
"""What the requests called what they made."""


def late(watch: Watch, result: Any) -> None:
    """Have a reply come late."""
    watch.on_late_reply("r", Envelope(status=200, result=Raw(json.dumps(result).encode())))


@pytest.mark.parametrize(
    ("endpoint", "tokens", "result", "rival", "others"),
    [
        (PLACE, (MINE,), PLACED, MINE, {8}),
        (REPLACE, (GONE, MINE), REPLACED, MINE, {8}),
        (REPLACE, (KEPT, MINE), {**REPLACED, "cancelResponse": CANCELLED}, MINE, {8}),
        (CANCEL, (KEPT,), CANCELLED, MINE, set()),
        (OrderListMethods.PLACE_OCO, (LIST,), A_NEW_LIST, LIST, {9}),
        (OrderListMethods.PLACE_OCO, (LIST,), A_NEW_LIST, Token("a", SYMBOL), {1}),
    ],
    ids=[
        "an order", "a replacement, but not what it cancelled", "a replacement, where what it cancelled keeps the id",
        "a cancel that leaves the order its id made nothing", "a list", "an order of a list",
    ],
)  # fmt: skip
def test_what_a_late_reply_says_that_a_request_made_is_anothers_to_each_other_request_of_the_id(
    endpoint: Any, tokens: tuple[Token, ...], result: dict[str, Any], rival: Token, others: set[int]
) -> None:
    watch = Watch()
    (doubt,) = watch.doubted(replace(rival, fresh=False), request_id="rival").doubts
    watch.doubted(*tokens, endpoint=endpoint, **IDS)
    late(watch, result)
    assert doubt.token.others == others


def test_a_late_reply_tells_which_orders_had_which_ids_and_which_were_placed_with_them() -> None:
    watch = Watch()
    watch.history.remember(None, SYMBOL, "mine", 9, None, placed=True)
    watch.doubted(replace(GONE, former="old"), MINE, endpoint=REPLACE, **IDS)
    late(watch, {**REPLACED, "cancelResponse": {**watches.CANCELLED, "origClientOrderId": "old"}})
    gone, mine = watch.history.of(None, SYMBOL, "gone"), watch.history.of(None, SYMBOL, "mine")
    assert gone is not None
    assert mine is not None
    assert (gone.numbers, mine.numbers) == ((7,), (8, 9)), "a greater number was placed later"
    users = replace(LIST, fresh=False, disputed=True)  # only the reply tells that it is its own
    watch.doubted(users, endpoint=OrderListMethods.PLACE_OCO, **IDS)
    late(watch, A_NEW_LIST)
    known = [watch.history.placed_as(SYMBOL, number, listed) for number, listed in ((7, False), (8, False), (9, True))]
    assert known == [None, "mine", "list"]


def test_an_order_that_a_late_reply_shows_by_its_former_id_proves_that_it_was_placed() -> None:
    watch = Watch()
    (doubt,) = watch.doubted(MINE, request_id="placed").doubts
    watch.doubted(GONE, endpoint=CANCEL)
    late(watch, watches.CANCELLED)
    assert doubt.verdict is not None
    assert (doubt.verdict.outcome, doubt.verdict.evidence) == (Outcome.ACCEPTED, Evidence.REPLY)


def test_what_a_refusal_that_leaves_a_half_in_doubt_shows_is_remembered() -> None:
    watch = Watch()
    doubts = [Doubt(each, 0, 5_000, Moment(0, 0), 0.0) for each in (GONE, MINE)]
    said = [Said(Outcome.ACCEPTED, CANCEL.decode(watches.CANCELLED)), Said(None)]
    intent = Unresolved(REPLACE, {"symbol": SYMBOL}, doubts, 0, None, request_id="r")
    watch.doubt(intent, None, Refusal(VenueError(400, -2021, "partially failed"), said))
    gone = watch.history.of(None, SYMBOL, "gone")
    assert gone is not None
    assert gone.numbers == (7,)


async def test_a_reply_in_time_to_a_replacement_tells_when_its_order_left_and_what_was_cancelled_without_that() -> None:
    watch = Watch()
    call = watch.call(REPLACE, "gone", "mine", fresh=["gone", "mine"], cancelOrderId=7)
    watch.replied(call, REPLACE.decode(REPLACED), None, 5.0)
    gone, mine = watch.history.of(None, SYMBOL, "gone"), watch.history.of(None, SYMBOL, "mine")
    assert gone is not None
    assert mine is not None
    assert (gone.numbers, gone.left_at, mine.numbers, mine.left_at) == ((7,), -1.0, (8,), 5.0)
    assert [watch.history.placed_as(SYMBOL, number, False) for number in (7, 8)] == [None, "mine"]
    cancel = watch.call(CANCEL, "also gone", fresh=["also gone"], orderId=7)
    watch.replied(cancel, CANCEL.decode({**watches.CANCELLED, "clientOrderId": "also gone"}), None, 6.0)
    assert watch.history.of(None, SYMBOL, "also gone") is not None


@pytest.mark.parametrize("endpoint", [CANCEL, PLACE])
def test_a_change_that_leaves_may_end_what_a_cancel_that_was_not_made_was_to_leave_its_id(endpoint: Any) -> None:
    watch = Watch()
    verdict = Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "mine")
    watch.watched.add(verdict, 0, None, SYMBOL, replace(KEPT, former=""))
    watch.call(endpoint, "other", fresh=["other"])
    assert list(watch.watched.ids) == (["mine"] if endpoint is PLACE else [])
