"""What a sight says of a request, by its id or by its content."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.models.spot.events import UnknownEvent
from binance_wsapi.orders.ids.identity import (
    SURELY_OLDER_MS,
    Reading,
    could_be,
    disputed,
    explains_duplicate,
    hides,
    list_cancelled,
    read,
    same_terms,
)
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.wire.order_calls import Act, Sight


def test_a_report_that_cannot_be_read_as_a_whole_still_says_which_order_it_names() -> None:
    """What took an id from an order has to be known, also where the venue tells of it in words of its own."""
    report = {
        "e": "executionReport", "E": 1, "s": "BTCUSDT", "c": "new", "C": "former", "i": 7, "g": -1, "x": "CANCELED",
        "X": "CANCELED", "f": None, "p": "nonsense",
    }  # fmt: skip
    event = SPOT_ORDERS.event(json.dumps(report).encode(), None, False)
    assert isinstance(event, UnknownEvent)
    (sight,) = SPOT_ORDERS.sights(event)
    assert (sight.id, sight.former, sight.number, sight.status) == ("new", "former", 7, "CANCELED")
    refused = SPOT_ORDERS.event(json.dumps({**report, "x": "REJECTED"}).encode(), None, False)
    assert SPOT_ORDERS.sights(refused) == []
    nameless = SPOT_ORDERS.event(json.dumps({**report, "i": "seven"}).encode(), None, False)
    assert SPOT_ORDERS.sights(nameless) == []


@pytest.mark.parametrize("status", ["FILLED", "EXPIRED", "EXPIRED_IN_MATCH"])
def test_a_status_that_is_not_known_does_not_say_that_a_cancel_failed(status: str) -> None:
    token = Token("same", "BTCUSDT", act=Act.CANCEL, fresh=False, number=7, former="same")
    sight = Sight(None, "BTCUSDT", "same", None, 7, status=status)
    assert read(token, sight) is Reading.NO
    assert read(token, replace(sight, status="GONE_FISHING")) is Reading.MAYBE


@pytest.mark.parametrize(
    ("unguessable", "older", "reading"),
    [
        (True, 0, Reading.YES),
        (False, 0, Reading.YES),
        (True, SURELY_OLDER_MS - 1, Reading.YES),
        (False, 1, Reading.MAYBE),
        (False, SURELY_OLDER_MS - 1, Reading.MAYBE),
        (True, SURELY_OLDER_MS + 1, Reading.NO),
        (False, SURELY_OLDER_MS + 1, Reading.NO),
    ],
)
def test_after_a_restart_an_order_that_seems_older_is_judged_by_whose_id_it_has(
    unguessable: bool, older: int, reading: Reading
) -> None:
    """The engine's clock may have gone back; an id of the user's may be that of an order the journal does not know."""
    token = Token("bcdf", "BTCUSDT", recovered=True, unguessable=unguessable, since_ms=1e9, wanted={"side": "BUY"})
    sight = Sight(None, "BTCUSDT", "bcdf", None, 7, status="NEW", made_ms=1e9 - older, terms={"side": "BUY"})
    assert read(token, sight) is reading
    other = replace(sight, terms={"side": "SELL"})
    assert read(token, other) is (Reading.YES if not older else Reading.NO)


@pytest.mark.parametrize(
    ("sight", "hidden"),
    [
        (Sight(None, "BTCUSDT", "mine", None, 7, status="FILLED", made_ms=2e9), False),  # known to be older
        (Sight(None, "BTCUSDT", "mine", None, 8, status="NEW", made_ms=2e9), True),  # known to be younger
        (Sight(None, "BTCUSDT", "mine", None, 9, status="NEW", made_ms=1e9), True),
        (Sight(None, "BTCUSDT", "mine", None, 9, status="NEW", made_ms=1e9 - 1), False),
        (Sight(None, "BTCUSDT", "other", None, 9, status="NEW", made_ms=1e9), False),
    ],
)
def test_a_younger_order_that_bears_the_id_hides_what_the_request_made(sight: Sight, hidden: bool) -> None:
    token = Token("mine", "BTCUSDT", fresh=False, others=frozenset({7, 8}), younger=frozenset({8}), since_ms=1e9)
    assert hides(token, sight) is hidden
    assert not hides(replace(token, fresh=True), sight)


@pytest.mark.parametrize(
    ("number", "older", "side", "contested", "explains"),
    [
        (7, -60_000, "BUY", True, True),  # it bore the id when the request was sent
        (8, 60_000, "BUY", True, False),  # a later request of ours made it, though its time and terms fit
        (8, 60_000, "SELL", True, False),
        (9, SURELY_OLDER_MS, "SELL", True, False),  # a later change of ours may have put the id onto it
        (9, SURELY_OLDER_MS + 1, "BUY", False, True),
        (9, SURELY_OLDER_MS - 1, "BUY", False, False),  # it may be what the request made, by a clock that was set back
        (9, SURELY_OLDER_MS, "BUY", False, False),
        (9, 0, "SELL", False, False),
        (9, 1, "SELL", False, True),
        (9, -1, "SELL", False, False),  # another program may have made it once the request's own had ended
    ],
)
def test_only_an_order_that_had_the_id_before_explains_that_the_venue_has_one(
    number: int, older: int, side: str, contested: bool, explains: bool
) -> None:
    token = Token(
        "mine", "BTCUSDT", fresh=False, others=frozenset({7, 8}), younger=frozenset({8}), since_ms=1e9,
        wanted={"side": "BUY"}, contested_ms=ALWAYS if contested else None,
    )  # fmt: skip
    sight = Sight(None, "BTCUSDT", "mine", None, number, status="NEW", made_ms=1e9 - older, terms={"side": side})
    assert explains_duplicate(token, sight) is explains
    assert not explains_duplicate(token, replace(sight, status="FILLED"))
    assert not explains_duplicate(replace(token, fresh=True, others=frozenset()), sight)
    assert not explains_duplicate(token, None)
    assert not explains_duplicate(token, replace(sight, id="other", former="mine"))
    assert not explains_duplicate(replace(token, act=Act.CANCEL), sight)


@pytest.mark.parametrize(
    ("asked", "quantity", "same"),
    [
        ("0.5", "0.5", True),
        ("0.5", "0.4", True),
        ("0.5", "0.6", False),
        ("0.5", None, True),
        (None, "0.6", True),
        (None, None, True),
    ],
)
def test_an_order_of_more_than_was_asked_for_is_another(asked: str | None, quantity: str | None, same: bool) -> None:
    """Its quantity may have been lowered since; where one side does not tell it, it says nothing."""
    sight = Sight(None, "BTCUSDT", "x", None, 7, quantity=None if quantity is None else Decimal(quantity))
    wanted = {"side": "BUY"} if asked is None else {"side": "BUY", "quantity": asked}
    assert same_terms(wanted, sight) is same


AMOUNTS = ("price", "quoteOrderQty", "icebergQty", "stopPrice")
TRAILING = {"stopPrice": "5", "trailingDelta": "100"}
PEGGED = {"price": "5", "pegPriceType": "PRIMARY_PEG"}


@pytest.mark.parametrize(
    ("wanted", "terms", "same"),
    [
        *(({name: "5"}, {name: Decimal("5.0")}, True) for name in AMOUNTS),
        *(({name: "5"}, {name: Decimal(6)}, False) for name in AMOUNTS),
        *(({name: "5"}, {}, True) for name in AMOUNTS),
        *(({}, {name: Decimal(6)}, True) for name in AMOUNTS),
        *(({**TRAILING, name: "5"}, {name: Decimal(6)}, name == "stopPrice") for name in AMOUNTS),
        *(({**TRAILING, name: "5"}, {"stopPrice": Decimal(6), name: Decimal(5)}, True) for name in AMOUNTS[:3]),
        *(({**TRAILING, name: "5"}, {"stopPrice": Decimal(6), name: Decimal(6)}, False) for name in AMOUNTS[:3]),
        *(({**PEGGED, name: "5"}, {"price": Decimal(6), name: Decimal(6)}, name == "price") for name in AMOUNTS),
        ({"side": "BUY", "type": "LIMIT"}, {"side": "BUY", "type": "MARKET"}, False),
        ({"side": "BUY", "timeInForce": ""}, {"side": "BUY", "timeInForce": "GTC"}, True),
    ],
)
def test_an_order_of_another_price_or_amount_is_another_but_for_prices_that_the_venue_moves(
    wanted: dict[str, str], terms: dict[str, Any], same: bool
) -> None:
    """A stop that trails the price, and a pegged price, are set by the venue."""
    assert same_terms(wanted, Sight(None, "BTCUSDT", "x", None, 7, terms=terms)) is same


@pytest.mark.parametrize(
    ("token", "sight", "may"),
    [
        (Token("a", "BTCUSDT"), Sight(None, "BTCUSDT", "x", None, 7), True),
        (Token("a", "BTCUSDT"), Sight(None, "ETHUSDT", "x", None, 7), False),
        (Token("a", "BTCUSDT"), Sight(None, "", "x", None, 7), True),
        (Token("a", ""), Sight(None, "BTCUSDT", "x", None, 7), True),
        (Token("a", "BTCUSDT", others=frozenset({7})), Sight(None, "BTCUSDT", "x", None, 7), False),
        (Token("a", "BTCUSDT", act=Act.CANCEL), Sight(None, "BTCUSDT", "x", None, 7), False),
        (Token("a", "BTCUSDT", act=Act.AMEND, number=7), Sight(None, "BTCUSDT", "x", None, 7), True),
        (Token("a", "BTCUSDT", act=Act.AMEND, number=7), Sight(None, "BTCUSDT", "x", None, 8), False),
        (Token("a", "BTCUSDT", act=Act.AMEND), Sight(None, "BTCUSDT", "x", None, 8), True),
        (Token("a", "BTCUSDT", TokenKind.LIST), Sight(None, "BTCUSDT", "x", None, 7), False),
        (Token("a", "BTCUSDT", TokenKind.LIST), Sight(None, "BTCUSDT", "x", None, 7, list_number=0), True),
        (Token("a", "BTCUSDT"), Sight(None, "BTCUSDT", "x", None, 7, list_number=0), False),
        (
            Token("a", "BTCUSDT", since_ms=1e9),
            Sight(None, "BTCUSDT", "x", None, 7, made_ms=1e9 - SURELY_OLDER_MS),
            True,
        ),
        (
            Token("a", "BTCUSDT", since_ms=1e9),
            Sight(None, "BTCUSDT", "x", None, 7, made_ms=1e9 - SURELY_OLDER_MS - 1),
            False,
        ),
    ],
)
def test_only_what_cannot_be_of_a_request_under_any_id_is_told_apart(token: Token, sight: Sight, may: bool) -> None:
    assert could_be(token, sight) is may


MINE = Token("mine", "BTCUSDT", fresh=False, since_ms=1e9, wanted={"side": "BUY"})
ORDER = Sight(None, "BTCUSDT", "mine", None, 7, status="NEW", made_ms=1e9, terms={"side": "BUY"})
LIST = Token("list", "BTCUSDT", TokenKind.LIST, fresh=False, legs=("a", "b"), since_ms=1e9)
WHOLE = Sight(
    None, "BTCUSDT", "list", None, 50, listed=True, legs=("a", "b"), numbers=(7, 8), status="EXECUTING", at_ms=1e9
)
LEG = Sight(None, "BTCUSDT", "a", None, 7, list_number=50, status="NEW", made_ms=1e9)


@pytest.mark.parametrize(
    ("token", "sight", "reading"),
    [
        ({}, {}, Reading.YES),
        ({}, {"listed": True}, Reading.NOTHING),
        ({}, {"amendment": True}, Reading.NOTHING),
        ({}, {"amendment": True, "id": "new", "former": "mine"}, Reading.MAYBE),
        ({"fresh": True}, {"amendment": True, "id": "new", "former": "mine"}, Reading.MAYBE),
        ({}, {"id": "other"}, Reading.NOTHING),
        ({}, {"id": "other", "former": "mine"}, Reading.YES),
        ({}, {"symbol": "ETHUSDT"}, Reading.NOTHING),
        ({}, {"symbol": ""}, Reading.YES),
        ({}, {"status": "REJECTED"}, Reading.NOTHING),
        ({}, {"terms": {"side": "SELL"}}, Reading.NO),
        ({}, {"made_ms": None}, Reading.MAYBE),
        ({}, {"made_ms": 1e9 - 1}, Reading.MAYBE),
        ({}, {"made_ms": 1e9 - SURELY_OLDER_MS}, Reading.MAYBE),
        ({}, {"made_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.NO),
        ({"others": frozenset({7})}, {}, Reading.NO),
        ({"others": frozenset({8})}, {}, Reading.YES),
        ({"disputed": True}, {}, Reading.MAYBE),
        ({"contested_ms": ALWAYS}, {}, Reading.MAYBE),
        ({"contested_ms": 1e9 + SURELY_OLDER_MS}, {}, Reading.MAYBE),
        ({"contested_ms": 1e9 + SURELY_OLDER_MS + 1}, {}, Reading.YES),
        ({"fresh": True}, {"terms": {"side": "SELL"}, "made_ms": None}, Reading.YES),
        ({"fresh": True}, {"terms": {"side": "SELL"}, "made_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.YES),
        ({"fresh": True, "recovered": True}, {"terms": {"side": "SELL"}, "made_ms": None}, Reading.YES),
        ({"fresh": True, "recovered": True}, {"made_ms": 1e9 - SURELY_OLDER_MS}, Reading.YES),
        ({"fresh": True, "others": frozenset({7})}, {}, Reading.NO),
        ({}, {"status": "CANCELED"}, Reading.YES),
        ({"shared": True}, {}, Reading.YES),
        ({"shared": True}, {"status": "CANCELED"}, Reading.MAYBE),
    ],
)
def test_what_a_sight_says_of_an_order_that_was_placed(
    token: dict[str, Any], sight: dict[str, Any], reading: Reading
) -> None:
    assert read(replace(MINE, **token), replace(ORDER, **sight)) is reading


@pytest.mark.parametrize(
    ("token", "sight", "reading"),
    [
        ({}, {}, Reading.YES),
        ({}, {"amendment": True}, Reading.NOTHING),
        ({}, {"id": "other"}, Reading.NOTHING),
        ({}, {"id": "other", "former": "list"}, Reading.YES),
        ({}, {"at_ms": None}, Reading.MAYBE),
        ({}, {"at_ms": 1e9 - 1}, Reading.MAYBE),
        ({}, {"at_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.NO),
        ({}, {"legs": ("x", "y")}, Reading.NO),
        ({}, {"legs": ("x", "b")}, Reading.YES),
        ({}, {"legs": ("x", "y"), "status": "ALL_DONE"}, Reading.MAYBE),
        ({}, {"status": "ALL_DONE"}, Reading.MAYBE),
        ({}, {"status": "ALL_DONE", "at_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.NO),
        ({"others": frozenset({50})}, {}, Reading.NO),
        ({"others": frozenset({50})}, {"id": "other", "former": "list"}, Reading.NO),
        ({"others": frozenset({50})}, {"id": "other"}, Reading.NOTHING),
        ({"others": frozenset({7})}, {}, Reading.YES),
        ({"contested_ms": ALWAYS}, {}, Reading.MAYBE),
        ({"leg_contests": {"a": ALWAYS}}, {}, Reading.YES),
        ({"fresh_legs": frozenset({"a"})}, {"id": "other", "at_ms": None}, Reading.YES),
        ({"fresh_legs": frozenset({"c"})}, {"id": "other"}, Reading.NOTHING),
        ({"fresh_legs": frozenset({"a"}), "others": frozenset({50})}, {"id": "other"}, Reading.NOTHING),
        ({"fresh": True}, {"legs": ("x", "y"), "at_ms": None}, Reading.YES),
    ],
)
def test_what_a_sight_of_a_list_says_of_a_list_that_was_placed(
    token: dict[str, Any], sight: dict[str, Any], reading: Reading
) -> None:
    assert read(replace(LIST, **token), replace(WHOLE, **sight)) is reading


@pytest.mark.parametrize(
    ("token", "sight", "reading"),
    [
        ({}, {}, Reading.YES),
        ({}, {"amendment": True}, Reading.NOTHING),
        ({}, {"list_number": 0}, Reading.YES),
        ({}, {"list_number": -1}, Reading.NOTHING),
        ({}, {"id": "x"}, Reading.NOTHING),
        ({}, {"id": "x", "former": "b"}, Reading.YES),
        ({}, {"made_ms": None, "status": None}, Reading.NOTHING),
        ({}, {"made_ms": None, "status": "CANCELED"}, Reading.MAYBE),
        ({}, {"made_ms": 1e9 - 1}, Reading.NOTHING),
        ({}, {"made_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.NOTHING),
        ({"leg_others": frozenset({7})}, {}, Reading.NOTHING),
        ({"others": frozenset({50})}, {}, Reading.NOTHING),
        ({"disputed": True}, {}, Reading.NOTHING),
        ({"contested_ms": ALWAYS}, {}, Reading.YES),
        ({"leg_contests": {"b": ALWAYS}}, {}, Reading.YES),
        ({"leg_contests": {"a": ALWAYS}}, {}, Reading.NOTHING),
        ({"leg_contests": {"a": 1e9 + SURELY_OLDER_MS + 1}}, {}, Reading.YES),
        ({"leg_terms": {"a": {"side": "SELL"}}}, {"terms": {"side": "BUY"}}, Reading.NOTHING),
        ({"leg_terms": {"b": {"side": "SELL"}}}, {"terms": {"side": "BUY"}}, Reading.YES),
        ({"leg_terms": {"a": {"side": "BUY"}}}, {"terms": {"side": "BUY"}}, Reading.YES),
        ({"fresh_legs": frozenset({"a"})}, {"list_number": -1, "made_ms": None}, Reading.YES),
        ({"fresh_legs": frozenset({"a"})}, {"id": "x", "former": "a", "made_ms": None}, Reading.YES),
        ({"fresh_legs": frozenset({"b"})}, {"made_ms": None}, Reading.MAYBE),
    ],
)
def test_what_a_sight_of_an_order_says_of_a_list_that_was_placed(
    token: dict[str, Any], sight: dict[str, Any], reading: Reading
) -> None:
    assert read(replace(LIST, **token), replace(LEG, **sight)) is reading


def test_an_order_of_a_list_that_was_called_a_duplicate_is_disputed_where_a_user_named_its_id() -> None:
    made_here = replace(LIST, fresh=True, fresh_legs=frozenset({"a", "b"}))
    assert not disputed(made_here).disputed
    assert disputed(replace(made_here, fresh_legs=frozenset({"a"}))).disputed
    assert disputed(replace(made_here, fresh=False)).disputed


@pytest.mark.parametrize(
    ("token", "sight", "reading"),
    [
        ({}, {}, Reading.MAYBE),
        ({}, {"status": "NEW"}, Reading.NO),
        ({}, {"id": "mine"}, Reading.NO),
        ({"client_id": "mine"}, {"id": "mine"}, Reading.NO),
        ({"before": Decimal("0.005")}, {}, Reading.NO),
    ],
)
def test_an_amendment_to_less_than_was_executed_may_have_ended_its_order_with_what_was(
    token: dict[str, Any], sight: dict[str, Any], reading: Reading
) -> None:
    """The order bears the new id, and has a larger quantity than was wanted."""
    amend = Token(
        "new", "BTCUSDT", act=Act.AMEND, fresh=False, number=4, target=4, former="mine", wanted={"newQty": "0.005"},
        before=Decimal("0.01"),
    )  # fmt: skip
    told = Sight(
        None, "BTCUSDT", id="new", number=4, status="EXPIRED", quantity=Decimal("0.008"), made_ms=1e9, at_ms=2e9
    )
    assert read(replace(amend, **token), replace(told, **sight)) is reading


@pytest.mark.parametrize("known", [True, False])
def test_an_order_that_had_another_id_when_it_was_last_heard_of_may_have_been_cancelled_by_any_clock(
    known: bool,
) -> None:
    """The venue's clock may have been set back by days; or another program cancelled it before, under the same id."""
    token = Token(
        "mine",
        "BTCUSDT",
        act=Act.CANCEL,
        fresh=False,
        former="first",
        number=7,
        target=7 if known else None,
        since_ms=1e12,
    )
    sight = Sight(None, "BTCUSDT", "mine", None, 7, status="CANCELED", at_ms=1e12 - 172_800_000)
    assert read(token, sight) is (Reading.MAYBE if known else Reading.NO)
    assert read(token, replace(sight, at_ms=1e12 - 5_000)) is Reading.MAYBE
    assert read(token, replace(sight, at_ms=1e12)) is Reading.YES
    assert read(token, replace(sight, number=8)) is not Reading.YES
    assert read(replace(token, former=""), sight) is Reading.NO, "nothing is known of the id it had"


