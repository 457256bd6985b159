"""Changes of our own that do not tell whom they renamed, and those that wait for each other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from binance_wsapi import HmacKey, Outcome, OutcomeUnknown, SpotClient
from binance_wsapi.orders.ids.renames import REMEMBERED, Change, Renames, same_account
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Drop
from binance_wsapi.wire.order_calls import Act, Sight
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import HMAC, SYMBOL, environment, runtime
from tests.simulation.loop import VirtualLoop

REST: dict[str, Any] = {"quantity": "0.05", "price": "50000", "time_in_force": "GTC"}


async def fate(call: Any) -> Outcome:
    """Return what becomes of a call whose reply is lost."""
    with pytest.raises(OutcomeUnknown) as caught:
        await call
    outcome: Outcome = (await asyncio.wait_for(caught.value.resolve(), 2 * BOUND)).outcome
    return outcome


@pytest.mark.parametrize("how", ["everything", "by number"])
def test_an_order_that_a_lost_change_may_have_renamed_is_not_called_not_placed(how: str) -> None:
    """The order is placed, then cancelled by a request that names no id; both replies and all events are lost."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Drop(), "order.place")
        exchange.faults.next(Drop(), "openOrders.cancelAll")
        exchange.faults.next(Drop(), "order.cancel")

        placing = asyncio.create_task(fate(client.place_order(SYMBOL, "BUY", "LIMIT", timeout=0.3, **REST)))
        await asyncio.sleep(0.05)
        (true,) = exchange.truth.all_orders()
        change: Any
        if how == "everything":
            change = client.cancel_open_orders(SYMBOL, timeout=0.1)
        else:
            change = client.cancel_order(SYMBOL, order_id=true.order_id, timeout=0.1)
        assert await fate(change) is Outcome.ACCEPTED
        assert await placing is not Outcome.NOT_PLACED
        assert not exchange.truth.all_orders()[0].is_open

    play(test)


@pytest.mark.parametrize("how", ["cancelled", "amended"])
def test_a_lost_change_of_one_order_by_number_hides_no_other_that_never_came(how: str) -> None:
    """The number is known to be that of the order it was given to, so the other's absence counts."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        known = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Drop(executed=False), "order.place")
        exchange.faults.next(Drop(), "order.cancel")
        exchange.faults.next(Drop(), "order.amend.keepPriority")

        placing = asyncio.create_task(fate(client.place_order(SYMBOL, "BUY", "LIMIT", timeout=0.3, **REST)))
        await asyncio.sleep(0.05)
        change: Any
        if how == "cancelled":
            change = client.cancel_order(SYMBOL, order_id=known.order_id, timeout=0.1)
        else:
            change = client.amend_order(SYMBOL, "0.04", order_id=known.order_id, timeout=0.1)
        assert await fate(change) is Outcome.ACCEPTED
        assert await placing is Outcome.NOT_PLACED

    play(test)


@pytest.mark.parametrize("change", ["told", "lost", "everything"])
@pytest.mark.parametrize("lost", [True, False], ids=["placed in doubt", "placed"])
def test_a_cancel_of_a_list_by_number_hides_no_other_list_that_never_came(lost: bool, change: str) -> None:
    """The number of the list is known to be that of another request, and so are those of its orders."""

    def oco(client: SpotClient) -> Any:
        return client.place_oco(
            SYMBOL,
            "SELL",
            "0.01",
            "LIMIT_MAKER",
            "STOP_LOSS",
            above_price="61000",
            below_stop_price="58000",
            timeout=0.3,
        )

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        if lost:
            exchange.faults.next(Drop(), "orderList.place.oco")
            assert await fate(oco(client)) is Outcome.ACCEPTED
            await asyncio.sleep(1.0)  # until another connection is ready
        else:
            await oco(client)
        exchange.faults.lose_events(count=100)
        exchange.faults.next(Drop(executed=False), "orderList.place.oco")
        placing = asyncio.create_task(fate(oco(client)))
        await asyncio.sleep(0.05)
        number = exchange.truth.all_orders()[0].order_list_id
        if change == "everything":
            await client.cancel_open_orders(SYMBOL)
        elif change == "told":
            await client.cancel_order_list(SYMBOL, order_list_id=number)
        else:
            exchange.faults.next(Drop(), "orderList.cancel")
            assert await fate(client.cancel_order_list(SYMBOL, order_list_id=number, timeout=2.0)) is Outcome.ACCEPTED
        assert await placing is Outcome.NOT_PLACED

    play(test)


@pytest.mark.parametrize("executed", [True, False], ids=["executed", "never"])
@pytest.mark.parametrize("lost", [True, False], ids=["placed in doubt", "placed"])
@pytest.mark.parametrize("kind", ["oco", "oto"])
def test_a_lost_cancel_of_everything_is_judged_by_the_lists_of_this_client_too(
    kind: str, lost: bool, executed: bool
) -> None:
    """Their orders are known to be older, so that they are open says that nothing was cancelled."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        placing: Any
        if lost:
            exchange.faults.next(Drop(), f"orderList.place.{kind}")
        if kind == "oco":
            placing = client.place_oco(
                SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="61000", below_stop_price="58000",
                timeout=0.3,
            )  # fmt: skip
        else:
            placing = client.place_oto(
                SYMBOL, "LIMIT", "BUY", "0.01", "MARKET", "SELL", "0.01", working_price="50000",
                working_time_in_force="GTC", timeout=0.3,
            )  # fmt: skip
        if lost:
            assert await fate(placing) is Outcome.ACCEPTED
        else:
            await placing
        await asyncio.sleep(1.0)
        exchange.faults.next(Drop(executed=executed), "openOrders.cancelAll")
        told = await fate(client.cancel_open_orders(SYMBOL, timeout=0.3))
        assert told is (Outcome.ACCEPTED if executed else Outcome.NOT_PLACED)

    play(test)


