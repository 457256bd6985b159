"""Smart order routing does what sor_faq shows, example by example."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    OrderResult,
    PegPriceType,
    SorSpec,
    SymbolSpec,
    TradeEvent,
    WorkingFloor,
    parse,
    show,
)
from tests.simulator.engine.desk import Desk, refused, request

SYMBOLS = ("BTCUSDT", "BTCUSDC", "BTCUSDP")
ASKS = {
    "BTCUSDT": (("3", "30800"), ("3", "30500")),
    "BTCUSDC": (("1", "30000"), ("1", "28000")),
    "BTCUSDP": (("1", "35000"), ("1", "29000")),
}
BIDS = {
    "BTCUSDT": (("5", "29500"),),
    "BTCUSDC": (("5", "35000"), ("5", "30000")),
    "BTCUSDP": (("5", "28000"),),
}


def desk(side: str) -> Desk:
    """The FAQ's three books on one side, and account 1 that has only BTC and USDT."""
    new = Desk(
        *(SymbolSpec(symbol, "BTC", symbol[3:]) for symbol in SYMBOLS),
        SymbolSpec("ETHUSDT", "ETH", "USDT"),
        sors=[SorSpec("BTC", SYMBOLS)],
    )
    new.account(1, BTC="10", USDT="400000")
    new.account(2, BTC="100", USDT="1000000", USDC="1000000", USDP="1000000")
    for symbol, levels in (ASKS if side == "SELL" else BIDS).items():
        for quantity, price in levels:
            new.place(2, side, "LIMIT", quantity, price, symbol=symbol)
    new.forget()
    return new


def fills(result: OrderResult) -> list[tuple[str, str, int, int | None]]:
    return [(show(f.price), show(f.quantity), f.trade_id, f.allocation_id) for f in result.fills]


def test_1_a_small_order_takes_the_best_price_of_all_books_and_pays_its_own_quote_asset() -> None:
    new = desk("SELL")
    result = new.route(1, "BUY", "LIMIT", "0.5", "31000")
    order = result.order
    assert fills(result) == [("28000.00000000", "0.50000000", -1, 0)]
    assert (order.status, show(order.cumulative_quote_qty)) == ("FILLED", "14000.00000000")
    assert (order.used_sor, order.working_floor) == (True, WorkingFloor.SOR)
    assert (new.free(1, "BTC"), new.free(1, "USDT")) == ("10.50000000", "386000.00000000")
    assert new.engine.balances(1).get("USDC") == (0, 0)
    assert new.engine.desk() == {"USDT": parse("14000"), "USDC": -parse("14000")}


def test_1_without_routing_the_order_trades_on_its_own_book() -> None:
    result = desk("SELL").place(1, "BUY", "LIMIT", "0.5", "31000")
    assert fills(result) == [("30500.00000000", "0.50000000", 0, None)]
    assert result.order.working_floor is None


@pytest.mark.parity("behaviour", "smart order routing fills by allocations and rests on its own book")
@pytest.mark.parity("method", "sor.order.place")
def test_2_a_larger_order_walks_over_the_books() -> None:
    new = desk("SELL")
    result = new.route(1, "BUY", "LIMIT", "5", "31000")
    assert fills(result) == [
        ("28000.00000000", "1.00000000", -1, 0),
        ("29000.00000000", "1.00000000", -1, 1),
        ("30000.00000000", "1.00000000", -1, 2),
        ("30500.00000000", "2.00000000", -1, 3),
    ]
    assert show(result.order.cumulative_quote_qty) == "148000.00000000"
    assert new.free(1, "USDT") == "252000.00000000"


def test_3_a_market_order_exhausts_all_books_and_expires() -> None:
    new = desk("SELL")
    result = new.route(1, "BUY", "MARKET", "11")
    assert [price for price, *_ in fills(result)] == [
        f"{price}.00000000" for price in (28000, 29000, 30000, 30500, 30800, 35000)
    ]
    order = result.order
    assert (order.status, order.expiry_reason) == ("EXPIRED", "INSUFFICIENT_LIQUIDITY")
    assert (show(order.executed_qty), show(order.cumulative_quote_qty)) == ("10.00000000", "305900.00000000")
    assert all(new.book(symbol) == ([], []) for symbol in SYMBOLS)


def test_4_selling_receives_the_quote_asset_of_the_order() -> None:
    new = desk("BUY")
    result = new.route(1, "SELL", "LIMIT", "10", "29000")
    assert fills(result) == [("35000.00000000", "5.00000000", -1, 0), ("30000.00000000", "5.00000000", -1, 1)]
    assert result.fills[0].commission_asset == "USDT"
    assert (new.free(1, "BTC"), new.free(1, "USDT")) == ("0.00000000", "725000.00000000")


def test_a_routed_sell_can_be_fill_or_kill() -> None:
    new = desk("BUY")
    assert new.route(1, "SELL", "LIMIT", "10", "30000", tif="FOK").order.status == "FILLED"
    new.engine.deposit(1, "BTC", parse("1"), new.tick())
    killed = new.route(1, "SELL", "LIMIT", "1", "30000", tif="FOK").order
    assert (killed.status, killed.working_floor) == ("EXPIRED", WorkingFloor.SOR)