@pytest.mark.parametrize("list_number", [0, 5])
@pytest.mark.parametrize(("number", "target"), [(7, None), (None, 7), (7, 7)])
def test_another_order_of_the_list_that_took_the_id_of_a_cancel_is_not_the_order_that_was_meant(
    number: int | None, target: int | None, list_number: int
) -> None:
    token = Token("made", "BTCUSDT", act=Act.CANCEL, fresh=True, former="first", number=number, target=target)
    sight = Sight(None, "BTCUSDT", "made", None, 7, status="CANCELED", list_number=list_number)
    assert read(token, sight) is Reading.YES
    assert read(token, replace(sight, number=8)) is Reading.NOTHING
    assert read(token, replace(sight, number=8, list_number=-1)) is Reading.YES, "of no list"
    assert read(token, replace(sight, number=list_number, listed=True)) is Reading.YES, "the list itself"
    met = replace(token, met_again=True)
    assert read(met, replace(sight, number=8)) is (Reading.YES if number is None else Reading.NOTHING)


@pytest.mark.parametrize(("list_number", "reading"), [(-1, Reading.YES), (0, Reading.MAYBE), (9, Reading.MAYBE)])
def test_the_quantity_of_one_order_of_an_oco_may_be_the_work_of_an_amendment_of_the_other(
    list_number: int, reading: Reading
) -> None:
    amend = Token(
        "same", "BTCUSDT", act=Act.AMEND, fresh=False, former="same", wanted={"newQty": "3"}, before=Decimal(5)
    )
    order = Sight(None, "BTCUSDT", "same", None, 7, status="NEW", quantity=Decimal(3), list_number=list_number)
    assert read(amend, order) is reading
    assert read(amend, replace(order, quantity=Decimal(5))) is Reading.NO