# --------------------------------------------------------------------------- changes that wait for each other


@pytest.mark.parametrize("there", [True, False], ids=["the order is there", "there is none"])
@pytest.mark.parametrize("executed", [*product([True, False], repeat=2)], ids=str)
@pytest.mark.parametrize("ids", ["AA", "AB", "ABC"])
def test_amendments_that_pass_an_id_round_are_all_decided(ids: str, executed: tuple[bool, bool], there: bool) -> None:
    """Each gives the order the id that the next one names, and the last that of the first: each may hide the other's work.

    An id that is kept is taken by none of them: what does not bear it was never amended.
    """

    async def amend(client: SpotClient, quantity: str, former: str, new: str) -> Outcome:
        change = client.amend_order(
            SYMBOL, quantity, orig_client_order_id=former, new_client_order_id=new, timeout=1.0, recv_window=1000
        )
        return await fate(change)

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.lose_events(count=100)
        if there:  # of another program: this client does not know its number
            async with SpotClient(environment(exchange), HMAC, runtime=runtime(loop)) as other:
                await other.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id="A", **REST)
            await asyncio.sleep(7)
        pairs = list(zip(ids, ids[1:] + ids[:1], strict=True)) if ids != "AA" else [("A", "A")] * 2
        told = []
        for number, (former, new) in enumerate(pairs):
            exchange.faults.next(Drop(executed=executed[number % 2]), "order.amend.keepPriority")
            told.append(asyncio.create_task(amend(client, f"0.0{4 - number}", former, new)))
            await asyncio.sleep(0.05)
        verdicts = [await each for each in told]
        await asyncio.sleep(7)
        amended: set[Decimal] = set()
        for order in exchange.truth.all_orders():
            rows = await client.order_amendments(SYMBOL, order.order_id)
            amended |= {row.new_qty for row in rows}
        for number, verdict in enumerate(verdicts):
            done = Decimal(f"0.0{4 - number}") in amended
            assert verdict in {Outcome.UNDECIDED, Outcome.ACCEPTED if done else Outcome.NOT_PLACED}
        if not there and ids == "AA":
            assert Outcome.UNDECIDED not in verdicts

    play(test)


def test_a_change_waits_for_none_that_waits_for_it() -> None:
    one, two, three, other = (Change(SYMBOL, None, former=each) for each in "ABCD")
    assert one.wait_for([two, other])
    assert two.wait_for([three])
    assert other.wait_for([three])
    assert not three.wait_for([other, one])
    assert not three.awaits
    two.over = other.over = True  # what is over is waited for by none
    assert three.wait_for([one])