@pytest.mark.parity("behaviour", "smart order routing fills by allocations and rests on its own book")
def test_what_is_left_rests_on_the_book_of_the_order_and_then_has_trades() -> None:
    new = desk("SELL")
    order = new.route(1, "BUY", "LIMIT", "4", "29000").order
    assert (order.status, order.working_floor) == ("PARTIALLY_FILLED", WorkingFloor.EXCHANGE)
    assert new.book("BTCUSDT")[0] == [("29000.00000000", "2.00000000")]
    new.place(2, "SELL", "LIMIT", "2", "29000")
    assert [f.trade_id for f in new.engine.my_trades(1, "BTCUSDT")] == [0]
    assert [f.allocation_id for f in new.engine.allocations(1, "BTCUSDT")] == [0, 1]
    assert [f.allocation_id for f in new.engine.allocations(1, "BTCUSDT", from_id=1)] == [1]
    assert new.engine.allocations(1, "BTCUSDT", order_id=99) == []


def test_makers_trade_on_their_own_book_and_get_their_own_quote_asset() -> None:
    new = desk("SELL")
    before = new.free(2, "USDC")
    new.route(1, "BUY", "LIMIT", "0.5", "31000")
    (trade,) = new.of(TradeEvent)
    assert (trade.symbol, trade.buyer_order_id, trade.is_buyer_maker) == ("BTCUSDC", -1, False)
    assert parse(new.free(2, "USDC")) - parse(before) == parse("14000")
    assert new.engine.last_price("BTCUSDT") is None
    allocated, maker = new.reports()[1:]
    assert (allocated.allocation_id, allocated.working_floor, allocated.used_sor) == (0, "SOR", True)
    assert (maker.order.symbol, maker.trade_id, maker.used_sor) == ("BTCUSDC", 0, False)


def test_all_books_publish_their_changes() -> None:
    new = desk("SELL")
    before = {symbol: new.engine.depth(symbol)[0] for symbol in SYMBOLS}
    new.route(1, "BUY", "LIMIT", "2", "31000")
    assert [new.engine.depth(symbol)[0] - before[symbol] for symbol in SYMBOLS] == [0, 1, 1]


def test_the_own_book_wins_a_tie() -> None:
    new = desk("SELL")
    new.place(2, "SELL", "LIMIT", "1", "28000")
    new.route(1, "BUY", "LIMIT", "1", "28000")
    assert new.engine.last_price("BTCUSDT") == parse("28000")
    assert new.engine.last_price("BTCUSDC") is None


def test_self_trade_prevention_looks_at_the_other_books_too() -> None:
    new = desk("SELL")
    result = new.route(2, "BUY", "LIMIT", "1", "28000", stp="EXPIRE_TAKER")
    (match,) = result.prevented
    assert (match.symbol, match.maker_symbol) == ("BTCUSDT", "BTCUSDC")
    assert result.order.status == "EXPIRED_IN_MATCH"


@pytest.mark.parametrize(
    ("code", "msg", "order"),
    [
        (-1014, "Unsupported order combination.", request("BUY", "LIMIT_MAKER", "1", "1")),
        (-1014, "Unsupported order combination.", request("BUY", "MARKET", quote_order_qty="10")),
        (
            -2010,
            "This order type may not use pegged price.",
            request("BUY", "LIMIT", "1", peg_price_type=PegPriceType.PRIMARY_PEG),
        ),
        (-1013, "This symbol does not support SOR.", request("BUY", "MARKET", "1", symbol="ETHUSDT")),
    ],
)
def test_only_limit_and_market_with_quantity_on_a_configured_symbol(code: int, msg: str, order: object) -> None:
    new = desk("SELL")
    with refused(code, msg):
        new.engine.place_sor(1, order, new.tick())  # type: ignore[arg-type]


def test_a_market_buy_must_be_affordable_over_all_books() -> None:
    new = desk("SELL")
    new.engine.withdraw(1, "USDT", parse("400000") - parse("86999"), new.tick())
    with refused(-2010, "Account has insufficient balance for requested action."):
        new.route(1, "BUY", "MARKET", "3")
    new.engine.deposit(1, "USDT", parse("1"), new.tick())
    assert new.route(1, "BUY", "MARKET", "3").order.status == "FILLED"


def test_a_transfer_between_books_goes_through_the_desk_like_a_fill() -> None:
    """STP mode TRANSFER: the seller's symbol pays in USDC, the buyer's takes USDT."""
    new = desk("SELL")
    for account_id in (3, 4):
        new.account(account_id, BTC="1", USDT="100", USDC="100", trade_group_id=5)
    new.place(3, "BUY", "LIMIT", "1", "50", symbol="BTCUSDC", stp="TRANSFER")
    new.route(4, "SELL", "MARKET", "1", stp="TRANSFER")
    assert (new.free(3, "USDC"), new.free(3, "BTC")) == ("50.00000000", "2.00000000")
    assert (new.free(4, "USDT"), new.free(4, "USDC")) == ("150.00000000", "100.00000000")
    assert new.engine.desk() == {"USDT": -parse("50"), "USDC": parse("50")}