@pytest.mark.parametrize(
    ("rivalled", "list_number", "reading"),
    [(True, -1, Reading.YES), (True, 0, Reading.MAYBE), (True, 9, Reading.MAYBE), (False, 9, Reading.YES)],
)
def test_an_order_of_a_list_that_another_change_may_have_ended_does_not_tell_which_of_them_did(
    rivalled: bool, list_number: int, reading: Reading
) -> None:
    token = Token("mine", "BTCUSDT", act=Act.CANCEL, fresh=False, number=7, rivalled=rivalled, since_ms=1e9)
    assert read(token, replace(ORDER, status="CANCELED", list_number=list_number, at_ms=1e9)) is reading


@pytest.mark.parametrize(
    ("known", "surely"),
    [
        ({}, True),
        ({"unguessable": False}, True),
        ({"recovered": True}, True),
        ({"recovered": True, "unguessable": False}, False),
        ({"fresh": False}, False),
    ],
    ids=["made here", "made here by chance of the user's", "taken up, made here", "taken up, a user's", "a user's"],
)
@pytest.mark.parametrize("act", [Act.CANCEL, Act.AMEND])
def test_what_bears_the_id_of_a_change_is_its_work_by_any_clock_where_nothing_else_can_have_put_it_there(
    act: Act, known: dict[str, Any], surely: bool
) -> None:
    token = Token("new", "BTCUSDT", act=act, former="old", wanted={"newQty": "3"}, since_ms=1e9, **known)
    status, hour_before = "CANCELED" if act is Act.CANCEL else "NEW", 1e9 - SURELY_OLDER_MS - 1
    sight = Sight(None, "BTCUSDT", "new", "old", 7, status=status, quantity=Decimal(5), at_ms=hour_before)
    assert read(token, sight) is (Reading.YES if surely else Reading.NO)
    assert read(token, replace(sight, id="old", former=None, status="NEW")) is Reading.NO