@pytest.mark.parametrize("kind", TokenKind)
@pytest.mark.parametrize("keeps", [True, False])
def test_a_change_that_keeps_the_id_of_its_order_takes_it_from_no_order(kind: TokenKind, keeps: bool) -> None:
    """A list may: which of it and its orders take the id of a cancel is not documented."""
    token = Token("A", SYMBOL, kind, Act.PLACE)
    expected = kind is TokenKind.LIST or (kind is TokenKind.ORDER and not keeps)
    assert Change(SYMBOL, None, former="A", keeps=keeps).may_rename(token) is expected


@pytest.mark.parametrize("former", ["", "mine"])
@pytest.mark.parametrize("status", ["CANCELED", "NEW"])
@pytest.mark.parametrize("list_number", [-1, 9])
def test_a_cancel_of_an_order_of_a_list_may_have_renamed_an_amended_order_of_that_list(
    list_number: int, status: str, former: str
) -> None:
    renames = Renames(lambda *_: None)
    cancel = Change(SYMBOL, None, "mine")
    renames.begin(cancel)
    shown = Sight(None, SYMBOL, "gone", former or None, 7, status=status, list_number=list_number)
    ended_another = list_number > -1 and status == "CANCELED" and not former
    assert renames.done(cancel, [shown], 2.0) is not ended_another
    amended, placed = (Token("other", SYMBOL, act=act, former="o") for act in (Act.AMEND, Act.PLACE))
    assert renames.hid(amended, 1.0) is ended_another
    assert not renames.hid(placed, 1.0)
    assert not renames.hid(amended, 3.0)


OTHER_KEY = HmacKey("o" * 64, "s" * 64)
AMENDED = Token("other", SYMBOL, act=Act.AMEND, former="o")


def told(number: int = 7, former: str | None = None, **more: Any) -> Sight:
    """Return what a reply tells of an order that was cancelled."""
    return Sight(None, SYMBOL, "gone", former, number, **{"status": "CANCELED", **more})


def test_a_change_by_number_is_looked_for_by_that_number_also_where_its_id_was_given_to_another() -> None:
    by_id = Token("new", SYMBOL, act=Act.CANCEL, former="old")
    for token, later in ((by_id, None), (replace(by_id, number=7), 7)):
        change = Change(SYMBOL, None, "old", token.number)
        change.target = 7
        assert change.aim(token, named=True).number == 7
        change.met_again = True
        assert change.aim(token, named=True).number == later


def test_a_cancel_takes_no_id_from_an_amended_order_that_it_does_not_name() -> None:
    assert not Change(SYMBOL, None, "mine").may_rename(AMENDED)


@pytest.mark.parametrize(
    ("symbol", "key", "rivals"),
    [(SYMBOL, None, True), (SYMBOL, HMAC, True), ("ETHUSDT", HMAC, False), (SYMBOL, OTHER_KEY, True)],
    ids=["an account that is not known", "the same", "another symbol", "another key"],
)
def test_what_keeps_its_id_is_rivalled_by_changes_of_its_own_symbol_until_it_is_over(
    symbol: str, key: Any, rivals: bool
) -> None:
    renames = Renames(lambda *_: None)
    keeps, over, other = Change(SYMBOL, HMAC), Change(SYMBOL, HMAC), Change(symbol, key)
    for change in (over, keeps):
        renames.begin(change)
        renames.left(change, "mine")
        if change is over:
            renames.end(change)
    assert not keeps.rivalled
    renames.begin(other)
    renames.left(other)
    assert (keeps.rivalled, over.rivalled, other.rivalled) == (rivals, False, False)


@pytest.mark.parametrize("how", ["under way", "executed"])
@pytest.mark.parametrize("symbol", [SYMBOL, "ETHUSDT"])
def test_what_keeps_its_id_is_rivalled_by_a_change_that_left_before_and_told_nothing(symbol: str, how: str) -> None:
    renames = Renames(lambda *_: None)
    before, keeps = Change(symbol, None, everything=True), Change(SYMBOL, None)
    renames.begin(before)
    if how == "executed":
        renames.done(before, [], 1.0)
    renames.begin(keeps)
    renames.left(keeps, "mine")
    assert keeps.rivalled is (symbol == SYMBOL)


