"""Market orders: market_orders_faq, quoteOrderQty and the conditions of order.place."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    AccountPosition,
    CommissionRates,
    Discount,
    LotSize,
    MarketLotSize,
    Rates,
    SymbolSpec,
    parse,
    show,
)
from tests.simulator.engine.desk import Desk, refused


@pytest.mark.parity("order type", "MARKET")
@pytest.mark.parity("expiry reason", "INSUFFICIENT_LIQUIDITY")
@pytest.mark.parity("behaviour", "market orders short of liquidity expire with what is left")
def test_the_faq_sample_short_of_liquidity() -> None:
    """LTCBNB, 6 wanted, 4 there: reports, ids, flags and balances of the sample payloads."""
    new = Desk(SymbolSpec("LTCBNB", "LTC", "BNB"), SymbolSpec("BNBLTC", "BNB", "LTC"))
    rate = CommissionRates(standard=Rates(taker=parse("0.0005")))
    new.account(1, BNB="1000", rates=rate, discount=Discount(True, discount=parse("1")))
    new.engine.set_conversion("LTC", parse("1"))
    new.account(2, LTC="10")
    new.place(2, "SELL", "LIMIT", "2", "1", symbol="LTCBNB")
    new.place(2, "SELL", "LIMIT", "2", "1", symbol="LTCBNB")
    new.forget()
    result = new.place(1, "BUY", "MARKET", "6", symbol="LTCBNB")
    order = result.order
    assert (order.status, show(order.executed_qty), show(order.cumulative_quote_qty)) == (
        "EXPIRED",
        "4.00000000",
        "4.00000000",
    )
    assert [(show(f.price), show(f.quantity), show(f.commission), f.commission_asset) for f in result.fills] == [
        ("1.00000000", "2.00000000", "0.00100000", "BNB")
    ] * 2
    mine = new.reports(1)
    first = mine[0].execution_id
    assert [(e.execution_type, e.status, e.is_on_book, e.execution_id - first) for e in mine] == [
        ("NEW", "NEW", True, 0),
        ("TRADE", "PARTIALLY_FILLED", False, 1),
        ("TRADE", "PARTIALLY_FILLED", False, 3),
        ("EXPIRED", "EXPIRED", False, 5),
    ]
    assert mine[-1].expiry_reason == "INSUFFICIENT_LIQUIDITY"
    assert {e.working_time for e in mine} == {new.now}
    (position,) = (e for e in new.of(AccountPosition) if e.account_id == 1)
    assert set(position.balances) == {("LTC", parse("4"), 0), ("BNB", parse("995.998"), 0)}


def desk(*filters: LotSize | MarketLotSize) -> Desk:
    new = Desk(filters=filters)
    new.account(1, BTC="100", USDT="1000")
    new.account(2, BTC="100", USDT="10000")
    return new


def test_a_buy_must_be_affordable_to_the_end() -> None:
    new = desk()
    new.place(2, "SELL", "LIMIT", "5", "100")
    new.place(2, "SELL", "LIMIT", "5", "101")
    with refused(-2010, "Account has insufficient balance for requested action."):
        new.place(1, "BUY", "MARKET", "10")
    assert new.place(1, "BUY", "MARKET", "9.9").order.status == "FILLED"
    assert new.free(1, "USDT") == show(parse("1000") - parse("500") - parse("494.9"))


def test_an_empty_book_lets_a_market_order_expire() -> None:
    order = desk().place(1, "SELL", "MARKET", "1").order
    assert (order.status, order.executed_qty) == ("EXPIRED", 0)


@pytest.mark.parity("behaviour", "market orders by quote quantity")
def test_quote_quantity_spends_as_much_as_the_lot_size_lets_it() -> None:
    new = desk(LotSize(parse("0.001"), parse("100"), parse("0.001")))
    new.place(2, "SELL", "LIMIT", "0.5", "100")
    new.place(2, "SELL", "LIMIT", "5", "110")
    order = new.place(1, "BUY", "MARKET", quote_order_qty="100").order
    assert (order.status, show(order.executed_qty), show(order.quantity)) == ("FILLED", "0.95400000", "0.95400000")
    assert show(order.cumulative_quote_qty) == "99.94000000"
    assert (new.free(1, "USDT"), new.locked(1, "USDT")) == ("900.06000000", "0.00000000")


def test_quote_quantity_of_a_sell_is_what_it_receives() -> None:
    new = desk(LotSize(parse("0.01"), parse("100"), parse("0.01")))
    new.place(2, "BUY", "LIMIT", "1", "30")
    order = new.place(1, "SELL", "MARKET", quote_order_qty="10").order
    assert (order.status, show(order.executed_qty), show(order.cumulative_quote_qty)) == (
        "FILLED",
        "0.33000000",
        "9.90000000",
    )


def test_quote_quantity_that_exhausts_the_book_expires() -> None:
    new = desk()
    new.place(2, "SELL", "LIMIT", "1", "100")
    order = new.place(1, "BUY", "MARKET", quote_order_qty="500").order
    assert (order.status, order.expiry_reason, show(order.executed_qty)) == (
        "EXPIRED",
        "INSUFFICIENT_LIQUIDITY",
        "1.00000000",
    )


def test_quote_quantity_on_an_empty_book() -> None:
    with refused(-2010, "Order book liquidity is less than symbol minimum quantity."):
        desk().place(1, "BUY", "MARKET", quote_order_qty="500")


@pytest.mark.parametrize(
    ("lot", "name"),
    [
        (LotSize(parse("2"), parse("100"), 0), "LOT_SIZE"),
        (MarketLotSize(parse("2"), parse("100"), 0), "MARKET_LOT_SIZE"),
    ],
)
def test_quote_quantity_and_the_smallest_lot(lot: LotSize | MarketLotSize, name: str) -> None:
    """Too little in the book is one message, too little money another."""
    new = desk(lot)
    new.place(2, "SELL", "LIMIT", "2", "100")
    new.place(2, "SELL", "LIMIT", "2", "100")
    with refused(-1013, f"Filter failure: {name}"):
        new.place(1, "BUY", "MARKET", quote_order_qty="150")
    new.place(1, "BUY", "LIMIT", "3", "100")
    with refused(-2010, f"Order book liquidity is less than `{name}` filter minimum quantity."):
        new.place(1, "BUY", "MARKET", quote_order_qty="150")


def test_quote_quantity_needs_the_symbols_permission_and_no_quantity() -> None:
    new = Desk(quote_order_qty_market_allowed=False)
    new.account(1, USDT="10")
    with refused(-2010, "Quote order qty market orders are not support for this symbol."):
        new.place(1, "BUY", "MARKET", quote_order_qty="1")
    with refused(-1014, "Unsupported order combination."):
        desk().place(1, "BUY", "MARKET", "1", quote_order_qty="1")
    with refused(-1014, "Unsupported order combination."):
        desk().place(1, "BUY", "LIMIT", "0", "1", quote_order_qty="1")


def test_a_market_order_takes_the_hidden_part_of_an_iceberg_too() -> None:
    new = desk()
    new.place(2, "SELL", "LIMIT", "5", "100", iceberg_qty="1")
    result = new.place(1, "BUY", "MARKET", "4")
    assert result.order.status == "FILLED"
    assert [show(f.quantity) for f in result.fills] == ["1.00000000"] * 4
    assert new.book()[1] == [("100.00000000", "1.00000000")]