@pytest.mark.parametrize(
    ("token", "sight", "reading"),
    [
        ({}, {}, Reading.YES),
        ({}, {"amendment": True}, Reading.NOTHING),
        ({}, {"listed": False}, Reading.NOTHING),
        ({}, {"status": "EXECUTING"}, Reading.NO),
        ({}, {"number": 51}, Reading.NO),
        ({}, {"number": 51, "id": "other"}, Reading.NOTHING),
        ({}, {"at_ms": 1e9 - 1}, Reading.MAYBE),
        ({}, {"at_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.MAYBE),
        ({}, {"id": "list"}, Reading.MAYBE),
        ({}, {"id": "list", "legs": ("a", "gone")}, Reading.YES),
        ({"former": ""}, {}, Reading.MAYBE),
        ({"former": "gone"}, {}, Reading.MAYBE),
        ({"former": ""}, {"id": "list", "legs": ("a", "gone")}, Reading.YES),
        ({"rivalled": True}, {}, Reading.MAYBE),
        ({"others": frozenset({50})}, {}, Reading.MAYBE),
        ({"fresh": True}, {"at_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.YES),
        ({"fresh": True}, {"id": "list"}, Reading.MAYBE),
        ({}, {"id": "x"}, Reading.MAYBE),
        ({"number": None}, {}, Reading.YES),
        ({"number": None}, {"id": "list"}, Reading.MAYBE),
        ({"number": None}, {"id": "x"}, Reading.NOTHING),
    ],
)
def test_what_a_sight_of_a_list_says_of_a_cancel_of_it(
    token: dict[str, Any], sight: dict[str, Any], reading: Reading
) -> None:
    """A list that may have had the id of the cancel before tells nothing by it; its orders do."""
    cancel = Token("gone", "BTCUSDT", TokenKind.LIST, Act.CANCEL, False, number=50, former="list", since_ms=1e9)
    assert read(replace(cancel, **token), replace(WHOLE, **{"id": "gone", "status": "ALL_DONE", **sight})) is reading


@pytest.mark.parametrize(
    ("token", "sight", "reading"),
    [
        ({}, {}, Reading.YES),
        ({}, {"legs": ("a", "gone"), "id": "list"}, Reading.YES),
        ({}, {"at_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.NO),
        ({}, {"id": "list"}, Reading.MAYBE),
        ({"rivalled": True}, {}, Reading.MAYBE),
        ({"others": frozenset({50})}, {}, Reading.MAYBE),
    ],
    ids=[
        "it bears the id",
        "an order of it does",
        "an hour before",
        "nothing of it does",
        "rivalled",
        "it had it before",
    ],
)
def test_a_list_that_has_ended_was_cancelled_by_a_request_whose_id_it_was_given_since(
    token: dict[str, Any], sight: dict[str, Any], reading: Reading
) -> None:
    cancel = Token("gone", "BTCUSDT", TokenKind.LIST, Act.CANCEL, False, number=50, former="list", since_ms=1e9)
    ended = replace(WHOLE, id="gone", status="ALL_DONE")
    assert list_cancelled(replace(cancel, **token), replace(ended, **sight)) is reading


@pytest.mark.parametrize(
    ("known", "reading"),
    [
        ({}, Reading.MAYBE),
        ({"gives_former": False}, Reading.NO),
        ({"number": 7}, Reading.NO),
        ({"act": Act.PLACE}, Reading.YES),
    ],
    ids=["by an id", "that it gives to no other", "by number", "an order"],
)
def test_an_open_order_does_not_say_that_a_request_which_gives_its_id_to_another_cancelled_nothing(
    known: dict[str, Any], reading: Reading
) -> None:
    token = Token("mine", "BTCUSDT", act=Act.CANCEL, fresh=False, former="mine", gives_former=True, since_ms=1e9)
    assert read(replace(token, **known), ORDER) is reading


@pytest.mark.parametrize(
    ("token", "sight", "reading"),
    [
        ({}, {}, Reading.YES),
        ({}, {"at_ms": 1e9 - 1}, Reading.MAYBE),
        ({}, {"at_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.NO),
        ({}, {"amendment": True}, Reading.NOTHING),
        ({"fresh": True}, {"amendment": True}, Reading.NOTHING),
        ({}, {"listed": True}, Reading.NOTHING),
        ({}, {"status": None}, Reading.NOTHING),
        ({}, {"status": "NEW"}, Reading.NO),
        ({}, {"status": "FILLED"}, Reading.NO),
        ({}, {"id": "mine", "status": "NEW"}, Reading.NO),
        ({}, {"id": "other"}, Reading.NOTHING),
        ({"former": ""}, {"id": "other"}, Reading.NOTHING),
        ({}, {"id": "other", "former": "mine"}, Reading.NO),
        ({}, {"id": "other", "former": "mine", "list_number": 0}, Reading.MAYBE),
        ({"number": 7}, {"id": "other"}, Reading.NO),
        ({"number": 7}, {"id": "other", "list_number": 0}, Reading.MAYBE),
        ({"number": 7}, {"id": "other", "number": None}, Reading.NO),
        ({"number": 8}, {}, Reading.NO),
        ({"number": 8}, {"id": "other"}, Reading.NOTHING),
        ({"others": frozenset({7})}, {}, Reading.NO),
        ({"others": frozenset({7})}, {"id": "other", "former": "mine"}, Reading.NOTHING),
        ({"others": frozenset({7}), "former": "gone"}, {}, Reading.YES),
        ({"ended": frozenset({7})}, {}, Reading.NO),
    ],
)
def test_what_a_sight_says_of_a_cancel(token: dict[str, Any], sight: dict[str, Any], reading: Reading) -> None:
    cancel = Token("gone", "BTCUSDT", act=Act.CANCEL, fresh=False, former="mine", since_ms=1e9)
    ended = Sight(None, "BTCUSDT", "gone", None, 7, status="CANCELED", at_ms=1e9)
    assert read(replace(cancel, **token), replace(ended, **sight)) is reading


@pytest.mark.parametrize(
    ("token", "sight", "reading"),
    [
        ({}, {}, Reading.YES),
        ({}, {"quantity": Decimal(2)}, Reading.MAYBE),
        ({}, {"quantity": Decimal(5)}, Reading.NO),
        ({}, {"quantity": None}, Reading.NOTHING),
        ({}, {"listed": True}, Reading.NOTHING),
        ({}, {"id": "mine", "quantity": Decimal(5)}, Reading.NO),
        ({}, {"id": "other"}, Reading.NOTHING),
        ({}, {"id": "other", "former": "mine"}, Reading.MAYBE),
        ({"wanted": {}}, {}, Reading.NOTHING),
        ({"before": None}, {}, Reading.MAYBE),
        ({"before": Decimal(3)}, {}, Reading.NO),
        ({"contested_ms": ALWAYS}, {}, Reading.MAYBE),
        ({"number": 7}, {"id": "other"}, Reading.MAYBE),
        ({"number": 8}, {}, Reading.NO),
        ({"number": 8}, {"id": "other"}, Reading.NOTHING),
        ({"others": frozenset({7})}, {}, Reading.NO),
        ({"others": frozenset({7})}, {"id": "other", "former": "mine"}, Reading.NOTHING),
        ({}, {"amendment": True}, Reading.YES),
        ({}, {"amendment": True, "at_ms": 1e9 - 1}, Reading.MAYBE),
        ({}, {"amendment": True, "id": "other"}, Reading.NOTHING),
        ({}, {"amendment": True, "quantity": Decimal(4)}, Reading.NOTHING),
        ({"before": Decimal(3)}, {"amendment": True}, Reading.NOTHING),
        ({"before": Decimal(3), "fresh": True}, {"amendment": True}, Reading.YES),
        ({"fresh": True}, {"amendment": True, "at_ms": 1e9 - SURELY_OLDER_MS - 1}, Reading.YES),
    ],
)
def test_what_a_sight_says_of_an_amendment(token: dict[str, Any], sight: dict[str, Any], reading: Reading) -> None:
    amend = Token(
        "new", "BTCUSDT", act=Act.AMEND, fresh=False, former="mine", wanted={"newQty": "3"}, before=Decimal(5),
        since_ms=1e9,
    )  # fmt: skip
    lowered = Sight(None, "BTCUSDT", "new", None, 7, status="NEW", quantity=Decimal(3), at_ms=1e9)
    assert read(replace(amend, **token), replace(lowered, **sight)) is reading