def test_the_venue_may_have_named_what_was_known_at_the_moment_of_a_cancel_of_everything() -> None:
    renames = Renames(lambda *_: None)
    renames.done(Change(SYMBOL, None, everything=True), [], 2.0)
    assert [renames.venue_named(SYMBOL, since) for since in (None, 1.9, 2.0, 2.1)] == [True, True, True, False]
    assert not renames.venue_named("ETHUSDT", None)


def test_a_reply_tells_what_was_renamed_where_each_of_its_orders_says_its_former_id() -> None:
    renames = Renames(lambda *_: None)
    sights = [told(7, "mine"), told(8, "also mine")]
    assert renames.done(Change(SYMBOL, None, number=7), sights, 1.0)
    assert not renames.done(Change(SYMBOL, None, number=7), [*sights, told(9)], 1.0)


def test_one_order_of_a_list_among_those_cancelled_may_have_ended_others_of_its_list() -> None:
    renames = Renames(lambda *_: None)
    renames.done(Change(SYMBOL, None, "mine"), [told(7), told(8, list_number=0)], 2.0)
    assert renames.hid(AMENDED, 1.0)


@pytest.mark.parametrize("list_number", [-1, 0])
def test_of_an_order_that_was_cancelled_alone_it_is_known_what_was_renamed_and_of_one_of_a_list_it_is_not(
    list_number: int,
) -> None:
    renames = Renames(lambda *_: None)
    change = Change(SYMBOL, None, number=7)
    assert not renames.done(change, [told(quantity=Decimal(5), list_number=list_number)], 2.0)
    placed = Token("p", SYMBOL, wanted={"quantity": "1"})
    assert renames.hid(placed, 1.0) is (list_number > -1), "it asked for less than what was cancelled"


@pytest.mark.parametrize(
    ("placed_as", "token", "sight", "hid"),
    [
        (None, Token("mine", SYMBOL), told(), True),
        ("mine", Token("mine", SYMBOL), told(), True),
        ("other", Token("mine", SYMBOL), told(), False),
        ("other", Token("mine", SYMBOL), told(8), True),
        ("other", Token("mine", SYMBOL, act=Act.AMEND, former="old"), told(), True),
        ("leg", Token("mine", SYMBOL, TokenKind.LIST, legs=("leg",)), told(list_number=0), True),
        ("other", Token("mine", SYMBOL, TokenKind.LIST, legs=("leg",)), told(9, listed=True, numbers=(8, 7)), False),
        ("leg", Token("mine", SYMBOL, TokenKind.LIST, legs=("leg",)), told(9, listed=True, numbers=(8, 7)), True),
    ],
    ids=[
        "the client does not know who placed it",
        "the request placed it",
        "another request did",
        "another request placed another",
        "an amendment places nothing",
        "the list placed its order",
        "another request placed an order of the list",
        "the list placed the order of the list",
    ],
)
def test_what_was_renamed_is_no_work_of_a_request_where_it_is_known_that_another_placed_it(
    placed_as: str | None, token: Token, sight: Sight, hid: bool
) -> None:
    renames = Renames(lambda _, number, listed: placed_as if number == 7 and not listed else None)
    assert not renames.done(Change(SYMBOL, None, everything=True), [sight], 2.0)
    assert renames.hid(token, 1.0) is hid


def test_one_of_many_that_were_renamed_may_be_the_work_of_a_request() -> None:
    renames = Renames(lambda _, number, listed: "other" if number == 7 and not listed else None)
    renames.done(Change(SYMBOL, None, everything=True), [told(), told(8)], 2.0)
    assert renames.hid(Token("mine", SYMBOL), 1.0)


@pytest.mark.parametrize(
    ("token", "renamed"),
    [
        (Token("mine", SYMBOL), True),
        (Token("mine", SYMBOL, others=frozenset({7})), False),
        (Token("mine", SYMBOL, others=frozenset({8})), True),
        (Token("mine", SYMBOL, act=Act.AMEND, former="old", others=frozenset({7})), False),
        (Token("mine", SYMBOL, act=Act.AMEND, former="mine", others=frozenset({7})), True),
    ],
    ids=[
        "an order",
        "another had its id",
        "an order that the change does not name",
        "an amendment",
        "an amendment that keeps the id",
    ],
)
def test_a_change_by_number_may_take_an_id_but_from_what_is_known_to_be_another_order(
    token: Token, renamed: bool
) -> None:
    """What an amendment that keeps the id is to amend had that id before."""
    assert Change(SYMBOL, None, number=7).may_rename(token) is renamed
    assert not Change(SYMBOL, None, former="old one", number=7).may_rename(token)
    assert not Change(SYMBOL, None).may_rename(token)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (OTHER_KEY, OTHER_KEY, True),
        (OTHER_KEY, HmacKey("o" * 64, "s" * 64), True),
        (OTHER_KEY, HMAC, False),
        (None, HMAC, True),
        (HMAC, None, True),
    ],
    ids=["one key", "one key given twice", "two keys", "not known whose", "not known whose either"],
)
def test_two_keys_are_of_one_account_where_they_are_one_key_or_one_of_them_is_not_known(
    one: HmacKey | None, other: HmacKey | None, same: bool
) -> None:
    assert same_account(one, other) is same


@pytest.mark.parametrize(
    ("token", "renamed"),
    [
        (Token("mine", SYMBOL), True),
        (Token("mine", SYMBOL, TokenKind.LIST), True),
        (Token("mine", SYMBOL, act=Act.AMEND, former="old"), True),
        (Token("mine", SYMBOL, act=Act.AMEND, former="old", number=7), False),
        (Token("mine", SYMBOL, act=Act.CANCEL, former="old"), False),
        (Token("mine", SYMBOL, TokenKind.SYMBOL), False),
    ],
    ids=["an order", "a list", "an amendment", "an amendment by number", "a cancel", "a cancel of everything"],
)
def test_a_cancel_of_everything_may_rename_what_was_placed_or_amended_but_for_what_is_found_by_number(
    token: Token, renamed: bool
) -> None:
    assert Change(SYMBOL, None, everything=True).may_rename(token) is renamed


def test_a_change_is_under_way_until_it_is_over() -> None:
    renames, change, other = Renames(lambda *_: None), Change(SYMBOL, None), Change(SYMBOL, None)
    assert not renames.under_way
    renames.begin(change)
    renames.begin(other)
    renames.end(change)
    assert renames.under_way
    assert renames.done(change, [], 1.0), "what it did is known already"
    renames.end(other)
    assert not renames.under_way


def test_what_was_in_doubt_before_a_forgotten_rename_counts_as_renamed() -> None:
    renames = Renames(lambda *_: None)
    for moment in range(REMEMBERED + 1):
        assert not renames.hid(AMENDED, 0.0)
        renames.done(Change("ETHUSDT", None, everything=True), [], float(moment))
    assert [renames.hid(AMENDED, since) for since in (0.0, 0.5)] == [True, False]


@pytest.mark.parametrize(
    ("symbol", "name", "own", "met"),
    [
        (SYMBOL, "mine", False, True),
        (SYMBOL, "mine", True, False),
        (SYMBOL, "other", False, False),
        ("ETHUSDT", "mine", False, False),
    ],
    ids=["by another", "by itself", "another id", "of another symbol"],
)
def test_a_change_by_id_may_meet_what_is_given_that_id_meanwhile(symbol: str, name: str, own: bool, met: bool) -> None:
    renames, change = Renames(lambda *_: None), Change(SYMBOL, HMAC, "mine")
    renames.begin(change)
    renames.named(symbol, name, change if own else None)
    assert change.met_again is met


def test_what_bears_an_id_waits_for_each_change_under_way_that_may_take_it() -> None:
    renames, token = Renames(lambda *_: None), Token("mine", SYMBOL)
    takes, own = (Change(SYMBOL, HMAC, "mine") for _ in range(2))
    of_another_key = Change(SYMBOL, OTHER_KEY, "mine")
    for change in (takes, own, Change(SYMBOL, HMAC, "other"), of_another_key, Change("ETHUSDT", HMAC, "mine")):
        renames.begin(change)
    assert {*renames.waits_for(token, own)} == {takes, of_another_key}, "an account may have several keys"
